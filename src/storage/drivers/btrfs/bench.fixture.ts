/**
 * What the tests with real parts share: a backend directory that cleans up after itself and after earlier tests that
 * could not, contexts for calls, NFS clients at chosen addresses.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { createServer, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { hostLock } from '../../../exec/host-lock.ts'
import { localExec } from '../../../exec/local.ts'
import { mounts } from '../../host/mountinfo.ts'
import type { AddressInfo } from 'node:net'
import type { Static, TSchema } from 'typebox'
import type { CallContext, DriverLog, Parts, ShareRef, SnapshotRef } from '../../contract/driver.ts'

const prefix = 'manila-systest-'
const silent: DriverLog = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** Why tests with real parts can't run here; null when they can. */
export const cannotRun: string | null = missingPart()

function missingPart(): string | null {
  if (process.platform !== 'linux') return 'not Linux'
  if (process.getuid?.() !== 0) return 'not root'
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const programs = ['btrfs', 'mkfs.btrfs', 'ganesha.nfsd', 'dbus-daemon', 'dbus-send', 'nfs-cat', 'nfs-cp']
  const found = (name: string) => spawnSync('which', [name], { env: { PATH: path } }).status === 0
  const absent = programs.filter((name) => !found(name))
  return absent.length === 0 ? null : `not installed: ${absent.join(', ')}`
}

/** Checks of the kit that no real backend declares: they need one that breaks and hangs when it is told to, or many exports. */
export const undeclaredAlways: readonly string[] = [
  '65534 exports are more than the kit makes',
  'the target has no breakCreate',
  'the target has no hangCreate',
]

/** Pools in memory where there is plenty: the tests are about what a file system keeps, not about a disk. */
const roomiest = (): string => {
  const [memory, gib] = ['/dev/shm', 1024 ** 3]
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]
  const enough = bavail * bsize > 20 * gib && Number(available ?? 0) * 1024 > 12 * gib
  return enough ? memory : tmpdir()
}

/** A scratch directory of this test alone; what earlier tests of a dead process left is taken down first. */
export function scratch(): { dir: string; parts: (backend: string) => Parts; clean: () => void } {
  sweepDead()
  const dir = mkdtempSync(join(roomiest(), `${prefix}${process.pid}-`))
  return {
    dir,
    parts(backend) {
      const own = join(dir, backend)
      mkdirSync(own, { recursive: true, mode: 0o700 })
      return {
        exec: localExec(),
        log: silent,
        backend,
        dir: own,
        lock: hostLock,
        now: () => Date.now() * 1000,
      }
    },
    clean: () => tearDown(dir),
  }
}

function sweepDead(): void {
  for (const folder of [tmpdir(), '/dev/shm'].filter((one) => existsSync(one))) {
    for (const name of readdirSync(folder)) {
      const owner = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
      if (owner !== undefined && !isAlive(Number(owner))) tearDown(join(folder, name))
    }
  }
}

/** Daemons first, then mounts from the innermost out, loop devices, files: whatever a test left under `dir`. */
function tearDown(dir: string): void {
  for (const entry of readdirSync('/proc')) {
    if (/^\d+$/.test(entry) && commandLine(entry).some((part) => part.includes(`${dir}/`))) {
      if (Number(entry) !== process.pid) process.kill(Number(entry), 'SIGKILL')
    }
  }
  const below = () => mounts().filter(({ path }) => path.startsWith(`${dir}/`))
  for (const { path } of below().toReversed()) spawnSync('umount', ['--lazy', path])
  const loops = execFileSync('losetup', ['--list', '--noheadings', '--output', 'NAME,BACK-FILE'], {
    encoding: 'utf8',
  })
  for (const line of loops.split('\n')) {
    const [device = '', file = ''] = line.trim().split(/\s+/)
    if (file.startsWith(`${dir}/`)) spawnSync('losetup', ['--detach', device])
  }
  rmSync(dir, { recursive: true, force: true })
}

/** What configuration makes of `given`: every option that is left out has its default. */
export function complete<Options extends TSchema>(schema: Options, given: object): Static<Options> {
  return Value.Parse(schema, Value.Default(schema, { ...given }))
}

/** A context for one call; `fence` is optional as in the contract. */
export function call(fence: CallContext['fence'] = null, deadlineMs = 60_000): CallContext {
  return { log: silent, deadlineMs, signal: new AbortController().signal, fence, progress: () => undefined }
}

export function shareRef(id: string, over: Partial<ShareRef> = {}): ShareRef {
  return {
    id,
    shareId: id,
    projectId: '00000000000000000000000000000001',
    protocol: 'NFS',
    sizeGib: 1,
    pool: 'btrfs',
    state: {},
    specs: {},
    mountPointName: null,
    ...over,
  }
}

export function snapshotRef(id: string, share: ShareRef): SnapshotRef {
  return { id, snapshotId: id, share, sizeGib: share.sizeGib, state: {} }
}

/** An NFS client that comes from `address`, by a relay that dials from it. */
export async function nfsClient(
  address: string,
  port: number,
): Promise<{
  cat(path: string): Promise<string>
  /** SHA-256 of a file of any size. */
  digest(path: string): Promise<string>
  /** Makes a new file; the client of libnfs 4.0 can't send more than some 3 KB, nor overwrite. */
  put(file: string, path: string): Promise<void>
  list(path: string): Promise<string>
  close(): void
}> {
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port, localAddress: address })
    near.pipe(far).pipe(near)
    near.on('error', () => far.destroy())
    far.on('error', () => near.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = (path: string) =>
    `nfs://127.0.0.1/${path}?version=4&nfsport=${(server.address() as AddressInfo).port}`
  const exec = localExec()
  const run = async (argv: readonly string[]) =>
    (await exec.run(argv, { deadlineMs: 120_000, maxOutputBytes: 64 * 1024 * 1024 })).stdout
  return {
    cat: (path) => run(['nfs-cat', url(path)]),
    async digest(path) {
      const pipe = 'nfs-cat "$1" | sha256sum'
      return (await run(['sh', '-c', pipe, '-', url(path)])).slice(0, 64)
    },
    put: async (file, path) => void (await run(['nfs-cp', file, url(path)])),
    list: (path) => run(['nfs-ls', url(path)]),
    close: () => void server.close(),
  }
}

function commandLine(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
