/** When a share allows what. */
import {
  isBusy,
  shareAllows,
  shareAllowsAgain,
  snapshotAllows,
  type Allows,
  type ShareStatus,
} from '../states.ts'
import { sizeLimits } from '../extra-specs.ts'
import { barrier, first, type Barrier } from './barrier.ts'

/** What gates look at of a share. */
export interface ShareFact {
  readonly id: string
  readonly project_id: string
  readonly status: string
  readonly size: number
  readonly task_state: string | null
  readonly is_soft_deleted: 0 | 1
  readonly has_replicas: 0 | 1
  readonly share_server_id: string | null
  readonly share_group_id: string | null
  readonly snapshot_support: 0 | 1
  readonly revert_to_snapshot_support: 0 | 1
}

/** What hangs on a share, counted. */
export interface Dependents {
  readonly snapshots: number
  readonly backups: number
  readonly groupMembers: number
  readonly deleteLocks: number
}

export interface InstanceFact {
  readonly id: string
  readonly status: string
  readonly backend_id: string | null
  readonly access_rules_status: string
}

interface WithDependents {
  readonly share: ShareFact
  readonly dependents: Dependents
}

type Flags = ReadonlySet<string>

/** In which states: of the action itself unless failed work is asked again (`shareAllowsAgain`). */
interface From {
  readonly allows?: Allows<ShareStatus>
}

export const softDeleted = (share: Pick<ShareFact, 'id' | 'is_soft_deleted'>): Barrier | null =>
  share.is_soft_deleted === 1
    ? barrier('recycle_bin', 'Refused', `Share ${share.id} is in the recycle bin: restore it first.`)
    : null

export const busy = (share: Pick<ShareFact, 'id' | 'task_state'>): Barrier | null =>
  isBusy(share.task_state)
    ? barrier('busy', 'InvalidState', `Share ${share.id} is busy: its task state is ${share.task_state}.`)
    : null

const needs = (
  share: ShareFact,
  allows: Allows<ShareStatus>,
  fault: 'Refused' | 'InvalidState',
  what: string,
): Barrier | null =>
  allows(share)
    ? null
    : barrier(
        'state',
        fault,
        `Share ${share.id} is ${share.status}: it can only be ${what} when it is ${allows.states.join(fault === 'Refused' ? ', ' : ' or ')}.`,
      )

const onServer = (share: Pick<ShareFact, 'id' | 'share_server_id'>, flags: Flags): Barrier | null =>
  share.share_server_id !== null && !flags.has('manageWithServers')
    ? barrier('unsupported', 'Refused', `Share ${share.id} is on a share server: that needs 2.49.`)
    : null

const replicas = (share: ShareFact, what: string): Barrier | null =>
  share.has_replicas === 1
    ? barrier('dependents', 'Conflict', `Share ${share.id} has replicas${what}.`)
    : null

/** What must go before a share may; `fault` says how the verb refuses. */
export function dependents(
  { share, dependents: found }: WithDependents,
  fault: 'Refused' | 'InvalidState',
): Barrier | null {
  const { snapshots, backups, groupMembers, deleteLocks } = found
  const say = (what: string): Barrier => barrier('dependents', fault, `Share ${share.id} ${what}.`)
  return first(
    () => replicas(share, ': delete them first'),
    () =>
      snapshots === 0
        ? null
        : {
            ...say(
              snapshots === 1
                ? 'has 1 snapshot: delete it first'
                : `has ${snapshots} snapshots: delete them first`,
            ),
            hidden: 'snapshots',
          },
    () => (backups === 0 ? null : say('has backups: delete them first')),
    () => (groupMembers === 0 ? null : say('is part of a group snapshot')),
    () =>
      deleteLocks === 0
        ? null
        : {
            ...say('is locked against deletion: remove the resource lock first'),
            kind: 'lock',
            hidden: 'locks',
          },
  )
}

