/**
 * The one place where the state of a share changes. `changeInstance` moves an instance from one status to another, refreshes what
 * the share shows of its chosen instance, settles quota and writes the event: four things that must never come apart. It holds the
 * share's row, so that what it read is true until what it writes is there.
 */
import { shareCharges } from '../../model/charges.ts'
import { chooseInstance } from '../../model/states.ts'
import type { Tx } from '../../db/schema.ts'
import type { ConfiguredLimits } from '../../db/store/quota-room.ts'
import { settle } from '../quotas.ts'
import { recordEvent } from '../../db/store/records.ts'
import {
  instancesOf,
  writeInstance,
  type InstanceRow,
  type ShareRow,
} from '../../db/store/share-instances.ts'
import { takeShareOfInstance } from '../../db/store/share-turns.ts'
import { writeShare } from '../../db/store/shares.ts'
import { shownOf } from './shown.ts'

/** A share in its turn with all its instances, as they are until the transaction ends or until it writes one of them. */
export interface HeldShare {
  readonly share: ShareRow
  readonly instances: readonly InstanceRow[]
}

export interface InstanceChange {
  readonly instanceId: string
  /** Statuses it may come from; null = any (an administrator's reset, a forced delete). */
  readonly from: readonly string[] | null
  /** null leaves the status alone. */
  readonly to: string | null
  readonly instance?: Partial<Omit<InstanceRow, 'id' | 'share_id' | 'status'>>
  /** Columns of the share itself (`size`, `target_size`…). */
  readonly share?: Partial<Omit<ShareRow, 'id'>>
  readonly now: number
  readonly requestId?: string | null
  readonly operationId?: string | null
  /** Given when the change is a user's request that quota may refuse. */
  readonly enforce?: ConfiguredLimits | null
}

/** Takes the turn of an instance's share; undefined when either row is gone. */
export async function holdShareOf(tx: Tx, instanceId: string): Promise<HeldShare | undefined> {
  const share = await takeShareOfInstance(tx, instanceId)
  return share === undefined ? undefined : { share, instances: await instancesOf(tx, share.id) }
}

/**
 * Applies the change if the instance is in one of `from`; false when it isn't (somebody else won). Throws `OverQuota` only
 * with `enforce`. Who has its share in his turn gives it as `held`, and nothing is read again.
 */
export async function changeInstance(tx: Tx, change: InstanceChange, held?: HeldShare): Promise<boolean> {
  const { share, instances: before } = held ?? (await holdShareOf(tx, change.instanceId)) ?? {}
  if (share === undefined || before === undefined) return false
  const instance = before.find(({ id }) => id === change.instanceId)
  if (instance === undefined || change.from?.includes(instance.status) === false) return false
  const columns = {
    ...change.instance,
    status: change.to ?? instance.status,
    updated_at: change.now,
  }
  await writeInstance(tx, instance.id, columns)
  const after = before.map((row) => (row === instance ? { ...row, ...columns } : row))
  await refresh(tx, share, { before, after }, change)
  return true
}

/** What the driver needs to find it again, which the share shows nothing of. False when the row is gone. */
export async function keepDriverState(
  tx: Tx,
  instanceId: string,
  state: string,
  now: number,
): Promise<boolean> {
  if ((await takeShareOfInstance(tx, instanceId)) === undefined) return false
  await writeInstance(tx, instanceId, { driver_state: state, updated_at: now })
  return true
}

type Refresh = Pick<InstanceChange, 'share' | 'now' | 'requestId' | 'operationId' | 'enforce'>

/**
 * Copies the chosen instance's columns to the share, settles quota and writes the event when the status moved. `instances`: all that the
 * share had and has. Answers the share as it is then.
 */
export async function refresh(
  tx: Tx,
  before: ShareRow,
  instances: { readonly before: readonly InstanceRow[]; readonly after: readonly InstanceRow[] },
  change: Refresh,
): Promise<ShareRow> {
  const shareId = before.id
  const chosen = chooseInstance(instances.after)
  if (chosen === undefined) return before
  const written = { ...change.share, ...shownOf(chosen), updated_at: change.now }
  await writeShare(tx, shareId, written)
  const after: ShareRow = { ...before, ...written }
  const lines = {
    before: shareCharges(before, instances.before),
    after: shareCharges(after, instances.after),
  }
  await settle(tx, lines, change.enforce ?? null)
  if (before.status === after.status && before.size === after.size) return after
  await recordEvent(tx, {
    projectId: after.project_id,
    resourceType: 'share',
    resourceId: shareId,
    event: 'share.status',
    requestId: change.requestId ?? null,
    operationId: change.operationId ?? null,
    detail: { from: before.status, to: after.status, size: after.size },
    now: change.now,
  })
  return after
}
