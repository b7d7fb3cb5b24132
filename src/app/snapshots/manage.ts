/** An administrator brings a snapshot that exists on a backend under management. */
import type { Ctx } from '../context.ts'
import { start } from '../start.ts'
import { roomForMetadata } from '../limits.ts'
import { instanceById } from '../../db/store/share-instances.ts'
import { refuseUnaffordable } from '../../lifecycle/quotas.ts'
import { insertSnapshot, providerLocationInUse } from '../../db/store/snapshot-list.ts'
import { recordEvent } from '../../db/store/records.ts'
import { instanceLane } from '../../model/lanes.ts'
import { fault } from '../../model/errors.ts'
import { snapshotCharges } from '../../model/charges.ts'
import { shareGates } from '../../model/gates/shares.ts'
import { refuseAtOnce } from '../barriers.ts'
import { findShareToChange } from '../shares/find.ts'
import { snapshotRows } from './create.ts'

export interface ManageSnapshotInput {
  readonly shareId: string
  readonly providerLocation: string
  readonly name: string | null
  readonly description: string | null
  readonly driverOptions: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
}

/** Answers the new snapshot's id. Quota is charged when the takeover succeeds, and may refuse it then; what can't be paid for is refused at once. */
export async function manage(ctx: Ctx, input: ManageSnapshotInput): Promise<string> {
  const share = await findShareToChange(ctx, input.shareId, 'share_snapshot:manage_snapshot')
  const instance = (await instanceById(ctx.tx, share.instance_id)) ?? null
  refuseAtOnce(shareGates.manageSnapshot({ share, instance, flags: ctx.flags }))
  if (instance === null) throw fault('ShareNotFound', { id: share.id })
  if (await providerLocationInUse(ctx.tx, share.id, input.providerLocation)) {
    throw fault('Conflict', {
      message: `A snapshot of share ${share.id} with this provider_location is managed already.`,
    })
  }
  const rows = snapshotRows(ctx, share, instance, { ...input, status: 'manage_starting' })
  const { snapshot } = rows
  const lines = snapshotCharges({ ...snapshot, status: 'available' }, share)
  await refuseUnaffordable(ctx.tx, lines, ctx.settings.quota)
  await roomForMetadata(ctx, rows.snapshot.project_id, { adding: Object.keys(input.metadata).length })
  await insertSnapshot(ctx.tx, rows.snapshot, rows.instance, input.metadata)
  await recordEvent(ctx.tx, {
    projectId: rows.snapshot.project_id,
    resourceType: 'snapshot',
    resourceId: rows.snapshot.id,
    event: 'snapshot.managed',
    requestId: ctx.requestId,
    detail: { share_id: share.id, size: rows.snapshot.size },
    now: ctx.clock.now(),
  })
  await start(ctx, {
    kind: 'manage-snapshot',
    payload: {
      snapshotId: rows.snapshot.id,
      snapshotInstanceId: rows.instance.id,
      shareId: share.id,
      instanceId: instance.id,
      providerLocation: input.providerLocation,
      driverOptions: input.driverOptions,
    },
    resourceId: rows.snapshot.id,
    lanes: [instanceLane(instance.id)],
    backendId: instance.backend_id,
    projectId: rows.snapshot.project_id,
  })
  return rows.snapshot.id
}
