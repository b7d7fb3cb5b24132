/**
 * Every kind of work that outlives its request: what it is called, what it needs to know, and its steps in order with
 * the service that runs each. The steps' code lives with the service (`scheduler/operations/`,
 * `share-manager/operations/`); this table is what they must fit.
 *
 * Rules for changing it: a step's name is never reused for another meaning; a change of shape raises `version`, and
 * workers claim only the kinds and versions they know, so that N−1 and N run side by side.
 */

export type Topic = 'scheduler' | 'share' | 'data'

export interface OperationPayloads {
  'create-share': {
    shareId: string
    instanceId: string
    sizeGib: number
    /** Clone from this snapshot instance. */
    snapshotInstanceId: string | null
    /** Same-host rule: the pool of the snapshot's share, unless the scheduler may choose. */
    snapshotPool: string | null
    availabilityZoneId: string | null
    onlyHost: string | null
    sameHost: readonly string[]
    differentHost: readonly string[]
    /** JSON expression of the `query` hint. */
    query: string | null
  }
  'delete-share': { shareId: string; instanceId: string; force: boolean; deferred: boolean }
  'extend-share': { shareId: string; instanceId: string; fromGib: number; toGib: number; force: boolean }
  'shrink-share': { shareId: string; instanceId: string; fromGib: number; toGib: number }
  'create-snapshot': { snapshotId: string; snapshotInstanceId: string; shareId: string; instanceId: string }
  'delete-snapshot': {
    snapshotId: string
    snapshotInstanceId: string
    shareId: string
    instanceId: string
    force: boolean
    deferred: boolean
  }
  'revert-share': {
    snapshotId: string
    snapshotInstanceId: string
    shareId: string
    instanceId: string
    fromGib: number
    toGib: number
  }
  /** To a snapshot that is larger than the share is now: as `revert-share`, with room claimed first as for an extension. */
  'revert-and-extend-share': OperationPayloads['revert-share']
  'manage-share': {
    shareId: string
    instanceId: string
    pool: string
    exportPath: string
    driverOptions: Readonly<Record<string, string>>
  }
  'unmanage-share': { shareId: string; instanceId: string }
  'manage-snapshot': {
    snapshotId: string
    snapshotInstanceId: string
    shareId: string
    instanceId: string
    providerLocation: string
    driverOptions: Readonly<Record<string, string>>
  }
  'unmanage-snapshot': { snapshotId: string; snapshotInstanceId: string; shareId: string; instanceId: string }
  /** `availabilityZoneId`: the zone it was asked for in. One from a group snapshot has its place, and its shares, already. */
  'create-share-group': { groupId: string; availabilityZoneId: string | null }
  'delete-share-group': { groupId: string; force: boolean }
  'create-share-group-snapshot': { groupSnapshotId: string; groupId: string }
  'delete-share-group-snapshot': { groupSnapshotId: string; groupId: string; force: boolean }
  /** `services/ensure-shares` and the start of a manila-share whose configuration changed. */
  'ensure-shares': { backendId: string; serviceId: number }
}

export type OperationKind = keyof OperationPayloads

export interface OperationPlan {
  readonly version: number
  /** What `GET /v2/operations` calls the resource. */
  readonly resource: 'share' | 'snapshot' | 'share_group' | 'share_group_snapshot' | 'backend'
  /** Everything, retries included, must be over within this many seconds; then it unwinds and says so. */
  readonly deadlineS: number
  /** `stays`: what the step did is not taken back when a later one fails. */
  readonly steps: readonly (readonly [name: string, on: Topic, stays?: 'stays'])[]
}

const hour = 3600

