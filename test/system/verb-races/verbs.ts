/**
 * Every verb that decides from a share and what hangs on it, as the tables of `src/model/states.ts` see it: what must be so, and
 * what is so afterwards. From that follows which two may not both succeed.
 */
import { allow, type AllowAccessInput } from '../../../src/app/access-rules/allow.ts'
import { deny, updateLevel } from '../../../src/app/access-rules/change.ts'
import { createLock } from '../../../src/app/resource-locks/create.ts'
import { forceDelete as forceDeleteInstance } from '../../../src/app/share-instances/verbs.ts'
import { remove as removeType } from '../../../src/app/share-types/delete.ts'
import { create as createShare } from '../../../src/app/shares/create.ts'
import { forceDelete, remove, unmanage } from '../../../src/app/shares/delete.ts'
import { manage as manageShare } from '../../../src/app/shares/manage.ts'
import { restore, softDelete } from '../../../src/app/shares/recycle.ts'
import { resetStatus } from '../../../src/app/shares/reset.ts'
import { extend, shrink } from '../../../src/app/shares/resize.ts'
import { revert } from '../../../src/app/shares/revert.ts'
import { update } from '../../../src/app/shares/update.ts'
import { allow as allowSnapshot } from '../../../src/app/snapshots/access.ts'
import { create as createSnapshot } from '../../../src/app/snapshots/create.ts'
import {
  forceDelete as forceDeleteSnapshot,
  remove as removeSnapshot,
  unmanage as unmanageSnapshot,
} from '../../../src/app/snapshots/delete.ts'
import { manage as manageSnapshot } from '../../../src/app/snapshots/manage.ts'
import { resetStatus as resetSnapshot } from '../../../src/app/snapshots/reset.ts'
import { startDeletion } from '../../../src/data/recycle-bin.ts'
import {
  shareAllows,
  snapshotAllows,
  transitionalShareStatuses,
  type Allows,
  type ShareStatus,
  type SnapshotStatus,
} from '../../../src/model/states.ts'
import { groupVerbs } from './group-verbs.ts'
import { newShare, type State, type Verb } from './verb.ts'
import type { Start } from './world.ts'

export type { Verb } from './verb.ts'

export const initial: Readonly<Record<Start, State>> = (() => {
  const plain: State = {
    share: 'available',
    softDeleted: false,
    snapshot: null,
    snapshots: 0,
    newest: false,
    deleteLocks: 0,
    rule: 'active',
    ruleLocked: false,
    applied: true,
    taken: [],
    type: 'none',
    there: true,
    group: null,
  }
  const group = { status: 'available', contents: 0, unfit: false, snapshot: null, source: false } as const
  return {
    plain,
    'with-snapshot': { ...plain, snapshot: 'available', snapshots: 1, newest: true },
    'in-bin': { ...plain, softDeleted: true },
    type: { ...plain, there: false, type: 'unused' },
    group: { ...plain, there: false, group },
    'group-snapshot': { ...plain, there: false, group: { ...group, contents: 2, snapshot: 'available' } },
  }
})()

const free = (state: State): boolean => state.snapshots === 0 && state.deleteLocks === 0
const inUse = (state: State): boolean => !state.softDeleted
const share = (status: ShareStatus) => (state: State) => ({ ...state, share: status })
const byShare =
  (table: Allows<ShareStatus>, ...more: ((state: State) => boolean)[]) =>
  (state: State): boolean =>
    table({ status: state.share }) && more.every((holds) => holds(state))
const bySnapshot =
  (table: Allows<SnapshotStatus>) =>
  (state: State): boolean =>
    state.snapshot !== null && table({ status: state.snapshot })
const another = (state: State): State => ({ ...state, snapshots: state.snapshots + 1, newest: false })

const rule = (to: string, fields: Partial<AllowAccessInput> = {}): AllowAccessInput => ({
  type: 'ip',
  to,
  level: null,
  metadata: {},
  lockVisibility: false,
  lockDeletion: false,
  lockReason: null,
  ...fields,
})
const words = { name: null, description: null, metadata: {} }
const lock = { resourceAction: 'delete', reason: null } as const

