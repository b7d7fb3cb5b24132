/** Where a share instance is: its pool, and what it counts for there. Whoever changes it holds the share's row. */
import { updateRows } from '../shapes.ts'
import type { ShareInstancesTable, Tx } from '../schema.ts'
import type { InstanceColumns } from './share-instances.ts'

interface Place {
  readonly poolId: string
  readonly backendId: string
  /** `host@backend#pool` */
  readonly label: string
}

interface Choice extends Place {
  readonly zoneId: string
}

/** What a new instance's row gets of the scheduler's choice. */
export const chosenPlace = ({ zoneId, ...place }: Choice, now: number): InstanceColumns => ({
  ...columns(place),
  availability_zone_id: zoneId,
  scheduled_at: now,
  updated_at: now,
})

/** Its share shows it, if it is the one that the share shows. */
export async function showChosenPlace(
  tx: Tx,
  instance: Pick<ShareInstancesTable, 'id' | 'share_id'>,
  { label, zoneId }: Pick<Choice, 'label' | 'zoneId'>,
): Promise<void> {
  const place = { host: label, availability_zone_id: zoneId }
  await updateRows(tx, 'shares', place, { id: instance.share_id, instance_id: instance.id })
}

/** The pool that an administrator named for a tree that is there already. */
export async function nameThePool(tx: Tx, instanceId: string, place: Place): Promise<void> {
  await tx.updateTable('share_instances').set(columns(place)).where('id', '=', instanceId).execute()
}

/** Nothing of it is on any backend: it is nowhere again, and what it was promised is given back. */
export async function takeOutOfPool(tx: Tx, instance: Placed): Promise<void> {
  await releasePlacement(tx, instance)
  await tx
    .updateTable('share_instances')
    .set({ pool_id: null, backend_id: null, host: '' })
    .where('id', '=', instance.id)
    .execute()
}

const columns = ({ poolId, backendId, label }: Place) => ({
  pool_id: poolId,
  backend_id: backendId,
  host: label,
})

type Placed = Pick<ShareInstancesTable, 'id' | 'pool_id' | 'placed_gib'>

/** Gives back what an instance whose row goes was promised on its pool. */
export async function leavePool(tx: Tx, { id, pool_id, placed_gib }: Placed): Promise<void> {
  await tx.deleteFrom('pool_claims').where('owner_id', '=', id).execute()
  if (pool_id === null || placed_gib === 0) return
  await tx
    .updateTable('pools')
    .set((eb) => ({ placed_gib: eb('placed_gib', '-', placed_gib) }))
    .where('id', '=', pool_id)
    .execute()
}

/** The same of one whose row stays. */
export async function releasePlacement(tx: Tx, instance: Placed): Promise<void> {
  await leavePool(tx, instance)
  if (instance.pool_id === null || instance.placed_gib === 0) return
  await tx.updateTable('share_instances').set({ placed_gib: 0 }).where('id', '=', instance.id).execute()
}

/**
 * Makes what the instance counts for on its pool exactly `gib`: for sizes that the backend decided (shrink, revert,
 * take-over). Growth that has to be asked for goes through the scheduler's claims instead.
 */
export async function placeExactly(tx: Tx, instanceId: string, gib: number): Promise<void> {
  const instance = await tx
    .selectFrom('share_instances')
    .select(['pool_id', 'placed_gib'])
    .where('id', '=', instanceId)
    .executeTakeFirst()
  if (instance === undefined || instance.pool_id === null || instance.placed_gib === gib) return
  await tx
    .updateTable('pools')
    .set((eb) => ({ placed_gib: eb('placed_gib', '+', gib - instance.placed_gib) }))
    .where('id', '=', instance.pool_id)
    .execute()
  await tx.updateTable('share_instances').set({ placed_gib: gib }).where('id', '=', instanceId).execute()
}
