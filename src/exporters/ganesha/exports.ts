/**
 * The export files of one backend and what Ganesha makes of them. The file is the truth and is written first; the
 * running daemon is told afterwards, so whichever of the two dies, the other brings it back.
 */
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ExecError } from '../../exec/exec.ts'
import { DriverError } from '../../drivers/driver.ts'
import { mountOf, mounts, type Mount } from '../../drivers/mountinfo.ts'
import { exportFile, guardFile, isIntact, readHeader, readRecord } from './config-file.ts'
import { differences } from './file-system.ts'
import type { Commands } from '../../drivers/commands.ts'
import type { OwnFileSystem } from '../../drivers/driver.ts'
import type { ExportHeader, ExportRecord } from './config-file.ts'
import type { Running } from './daemon.ts'
import type { GaneshaOptions } from './options.ts'

const changeScript = fileURLToPath(new URL('change-export.sh', import.meta.url))
const numberScript = fileURLToPath(new URL('take-number.sh', import.meta.url))
const writeScript = fileURLToPath(new URL('../../drivers/write-file.sh', import.meta.url))
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Export_Id has 16 bits; 0 is the pseudo root. */
const numbers = 65_535
const manyMegabytes = 64 * 1024 * 1024
/** Bytes of the largest export file: 20,000 addresses (`clientsAtMost`) take one of them; earlier releases wrote some more. */
const largestFile = 16 * 1024 * 1024
/** Bytes in which a first line ends, unless an earlier release wrote it; of so many files at once. */
const [headBytes, headsAtOnce] = [8192, 256]
/** Who holds the number of the guard (`guardFile`): no share instance. */
const guardId = '00000000-0000-4000-8000-000000000000'

export interface Exports {
  /** Makes the folders and the guard. */
  prepare(commands: Commands): Promise<void>
  /** Null when there is none, or none that can be read: it is written anew by the next publish. */
  find(commands: Commands, id: string): Promise<ExportRecord | null>
  /** Whether there are files of `id`, readable or not. */
  has(commands: Commands, id: string): Promise<boolean>
  /** An export number that `id` alone has, the same at every call. */
  takeNumber(commands: Commands, id: string): Promise<number>
  /** Writes the record and makes the daemon serve it; other exports notice nothing. */
  apply(commands: Commands, running: Running, record: ExportRecord): Promise<void>
  /**
   * Makes the daemon serve the record's rules and show the root's attributes to `prober` too, until the next {@link apply};
   * the file stays as it is.
   */
  show(commands: Commands, running: Running, record: ExportRecord, prober: string): Promise<void>
  /** Makes the daemon forget the export; its files stay. */
  hide(commands: Commands, running: Running, record: ExportRecord): Promise<void>
  /** Makes the daemon forget the export, then removes its files. */
  remove(commands: Commands, running: Running, record: Numbered): Promise<void>
  /** Ids of all export files. */
  ids(commands: Commands): Promise<readonly string[]>
  /** Writes the record without a word to the daemon. */
  save(commands: Commands, record: ExportRecord): Promise<void>
  /** Removes the record's files without a word to the daemon. */
  forget(commands: Commands, record: Numbered): Promise<void>
  /** What a fresh daemon can begin with. Files that can't be read are set aside: their exports are missing until they are published again. */
  judge(commands: Commands): Promise<Judgement>
  /**
   * Looks at every file as a whole, after a daemon did not start with them: one that is not what it should be is set aside, one of an
   * earlier release is written anew from what it says. True when there was one.
   */
  mend(commands: Commands): Promise<boolean>
  /** Exports whose files were set aside and are not written anew, as a sentence for operators; null: none. */
  trouble(): string | null
  /** Whether the daemon has the guard. */
  guarded(commands: Commands, running: Running): Promise<boolean>
  /** A directory on the file system that the guard keeps from clients. */
  readonly guardPath: string
}

/** What is needed to take an export away. */
export type Numbered = Pick<ExportRecord, 'id' | 'number'>

export interface Judgement {
  /** The guard, and exports whose directory is what it was when they were published. */
  readonly files: readonly string[]
  /** Where another directory is now: the paths of the other exports. */
  readonly missing: readonly string[]
}

