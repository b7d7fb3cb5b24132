/**
 * Where things are inside a pool. Clients reach the file systems inside the images and nothing of the pool's own:
 *
 *     <pool>/manila/shares/<share instance id>/image        complete shares
 *     <pool>/manila/snapshots/<snapshot instance id>/image  read-only
 *     <pool>/manila/mounted/<snapshot instance id>/image    the copy of an exported snapshot that is mounted
 *     <pool>/manila/staging/<id>.<what>/image               being made; only the next call with that id may remove it
 *     <pool>/manila/trash/<id>.<subvolume id>               on its way out; anybody may remove it at any time
 *     <pool>/manila/records/<id>.<what>                     what must survive a crash
 *
 * Each folder that holds an image is a subvolume, so that its quota group tells what it holds alone.
 */
import { join } from 'node:path'
import { checkedId } from '../btrfs/layout.ts'

export type StagingKind = 'create' | 'replace' | 'mounted'
/** `image`: its UUID. `replace`: a copy that takes the share's place. `mounted`: of a snapshot. `managed`: where it came from. */
export type RecordKind = 'image' | 'replace' | 'mounted' | 'managed'

export interface Layout {
  /** Top of the pool: where an administrator's own subvolumes are. */
  readonly top: string
  /** The subvolume that holds all of the above. */
  readonly root: string
  /** Complete shares, a folder each. */
  readonly shares: string
  readonly trash: string
  readonly records: string
  readonly folders: readonly string[]
  /** Where names begin with the ids of what is not, or no longer, whole. */
  readonly remains: readonly string[]
  share(id: string): string
  snapshot(id: string): string
  mounted(id: string): string
  staging(id: string, what: StagingKind): string
  /** What a subvolume's id is put behind in the trash. */
  discarded(id: string): string
  record(id: string, what: RecordKind): string
  /** A subvolume at the top of the pool by the name an administrator typed. */
  foreign(name: string): string
}

/** The layout of the pool whose top directory is `top`. Each path function throws `DriverError` on a bad id. */
export function layoutOf(top: string): Layout {
  const root = join(top, 'manila')
  const folder = (name: string) => join(root, name)
  return {
    top,
    root,
    shares: folder('shares'),
    trash: folder('trash'),
    records: folder('records'),
    folders: ['shares', 'snapshots', 'mounted', 'staging', 'trash', 'records'].map(folder),
    remains: ['mounted', 'staging', 'trash', 'records'].map(folder),
    share: (id) => join(root, 'shares', checkedId(id)),
    snapshot: (id) => join(root, 'snapshots', checkedId(id)),
    mounted: (id) => join(root, 'mounted', checkedId(id)),
    staging: (id, what) => join(root, 'staging', `${checkedId(id)}.${what}`),
    discarded: (id) => join(root, 'trash', checkedId(id)),
    record: (id, what) => join(root, 'records', `${checkedId(id)}.${what}`),
    foreign: (name) => join(top, name),
  }
}

/** The image in one of the folders above. */
export const imageIn = (folder: string): string => join(folder, 'image')