/** Rules wait for what is under way; an instance that was never placed has nobody to apply them. */
export function unfitForRules(
  share: Pick<ShareFact, 'id'>,
  instances: readonly InstanceFact[],
  evenInError: boolean,
): Barrier | null {
  for (const instance of instances) {
    const why =
      instance.backend_id === null
        ? 'is not on any host yet'
        : !shareAllows.access(instance) || (instance.status === 'error' && !evenInError)
          ? `is ${instance.status}`
          : null
    if (why === null) continue
    const says = `access rules can't be changed: an instance of share ${share.id} ${why}`
    return barrier('state', 'InvalidInput', says)
  }
  return null
}

/** A lock on what is about to go would protect nothing. */
const tooLate: Readonly<Record<'share' | 'access_rule', readonly string[]>> = {
  share: [
    'deleting',
    'error_deleting',
    'unmanage_starting',
    'manage_error_unmanage_starting',
    'unmanage_error',
    'unmanaged',
    'deferred_deleting',
    'error_deferred_deleting',
  ],
  access_rule: ['queued_to_deny', 'denying', 'error', 'deleted'],
}

/** `state` is the status of a share or the state of a rule. */
export function tooLateForLock(on: {
  readonly type: 'share' | 'access_rule'
  readonly action: 'delete' | 'show'
  readonly state: string
  readonly softDeleted: boolean
}): Barrier | null {
  if (on.softDeleted)
    return barrier('recycle_bin', 'Conflict', 'A share in the recycle bin can not be locked.')
  return on.action === 'delete' && tooLate[on.type].includes(on.state)
    ? barrier('state', 'Conflict', `It is ${on.state}: too late for a lock.`)
    : null
}

/** Above what its type allows. Administrators are held to another limit, if there is one. */
export function beyondType(growth: {
  readonly specs: Readonly<Record<string, string>>
  readonly privileged: boolean
  readonly sizeGib: number
}): Barrier | null {
  const { maxGib, maxExtendGib } = sizeLimits(growth.specs)
  const limit = growth.privileged ? maxExtendGib : maxGib
  return limit !== null && growth.sizeGib > limit
    ? barrier('size', 'InvalidInput', `new_size must be at most ${limit} GiB for this share type`)
    : null
}

/** Below what its type allows, or nothing at all. */
export function tooSmall(shrink: {
  readonly share: Pick<ShareFact, 'size'>
  readonly specs: Readonly<Record<string, string>>
  readonly sizeGib: number
}): Barrier | null {
  const { share, sizeGib } = shrink
  if (sizeGib <= 0 || sizeGib >= share.size) {
    const says = `new_size must be above 0 and less than the present ${share.size} GiB`
    return barrier('size', 'InvalidInput', says)
  }
  const { minGib } = sizeLimits(shrink.specs)
  return minGib !== null && sizeGib < minGib
    ? barrier('size', 'InvalidInput', `new_size must be at least ${minGib} GiB for this share type`)
    : null
}

export interface RevertFacts {
  readonly share: ShareFact
  readonly instances: readonly InstanceFact[]
  /** The one to go back to; null when it is none of the share's. */
  readonly snapshot: { readonly id: string; readonly status: string } | null
  /** The newest that is not going away. */
  readonly newest: { readonly id: string; readonly project_id: string } | null
  /** The snapshot is on the backend of the instance that the share shows. */
  readonly placed: boolean
}

