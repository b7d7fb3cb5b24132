/**
 * Where things are inside a pool. Everything that is Manila's lies in one subvolume, so that one command lists it and
 * nothing of an administrator's is ever mistaken for it:
 *
 *     <pool>/manila/shares/<share instance id>        complete shares: what is here has its size
 *     <pool>/manila/snapshots/<snapshot instance id>  read-only
 *     <pool>/manila/staging/<id>.<what>               being made; only the next call with that id may remove it
 *     <pool>/manila/trash/<id>.<subvolume id>         on its way out; anybody may remove it at any time
 *
 * What the driver notes about shares must survive a crash and must not be written by clients, who can reach all of the pool:
 *
 *     <backend's directory>/records/<id>.<what>
 */
import { join } from 'node:path'
import { DriverError } from '../../contract/driver.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Names an administrator may type: no leading dot or dash, nothing that walks. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/

export interface Layout {
  /** Top of the pool: where an administrator's own subvolumes are. */
  readonly top: string
  /** The subvolume that holds all of the above. */
  readonly root: string
  readonly trash: string
  readonly folders: readonly string[]
  /** Where records are, outside the pool. */
  readonly records: string
  /** Where names begin with the ids of what is not, or no longer, whole. */
  readonly remains: readonly string[]
  /** Where a release before kept them. */
  readonly oldRecords: string
  share(id: string): string
  snapshot(id: string): string
  staging(id: string, what: 'create' | 'revert'): string
  discarded(id: string, subvolumeId: string): string
  record(id: string, what: RecordKind): string
  /** A subvolume at the top of the pool by the name an administrator typed. */
  foreign(name: string): string
}

export type RecordKind = 'revert' | 'managed'

/**
 * The layout of the pool whose top directory is `top`, of the backend whose own directory is `dir`. Each path function throws
 * {@link DriverError} on a bad id.
 */
export function layoutOf(top: string, dir: string): Layout {
  const root = join(top, 'manila')
  const records = join(dir, 'records')
  const folder = (name: string) => join(root, name)
  return {
    top,
    root,
    trash: folder('trash'),
    folders: ['shares', 'snapshots', 'staging', 'trash'].map(folder),
    records,
    remains: [folder('staging'), folder('trash'), records],
    oldRecords: folder('records'),
    share: (id) => join(root, 'shares', checkedId(id)),
    snapshot: (id) => join(root, 'snapshots', checkedId(id)),
    staging: (id, what) => join(root, 'staging', `${checkedId(id)}.${what}`),
    discarded: (id, subvolumeId) => join(root, 'trash', `${checkedId(id)}.${checkedNumber(subvolumeId)}`),
    record: (id, what) => join(records, `${checkedId(id)}.${what}`),
    foreign: (name) => join(top, name),
  }
}

/** The id itself when it is a uuid in canonical form; ids become paths, so nothing else passes. */
export function checkedId(id: string): string {
  if (uuid.test(id)) return id
  throw new DriverError(`not an instance id: ${JSON.stringify(id.slice(0, 64))}`, 'nothing-happened')
}

/** Whether a name in the trash is one that {@link Layout.discarded} gave. */
export function isDiscarded(name: string): boolean {
  const [id = '', number = '', ...more] = name.split('.')
  return uuid.test(id) && /^\d{1,20}$/.test(number) && more.length === 0
}

function checkedNumber(value: string): string {
  if (/^\d{1,20}$/.test(value)) return value
  throw new DriverError(`not a subvolume id: ${JSON.stringify(value.slice(0, 64))}`, 'nothing-happened')
}

/**
 * The name in an export path as an administrator types it: `host:/name`, `/name` or `name`. Throws `not-found` for
 * anything that isn't one plain name, `manila` included.
 */
export function typedName(exportPath: string): string {
  const name = /^(?:[A-Za-z0-9.:[\]-]{1,253}:)?\/?([^/]+)$/.exec(exportPath)?.[1] ?? ''
  if (plainName.test(name) && name !== 'manila') return name
  throw new DriverError(
    `${JSON.stringify(exportPath.slice(0, 256))} does not name a subvolume at the top of the pool (host:/NAME or NAME)`,
    'nothing-happened',
    { reason: 'not-found' },
  )
}

/** Shares and snapshots by instance id, from `btrfs subvolume list -o <root>`. */
export interface Listing {
  /** Instance id → subvolume id. */
  readonly shares: ReadonlyMap<string, string>
  readonly snapshots: ReadonlyMap<string, string>
  /** Names in the trash. */
  readonly trash: readonly string[]
}

/** Reads the output of `btrfs subvolume list -o`; lines about anything else are skipped. */
export function parseListing(text: string): Listing {
  const shares = new Map<string, string>()
  const snapshots = new Map<string, string>()
  const trash: string[] = []
  for (const line of text.split('\n')) {
    const found = /^ID (\d+) .* path (?:.*\/)?manila\/(shares|snapshots|trash)\/([^/]+)$/.exec(line)
    if (found === null) continue
    const [, subvolumeId = '', folder, name = ''] = found
    if (folder === 'trash') trash.push(name)
    else if (uuid.test(name)) (folder === 'shares' ? shares : snapshots).set(name, subvolumeId)
  }
  return { shares, snapshots, trash }
}
