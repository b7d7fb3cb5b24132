/** The text of Ganesha's and the bus's configuration files. Every value in them is checked here before it is written. */
import { DriverError, isDriverError } from '../../contract/driver.ts'
import type { OwnFileSystem, ServerUser, Tree } from '../../contract/driver.ts'
import type { GaneshaOptions } from './options.ts'
import type { ClientRule } from './rules.ts'

/**
 * What an export file says, kept in its first lines so that the next process reads it back without parsing Ganesha's language: the
 * rules in one of their own, so that who looks at all files reads little of each.
 */
export interface ExportRecord {
  /** Share instance id or snapshot instance id. */
  readonly id: string
  /** Ganesha's 16-bit export id. */
  readonly number: number
  readonly path: string
  readonly readOnly: boolean
  readonly name: string
  /** The directory behind `path` when it was published, by mount: see `mountIdentity`. */
  readonly mount: string
  /** Present when `path` is the root of a file system of its own, which then has to be this one. */
  readonly fileSystem?: OwnFileSystem
  /** Present when `path` is inside this CephFS. */
  readonly ceph?: {
    readonly filesystem: string
    /** As whom it is served; absent in files of a release that served all as one. The key is not in the first line. */
    readonly user?: ServerUser
  }
  readonly rules: readonly ClientRule[]
}

/** What the first line tells. */
export type ExportHeader = Omit<ExportRecord, 'rules'>

const header = '# manila '
const rulesHeader = '# rules '
/** What a file that was cut lacks. */
export const lastLine = '}'

/**
 * One export file. `prober` is an address that may see the root's attributes beside those whom rules let in, to ask for its
 * handle. Throws {@link DriverError} when a path can't be written safely.
 */
export function exportFile(record: ExportRecord, options: GaneshaOptions, prober?: string): string {
  const clients = record.rules.map(({ clients, level }) => {
    const access = level === 'rw' && !record.readOnly ? 'RW' : 'RO'
    return `  CLIENT { Clients = ${clients.join(', ')}; Access_Type = ${access}; Protocols = 4; }`
  })
  // The first that matches decides: a rule for the same address goes on to hold.
  if (prober !== undefined)
    clients.push(`  CLIENT { Clients = ${prober}; Access_Type = MDONLY_RO; Protocols = 4; }`)
  const { rules, ...rest } = record
  const lines = [
    `${header}${JSON.stringify(rest, withoutKey)}`,
    `${rulesHeader}${JSON.stringify(rules)}`,
    'EXPORT {',
    `  Export_Id = ${record.number};`,
    `  Path = ${quoted(record.path)};`,
    `  Pseudo = ${quoted(`/${record.name}`)};`,
    '  Access_Type = None;',
    `  Squash = ${squash[options.squash]};`,
    '  Anonymous_Uid = 65534;',
    '  Anonymous_Gid = 65534;',
    // Modes that change behind Ganesha's back would otherwise be seen a minute late.
    '  Attr_Expiration_Time = 0;',
    ...clients,
    `  FSAL { ${fsal(record, options)} }`,
    lastLine,
  ]
  return `${lines.join('\n')}\n`
}

/** Who reads and writes the tree: the kernel, or Ceph's own client with a user of its own. */
function fsal({ ceph }: ExportRecord, options: GaneshaOptions): string {
  if (ceph === undefined) return 'Name = VFS;'
  const filesystem = checkedName(ceph.filesystem)
  const by = `Name = CEPH; Filesystem = "${filesystem}";`
  if (ceph.user === undefined) return `${by} User_Id = "${options.ceph_user}";`
  const { name, key } = ceph.user
  if (!cephKey.test(key)) throw new DriverError(`the key of ${name} can't be written`, 'nothing-happened')
  return `${by} User_Id = "${checkedName(name)}"; Secret_Access_Key = "${key}";`
}

/** Whether both are served as the same user of Ceph's. */
export function sameUser(one: ExportRecord, other: ExportRecord): boolean {
  return one.ceph?.user?.name === other.ceph?.user?.name && one.ceph?.user?.key === other.ceph?.user?.key
}

/** What cephx keys look like; nothing that could end the quotes. */
const cephKey = /^[A-Za-z0-9+/]{1,200}={0,2}$/

/** The first line is looked at by people and logged; the key stands in the server's own part of the file alone. */
function withoutKey(this: unknown, field: string, value: unknown): unknown {
  return field === 'key' ? undefined : value
}

/** The record of a first line, with the key that the rest of the file holds. */
function withKey<Some extends ExportHeader>(record: Some, text: string): Some {
  const { ceph } = record
  if (ceph?.user === undefined) return record
  const key = /Secret_Access_Key = "([^"]*)"/.exec(text)?.[1] ?? ''
  return { ...record, ceph: { ...ceph, user: { name: ceph.user.name, key } } }
}

/** What the first line of an export file says; null for any other line. */
export function readHeader(line: string): ExportHeader | null {
  if (!line.startsWith(header)) return null
  try {
    // A release that wrote the rules into this line as well left them there.
    const { rules: _, ...rest } = JSON.parse(line.slice(header.length)) as Partial<ExportRecord> &
      ExportHeader
    return withKey(rest, line)
  } catch {
    return null
  }
}

