import { DriverError } from '../contract/driver.ts'

/** What `shares/<id>.json` holds. */
export interface ShareRecord {
  readonly id: string
  readonly share_id: string
  readonly project_id: string
  readonly protocol: string
  readonly pool: string
  readonly size_gib: number
  readonly used_bytes: number
  /** Stands for the whole content: two trees with equal tokens hold the same bytes. */
  readonly token: string
  /** The pretended path of the tree. A managed share keeps the one it had before. */
  readonly tree: string
  /** False between the two stages of a creation. */
  readonly complete: boolean
  /** Snapshot instance the content came from, for clones. */
  readonly cloned_from: string | null
  /** Operation id of the latest revert. */
  readonly reverted_by: string | null
  /** The highest fence number that changed this record. */
  readonly fence: number | null
}

/** What `snapshots/<id>.json` holds. */
export interface SnapshotRecord {
  readonly id: string
  readonly snapshot_id: string
  readonly share_instance_id: string
  readonly pool: string
  readonly size_gib: number
  readonly used_bytes: number
  readonly token: string
  /** The pretended path, also what an administrator types to manage it. */
  readonly tree: string
  readonly attached: boolean
  readonly fence: number | null
}

/** What `exports/<id>.json` holds. */
export interface ExportRecord {
  readonly id: string
  readonly protocol: string
  readonly name: string
  readonly tree: string | null
  readonly read_only: boolean
  readonly rules: readonly {
    readonly id: string
    readonly type: string
    readonly to: string
    readonly level: 'rw' | 'ro'
    readonly access_key: string | null
  }[]
}

export interface Records {
  readonly shares: ShareRecord
  readonly snapshots: SnapshotRecord
  readonly exports: ExportRecord
  /** Trees that carry no Manila id: unmanaged, or planted by a test. Named after the last element of the path. */
  readonly loose: ShareRecord
  readonly 'loose-snapshots': SnapshotRecord
  /** Highest fence number seen per lock file, kept after the thing itself is gone. */
  readonly fences: Readonly<Record<string, number>>
}
export type Kind = keyof Records
export const kinds = ['shares', 'snapshots', 'exports', 'loose', 'loose-snapshots', 'fences'] as const

/** Refuses ids that could be read as a path: they become file names. */
export function plainId(id: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/.test(id) && !id.includes('..')) return id
  throw new DriverError(`not an id: ${JSON.stringify(id.slice(0, 80))}`, 'nothing-happened')
}

export const GIB = 1024 ** 3
