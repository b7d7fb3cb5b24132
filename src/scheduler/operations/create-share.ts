/** The scheduler's part of a new share: which pool, and the claim on it. */
import type { Tx } from '../../db/schema.ts'
import { createEndedBadly } from '../../db/store/endings.ts'
import { instanceById, releasePlacement } from '../../db/store/share-instances.ts'
import { takeShare } from '../../db/store/share-turns.ts'
import { poolLabelsOfShare, shareById } from '../../db/store/shares.ts'
import { typeById } from '../../db/store/share-types.ts'
import { operation, StepFailure, type Job, type OperationCode } from '../../engine/operation.ts'
import { zonesSpec } from '../../model/extra-specs.ts'
import { claimPool } from '../ledger.ts'
import { placementRequest } from '../request.ts'
import type { HintedShare, PlacementRequest } from '../types.ts'
import { claimOptions, ending, type SchedulerParts } from './parts.ts'

export function createShare(parts: SchedulerParts): OperationCode<'create-share'> {
  return operation('create-share', 'scheduler', {
    steps: {
      place: {
        run: async (job) => ({
          commit: async (tx, record) => {
            // Before the pool, which all wait for: who deletes a share takes them in this order.
            await takeShare(tx, job.payload.shareId)
            const instance = await instanceById(tx, job.payload.instanceId)
            if (instance === undefined) throw gone(job)
            if (instance.pool_id !== null) return record.route(instance.backend_id ?? '')
            const pool = await claimPool(tx, await request(tx, parts, job), instance.id, claimOptions(parts))
            const backendId = await backendOf(tx, pool.id)
            const now = parts.clock.now()
            await tx
              .updateTable('share_instances')
              .set({
                pool_id: pool.id,
                backend_id: backendId,
                host: pool.label,
                availability_zone_id: pool.zone.id,
                scheduled_at: now,
                updated_at: now,
              })
              .where('id', '=', instance.id)
              .execute()
            await tx
              .updateTable('shares')
              .set({ host: pool.label, availability_zone_id: pool.zone.id })
              .where('id', '=', instance.share_id)
              .where('instance_id', '=', instance.id)
              .execute()
            record.route(backendId)
          },
        }),
        // The claim was one transaction with the record of the step, so taking it back is one too.
        undo: async (job) => ({
          commit: async (tx) => {
            const instance = await instanceById(tx, job.payload.instanceId)
            if (instance === undefined || job.leftBehind) return
            await releasePlacement(tx, instance)
            await tx
              .updateTable('share_instances')
              .set({ pool_id: null, backend_id: null, host: '' })
              .where('id', '=', instance.id)
              .execute()
          },
        }),
      },
    },
    failed: (tx, job, cause, undone) => createEndedBadly(tx, ending(parts, job, job.payload, cause, undone)),
  })
}

async function request(tx: Tx, parts: SchedulerParts, job: Job<'create-share'>): Promise<PlacementRequest> {
  const { payload } = job
  const share = await shareById(tx, payload.shareId)
  if (share === undefined) throw gone(job)
  const type =
    share.share_type_id === null ? undefined : await typeById(tx, { projectId: null }, share.share_type_id)
  return placementRequest({
    kind: 'create',
    sizeGib: payload.sizeGib,
    shareType: type === undefined ? null : { id: type.id, name: type.name, extraSpecs: type.extra_specs },
    shareProto: share.share_proto,
    share: { id: share.id, projectId: share.project_id, fields: { name: share.name, size: share.size } },
    snapshotPool: payload.snapshotPool,
    useSchedulerCreatingShareFromSnapshot: parts.settings.shares.use_scheduler_creating_share_from_snapshot,
    availabilityZoneId: payload.availabilityZoneId,
    availabilityZones: type === undefined ? [] : zonesSpec(type.extra_specs),
    onlyHost: payload.onlyHost,
    sameHost: await hinted(tx, payload.sameHost),
    differentHost: await hinted(tx, payload.differentHost),
    query: payload.query,
    // Pools that took it and then could not are not asked again.
    excludedPools: job.refusals.filter(({ filter }) => filter === 'Attempt').map(({ pool }) => pool),
  })
}

async function hinted(tx: Tx, shareIds: readonly string[]): Promise<HintedShare[]> {
  const found: HintedShare[] = []
  for (const shareId of shareIds) found.push({ shareId, pools: await poolLabelsOfShare(tx, shareId) })
  return found
}

export async function backendOf(tx: Tx, poolId: string): Promise<string> {
  const row = await tx
    .selectFrom('pools')
    .select('backend_id')
    .where('id', '=', poolId)
    .executeTakeFirstOrThrow()
  return row.backend_id
}

function gone(job: Job<'create-share'>): StepFailure {
  const message = `Share ${job.payload.shareId} was deleted before it was placed.`
  return new StepFailure('unwind', { code: 'share-gone', message, retryable: false })
}
