/**
 * The states of every noun, and which actions each allows: tables, asked by the API, the share manager and the
 * dashboard alike. Spellings are Manila's.
 */

export const shareStatuses = [
  'creating',
  'creating_from_snapshot',
  'deleting',
  'deferred_deleting',
  'error',
  'error_deleting',
  'error_deferred_deleting',
  'available',
  'inactive',
  'manage_starting',
  'manage_error',
  'unmanage_starting',
  'manage_error_unmanage_starting',
  'unmanage_error',
  'unmanaged',
  'extending',
  'extending_error',
  'shrinking',
  'shrinking_error',
  'shrinking_possible_data_loss_error',
  'migrating',
  'migrating_to',
  'server_migrating',
  'server_migrating_to',
  'replication_change',
  'restoring',
  'reverting',
  'reverting_error',
  'awaiting_transfer',
  'backup_creating',
  'backup_restoring',
  'backup_restoring_error',
  'ensuring',
] as const
export type ShareStatus = (typeof shareStatuses)[number]

/** Work is under way: unmanage and access rule changes wait. */
export const transitionalShareStatuses: readonly ShareStatus[] = [
  'creating',
  'deleting',
  'manage_starting',
  'unmanage_starting',
  'extending',
  'shrinking',
  'migrating',
  'migrating_to',
  'restoring',
  'reverting',
  'server_migrating',
  'server_migrating_to',
  'backup_restoring',
  'backup_creating',
  'ensuring',
]

/** States that must have an operation behind them; anything here without one is stuck. */
export const operatedShareStatuses: readonly ShareStatus[] = [
  'creating',
  'creating_from_snapshot',
  'deleting',
  'manage_starting',
  'unmanage_starting',
  'manage_error_unmanage_starting',
  'extending',
  'shrinking',
  'reverting',
  'ensuring',
]

/** What an administrator may write with `reset_status`, for shares, instances, replicas, groups and backups. */
export const resettableStatuses: readonly ShareStatus[] = [
  'creating',
  'available',
  'deleting',
  'error',
  'error_deleting',
  'migrating',
  'migrating_to',
  'server_migrating',
]

export const snapshotStatuses = [
  'creating',
  'available',
  'error',
  'deleting',
  'error_deleting',
  'deferred_deleting',
  'error_deferred_deleting',
  'manage_starting',
  'manage_error',
  'unmanage_starting',
  'unmanage_error',
  'restoring',
  'migrating',
  'migrating_to',
  'server_migrating',
] as const
export type SnapshotStatus = (typeof snapshotStatuses)[number]

export const operatedSnapshotStatuses: readonly SnapshotStatus[] = [
  'creating',
  'deleting',
  'manage_starting',
  'unmanage_starting',
  'restoring',
]

export const resettableSnapshotStatuses: readonly SnapshotStatus[] = [
  'available',
  'error',
  'error_deleting',
  'deleting',
  'creating',
  'manage_starting',
  'unmanage_starting',
  'unmanage_error',
  'manage_error',
  'migrating',
  'migrating_to',
  'restoring',
]

/** Of groups and of group snapshots; `resettableStatuses` is what an administrator may write. */
export const shareGroupStatuses = [
  'creating',
  'available',
  'error',
  'deleting',
  'error_deleting',
  'migrating',
  'migrating_to',
  'server_migrating',
] as const
export type ShareGroupStatus = (typeof shareGroupStatuses)[number]

export const operatedShareGroupStatuses: readonly ShareGroupStatus[] = ['creating', 'deleting']

export const ruleStates = [
  'queued_to_apply',
  'applying',
  'active',
  'queued_to_deny',
  'denying',
  'queued_to_update',
  'updating',
  'error',
  'deleted',
] as const
export type RuleState = (typeof ruleStates)[number]

/** Worst first: what a rule shows when its instances disagree. */
export const ruleStateOrder: readonly RuleState[] = [
  'error',
  'denying',
  'queued_to_deny',
  'queued_to_update',
  'queued_to_apply',
  'updating',
  'applying',
  'active',
]

/** How far all rules of a share are. */
export const rulesStatuses = ['active', 'syncing', 'error'] as const
export type RulesStatus = (typeof rulesStatuses)[number]

export const taskStates = [
  'migration_starting',
  'migration_in_progress',
  'migration_completing',
  'migration_success',
  'migration_error',
  'migration_cancelled',
  'migration_driver_starting',
  'migration_driver_in_progress',
  'migration_driver_phase1_done',
  'data_copying_starting',
  'data_copying_in_progress',
  'data_copying_completing',
  'data_copying_completed',
  'data_copying_cancelled',
  'data_copying_error',
] as const

