/** A new share, empty or filled from a snapshot. */
import { replaceExportLocations } from '../../db/store/export-locations.ts'
import { createEndedBadly } from '../../lifecycle/shares/endings.ts'
import { keepDriverState } from '../../lifecycle/shares/change.ts'
import type { CreatedShare, ExportLocation } from '../../storage/contract/driver.ts'
import { operation, StepFailure, type Job, type StepDone } from '../../engine/operation.ts'
import type { Tx } from '../../db/schema.ts'
import type { ShareRow } from '../../db/store/share-instances.ts'
import { shareById } from '../../db/store/shares.ts'
import type { StepParts } from '../parts.ts'
import { bareExport, bareShareRef, driverStateOf, loadShare, loadSnapshot, shareExport } from '../refs.ts'
import type { ShareSubject } from '../refs.ts'
import { backendOf, by, gone, made, moveOn, onBackend, outputOf, shareOf, unsupported } from './calls.ts'
import { locationsJson, publishShare, unpublish } from './exports.ts'
import { failedEnd } from './failed-end.ts'

type CreateJob = Job<'create-share'>

/** What the release before begins: making and exporting are steps of their own. */
export const createShareInFour = (parts: StepParts) =>
  operation('create-share', 'share', {
    version: 1,
    steps: {
      backend: { run: (job) => make(parts, job), undo: (job) => unmake(parts, job) },
      export: { run: (job) => publish(parts, job), undo: (job) => withdraw(parts, job) },
      // Last, so that a half-made share is never `available`. No undo: it is one transaction.
      publish: {
        write: async (tx, job) => {
          const share = await shareById(tx, job.payload.shareId)
          const locations = outputOf(job, 'export') as readonly ExportLocation[]
          return serve(parts, tx, job, { locations, replicaState: replicaStateOf(share), driverState: null })
        },
      },
    },
    failed: (tx, job, cause, undone) => createEndedBadly(tx, failedEnd(parts, job, cause, undone)),
  })

export const createShare = (parts: StepParts) =>
  operation('create-share', 'share', {
    version: 2,
    steps: {
      backend: {
        run: (job) => makeAndPublish(parts, job),
        undo: async (job) => {
          await withdraw(parts, job)
          return unmake(parts, job)
        },
      },
      // Last, so that a half-made share is never `available`. No undo: it is one transaction.
      serve: {
        write: (tx, job) => serve(parts, tx, job, outputOf(job, 'backend') as Served),
      },
    },
    failed: (tx, job, cause, undone) => createEndedBadly(tx, failedEnd(parts, job, cause, undone)),
  })

async function makeAndPublish(parts: StepParts, job: CreateJob): Promise<StepDone> {
  const subject = await shareOf(parts, job)
  refuseUnlessExported(parts, subject)
  const created = await create(parts, job, subject)
  const state = driverStateOf(created)
  const locations = await publishShare(
    parts,
    job,
    { ...subject, ref: { ...subject.ref, state: created.state } },
    created.tree,
  )
  const replicaState = replicaStateOf(subject.share)
  return { output: { locations: locationsJson(locations), replicaState, driverState: state } }
}

/**
 * A share that nobody can export yet is not begun: it waits while its exporter may come up, and goes to another pool when that takes long.
 * Begun, it could neither be finished nor taken back until the exporter is there.
 */
function refuseUnlessExported(
  parts: StepParts,
  { share, instance }: Pick<ShareSubject, 'share' | 'instance'>,
): void {
  const notUp = backendOf(parts).publisher?.notUp(share.share_proto) ?? null
  if (notUp === null) return
  const cause = { code: 'busy', message: notUp.why, retryable: true }
  if (!notUp.isLasting) throw new StepFailure('wait', cause, { untouched: true })
  const refusals = [{ pool: instance.host, filter: 'Attempt', why: notUp.why }]
  throw new StepFailure('place-again', cause, { refusals, untouched: true })
}