const onShares: readonly Verb[] = [
  {
    name: 'delete',
    table: shareAllows.delete,
    policies: ['share:delete'],
    may: byShare(shareAllows.delete, free),
    after: share('deleting'),
    run: (ctx, { shareId }) => remove(ctx, shareId, undefined),
  },
  {
    name: 'force-delete',
    table: null,
    policies: ['share:force_delete'],
    may: free,
    after: share('deleting'),
    run: (ctx, { shareId }) => forceDelete(ctx, shareId),
  },
  {
    name: 'force-delete the instance',
    table: null,
    policies: [],
    may: free,
    after: share('deleting'),
    run: (ctx, { instanceId }) => forceDeleteInstance(ctx, instanceId),
  },
  {
    name: 'soft-delete',
    table: shareAllows.softDelete,
    policies: ['share:soft_delete'],
    may: byShare(shareAllows.softDelete, free, inUse),
    after: (state) => ({ ...state, softDeleted: true }),
    run: (ctx, { shareId }) => softDelete(ctx, shareId),
  },
  {
    name: 'restore',
    table: null,
    policies: ['share:restore'],
    may: (state) => state.softDeleted && !['deleting', 'error_deleting'].includes(state.share),
    after: (state) => ({ ...state, softDeleted: false }),
    run: (ctx, { shareId }) => restore(ctx, shareId),
  },
  {
    name: 'empty the recycle bin',
    table: shareAllows.delete,
    policies: [],
    may: byShare(shareAllows.delete, (state) => state.softDeleted),
    after: share('deleting'),
    run: async (ctx, { shareId }) => {
      const of = { id: shareId, project_id: ctx.identity.projectId, user_id: ctx.identity.userId }
      return (await startDeletion(ctx, ctx.tx, of, ctx.clock.now())).length > 0
    },
  },
  {
    name: 'extend',
    table: shareAllows.extend,
    policies: ['share:extend'],
    may: byShare(shareAllows.extend, inUse),
    after: share('extending'),
    run: (ctx, { shareId }) => extend(ctx, shareId, 3, false),
  },
  {
    name: 'shrink',
    table: shareAllows.shrink,
    policies: ['share:shrink'],
    may: byShare(shareAllows.shrink, inUse),
    after: share('shrinking'),
    run: (ctx, { shareId }) => shrink(ctx, shareId, 1),
  },
  {
    name: 'revert',
    table: shareAllows.revert,
    policies: ['share:revert_to_snapshot'],
    may: byShare(
      shareAllows.revert,
      inUse,
      bySnapshot(snapshotAllows.revert),
      ({ newest, applied }) => newest && applied,
    ),
    after: (state) => ({ ...state, share: 'reverting', snapshot: 'restoring' }),
    run: (ctx, { shareId, snapshotId }) => revert(ctx, shareId, snapshotId),
  },
  {
    name: 'unmanage',
    table: shareAllows.unmanage,
    policies: ['share:unmanage'],
    may: byShare(shareAllows.unmanage, inUse, free),
    after: share('unmanage_starting'),
    run: (ctx, { shareId }) => unmanage(ctx, shareId),
  },
  {
    name: 'snapshot',
    table: shareAllows.snapshot,
    policies: ['share:create_snapshot'],
    may: byShare(shareAllows.snapshot, inUse),
    after: another,
    run: (ctx, { shareId }) => createSnapshot(ctx, { ...words, shareId }),
  },
  {
    name: 'manage a snapshot',
    table: shareAllows.snapshot,
    policies: ['share_snapshot:manage_snapshot'],
    may: byShare(shareAllows.snapshot, inUse, (state) => !state.taken.includes('location')),
    after: (state) => ({ ...another(state), taken: [...state.taken, 'location'] }),
    run: (ctx, { shareId }) =>
      manageSnapshot(ctx, { ...words, shareId, providerLocation: 'found', driverOptions: {} }),
  },
  {
    name: 'reset the status to error',
    table: null,
    policies: ['share:reset_status'],
    may: inUse,
    after: share('error'),
    run: (ctx, { shareId }) => resetStatus(ctx, shareId, 'error'),
  },
  {
    name: 'rename',
    table: null,
    policies: ['share:update'],
    may: inUse,
    after: (state) => state,
    run: (ctx, { shareId }) => update(ctx, shareId, { name: 'renamed' }),
  },
  {
    name: 'lock against deletion',
    table: null,
    policies: [],
    may: (state) => inUse(state) && !['deleting', 'unmanage_starting'].includes(state.share),
    after: (state) => ({ ...state, deleteLocks: state.deleteLocks + 1 }),
    run: (ctx, { shareId }) => createLock(ctx, { ...lock, resourceType: 'share', resourceId: shareId }),
  },
  {
    name: 'allow access',
    table: shareAllows.access,
    policies: ['share:allow_access'],
    may: byShare(shareAllows.access, inUse, (state) => !state.taken.includes('rule')),
    after: (state) => ({ ...state, applied: false, taken: [...state.taken, 'rule'] }),
    run: (ctx, { shareId }) => allow(ctx, shareId, rule('10.0.0.2')),
  },
  {
    name: 'allow access, locked against deletion',
    table: shareAllows.access,
    policies: ['share:allow_access'],
    may: byShare(shareAllows.access, inUse, (state) => !state.taken.includes('locked rule')),
    after: (state) => ({
      ...state,
      deleteLocks: state.deleteLocks + 1,
      applied: false,
      taken: [...state.taken, 'locked rule'],
    }),
    run: (ctx, { shareId }) => allow(ctx, shareId, rule('10.0.0.3', { lockDeletion: true })),
  },
  {
    name: 'deny access',
    table: shareAllows.access,
    policies: ['share:deny_access'],
    may: byShare(shareAllows.access, inUse, (state) => !state.ruleLocked),
    after: (state) => ({ ...state, rule: 'queued_to_deny', applied: false }),
    run: (ctx, { shareId, ruleId }) => deny(ctx, shareId, { ruleId, unrestrict: false }),
  },
  {
    name: 'change the level of access',
    table: shareAllows.access,
    policies: ['share_access_rule:update'],
    may: (state) => inUse(state) && state.rule !== 'queued_to_deny' && levelMayChange(state),
    after: (state) => ({ ...state, rule: 'queued_to_update', applied: false }),
    run: (ctx, { ruleId }) => updateLevel(ctx, ruleId, 'ro'),
  },
  {
    name: 'lock the rule against deletion',
    table: null,
    policies: [],
    may: (state) => state.rule !== 'queued_to_deny',
    after: (state) => ({ ...state, ruleLocked: true }),
    run: (ctx, { ruleId }) => createLock(ctx, { ...lock, resourceType: 'access_rule', resourceId: ruleId }),
  },
  {
    name: 'share from the snapshot',
    table: snapshotAllows.createShare,
    policies: [],
    may: bySnapshot(snapshotAllows.createShare),
    after: (state) => state,
    run: (ctx, { snapshotId }) => createShare(ctx, { ...newShare, snapshotId }),
  },
  {
    name: 'delete the snapshot',
    table: snapshotAllows.delete,
    policies: ['share:delete_snapshot'],
    may: bySnapshot(snapshotAllows.delete),
    after: (state) => ({ ...state, snapshot: 'deleting', newest: false }),
    run: (ctx, { snapshotId }) => removeSnapshot(ctx, snapshotId),
  },
  {
    name: 'force-delete the snapshot',
    table: null,
    policies: ['share_snapshot:force_delete'],
    may: (state) => state.snapshot !== null,
    after: (state) => ({ ...state, snapshot: 'deleting', newest: false }),
    run: (ctx, { snapshotId }) => forceDeleteSnapshot(ctx, snapshotId),
  },
  {
    name: 'unmanage the snapshot',
    table: snapshotAllows.unmanage,
    policies: ['share_snapshot:unmanage_snapshot'],
    may: bySnapshot(snapshotAllows.unmanage),
    after: (state) => ({ ...state, snapshot: 'unmanage_starting' }),
    run: (ctx, { snapshotId }) => unmanageSnapshot(ctx, snapshotId),
  },
  {
    name: 'allow access to the snapshot',
    table: snapshotAllows.access,
    policies: ['share_snapshot:allow_access'],
    may: (state) => bySnapshot(snapshotAllows.access)(state) && !state.taken.includes('snapshot rule'),
    after: (state) => ({ ...state, taken: [...state.taken, 'snapshot rule'] }),
    run: (ctx, { snapshotId }) => allowSnapshot(ctx, snapshotId, 'ip', '10.0.0.4'),
  },
  {
    name: 'reset the status of the snapshot to error',
    table: null,
    policies: ['share_snapshot:reset_status'],
    may: (state) => state.snapshot !== null,
    after: (state) => ({ ...state, snapshot: 'error' }),
    run: (ctx, { snapshotId }) => resetSnapshot(ctx, snapshotId, 'error'),
  },
]