/** A share in one of these is busy: most actions are refused. */
export const busyTaskStates: readonly string[] = [
  'migration_starting',
  'migration_in_progress',
  'migration_completing',
  'migration_driver_starting',
  'migration_driver_in_progress',
  'migration_driver_phase1_done',
  'data_copying_starting',
  'data_copying_in_progress',
  'data_copying_completing',
  'data_copying_completed',
]

export const isBusy = (taskState: string | null): boolean =>
  taskState !== null && busyTaskStates.includes(taskState)

/** A predicate that can also say what it would have accepted. */
export type Allows<Status extends string> = ((row: { readonly status: string }) => boolean) & {
  readonly states: readonly Status[]
}

/** Turns `action → states` into predicates; a misspelt state does not compile. */
export function actions<Status extends string>() {
  return <Name extends string>(
    table: Readonly<Record<Name, readonly Status[]>>,
  ): Readonly<Record<Name, Allows<Status>>> => {
    const predicates = {} as Record<Name, Allows<Status>>
    for (const [name, states] of Object.entries(table) as [Name, readonly Status[]][]) {
      const allows = (row: { readonly status: string }): boolean =>
        (states as readonly string[]).includes(row.status)
      predicates[name] = Object.assign(allows, { states })
    }
    return predicates
  }
}

export const shareAllows = actions<ShareStatus>()({
  delete: ['available', 'error', 'inactive'],
  softDelete: ['available', 'error', 'inactive'],
  extend: ['available'],
  shrink: ['available', 'shrinking_possible_data_loss_error'],
  revert: ['available'],
  snapshot: ['available'],
  backup: ['available'],
  transfer: ['available'],
  migrate: ['available'],
  unmanage: shareStatuses.filter((status) => !transitionalShareStatuses.includes(status)),
  access: shareStatuses.filter((status) => !transitionalShareStatuses.includes(status)),
})

export const snapshotAllows = actions<SnapshotStatus>()({
  delete: ['available', 'error'],
  revert: ['available'],
  access: ['available'],
  createShare: ['available'],
  unmanage: ['available', 'error', 'manage_error', 'unmanage_error', 'error_deleting'],
})

export const shareGroupAllows = actions<ShareGroupStatus>()({
  delete: ['available', 'error'],
  snapshot: ['available'],
  createShare: ['available'],
})

export const groupSnapshotAllows = actions<ShareGroupStatus>()({
  delete: ['available', 'error'],
  createGroup: ['available'],
})

/**
 * From where failed work may be asked again, by what it was: the states that it leaves behind, and for what changes a share also those in which
 * it could be asked for anyway. Never a deletion of what is in use again.
 */
export const shareAllowsAgain = actions<ShareStatus>()({
  create: ['error'],
  delete: ['error_deleting', 'error_deferred_deleting'],
  extend: [...shareAllows.extend.states, 'extending_error'],
  shrink: [...shareAllows.shrink.states, 'shrinking_error'],
  revert: [...shareAllows.revert.states, 'reverting_error'],
  unmanage: ['unmanage_error'],
})

export const snapshotAllowsAgain = actions<SnapshotStatus>()({
  create: ['error'],
  delete: ['error_deleting', 'error_deferred_deleting'],
  unmanage: ['unmanage_error'],
})

/** Preference when a share has several instances: the first of these that some instance is in (api.md §2.1). */
const instancePreference: readonly string[] = [
  'reverting',
  'replication_change',
  'migrating',
  'server_migrating',
  'available',
  'error',
]

/**
 * The instance that a share shows. `replica_state` active wins, except while replication changes; otherwise the order
 * above, transitional states last.
 */
export function chooseInstance<
  Row extends { readonly status: string; readonly replica_state: string | null; readonly created_at: number },
>(instances: readonly Row[]): Row | undefined {
  const rank = (row: Row): number => {
    const known = instancePreference.indexOf(row.status)
    if (known >= 0) return known
    return (transitionalShareStatuses as readonly string[]).includes(row.status) ? 100 : 50
  }
  const changing = instances.some((row) => row.status === 'replication_change')
  const active = changing ? [] : instances.filter((row) => row.replica_state === 'active')
  const candidates = active.length > 0 ? active : instances
  return [...candidates].sort((a, b) => rank(a) - rank(b) || a.created_at - b.created_at)[0]
}

/** What a snapshot shows: the first of these that one of its instances is in, else what the first instance is. */
export function aggregateSnapshotStatus(statuses: readonly string[]): string {
  for (const status of ['deleting', 'creating', 'error', 'migrating', 'server_migrating', 'available']) {
    if (statuses.includes(status)) return status
  }
  return statuses[0] ?? 'error'
}

/** What a rule shows, worst first; `active` when there is no mapping left to disagree. */
export function aggregateRuleState(states: readonly string[]): RuleState {
  return ruleStateOrder.find((state) => states.includes(state)) ?? 'active'
}
