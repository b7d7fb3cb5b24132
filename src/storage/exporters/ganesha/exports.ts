/**
 * The export files of one backend and what Ganesha makes of them. The file is the truth and is written first; the
 * running daemon is told afterwards, so whichever of the two dies, the other brings it back.
 */
import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ExecError } from '../../../exec/exec.ts'
import { isAbsent } from '../../host/commands.ts'
import { DriverError } from '../../contract/driver.ts'
import { mountOf, mounts, type Mount } from '../../host/mountinfo.ts'
import { exportFile, guardFile, isIntact, lastLine, readExportFile, readHeader } from './config-file.ts'
import { differences, type Expected } from './file-system.ts'
import { writeFile } from '../../host/write-file.ts'
import type { Commands } from '../../host/commands.ts'
import type { ExportHeader, ExportRecord } from './config-file.ts'
import type { Running } from './daemon.ts'
import type { GaneshaOptions } from './options.ts'

const tellScript = fileURLToPath(new URL('tell-export.pl', import.meta.url))
const numberScript = fileURLToPath(new URL('take-number.pl', import.meta.url))
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Export_Id has 16 bits; 0 is the pseudo root. */
export const numbers = 65_535
const manyMegabytes = 64 * 1024 * 1024
/** Files that one command looks at: their names are its arguments. */
const filesAtOnce = 500
/** Who holds the number of the guard (`guardFile`): no share instance. */
const guardId = '00000000-0000-4000-8000-000000000000'

/** All that it takes to take an export away. */
export type Numbered = Pick<ExportRecord, 'id' | 'number'>

export interface Exports {
  /** Makes the folders and the guard. */
  prepare(commands: Commands): Promise<void>
  /** Null as well for one that can't be read, and is written anew. */
  find(commands: Commands, id: string): Promise<ExportRecord | null>
  /** Whether there is a file, readable or not. */
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
  hide(commands: Commands, running: Running, record: Numbered): Promise<void>
  /** Makes the daemon forget the export, then removes its files. */
  remove(commands: Commands, running: Running, record: Numbered): Promise<void>
  /** Paths of all export files, readable or not: see {@link readable}. */
  files(commands: Commands): Promise<readonly string[]>
  /** Writes the record without a word to the daemon. */
  save(commands: Commands, record: ExportRecord): Promise<void>
  /** Removes the record's files without a word to the daemon. */
  forget(commands: Commands, record: Numbered): Promise<void>
  /** What a fresh daemon can begin with. */
  judge(commands: Commands): Promise<Judgement>
  /**
   * Looks at every file as a whole, after a server did not start with them: one that is not what it should be is emptied, so that it
   * counts as unreadable. True when there was one.
   */
  mend(commands: Commands): Promise<boolean>
  /** Whether the daemon has the guard. */
  guarded(commands: Commands, running: Running): Promise<boolean>
  /** A directory on the file system that the guard keeps from clients. */
  readonly guardPath: string
}

export interface Judgement {
  /** The guard, and exports whose directory is what it was when they were published. */
  readonly files: readonly string[]
  /** Where another directory is now: the paths of the other exports. */
  readonly missing: readonly string[]
  /** Ids of exports whose files can't be read, or are not whole. */
  readonly unreadable: readonly string[]
}

