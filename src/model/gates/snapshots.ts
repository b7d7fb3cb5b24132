/** When a snapshot allows what. */
import { snapshotAllows, type Allows, type SnapshotStatus } from '../states.ts'
import { barrier, first } from './barrier.ts'
import { onServer, replicas, type ShareFact } from './shares.ts'

export interface SnapshotFact {
  readonly id: string
  readonly share_id: string
  readonly project_id: string
  readonly status: string
}

/** What gates look at of the share that it was taken of. */
export interface ParentFact extends ShareFact {
  readonly mount_snapshot_support: 0 | 1
  readonly snapshot_inherit_share_access_support: 0 | 1
}

/** In which states: of the action itself unless failed work is asked again (`snapshotAllowsAgain`). */
interface From {
  readonly allows?: Allows<SnapshotStatus>
}

export const snapshotGates = {
  delete: ({ snapshot, allows = snapshotAllows.delete }: { readonly snapshot: SnapshotFact } & From) =>
    allows(snapshot)
      ? null
      : barrier(
          'state',
          'InvalidState',
          `Snapshot ${snapshot.id} is ${snapshot.status}: it must be ${allows.states.join(' or ')}.`,
        ),

  unmanage: ({
    snapshot,
    share,
    flags,
  }: {
    readonly snapshot: SnapshotFact
    readonly share: ShareFact
    readonly flags: ReadonlySet<string>
  }) =>
    first(
      () => onServer(share, flags),
      () => replicas(share, ''),
      () =>
        snapshotAllows.unmanage(snapshot)
          ? null
          : barrier(
              'state',
              'Refused',
              `Snapshot ${snapshot.id} is ${snapshot.status}: it can't be unmanaged while something is under way.`,
            ),
    ),

  /** Rules of its own: a snapshot that can't be mounted has none, and one that inherits its share's has none either. */
  changeAccess: ({
    snapshot,
    share,
    instances,
  }: {
    readonly snapshot: SnapshotFact
    readonly share: ParentFact
    readonly instances: readonly { readonly status: string }[]
  }) =>
    first(
      () =>
        share.mount_snapshot_support === 0
          ? barrier(
              'unsupported',
              'InvalidInput',
              `share ${share.id} has no mount_snapshot_support: its snapshots can't be mounted`,
            )
          : null,
      () =>
        share.snapshot_inherit_share_access_support === 1
          ? barrier(
              'unsupported',
              'InvalidInput',
              `snapshots of share ${share.id} inherit its access rules: change those`,
            )
          : null,
      () => {
        const unfit = instances.find((row) => !snapshotAllows.access(row))
        const says = `Snapshot ${snapshot.id} is ${unfit?.status}: it must be available.`
        return unfit === undefined ? null : barrier('state', 'InvalidState', says)
      },
    ),
} as const