async function make(parts: StepParts, job: CreateJob): Promise<StepDone> {
  const created = await create(parts, job, await shareOf(parts, job))
  return { output: made(created), commit: (tx) => record(parts, tx, job, driverStateOf(created)) }
}

async function record(parts: StepParts, tx: Tx, job: CreateJob, state: string): Promise<void> {
  const { instanceId } = job.payload
  if (!(await keepDriverState(tx, instanceId, state, parts.clock.now())))
    throw gone(`Share instance ${instanceId}`)
}

async function create(parts: StepParts, job: CreateJob, subject: ShareSubject): Promise<CreatedShare> {
  const { id, host } = subject.instance
  return job.payload.snapshotInstanceId === null
    ? onBackend(parts, job, { name: 'create', instanceId: id, elsewhere: host }, (call, { driver }) =>
        driver.create(call, subject.ref),
      )
    : clone(parts, job, subject, job.payload.snapshotInstanceId)
}

async function clone(
  parts: StepParts,
  job: CreateJob,
  { ref, instance }: ShareSubject,
  snapshotInstanceId: string,
): Promise<CreatedShare> {
  const source = await loadSnapshot(parts.store.db, snapshotInstanceId)
  if (source === undefined) throw gone(`Snapshot instance ${snapshotInstanceId}`)
  const request = { name: 'clone', instanceId: instance.id, elsewhere: instance.host, detailId: '017' }
  return onBackend(parts, job, request, (call, { driver }) => {
    if (driver.clones === undefined || source.instance.backend_id !== instance.backend_id) {
      throw unsupported('make a share from this snapshot', '017')
    }
    return driver.clones.clone(call, ref, source.snapshotRef)
  })
}

/** Also what a half-done try left, and also when the row is gone by now: the id is enough. */
async function unmake(parts: StepParts, job: CreateJob): Promise<StepDone> {
  const { shareId, instanceId } = job.payload
  const subject = await loadShare(parts.store.db, instanceId)
  const ref = subject?.ref ?? bareShareRef(shareId, instanceId)
  await onBackend(parts, job, { name: 'delete', instanceId }, (call, { driver }) => driver.delete(call, ref))
  return {
    commit: async (tx) => {
      await keepDriverState(tx, instanceId, '{}', parts.clock.now())
    },
  }
}

async function publish(parts: StepParts, job: CreateJob): Promise<StepDone> {
  const subject = await shareOf(parts, job)
  const { tree } = outputOf(job, 'backend') as CreatedShare
  return { output: locationsJson(await publishShare(parts, job, subject, tree)) }
}

async function withdraw(parts: StepParts, job: CreateJob): Promise<void> {
  const { instanceId } = job.payload
  const subject = await loadShare(parts.store.db, instanceId)
  const target = subject === undefined ? bareExport(instanceId) : shareExport(subject)
  await unpublish(parts, job, instanceId, target)
}

/** What is served, as the step that made it remembers it. */
interface Served {
  readonly locations: readonly ExportLocation[]
  readonly replicaState: string | null
  /** Null when it is on record already. */
  readonly driverState: string | null
}

const replicaStateOf = (share: Pick<ShareRow, 'replication_type'> | undefined): string | null =>
  (share?.replication_type ?? null) === null ? null : 'active'

async function serve(
  parts: StepParts,
  tx: Tx,
  job: CreateJob,
  { locations, replicaState, driverState }: Served,
): Promise<void> {
  const { instanceId } = job.payload
  const now = parts.clock.now()
  await moveOn(tx, {
    instanceId,
    from: ['creating', 'creating_from_snapshot'],
    to: job.payload.withGroup === true ? null : 'available',
    instance: {
      progress: '100%',
      launched_at: now,
      replica_state: replicaState,
      ...(driverState === null ? {} : { driver_state: driverState }),
    },
    ...by(job, now),
  })
  await replaceExportLocations(tx, instanceId, locations, now)
}
