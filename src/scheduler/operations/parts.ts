/** What the scheduler's steps are made of. */
import type { Settings } from '../../config/schema.ts'
import type { Store } from '../../db/open.ts'
import type { Ending } from '../../lifecycle/shares/endings.ts'
import type { Cause, Job } from '../../engine/operation.ts'
import type { OperationKind } from '../../model/operations.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { KnownPools } from '../known-pools.ts'
import type { ClaimOptions } from '../ledger.ts'

export interface SchedulerParts {
  readonly store: Store
  readonly clock: Clock
  readonly settings: Settings
  /** For ties between pools; tests fix it. */
  readonly random: () => number
  /** One for all schedulers of a process; without it all pools are read for each placement. */
  readonly known?: KnownPools
  /** Has the pools of a backend measured soon; without it a full pool is refused by what was measured last. */
  readonly measure?: (backendId: string) => void
}

/** Heartbeats after this (microseconds) count as up. */
export const upSince = ({ clock, settings }: Pick<SchedulerParts, 'clock' | 'settings'>): number =>
  clock.now() - settings.shares.service_down_time_s * 1_000_000

export function claimOptions(parts: SchedulerParts): Omit<ClaimOptions, 'last'> {
  const { scheduler } = parts.settings
  const now = parts.clock.now()
  return {
    ...(scheduler.default_filters.length > 0 ? { filters: scheduler.default_filters } : {}),
    ...(scheduler.default_weighers.length > 0 ? { weighers: scheduler.default_weighers } : {}),
    weights: {
      CapacityWeigher: scheduler.capacity_weight_multiplier,
      PoolWeigher: scheduler.pool_weight_multiplier,
    },
    random: parts.random,
    ...(parts.known === undefined ? {} : { known: parts.known }),
    upSince: upSince(parts),
    now,
  }
}

/** Who claims: nobody is refused for want of room by what was measured before he asked. */
export function askedBy(
  { measure }: SchedulerParts,
  { operationId, askedAtUs }: Pick<Job, 'operationId' | 'askedAtUs'>,
): Pick<ClaimOptions, 'operationId' | 'asked'> {
  return { operationId, ...(measure === undefined ? {} : { asked: { atUs: askedAtUs, measure } }) }
}

export function ending<Kind extends OperationKind>(
  parts: SchedulerParts,
  job: Job<Kind>,
  subject: { readonly instanceId: string; readonly shareId: string },
  cause: Cause,
  undone: boolean,
): Ending {
  return {
    instanceId: subject.instanceId,
    shareId: subject.shareId,
    projectId: job.projectId,
    requestId: job.requestId,
    operationId: job.operationId,
    cause,
    undone,
    now: parts.clock.now(),
    messageTtlS: parts.settings.shares.message_ttl_s,
  }
}