const onTypes: readonly Verb[] = [
  {
    name: 'share of the type',
    table: null,
    policies: [],
    may: ({ type }) => type !== 'none',
    after: (state) => ({ ...state, type: 'used' }),
    run: (ctx, { typeId }) =>
      createShare(ctx, { ...newShare, sizeGib: 1, snapshotId: null, shareType: typeId }),
  },
  {
    name: 'take over a tree with the type',
    table: null,
    policies: [],
    may: ({ type, taken }) => type !== 'none' && !taken.includes('tree'),
    after: (state) => ({ ...state, type: 'used', taken: [...state.taken, 'tree'] }),
    run: (ctx, { typeId }) =>
      manageShare(ctx, {
        ...newShare,
        serviceHost: 'node@sim#pool',
        exportPath: `/trees/${typeId}`,
        shareType: typeId,
        driverOptions: {},
        shareServerId: null,
      }),
  },
  {
    name: 'delete the type',
    table: null,
    policies: [],
    may: ({ type }) => type === 'unused',
    after: (state) => ({ ...state, type: 'none' }),
    run: (ctx, { typeId }) => removeType(ctx, typeId),
  },
]

export const verbs: readonly Verb[] = [
  ...onShares.map((verb) => ({ ...verb, may: (state: State) => state.there && verb.may(state) })),
  ...onTypes,
  ...groupVerbs,
]

