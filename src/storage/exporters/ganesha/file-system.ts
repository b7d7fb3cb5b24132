/**
 * What lies behind a tree that is a file system of its own: the mount, the device under it, the file behind the device
 * and the UUID on it. A path alone proves nothing: after a restart of the host another image may be mounted there, or none.
 */
import { readFileSync } from 'node:fs'
import { mounts, type Mount } from '../../host/mountinfo.ts'
import { isAbsent } from '../../host/commands.ts'
import type { Commands } from '../../host/commands.ts'
import type { OwnFileSystem } from '../../contract/driver.ts'

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A tree at `path` that should be `fileSystem`. */
export interface Expected {
  readonly path: string
  readonly fileSystem: OwnFileSystem
}

/**
 * For each of `expected`, in order: null when the path shows exactly that file system, else why not as the end of a sentence.
 * `table` is the mounts of this process, oldest first.
 */
export async function differences(
  commands: Commands,
  expected: readonly Expected[],
  table: readonly Mount[] = mounts(),
): Promise<readonly (string | null)[]> {
  // The last one hides earlier ones on the same path.
  const at = new Map(table.map((mount) => [mount.path, mount]))
  const uuids = await uuidsOf(
    commands,
    expected.flatMap(({ path }) => deviceOf(at.get(path)) ?? []),
  )
  const found: (string | null)[] = []
  for (const { path, fileSystem } of expected) {
    const mount = at.get(path)
    const device = deviceOf(mount)
    const behind = mount === undefined ? null : await backingOf(commands, mount, fileSystem.backing)
    if (!uuidForm.test(fileSystem.uuid)) found.push(`${JSON.stringify(fileSystem.uuid)} is no UUID`)
    else if (mount === undefined || device === null) found.push('no file system of its own is mounted there')
    else if (mount.root !== '/') found.push(`a directory inside of a file system is mounted there`)
    else if (behind !== fileSystem.backing)
      found.push(`it is kept in ${behind ?? 'something else'}, not in ${fileSystem.backing}`)
    else if (uuids.get(device) !== fileSystem.uuid)
      found.push(`its UUID is ${uuids.get(device) ?? 'unknown'}, not ${fileSystem.uuid}`)
    else found.push(null)
  }
  return found
}

/** `/dev/loop3`; null where nothing is mounted, or nothing with a device. */
function deviceOf(mount: Mount | undefined): string | null {
  return mount !== undefined && /^\/dev\/[\w./-]+$/.test(mount.source) ? mount.source : null
}

/** The file behind a loop device, as the kernel says; `backing` itself when that is the mounted device; null otherwise. */
async function backingOf(commands: Commands, mount: Mount, backing: string): Promise<string | null> {
  const of = (name: string): string =>
    readFileSync(`/sys/dev/block/${mount.device}/${name}`, 'utf8').trimEnd()
  try {
    // A part of the file would be another file system with the same name.
    const whole = of('loop/offset') === '0' && of('loop/sizelimit') === '0'
    return whole ? of('loop/backing_file') : null
  } catch {
    // No loop device.
  }
  try {
    // In hexadecimal, as the kernel keeps it.
    const argv = ['stat', '--dereference', '--format', '%t:%T %F', '--', backing]
    const [number = '', ...kind] = (await commands.look(argv)).stdout.trimEnd().split(' ')
    const decimal = number.split(':').map((part) => Number.parseInt(part, 16))
    return kind.join(' ') === 'block special file' && decimal.join(':') === mount.device ? backing : null
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

/** Read from the devices themselves, not from a cache; one without a UUID is left out. */
async function uuidsOf(commands: Commands, devices: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const uuids = new Map<string, string>()
  for (let at = 0; at < devices.length; at += devicesAtOnce) {
    const some = devices.slice(at, at + devicesAtOnce)
    // Code 2: one of them has nothing that is known.
    const argv = ['blkid', '--probe', '--match-tag', 'UUID', '--output', 'export', '--', ...some]
    const { stdout } = await commands.look(argv, { okCodes: [0, 2] })
    for (const block of stdout.split(/\n\n+/)) {
      const of = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(block)?.[1]
      uuids.set(of('DEVNAME') ?? '', (of('UUID') ?? '').toLowerCase())
    }
  }
  return uuids
}

const devicesAtOnce = 200