export const operationPlans = {
  'create-share': {
    version: 1,
    resource: 'share',
    deadlineS: 6 * hour,
    steps: [
      ['place', 'scheduler'],
      ['backend', 'share'],
      ['export', 'share'],
      ['publish', 'share'],
    ],
  },
  'delete-share': {
    version: 1,
    resource: 'share',
    deadlineS: 24 * hour,
    steps: [
      ['withdraw', 'share', 'stays'],
      ['backend', 'share', 'stays'],
      ['forget', 'share'],
    ],
  },
  'extend-share': {
    version: 1,
    resource: 'share',
    deadlineS: hour,
    steps: [
      ['place', 'scheduler'],
      ['backend', 'share'],
      ['publish', 'share'],
    ],
  },
  'shrink-share': {
    version: 1,
    resource: 'share',
    deadlineS: hour,
    steps: [
      ['backend', 'share'],
      ['publish', 'share'],
    ],
  },
  'create-snapshot': {
    version: 1,
    resource: 'snapshot',
    deadlineS: hour,
    steps: [
      ['backend', 'share'],
      ['export', 'share'],
      ['publish', 'share'],
    ],
  },
  'delete-snapshot': {
    version: 1,
    resource: 'snapshot',
    deadlineS: 24 * hour,
    steps: [
      ['withdraw', 'share', 'stays'],
      ['backend', 'share', 'stays'],
      ['forget', 'share'],
    ],
  },
  'revert-share': {
    version: 1,
    resource: 'share',
    deadlineS: 6 * hour,
    steps: [
      ['withdraw', 'share'],
      ['backend', 'share'],
      ['export', 'share'],
      ['access rules', 'share'],
      ['publish', 'share'],
    ],
  },
  'revert-and-extend-share': {
    version: 1,
    resource: 'share',
    deadlineS: 6 * hour,
    steps: [
      ['place', 'scheduler'],
      ['withdraw', 'share'],
      ['backend', 'share'],
      ['export', 'share'],
      ['access rules', 'share'],
      ['publish', 'share'],
    ],
  },
  'manage-share': {
    version: 1,
    resource: 'share',
    deadlineS: hour,
    steps: [
      ['place', 'scheduler'],
      ['backend', 'share'],
      ['export', 'share'],
      ['publish', 'share'],
    ],
  },
  'unmanage-share': {
    version: 1,
    resource: 'share',
    deadlineS: hour,
    steps: [
      ['withdraw', 'share'],
      ['backend', 'share', 'stays'],
      ['forget', 'share'],
    ],
  },
  'manage-snapshot': {
    version: 1,
    resource: 'snapshot',
    deadlineS: hour,
    steps: [
      ['backend', 'share'],
      ['export', 'share'],
      ['publish', 'share'],
    ],
  },
  'unmanage-snapshot': {
    version: 1,
    resource: 'snapshot',
    deadlineS: hour,
    steps: [
      ['withdraw', 'share'],
      ['backend', 'share', 'stays'],
      ['forget', 'share'],
    ],
  },
  'create-share-group': {
    version: 1,
    resource: 'share_group',
    deadlineS: 6 * hour,
    steps: [
      ['place', 'scheduler'],
      ['publish', 'share'],
    ],
  },
  'delete-share-group': {
    version: 1,
    resource: 'share_group',
    deadlineS: 24 * hour,
    steps: [['forget', 'share']],
  },
  'create-share-group-snapshot': {
    version: 1,
    resource: 'share_group_snapshot',
    deadlineS: 6 * hour,
    steps: [['publish', 'share']],
  },
  'delete-share-group-snapshot': {
    version: 1,
    resource: 'share_group_snapshot',
    deadlineS: 24 * hour,
    steps: [['forget', 'share']],
  },
  'ensure-shares': {
    version: 1,
    resource: 'backend',
    // A hundred thousand shares, four at once, at five seconds each: a day and a half.
    deadlineS: 72 * hour,
    steps: [
      ['ensure', 'share'],
      ['publish', 'share'],
    ],
  },
} as const satisfies Record<OperationKind, OperationPlan>

/** The names of a kind's steps, for the compiler. */
export type StepName<Kind extends OperationKind> = (typeof operationPlans)[Kind]['steps'][number][0]

/** Every step of every kind, in order: what the kill tests walk through. */
export function allSteps(): { kind: OperationKind; step: string; on: Topic }[] {
  return (Object.keys(operationPlans) as OperationKind[]).flatMap((kind) =>
    operationPlans[kind].steps.map(([step, on]) => ({ kind, step, on })),
  )
}
