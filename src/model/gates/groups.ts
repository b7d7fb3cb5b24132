/** When share groups, group snapshots and group types allow what. */
import { groupSnapshotAllows, shareAllows, shareGroupAllows, isBusy } from '../states.ts'
import { barrier, first, type Barrier } from './barrier.ts'
import type { ShareFact } from './shares.ts'

export interface GroupFact {
  readonly id: string
  readonly status: string
  readonly backend_id: string | null
}

export interface GroupSnapshotFact {
  readonly id: string
  readonly status: string
}

/** What is in a group, counted. */
export interface GroupContents {
  readonly shares: number
  readonly snapshots: number
}

const inUse = (what: string): Barrier => barrier('dependents', 'Conflict', what)

/** Empties and undoes nothing: what it holds must have gone before. */
const holds = (group: GroupFact, { shares, snapshots }: GroupContents): Barrier | null => {
  const says = (count: number, noun: string): string =>
    `Share group ${group.id} has ${count} ${noun}${count === 1 ? ': delete it first' : 's: delete them first'}.`
  return first(
    () => (snapshots === 0 ? null : inUse(says(snapshots, 'group snapshot'))),
    () => (shares === 0 ? null : inUse(says(shares, 'share'))),
  )
}

export const shareGroupGates = {
  delete: ({ group, contents }: { readonly group: GroupFact; readonly contents: GroupContents }) =>
    first(
      () =>
        shareGroupAllows.delete(group)
          ? null
          : barrier(
              'state',
              'Conflict',
              `Share group ${group.id} is ${group.status}: it must be ${shareGroupAllows.delete.states.join(' or ')}.`,
            ),
      () => holds(group, contents),
    ),

  /** Shares of one project are in no group of another. */
  ofProject: ({
    group,
    projectId,
  }: {
    readonly group: { readonly id: string; readonly project_id: string }
    readonly projectId: string
  }) =>
    group.project_id === projectId
      ? null
      : barrier(
          'unsupported',
          'InvalidInput',
          `share.share_group_id: share group ${group.id} is another project's`,
        ),

  /** A share is to be made in it. */
  createShare: ({ group }: { readonly group: GroupFact }) =>
    shareGroupAllows.createShare(group) && group.backend_id !== null
      ? null
      : barrier(
          'state',
          'InvalidInput',
          `share group ${group.id} is ${group.status}: a share can be made in it when it is ${shareGroupAllows.createShare.states.join(' or ')}`,
        ),

  /** All of it at once, so each share must be fit. */
  snapshot: ({ group, shares }: { readonly group: GroupFact; readonly shares: readonly ShareFact[] }) =>
    first(
      () =>
        shareGroupAllows.snapshot(group)
          ? null
          : barrier(
              'state',
              'Conflict',
              `Share group ${group.id} is ${group.status}: it must be ${shareGroupAllows.snapshot.states.join(' or ')}.`,
            ),
      () => {
        for (const share of shares) {
          const found = unfit(share)
          if (found !== null) return found
        }
        return null
      },
    ),
} as const

const unfit = (share: ShareFact): Barrier | null =>
  first(
    () =>
      shareAllows.snapshot(share) && share.is_soft_deleted === 0
        ? null
        : barrier(
            'state',
            'Conflict',
            `Share ${share.id} of the group is ${share.is_soft_deleted === 1 ? 'in the recycle bin' : share.status}: all of them must be ${shareAllows.snapshot.states.join(' or ')}.`,
          ),
    () =>
      isBusy(share.task_state)
        ? barrier('busy', 'Conflict', `Share ${share.id} of the group is busy: ${share.task_state}.`)
        : null,
    () =>
      share.snapshot_support === 0
        ? barrier(
            'unsupported',
            'Conflict',
            `Share ${share.id} of the group has no snapshot_support: its type has none.`,
          )
        : null,
  )

export const groupSnapshotGates = {
  /** `groups`: made from it and not finished yet. */
  delete: ({ snapshot, groups }: { readonly snapshot: GroupSnapshotFact; readonly groups: number }) =>
    first(
      () =>
        groupSnapshotAllows.delete(snapshot)
          ? null
          : barrier(
              'state',
              'Conflict',
              `Share group snapshot ${snapshot.id} is ${snapshot.status}: it must be ${groupSnapshotAllows.delete.states.join(' or ')}.`,
            ),
      () =>
        groups === 0
          ? null
          : inUse(`Share group snapshot ${snapshot.id} is being made into a share group: wait for that.`),
    ),

  createGroup: ({ snapshot }: { readonly snapshot: GroupSnapshotFact }) =>
    groupSnapshotAllows.createGroup(snapshot)
      ? null
      : barrier(
          'state',
          'Conflict',
          `Share group snapshot ${snapshot.id} is ${snapshot.status}: it must be ${groupSnapshotAllows.createGroup.states.join(' or ')}.`,
        ),
} as const

export const groupTypeGates = {
  delete: ({ type, inUse: used }: { readonly type: { readonly name: string }; readonly inUse: boolean }) =>
    used
      ? barrier(
          'dependents',
          'InvalidInput',
          `Share group type ${type.name} is still in use by share groups.`,
        )
      : null,
  changeAccess: ({ type }: { readonly type: { readonly is_public: 0 | 1 } }) =>
    type.is_public === 1
      ? barrier('unsupported', 'Conflict', 'Access by project does not apply to a public share group type.')
      : null,
} as const