/** Export files below `dir`. `setAside` is told of each export whose file could not be read. */
export function exportsIn(
  dir: string,
  options: GaneshaOptions,
  setAside: (id: string) => void = () => undefined,
): Exports {
  const folder = join(dir, 'exports.d')
  const numberFolder = join(dir, 'numbers')
  const guardPath = join(dir, 'nothing')
  const guard = join(dir, 'guard.conf')
  const shown = join(dir, 'shown')
  // Ceph's client walks no mounts, and the module that would is not needed on such a host.
  const guards = options.ceph_conf === undefined
  const fileOf = (id: string) => join(folder, `${checkedId(id)}.conf`)
  /** Not a name that is listed, so that the export counts as lost. */
  const asideOf = (id: string) => `${fileOf(id)}.unreadable`
  const aside = new Set<string>()
  const numberFile = (number: number) => join(numberFolder, String(number))

  async function ids(commands: Commands): Promise<readonly string[]> {
    const { stdout } = await commands.look(['ls', '--', folder], { maxOutputBytes: manyMegabytes })
    const found = stdout.split('\n').flatMap((name) => {
      const id = name.replace(/\.conf$/, '')
      return name.endsWith('.conf') && uuid.test(id) ? [id] : []
    })
    // Another process may have written one anew.
    if (aside.size > 0) for (const id of found) aside.delete(id)
    return found
  }

  async function takeNumber(commands: Commands, id: string): Promise<number> {
    // Numbers are spread by id, so one that was freed isn't handed to somebody else next: old file handles hold it.
    const first = createHash('sha256').update(checkedId(id)).digest().readUInt32BE() % numbers
    for (let step = 0; step < numbers; step++) {
      const number = 1 + ((first + step) % numbers)
      const argv = ['sh', numberScript, numberFile(number), id]
      if ((await commands.change(argv, { okCodes: [0, 3] })).code === 0) return number
    }
    throw new DriverError(`all ${numbers} export numbers are taken`, 'no-room-here')
  }

  /** Null when it is not there or can't be read. */
  async function whole(commands: Commands, id: string): Promise<string | null> {
    try {
      return (await commands.look(['cat', '--', fileOf(id)], { maxOutputBytes: largestFile })).stdout
    } catch (error) {
      if (error instanceof ExecError && (error.kind === 'exit' || error.kind === 'output')) return null
      throw error
    }
  }

  /** What each file begins with, by its export's id; what isn't there any more is left out. */
  async function heads(commands: Commands): Promise<ReadonlyMap<string, string>> {
    const all = await ids(commands)
    const found = new Map<string, string>()
    for (let at = 0; at < all.length; at += headsAtOnce) {
      const some = all.slice(at, at + headsAtOnce)
      const argv = ['head', '--verbose', `--bytes=${headBytes}`, '--', ...some.map(fileOf)]
      const { stdout } = await commands.look(argv, { okCodes: [0, 1], maxOutputBytes: manyMegabytes })
      const begins = some
        .map((id) => ({
          id,
          banner: `==> ${fileOf(id)} <==\n`,
          at: stdout.indexOf(`==> ${fileOf(id)} <==\n`),
        }))
        .filter((one) => one.at >= 0)
      for (const [nth, one] of begins.entries()) {
        // An empty line stands before each banner but the first.
        const end = nth + 1 < begins.length ? begins[nth + 1]!.at - 1 : stdout.length
        found.set(one.id, stdout.slice(one.at + one.banner.length, end))
      }
      // Listed and not shown: gone, or not to be read.
      for (const id of some) if (!found.has(id) && (await isThere(commands, [fileOf(id)]))) found.set(id, '')
    }
    return found
  }

  async function all(commands: Commands): Promise<readonly ExportHeader[]> {
    const headers: ExportHeader[] = []
    for (const [id, head] of await heads(commands)) {
      const header = readHeader(head.includes('\n') ? head : ((await whole(commands, id)) ?? ''))
      if (header?.id === id) headers.push(header)
      else await setFileAside(commands, id)
    }
    return headers
  }

  /** The export is missing from now on, for all processes, and the reconciler publishes it again with the rules of the database. */
  async function setFileAside(commands: Commands, id: string): Promise<void> {
    const argv = ['mv', '-f', '-T', '--', fileOf(id), asideOf(id)]
    const { code } = await commands.change(argv, { okCodes: [0, 1] })
    if (code !== 0 && !(await isThere(commands, [fileOf(id)]))) return
    aside.add(id)
    setAside(id)
  }

  async function forget(commands: Commands, { id, number }: Numbered): Promise<void> {
    aside.delete(id)
    await commands.change(['rm', '-f', '--', fileOf(id), asideOf(id), numberFile(number)])
  }

  /** A file that could not be read has no use when there is one again. */
  async function isWritten(commands: Commands, id: string): Promise<void> {
    if (aside.delete(id) || (await isThere(commands, [asideOf(id)])))
      await commands.change(['rm', '-f', '--', asideOf(id)])
  }

  /** Writes `record` to `file` and has the daemon read it there. */
  async function tell(
    commands: Commands,
    running: Running,
    record: ExportRecord,
    file: string,
    prober?: string,
  ): Promise<void> {
    const live = await liveExport(commands, running, record.number)
    if (live !== null && live !== record.path) {
      await removeLive(commands, running, record.number)
    }
    const selector = `EXPORT(Export_Id=${record.number})`
    const argv = ['sh', changeScript, file, running.bus, selector]
    const { stdout } = await commands.change(argv, { input: exportFile(record, options, prober) })
    // It says "1 exports updated. Errors found: …" with code 0 when it dropped a part of the file.
    if (!/^\s*1 exports (updated|added)/.test(stdout) || /errors found/i.test(stdout)) {
      const partly = /errors found/i.test(stdout)
      throw new DriverError(`NFS-Ganesha did not take the export: ${stdout.trim()}`, 'maybe-happened', {
        retryAfterS: 5,
        ...(partly ? { reason: 'unsupported' } : {}),
      })
    }
  }

  return {
    ids,
    takeNumber,
    guardPath,
    async prepare(commands) {
      const folders = [folder, numberFolder, guardPath, shown]
      await commands.change(['mkdir', '-p', '-m', '0700', '--', ...folders])
      if (!guards) return
      const input = guardFile(await takeNumber(commands, guardId), guardPath)
      await commands.change(['sh', writeScript, guard], { input })
    },

    async find(commands, id) {
      const text = await whole(commands, id)
      const record = text === null ? null : readRecord(text)
      if (record?.id === id) return record
      if (text !== null || (await isThere(commands, [fileOf(id)]))) await setFileAside(commands, id)
      return null
    },

    has: (commands, id) => isThere(commands, [fileOf(id), asideOf(id)]),

    async apply(commands, running, record) {
      await tell(commands, running, record, fileOf(record.id))
      await isWritten(commands, record.id)
    },

    async show(commands, running, record, prober) {
      const file = join(shown, `${checkedId(record.id)}.conf`)
      await tell(commands, running, record, file, prober)
      await commands.change(['rm', '-f', '--', file])
    },

    hide: (commands, running, record) => removeLive(commands, running, record.number),

    async remove(commands, running, record) {
      await removeLive(commands, running, record.number)
      await forget(commands, record)
    },

    async save(commands, record) {
      await commands.change(['sh', writeScript, fileOf(record.id)], { input: exportFile(record, options) })
      await isWritten(commands, record.id)
    },

    forget,

    async judge(commands) {
      const table = mounts()
      const records = await all(commands)
      const same = records.filter(
        // Nothing has to be mounted here for what Ceph's own client reads.
        (record) => record.ceph !== undefined || mountIdentity(record.path, table) === record.mount,
      )
      const own = same.flatMap(({ path, fileSystem }) =>
        fileSystem === undefined ? [] : [{ path, fileSystem }],
      )
      const wrong = await differences(commands, own, table)
      const strange = new Set(own.flatMap(({ path }, at) => (wrong[at] === null ? [] : [path])))
      const right = new Set(same.filter(({ path }) => !strange.has(path)))
      const files = [...right].map(({ id }) => fileOf(id))
      const missing = records.filter((record) => !right.has(record)).map(({ path }) => path)
      return { files: guards ? [guard, ...files] : files, missing }
    },

    async mend(commands) {
      let mended = false
      for (const id of await ids(commands)) {
        const text = await whole(commands, id)
        const record = text === null ? null : readRecord(text)
        const intact = text !== null && record?.id === id && isIntact(text, record, options)
        if (intact === true) continue
        mended = true
        // Rules that the rest of the file may have lost are in the database.
        if (record === null || intact !== null) await setFileAside(commands, id)
        else await commands.change(['sh', writeScript, fileOf(id)], { input: exportFile(record, options) })
      }
      return mended
    },

    trouble: () =>
      aside.size === 0
        ? null
        : `could not read the files of ${aside.size} exports, which are written anew: ${[...aside].slice(0, 5).join(', ')}`,

    async guarded(commands, running) {
      const number = await takeNumber(commands, guardId)
      return !guards || (await liveExport(commands, running, number)) === guardPath
    },
  }
}