/** A level that is what it was changes nothing, whatever the share is. */
function levelMayChange(state: State): boolean {
  return state.rule === 'queued_to_update' || !transitionalShareStatuses.includes(state.share)
}

/** Of those that write, these decide nothing that another verb could make wrong. */
export const harmlessPolicies: readonly string[] = [
  // Only a retry finds a share under it: it moves it out of its error or is refused, and two at once are one (`retry.test.ts`).
  'share:create',
  'share:reset_task_state',
  'share:snapshot_update',
  'share_group:update',
  'share_group_snapshot:update',
  'share_snapshot:deny_access',
  'share_snapshot:force_delete',
]

/** Of the state tables, these have no verb yet. */
export const withoutVerb: readonly string[] = ['backup', 'transfer', 'migrate']

export interface Pair {
  readonly start: Start
  readonly one: Verb
  readonly other: Verb
}

const starts = Object.keys(initial) as Start[]
const pairKey = (one: Verb, other: Verb): string => [one.name, other.name].sort().join(' | ')

/** Both may begin, and each stands in the other's way: exactly one succeeds, whoever is first. Each pair once. */
export function exclusivePairs(): Pair[] {
  return pairsWhere((one, other, state) => !other.may(one.after(state)) && !one.may(other.after(state)))
}

/** Both may begin, and only `one` before `other` is an order in which both succeed. */
export function orderedPairs(): Pair[] {
  return pairsWhere(
    (one, other, state) => other.may(one.after(state)) && !one.may(other.after(state)),
    (one, other) => `${one.name} | ${other.name}`,
  )
}

function pairsWhere(
  holds: (one: Verb, other: Verb, state: State) => boolean,
  key: (one: Verb, other: Verb) => string = pairKey,
): Pair[] {
  const found = new Map<string, Pair>()
  for (const start of starts) {
    const state = initial[start]
    for (const one of verbs) {
      for (const other of verbs) {
        if (!one.may(state) || !other.may(state) || !holds(one, other, state)) continue
        if (!found.has(key(one, other))) found.set(key(one, other), { start, one, other })
      }
    }
  }
  return [...found.values()]
}