/** Export files below `dir`. */
export function exportsIn(dir: string, options: GaneshaOptions): Exports {
  const folder = join(dir, 'exports.d')
  const numberFolder = join(dir, 'numbers')
  const guardPath = join(dir, 'nothing')
  const guard = join(dir, 'guard.conf')
  const shownFolder = join(dir, 'shown')
  // Ceph's client walks no mounts, and the module that would is not needed on such a host.
  const guards = options.ceph_conf === undefined
  const fileOf = (id: string) => join(folder, `${checkedId(id)}.conf`)
  const shownFile = (id: string) => join(shownFolder, `${checkedId(id)}.conf`)
  const numberFile = (number: number) => join(numberFolder, String(number))

  async function takeNumber(commands: Commands, id: string): Promise<number> {
    // Numbers are spread by id, so one that was freed isn't handed to somebody else next: old file handles hold it.
    const first = createHash('sha256').update(checkedId(id)).digest().readUInt32BE() % numbers
    for (let step = 0; step < numbers; step++) {
      const number = 1 + ((first + step) % numbers)
      const argv = ['perl', numberScript, numberFile(number), id]
      if ((await commands.change(argv, { okCodes: [0, 3] })).code === 0) return number
    }
    throw new DriverError(`all ${numbers} export numbers are taken`, 'no-room-here')
  }

  async function filesHere(commands: Commands): Promise<readonly string[]> {
    const { stdout } = await commands.look(['ls', '--', folder], { maxOutputBytes: manyMegabytes })
    return stdout.split('\n').flatMap((name) => {
      const id = name.replace(/\.conf$/, '')
      return name.endsWith('.conf') && uuid.test(id) ? [fileOf(id)] : []
    })
  }

  async function forget(commands: Commands, record: Numbered): Promise<void> {
    await commands.change([
      'rm',
      '-f',
      '--',
      fileOf(record.id),
      shownFile(record.id),
      numberFile(record.number),
    ])
  }

  /** Writes `record` to `file` and has the daemon read it there; a `fleeting` file is gone afterwards. */
  async function tell(
    commands: Commands,
    running: Running,
    record: ExportRecord,
    file: string,
    fleeting?: { readonly prober: string },
  ): Promise<void> {
    const argv = ['perl', tellScript, file, running.bus, String(record.number), record.path]
    const input = exportFile(record, options, fleeting?.prober)
    if (fleeting !== undefined) argv.push('fleeting')
    const { stdout } = await commands.change(argv, { input })
    // It says "1 exports updated. Errors found: …" with code 0 when it dropped a part of the file.
    const partly = /errors found/i.test(stdout)
    if (partly || !/^\s*1 exports (updated|added)/.test(stdout)) {
      throw new DriverError(`NFS-Ganesha did not take the export: ${stdout.trim()}`, 'maybe-happened', {
        retryAfterS: 5,
        ...(partly ? { reason: 'unsupported' } : {}),
      })
    }
  }

  return {
    files: filesHere,
    takeNumber,
    guardPath,
    async prepare(commands) {
      const folders = [folder, numberFolder, guardPath, shownFolder]
      await commands.change(['mkdir', '-p', '-m', '0700', '--', ...folders])
      if (!guards) return
      const input = guardFile(await takeNumber(commands, guardId), guardPath)
      await writeFile(commands, guard, input)
    },

    async find(commands, id) {
      try {
        const { stdout } = await commands.look(['cat', '--', fileOf(id)], { maxOutputBytes: manyMegabytes })
        return readExportFile(stdout)
      } catch (error) {
        if (isAbsent(error) || (error instanceof ExecError && error.kind === 'output')) return null
        throw error
      }
    },

    async has(commands, id) {
      return (await commands.look(['test', '-e', fileOf(id)], { okCodes: [0, 1] })).code === 0
    },

    apply: (commands, running, record) => tell(commands, running, record, fileOf(record.id)),

    async show(commands, running, record, prober) {
      await tell(commands, running, record, shownFile(record.id), { prober })
    },

    hide: (commands, running, record) => removeLive(commands, running, record.number),

    async remove(commands, running, record) {
      await removeLive(commands, running, record.number)
      await forget(commands, record)
    },

    async save(commands, record) {
      await writeFile(commands, fileOf(record.id), exportFile(record, options))
    },

    forget,

    async judge(commands) {
      const table = mounts()
      const here = await filesHere(commands)
      const headers = await readable(commands, here)
      const records = [...headers.values()]
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
      const unreadable = here.filter((file) => !headers.has(file)).map(idOf)
      return { files: guards ? [guard, ...files] : files, missing, unreadable }
    },

    async mend(commands) {
      let mended = false
      for (const file of await filesHere(commands)) {
        const { stdout } = await commands.look(['cat', '--', file], { maxOutputBytes: manyMegabytes })
        // What can't be read is left out already.
        const record = readExportFile(stdout)
        if (record === null || isIntact(stdout, record, options)) continue
        mended = true
        await writeFile(commands, file, '')
      }
      return mended
    },

    async guarded(commands, running) {
      const number = await takeNumber(commands, guardId)
      return !guards || (await liveExport(commands, running, number)) === guardPath
    },
  }
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
  expected: Expected,
  guardPath: string,
  table: readonly Mount[],
): Promise<void> {
  const { path } = expected
  const [wrong = null] = await differences(commands, [expected], table)
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

/** Whose export file it is. */
export const idOf = (file: string): string => basename(file, '.conf')

/**
 * What those of these files say that can be read and are whole: any other would keep the server from starting, for all. Their names
 * are their ids.
 */
export async function readable(
  commands: Commands,
  files: readonly string[],
): Promise<ReadonlyMap<string, ExportHeader>> {
  const records = new Map<string, ExportHeader>()
  for (let at = 0; at < files.length; at += filesAtOnce) {
    const some = files.slice(at, at + filesAtOnce)
    const cut = new Set(await filesWithout(commands, `^${lastLine}$`, some))
    const whole = some.filter((file) => !cut.has(file))
    const byId = new Map(whole.map((file) => [idOf(file), file]))
    for (const line of await firstLines(commands, whole)) {
      const record = readHeader(line)
      const file = byId.get(record?.id ?? '')
      if (record !== null && file !== undefined && isInstanceId(record.id)) records.set(file, record)
    }
  }
  return records
}

/** One that went meanwhile, or that the disk does not give back, is one that it says nothing of. */
const quietGrep = ['grep', '--text', '--no-messages']

/** The first line of each that begins as an export file does; lines that are as long as no such line is are left out. */
async function firstLines(commands: Commands, files: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return []
  const argv = [...quietGrep, '--no-filename', '--max-count=1', '^# manila ', '--', ...files]
  try {
    const { stdout } = await commands.look(argv, { maxOutputBytes: manyMegabytes, okCodes: [0, 1, 2] })
    return stdout.split('\n')
  } catch (error) {
    if (!(error instanceof ExecError) || error.kind !== 'output') throw error
    const half = files.length >> 1
    if (half === 0) return []
    return [
      ...(await firstLines(commands, files.slice(0, half))),
      ...(await firstLines(commands, files.slice(half))),
    ]
  }
}

async function filesWithout(
  commands: Commands,
  pattern: string,
  files: readonly string[],
): Promise<readonly string[]> {
  const argv = [...quietGrep, '--files-without-match', pattern, '--', ...files]
  const { stdout } = await commands.look(argv, { maxOutputBytes: manyMegabytes, okCodes: [0, 1, 2] })
  return stdout.split('\n').filter((file) => file !== '')
}

/** The path that the daemon serves under `number`; null when it serves none. */
async function liveExport(commands: Commands, running: Running, number: number): Promise<string | null> {
  try {
    // It lists every client.
    const ask = busCall(running, 'DisplayExport', [`uint16:${number}`])
    const { stdout } = await commands.look(ask, { maxOutputBytes: manyMegabytes })
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
  const flags = [`--bus=${running.bus}`, '--print-reply', '--reply-timeout=30000']
  return ['dbus-send', ...flags, ...to, `org.ganesha.nfsd.exportmgr.${method}`, ...args]
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