/** Whether one of the files is there. */
async function isThere(commands: Commands, files: readonly string[]): Promise<boolean> {
  const tests = files.flatMap((file, at) => [...(at === 0 ? [] : ['-o']), '-e', file])
  return (await commands.look(['test', ...tests], { okCodes: [0, 1] })).code === 0
}

/**
 * Which directory a path shows, as far as mounts decide it: file-system type and the directory inside it. After a reboot
 * a mount point is an empty directory of another file system, and exporting that would succeed.
 */
export function mountIdentity(path: string, table: readonly Mount[] = mounts()): string {
  const mount = mountOf(path, table)
  return mount === null ? 'none' : `${mount.fsType} ${mount.root} ${mount.path}`
}

/**
 * Throws unless the daemon sees the same directory under `path` as this process: one in an older mount namespace would
 * serve the empty directory below the mount, with success.
 */
export async function checkSameDirectory(commands: Commands, running: Running, path: string): Promise<void> {
  const argv = ['stat', '--format', '%d:%i', '--', path, `/proc/${running.pid}/root${path}`]
  const seen = (await commands.look(argv)).stdout.trim().split('\n')
  if (seen[0] === seen[1]) return
  throw new DriverError(
    `NFS-Ganesha (process ${running.pid}) sees another directory under ${path}: it runs in another mount namespace; restart it`,
    'nothing-happened',
    { reason: 'host-lacks' },
  )
}

