/**
 * manila-scheduler: takes operations whose next step is a placement, chooses, claims, and passes them on. Any number of
 * these may run at once; what they share is the ledger in the database.
 */
import type { Bus } from '../bus/bus.ts'
import type { Failpoint } from '../engine/failpoint.ts'
import { registry, type Registry } from '../engine/operation.ts'
import type { RunnerParts } from '../engine/runner.ts'
import { busTopic } from '../engine/topics.ts'
import { worker, type Worker } from '../engine/worker.ts'
import { operationPlans } from '../model/operations.ts'
import { createShare } from './operations/create-share.ts'
import { createShareGroup } from './operations/create-share-group.ts'
import { extendShare } from './operations/extend-share.ts'
import { manageShare } from './operations/manage-share.ts'
import type { SchedulerParts } from './operations/parts.ts'
import { revertAndExtendShare } from './operations/revert-and-extend-share.ts'

export interface SchedulerServiceParts extends SchedulerParts {
  readonly bus: Bus
  readonly holder: string
  readonly failpoint: Failpoint
  readonly log: RunnerParts['log']
  readonly observe?: RunnerParts['observe']
  /** True while the process takes nothing new. */
  readonly draining?: () => boolean
  readonly agreement?: RunnerParts['agreement']
}

/** A placement is a few queries; one that takes longer than this is stuck behind something. */
const stepDeadlineMs = 30_000

export const schedulerOperations = (parts: SchedulerParts): Registry =>
  registry('scheduler', operationPlans, [
    createShare(parts, 1),
    createShare(parts, 2),
    createShareGroup(parts),
    extendShare(parts),
    revertAndExtendShare(parts),
    manageShare(parts),
  ])

/** The caller starts and stops the worker. */
export function schedulerService(parts: SchedulerServiceParts): Worker {
  const measure = (backendId: string): void =>
    parts.bus.cast(busTopic('share', backendId), 'room.wanted', { backendId })
  return worker({
    ...parts,
    plans: operationPlans,
    registry: schedulerOperations({ ...parts, measure }),
    topic: 'scheduler',
    backendId: null,
    stepDeadlineMs,
    slots: parts.settings.scheduler.slots,
    pollMs: 2000,
  })
}
