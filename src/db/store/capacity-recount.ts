/** Compares what each pool says is placed on it with the instances that are. */
import type { DbOrTx, Tx } from '../schema.ts'

export interface CapacityDifference {
  readonly poolId: string
  /** `host@backend#pool` */
  readonly label: string
  /** What the pool says, GiB. */
  readonly recorded: number
  /** Σ of `placed_gib` of its instances. */
  readonly counted: number
}

/** Every pool whose total is wrong, in order of label. Reads only. */
export async function recountCapacity(db: DbOrTx): Promise<CapacityDifference[]> {
  const pools = await db
    .selectFrom('pools')
    .leftJoin('share_instances', 'share_instances.pool_id', 'pools.id')
    .select(['pools.id', 'pools.label', 'pools.placed_gib'])
    .select((eb) => eb.fn.sum<number | string | null>('share_instances.placed_gib').as('counted'))
    .groupBy(['pools.id', 'pools.label', 'pools.placed_gib'])
    .orderBy('pools.label')
    .execute()
  return pools
    .map(({ id, label, placed_gib, counted }) => ({
      poolId: id,
      label,
      recorded: placed_gib,
      counted: Number(counted ?? 0),
    }))
    .filter(({ recorded, counted }) => recorded !== counted)
}

/** Writes the counted values. Call it in the transaction that counted, so that nothing was placed in between. */
export async function correctCapacity(tx: Tx, differences: readonly CapacityDifference[]): Promise<void> {
  for (const { poolId, counted } of differences) {
    await tx.updateTable('pools').set({ placed_gib: counted }).where('id', '=', poolId).execute()
  }
}