/** Reads back what an export file says; null for any other file, and for one that is not whole. */
export function readExportFile(text: string): ExportRecord | null {
  const [first = '', second = ''] = text.split('\n', 2)
  const rest = readHeader(first)
  if (rest === null || !text.endsWith(`\n${lastLine}\n`)) return null
  try {
    const rules = second.startsWith(rulesHeader)
      ? (JSON.parse(second.slice(rulesHeader.length)) as readonly ClientRule[])
      : (JSON.parse(first.slice(header.length)) as ExportRecord).rules
    return Array.isArray(rules) ? withKey({ ...rest, rules }, text) : null
  } catch {
    return null
  }
}

/**
 * Whether `text` is what would be written for the record that it says: Ganesha parses all of it. One of an earlier release, which wrote
 * rules into the first line and one by one, is held to be.
 */
export function isIntact(text: string, record: ExportRecord, options: GaneshaOptions): boolean {
  if (!text.includes(`\n${rulesHeader}`)) return true
  try {
    return exportFile(record, options) === text
  } catch (error) {
    if (isDriverError(error)) return false
    throw error
  }
}

/** What the main file says besides the options. */
export interface MainFacts {
  readonly address: string
  readonly port: number
  /** Where recovery data and everything else of this server lies. */
  readonly dir: string
  /** Every export is a file system of its own: handles hold its UUID, which a restart of the host doesn't change. */
  readonly ownFileSystems: boolean
  /** See {@link lawsOf}. */
  readonly laws: string
  /** Export files to begin with. */
  readonly includes: readonly string[]
}

/** First line of a main file: a running server whose file has another one was started by other laws. */
export function lawsOf(place: { readonly ownFileSystems: boolean; readonly address: string }): string {
  return `# manila laws 2: handles by ${place.ownFileSystems ? 'UUID' : 'device'}, on ${place.address}`
}

/**
 * An export that nobody may reach, on the file system that the trees are mounted in. NFS-Ganesha 4.3 follows `..` above an
 * export's root into a file system that no export has yet, and from then on serves it to clients of that export: the
 * host's own. What this export has is refused to all others.
 */
export function guardFile(number: number, path: string): string {
  const access = `Pseudo = "/.guard"; Access_Type = None; FSAL { Name = VFS; }`
  return `EXPORT { Export_Id = ${number}; Path = ${quoted(path)}; ${access} }\n`
}

/** Ganesha's main file: served addresses, lease behaviour, and the export files to begin with. */
export function mainFile(options: GaneshaOptions, facts: MainFacts): string {
  const { address, port, dir, ownFileSystems, laws, includes } = facts
  const grace =
    options.grace_period_s === 0
      ? 'Graceless = true;'
      : // A lease shorter than the grace period lets clients renew, and so reclaim, within it.
        `Grace_Period = ${options.grace_period_s}; Lease_Lifetime = ${Math.max(5, Math.floor((options.grace_period_s * 2) / 3))};`
  const lines = [
    laws,
    'NFS_CORE_PARAM {',
    '  NFS_Protocols = 4;',
    `  NFS_Port = ${port};`,
    `  Bind_addr = ${address};`,
    '  Enable_NLM = false; Enable_RQUOTA = false; Enable_UDP = false;',
    // Subvolumes of one btrfs share its UUID; their device numbers differ. Those of loop devices change with each boot.
    `  fsid_device = ${String(!ownFileSystems)};`,
    '}',
    'NFS_KRB5 { Active_krb5 = false; }',
    `NFSV4 { ${grace} RecoveryBackend = fs; RecoveryRoot = ${quoted(`${dir}/recovery`)};`,
    '  Only_Numeric_Owners = true; Minor_Versions = 0, 1, 2; }',
    'EXPORT_DEFAULTS { SecType = sys; Access_Type = None; Protocols = 4; Transports = TCP; }',
    'LOG { Default_Log_Level = EVENT; }',
    ...(options.ceph_conf === undefined ? [] : [`CEPH { Ceph_Conf = ${quoted(options.ceph_conf)}; }`]),
    ...includes.map((file) => `%include ${quoted(file)}`),
  ]
  return `${lines.join('\n')}\n`
}

/** A private bus that root alone may use. */
export function busFile(socket: string): string {
  return `<busconfig>
  <type>system</type>
  <listen>unix:path=${xml(socket)}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default"><deny user="*"/><allow user="root"/></policy>
  <policy user="root">
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
`
}

/** The pseudo path's name when it is one safe path element. */
export function checkedName(name: string): string {
  if (/^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$/.test(name)) return name
  throw new DriverError(
    `${JSON.stringify(name.slice(0, 64))} can't be an export's name`,
    'nothing-happened',
    {
      reason: 'unsupported',
    },
  )
}

/** The tree's path when it can stand in quotes in a configuration file. */
export function checkedPath(tree: Tree): string {
  quoted(tree.path)
  return tree.path
}

const squash = {
  no_root_squash: 'No_Root_Squash',
  root_squash: 'Root_Squash',
  all_squash: 'All_Squash',
} as const

function quoted(value: string): string {
  if (/^\/[^"\\\n\r\0]*$/.test(value)) return `"${value}"`
  throw new DriverError(`${JSON.stringify(value)} can't be written into a Ganesha file`, 'nothing-happened', {
    reason: 'unsupported',
  })
}

function xml(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
