/** Who may mount a snapshot, always read-only: desired state, as for shares. */
import { randomUUID } from 'node:crypto'
import type { Ctx } from '../context.ts'
import type { Page } from '../../db/store/keyset.ts'
import {
  insertSnapshotRule,
  queueSnapshotDenial,
  raiseSnapshotAccess,
  removeSnapshotRule,
  rulesOfOneSnapshot,
  snapshotRuleById,
  snapshotRuleExists,
  type SnapshotRuleRow,
} from '../../db/store/snapshot-access.ts'
import type { SnapshotRow } from '../../db/store/snapshots.ts'
import { busTopic } from '../../engine/topics.ts'
import { weightOf } from '../../model/access.ts'
import { fault, invalid } from '../../model/errors.ts'
import { snapshotGates } from '../../model/gates/snapshots.ts'
import { refuseAtOnce } from '../barriers.ts'
import { targetOf } from '../access-rules/allow.ts'
import { roomForRule } from '../limits.ts'
import {
  findSnapshotAs,
  findSnapshotToChange,
  parentOf,
  placedInstancesOf,
  type PlacedInstance,
} from './find.ts'

/** Answers the rule as written. */
export async function allow(ctx: Ctx, id: string, type: string, to: string): Promise<SnapshotRuleRow> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share_snapshot:allow_access')
  const canonical = targetOf(ctx, type, to)
  const placed = await mountable(ctx, snapshot)
  const taken = invalid(`access of ${type} ${to.slice(0, 64)} to snapshot ${snapshot.id} exists already`)
  const on = {
    table: 'snapshots',
    id: snapshot.id,
    protocol: snapshot.share_proto,
    backendIds: placed.map(({ instance }) => instance?.backend_id ?? null),
  } as const
  await roomForRule(ctx, on, weightOf(type, canonical))
  if (await snapshotRuleExists(ctx.tx, snapshot.id, type, canonical)) throw taken
  const rule: SnapshotRuleRow = {
    id: randomUUID(),
    snapshot_id: snapshot.id,
    access_type: type,
    access_to: to,
    canonical_to: canonical,
    state: 'queued_to_apply',
    created_at: ctx.clock.now(),
    updated_at: null,
  }
  try {
    await insertSnapshotRule(ctx.tx, rule)
  } catch (error) {
    throw ctx.store.dialect.isDuplicate(error) ? taken : error
  }
  await tellBackends(ctx, placed)
  return rule
}

export async function deny(ctx: Ctx, id: string, ruleId: string): Promise<void> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share_snapshot:deny_access')
  const rule = await snapshotRuleById(ctx.tx, ruleId.slice(0, 64))
  if (rule === undefined) throw fault('AccessRuleNotFound', { id: ruleId.slice(0, 64) })
  if (rule.snapshot_id !== snapshot.id) {
    throw invalid(`access_id must be a rule of snapshot ${snapshot.id}`)
  }
  const placed = await mountable(ctx, snapshot)
  if (placed.length === 0) {
    await removeSnapshotRule(ctx.tx, rule.id)
    return
  }
  await queueSnapshotDenial(ctx.tx, rule.id, ctx.clock.now())
  await tellBackends(ctx, placed)
}

/** Answers what reads any page of the list. */
export async function list(ctx: Ctx, id: string): Promise<(page: Page) => Promise<SnapshotRuleRow[]>> {
  const snapshot = await findSnapshotAs(ctx, id, 'share_snapshot:access_list')
  return (page) => rulesOfOneSnapshot(ctx.db, snapshot.id, page)
}

/** The instances whose rules are to change; 400 when the snapshot can't have rules of its own, or not now. */
async function mountable(ctx: Ctx, snapshot: SnapshotRow): Promise<PlacedInstance[]> {
  const share = await parentOf(ctx, snapshot)
  const placed = await placedInstancesOf(ctx, snapshot.id)
  const instances = placed.map(({ snapshotInstance }) => snapshotInstance)
  refuseAtOnce(snapshotGates.changeAccess({ snapshot, share, instances }))
  return placed
}

async function tellBackends(ctx: Ctx, placed: readonly PlacedInstance[]): Promise<void> {
  for (const { snapshotInstance, instance } of placed) {
    await raiseSnapshotAccess(ctx.tx, snapshotInstance.id, ctx.clock.now())
    const backendId = instance?.backend_id ?? null
    if (backendId === null) continue
    const message = { instanceId: snapshotInstance.id }
    ctx.afterCommit(() => ctx.bus.cast(busTopic('share', backendId), 'access.changed', message))
  }
}