export const shareGates = {
  update: ({ share }: { readonly share: ShareFact }) => softDeleted(share),

  /** Made once more, after it failed. */
  createAgain: ({ share }: { readonly share: ShareFact }) =>
    first(
      () => softDeleted(share),
      () => needs(share, shareAllowsAgain.create, 'InvalidState', 'made again'),
      () => busy(share),
    ),

  /** `namedGroup`: the group that the caller says it leaves. */
  delete: ({
    share,
    dependents: found,
    namedGroup,
    allows = shareAllows.delete,
  }: WithDependents & From & { readonly namedGroup: string | null }) =>
    first(
      () =>
        share.share_group_id !== null && share.share_group_id !== namedGroup
          ? barrier(
              'dependents',
              'InvalidInput',
              `share ${share.id} is in a group: share_group_id must name it in the query`,
            )
          : null,
      () => needs(share, allows, 'Refused', 'deleted'),
      () => dependents({ share, dependents: found }, 'Refused'),
      () =>
        isBusy(share.task_state)
          ? barrier('busy', 'Refused', `Share ${share.id} is busy: ${share.task_state}.`)
          : null,
    ),

  forceDelete: (facts: WithDependents) => dependents(facts, 'InvalidState'),

  softDelete({ share, dependents: found }: WithDependents): Barrier | null {
    const say = (kind: Barrier['kind'], why: string): Barrier =>
      barrier(kind, 'Refused', `Share ${share.id} ${why}.`)
    const { states } = shareAllows.softDelete
    return first(
      () => (share.is_soft_deleted === 1 ? say('recycle_bin', 'is in the recycle bin already') : null),
      () =>
        shareAllows.softDelete(share)
          ? null
          : say('state', `is ${share.status}: it must be ${states.join(', ')}`),
      () => replicas(share, ''),
      () => (isBusy(share.task_state) ? say('busy', `is busy: its task state is ${share.task_state}`) : null),
      () =>
        found.snapshots > 0
          ? { ...say('dependents', 'has snapshots: delete them first'), hidden: 'snapshots' }
          : null,
      () => (found.backups > 0 ? say('dependents', 'has backups: delete them first') : null),
      () =>
        found.groupMembers > 0 || share.share_group_id !== null
          ? say('dependents', 'belongs to a share group')
          : null,
      () =>
        found.deleteLocks > 0
          ? {
              ...say('lock', 'is locked against deletion: remove the resource lock first'),
              hidden: 'locks',
            }
          : null,
    )
  },

  restore: ({ share }: { readonly share: ShareFact }) =>
    share.is_soft_deleted === 1 && (share.status === 'deleting' || share.status === 'error_deleting')
      ? barrier('state', 'Refused', `Share ${share.id} is ${share.status}: it is too late to restore it.`)
      : null,

  extend: ({ share, allows = shareAllows.extend }: { readonly share: ShareFact } & From) =>
    first(
      () => softDeleted(share),
      () => needs(share, allows, 'InvalidState', 'extended'),
      () => busy(share),
    ),

  shrink: ({ share, allows = shareAllows.shrink }: { readonly share: ShareFact } & From) =>
    first(
      () => softDeleted(share),
      () => needs(share, allows, 'InvalidState', 'shrunk'),
      () => busy(share),
    ),

  revert: ({ share, snapshot, newest, instances, placed, allows = shareAllows.revert }: RevertFacts & From) =>
    first(
      () => softDeleted(share),
      () =>
        snapshot === null
          ? barrier('state', 'InvalidInput', `snapshot_id must be a snapshot of share ${share.id}`)
          : null,
      () =>
        share.revert_to_snapshot_support === 0
          ? barrier('unsupported', 'InvalidInput', `share ${share.id} has no revert_to_snapshot_support`)
          : null,
      () =>
        allows(share)
          ? null
          : barrier(
              'state',
              'Conflict',
              `Share ${share.id} is ${share.status}: it must be ${allows.states.join(' or ')}.`,
            ),
      () =>
        snapshot === null || snapshotAllows.revert(snapshot)
          ? null
          : barrier(
              'state',
              'Conflict',
              `Snapshot ${snapshot.id} is ${snapshot.status}: it must be available.`,
            ),
      () =>
        share.task_state === null
          ? null
          : barrier('busy', 'Conflict', `Share ${share.id} is busy: its task state is ${share.task_state}.`),
      () => {
        if (newest?.id === snapshot?.id) return null
        const says = `Only the newest snapshot can be reverted to; that is ${newest?.id}.`
        const found = barrier('state', 'Conflict', says)
        return newest?.project_id === share.project_id ? found : { ...found, hidden: 'snapshots' }
      },
      () =>
        instances.some((row) => row.access_rules_status !== 'active')
          ? barrier(
              'state',
              'Conflict',
              `Access rules of share ${share.id} are not all applied: wait or deny those in error.`,
            )
          : null,
      () =>
        placed
          ? null
          : barrier(
              'state',
              'InvalidInput',
              `snapshot ${snapshot?.id} has nothing on the backend of share ${share.id}`,
            ),
    ),

  allowAccess: ({
    share,
    instances,
    flags,
  }: {
    readonly share: ShareFact
    readonly instances: readonly InstanceFact[]
    readonly flags: Flags
  }) =>
    first(
      () => softDeleted(share),
      () => unfitForRules(share, instances, flags.has('rulesDespiteErrors')),
      () =>
        !flags.has('stateOfEachRule') && instances.some((row) => row.access_rules_status === 'error')
          ? barrier(
              'state',
              'InvalidInput',
              `access rules of share ${share.id} are in error: deny those first`,
            )
          : null,
    ),

  unmanage: ({ share, dependents: found, flags }: WithDependents & { readonly flags: Flags }) =>
    first(
      () => softDeleted(share),
      () => replicas(share, ''),
      () => onServer(share, flags),
      () => busy(share),
      () => needs(share, shareAllows.unmanage, 'Refused', 'unmanaged'),
      () =>
        found.snapshots > 0
          ? {
              ...barrier('dependents', 'Refused', `Share ${share.id} has snapshots.`),
              hidden: 'snapshots',
            }
          : null,
      () => (found.backups > 0 ? barrier('dependents', 'Refused', `Share ${share.id} has backups.`) : null),
      () =>
        found.groupMembers > 0
          ? barrier('dependents', 'Refused', `Share ${share.id} is part of a group snapshot.`)
          : null,
      () =>
        found.deleteLocks > 0
          ? {
              ...barrier('lock', 'Refused', `Share ${share.id} is locked against deletion.`),
              hidden: 'locks',
            }
          : null,
    ),

  resetStatus: ({ share }: { readonly share: ShareFact }) => softDeleted(share),

  createSnapshot: ({
    share,
    instance,
  }: {
    readonly share: ShareFact
    readonly instance: InstanceFact | null
  }) =>
    first(
      () => softDeleted(share),
      () =>
        share.snapshot_support === 0
          ? barrier(
              'unsupported',
              'MalformedBody',
              `Share ${share.id} has no snapshot_support: its type has none.`,
            )
          : null,
      () =>
        shareAllows.snapshot(share)
          ? null
          : barrier(
              'state',
              'InvalidState',
              `Share ${share.id} is ${share.status}: a snapshot can only be taken when it is available.`,
            ),
      () => busy(share),
      () =>
        instance === null || instance.backend_id === null
          ? barrier('state', 'InvalidState', `Share ${share.id} is on no backend: there is nothing to copy.`)
          : null,
    ),

  manageSnapshot: ({
    share,
    instance,
    flags,
  }: {
    readonly share: ShareFact
    readonly instance: InstanceFact | null
    readonly flags: Flags
  }) =>
    first(
      () => softDeleted(share),
      () => replicas(share, ''),
      () => onServer(share, flags),
      // As for a new one: a snapshot of a share that is going would be left behind by it.
      () =>
        shareAllows.snapshot(share)
          ? null
          : barrier(
              'state',
              'InvalidState',
              `Share ${share.id} is ${share.status}: a snapshot of it can only be managed when it is available.`,
            ),
      () => busy(share),
      () =>
        instance === null || instance.backend_id === null
          ? barrier('state', 'InvalidState', `Share ${share.id} is on no backend.`)
          : null,
    ),
} as const

/** For gates of what hangs on a share. */
export { onServer, replicas }
