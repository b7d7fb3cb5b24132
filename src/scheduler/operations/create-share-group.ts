/** The scheduler's part of a new share group: which pool all of its shares will be in. */
import type { Tx } from '../../db/schema.ts'
import { groupCreateEndedBadly } from '../../lifecycle/share-groups/endings.ts'
import { takeGroupRow } from '../../db/store/group-rows.ts'
import { changeGroup } from '../../lifecycle/share-groups/change.ts'
import { isComingUp, poolRecords } from '../../db/store/pools.ts'
import { everything } from '../../db/store/scope.ts'
import { groupTypeById } from '../../db/store/share-group-types.ts'
import { typesOfGroups, type ShareGroupRow } from '../../db/store/share-groups.ts'
import { placedType } from '../../db/store/share-types.ts'
import { operation, StepFailure, type Job, type OperationCode } from '../../engine/operation.ts'
import { zonesSpec } from '../../model/extra-specs.ts'
import { noValidHost } from '../ledger.ts'
import { placeGroup, type GroupRequests } from '../place-group.ts'
import { consistentSnapshots } from '../pool-fields.ts'
import { poolView } from '../pool-views.ts'
import { placementRequest } from '../request.ts'
import { claimOptions, type SchedulerParts } from './parts.ts'

type GroupJob = Job<'create-share-group'>

export function createShareGroup(parts: SchedulerParts): OperationCode<'create-share-group'> {
  return operation('create-share-group', 'scheduler', {
    steps: {
      place: {
        write: async (tx, job, record) => {
          const group = await takeGroupRow(tx, 'share_group', job.payload.groupId)
          if (group === undefined) throw gone(job)
          if (group.backend_id !== null) return record.route(group.backend_id)
          const pool = await choose(tx, parts, job, group)
          const { backendId } = pool
          const consistency = consistentSnapshots(pool)
          await changeGroup(tx, 'share_group', group.id, {
            from: null,
            to: null,
            columns: {
              host: pool.label,
              pool_id: pool.id,
              backend_id: backendId,
              availability_zone_id: pool.zone.id,
              consistent_snapshot_support: typeof consistency === 'string' ? consistency : null,
            },
            now: parts.clock.now(),
          })
          record.route(backendId)
        },
        // No undo: nothing was claimed. A group that failed keeps its place, as its shares keep theirs in the group.
      },
    },
    failed: (tx, job, cause) =>
      groupCreateEndedBadly(tx, {
        groupId: job.payload.groupId,
        projectId: job.projectId,
        requestId: job.requestId,
        operationId: job.operationId,
        cause,
        now: parts.clock.now(),
        messageTtlS: parts.settings.shares.message_ttl_s,
      }),
  })
}

async function choose(tx: Tx, parts: SchedulerParts, job: GroupJob, group: ShareGroupRow) {
  const options = claimOptions(parts)
  const pools = (await poolRecords(tx)).map((record) => poolView(record, options.upSince))
  const placed = placeGroup(await requestsFor(tx, job, group), pools, options)
  if (placed.pool !== null) return placed.pool
  const soon = await isComingUp(tx, options.upSince)
  const { detailId, unmet } = placed
  throw noValidHost(placed.refusals, { detailId: detailId ?? '002', unmet }, soon)
}

async function requestsFor(tx: Tx, job: GroupJob, group: ShareGroupRow): Promise<GroupRequests> {
  const { availabilityZoneId } = job.payload
  const common = { kind: 'group', sizeGib: 0, availabilityZoneId } as const
  const ids = (await typesOfGroups(tx, [group.id])).get(group.id) ?? []
  const shares = []
  for (const id of ids) {
    const shareType = await placedType(tx, id)
    if (shareType === null) continue
    shares.push(
      placementRequest({
        ...common,
        shareType,
        availabilityZones: zonesSpec(shareType.extraSpecs),
      }),
    )
  }
  const type = await groupTypeById(tx, everything, group.share_group_type_id)
  return { shares, group: placementRequest({ ...common, groupSpecs: type?.group_specs ?? {} }) }
}

function gone({ payload }: GroupJob): StepFailure {
  const message = `Share group ${payload.groupId} was deleted before it was placed.`
  return new StepFailure('unwind', { code: 'gone', message, retryable: false })
}