/**
 * Throws unless `path` shows the file system that it should, and lies in the one that the guard keeps from clients: `..` above
 * an export's root leads there.
 */
export async function checkFileSystem(
  commands: Commands,
  path: string,
  fileSystem: OwnFileSystem,
  guardPath: string,
): Promise<void> {
  const [wrong = null] = await differences(commands, [{ path, fileSystem }])
  const refuse = (why: string) =>
    new DriverError(`${path} is not served: ${why}`, 'nothing-happened', { reason: 'host-lacks' })
  if (wrong !== null) throw refuse(wrong)
  const argv = ['stat', '--format', '%d', '--', dirname(path), guardPath]
  const devices = (await commands.look(argv)).stdout.trim().split('\n')
  if (devices[0] !== devices[1])
    throw refuse(
      `its mount point must lie on the file system of ${guardPath}, which is kept from clients, and doesn't`,
    )
}

/** The path that the daemon serves under `number`; null when it serves none. */
async function liveExport(commands: Commands, running: Running, number: number): Promise<string | null> {
  try {
    // All clients, some 250 bytes each.
    const options = { maxOutputBytes: manyMegabytes }
    const { stdout } = await commands.look(busCall(running, 'DisplayExport', [`uint16:${number}`]), options)
    return /^\s*string "(.*)"$/m.exec(stdout)?.[1] ?? ''
  } catch (error) {
    if (isUnknownExport(error)) return null
    throw error
  }
}

async function removeLive(commands: Commands, running: Running, number: number): Promise<void> {
  try {
    await commands.change(busCall(running, 'RemoveExport', [`uint16:${number}`]))
  } catch (error) {
    if (!isUnknownExport(error)) throw error
  }
}

function busCall(running: Running, method: string, args: readonly string[]): readonly string[] {
  const to = ['--dest=org.ganesha.nfsd', '/org/ganesha/nfsd/ExportMgr']
  const how = [`--bus=${running.bus}`, '--print-reply', '--reply-timeout=30000']
  return ['dbus-send', ...how, ...to, `org.ganesha.nfsd.exportmgr.${method}`, ...args]
}

function isUnknownExport(error: unknown): boolean {
  return error instanceof ExecError && /Export id not found/.test(error.result.stderr)
}

/** Whether `id` can be an export's; nothing else becomes a path. */
export const isInstanceId = (id: string): boolean => uuid.test(id)

function checkedId(id: string): string {
  if (isInstanceId(id)) return id
  throw new DriverError(`not an instance id: ${JSON.stringify(id.slice(0, 64))}`, 'nothing-happened')
}
