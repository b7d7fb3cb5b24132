/** Verbs of share groups and their snapshots, as `verbs.ts` has those of shares: what must be so, and what is so afterwards. */
import { create as createShare } from '../../../src/app/shares/create.ts'
import { resetStatus as resetSnapshot } from '../../../src/app/share-group-snapshots/change.ts'
import { create as takeSnapshot } from '../../../src/app/share-group-snapshots/create.ts'
import {
  forceDelete as forceDeleteSnapshot,
  remove as removeSnapshot,
} from '../../../src/app/share-group-snapshots/delete.ts'
import { create as createGroup } from '../../../src/app/share-groups/create.ts'
import { remove } from '../../../src/app/share-groups/delete.ts'
import { forceDelete } from '../../../src/app/share-groups/force-delete.ts'
import { resetStatus } from '../../../src/app/share-groups/reset.ts'
import { groupSnapshotAllows, shareGroupAllows, type ShareGroupStatus } from '../../../src/model/states.ts'
import { newShare, type State, type Verb } from './verb.ts'

/** What verbs of a group look at. */
export interface GroupState {
  readonly status: ShareGroupStatus
  /** Shares and group snapshots in it. */
  readonly contents: number
  /** One of its shares is only being made. */
  readonly unfit: boolean
  /** Of the group snapshot that was there from the beginning. */
  readonly snapshot: ShareGroupStatus | null
  /** A group is being made of that. */
  readonly source: boolean
}

const withGroup =
  (holds: (group: GroupState) => boolean) =>
  ({ group }: State): boolean =>
    group !== null && holds(group)
const become =
  (change: (group: GroupState) => Partial<GroupState>) =>
  (state: State): State =>
    state.group === null ? state : { ...state, group: { ...state.group, ...change(state.group) } }
const withSnapshot = (holds: (status: ShareGroupStatus) => boolean) =>
  withGroup(({ snapshot }) => snapshot !== null && holds(snapshot))

export const groupVerbs: readonly Verb[] = [
  {
    name: 'create a share in the group',
    table: shareGroupAllows.createShare,
    policies: [],
    may: withGroup(shareGroupAllows.createShare),
    after: become(({ contents }) => ({ contents: contents + 1, unfit: true })),
    run: (ctx, { groupId, groupShareTypeId }) =>
      createShare(ctx, {
        ...newShare,
        sizeGib: 1,
        snapshotId: null,
        shareType: groupShareTypeId,
        shareGroupId: groupId,
      }),
  },
  {
    name: 'delete the group',
    table: shareGroupAllows.delete,
    policies: ['share_group:delete'],
    may: withGroup((group) => shareGroupAllows.delete(group) && group.contents === 0),
    after: become(() => ({ status: 'deleting' })),
    run: (ctx, { groupId }) => remove(ctx, groupId),
  },
  {
    name: 'delete the group by force',
    table: null,
    policies: ['share_group:force_delete'],
    may: withGroup(() => true),
    after: become(({ snapshot }) => ({
      status: 'deleting',
      snapshot: snapshot === null ? null : 'deleting',
    })),
    run: (ctx, { groupId }) => forceDelete(ctx, groupId),
  },
  {
    name: 'reset the status of the group to error',
    table: null,
    policies: ['share_group:reset_status'],
    may: withGroup(() => true),
    after: become(() => ({ status: 'error' })),
    run: (ctx, { groupId }) => resetStatus(ctx, groupId, 'error'),
  },
  {
    name: 'take a group snapshot',
    table: shareGroupAllows.snapshot,
    policies: [],
    may: withGroup((group) => shareGroupAllows.snapshot(group) && !group.unfit),
    after: become(({ contents }) => ({ contents: contents + 1 })),
    run: (ctx, { groupId }) => takeSnapshot(ctx, { groupId, name: null, description: null }),
  },
  {
    name: 'make a group of the group snapshot',
    table: groupSnapshotAllows.createGroup,
    policies: [],
    may: withSnapshot((status) => groupSnapshotAllows.createGroup({ status })),
    after: become(() => ({ source: true })),
    run: (ctx, { groupSnapshotId, groupTypeId }) =>
      createGroup(ctx, {
        name: null,
        description: null,
        shareTypes: null,
        groupTypeId,
        sourceSnapshotId: groupSnapshotId,
        shareNetworkId: null,
        availabilityZone: null,
      }),
  },
  {
    name: 'delete the group snapshot',
    table: groupSnapshotAllows.delete,
    policies: ['share_group_snapshot:delete'],
    may: withGroup(
      ({ snapshot, source }) =>
        snapshot !== null && groupSnapshotAllows.delete({ status: snapshot }) && !source,
    ),
    after: become(() => ({ snapshot: 'deleting' })),
    run: (ctx, { groupSnapshotId }) => removeSnapshot(ctx, groupSnapshotId),
  },
  {
    name: 'delete the group snapshot by force',
    table: null,
    policies: ['share_group_snapshot:force_delete'],
    may: withSnapshot(() => true),
    after: become(() => ({ snapshot: 'deleting' })),
    run: (ctx, { groupSnapshotId }) => forceDeleteSnapshot(ctx, groupSnapshotId),
  },
  {
    name: 'reset the status of the group snapshot to error',
    table: null,
    policies: ['share_group_snapshot:reset_status'],
    may: withSnapshot(() => true),
    after: become(() => ({ snapshot: 'error' })),
    run: (ctx, { groupSnapshotId }) => resetSnapshot(ctx, groupSnapshotId, 'error'),
  },
]
