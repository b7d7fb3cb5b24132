/** A backend whose `host@backend` changed: the same storage, so the same rows under another name. */
import type { Tx } from '../schema.ts'

export interface Rename {
  /** `host@backend`, as the rows say. */
  readonly from: string
  /** As the configuration says now. */
  readonly to: string
  /** Services silent for this many microseconds are down. */
  readonly downAfterUs: number
  readonly now: number
}

export interface Renamed {
  readonly pools: readonly { readonly from: string; readonly to: string; readonly instances: number }[]
}

/** What stands in the way of a rename, as a sentence for operators. */
export class RenameRefused extends Error {
  override readonly name = 'RenameRefused'
}

/**
 * Renames the backend, its pools, its service and the host of everything on it; ids stay. A backend that already registered under the
 * new name must have nothing on it, and makes way. Throws {@link RenameRefused}; then nothing has changed.
 */
export async function renameBackend(tx: Tx, { from, to, downAfterUs, now }: Rename): Promise<Renamed> {
  const backend = await tx.selectFrom('backends').select('id').where('label', '=', from).executeTakeFirst()
  if (backend === undefined) throw new RenameRefused(`there is no backend ${from}`)
  if (from === to) throw new RenameRefused(`${to} is its name already`)
  for (const label of [from, to]) {
    const up = await tx
      .selectFrom('services')
      .select('id')
      .where('host', '=', label)
      .where('stopped', '=', 0)
      .where('heartbeat_at', '>', now - downAfterUs)
      .executeTakeFirst()
    if (up !== undefined) throw new RenameRefused(`a manila-share serves ${label}: stop it first`)
  }
  await makeWay(tx, to)
  const pools = await tx
    .selectFrom('pools')
    .select(['id', 'label', 'name'])
    .where('backend_id', '=', backend.id)
    .orderBy('name')
    .execute()
  const renamed = []
  for (const pool of pools) {
    const label = `${to}#${pool.name}`
    await tx.updateTable('pools').set({ label }).where('id', '=', pool.id).execute()
    const instances = await tx
      .updateTable('share_instances')
      .set({ host: label })
      .where('pool_id', '=', pool.id)
      .executeTakeFirst()
    for (const table of ['shares', 'share_groups'] as const)
      await tx.updateTable(table).set({ host: label }).where('host', '=', pool.label).execute()
    renamed.push({ from: pool.label, to: label, instances: Number(instances.numUpdatedRows) })
  }
  await tx.updateTable('share_servers').set({ host: to }).where('backend_id', '=', backend.id).execute()
  // Its directory may have another name too: the next start puts every mount and export in order again.
  await tx.updateTable('backends').set({ label: to, info_hash: null }).where('id', '=', backend.id).execute()
  await tx.updateTable('services').set({ host: to, updated_at: now }).where('host', '=', from).execute()
  return { pools: renamed }
}

/** What the scheduler puts on a backend. */
const placed = [
  ['share_instances', 'shares'],
  ['share_groups', 'share groups'],
] as const

/** Removes what a first start under the new name registered. */
async function makeWay(tx: Tx, to: string): Promise<void> {
  const other = await tx.selectFrom('backends').select('id').where('label', '=', to).executeTakeFirst()
  for (const [table, called] of other === undefined ? [] : placed) {
    const used = await tx
      .selectFrom(table)
      .select('id')
      .where('backend_id', '=', other?.id ?? '')
      .executeTakeFirst()
    if (used !== undefined) throw new RenameRefused(`${to} has ${called} of its own`)
  }
  const services = tx.selectFrom('services').select('id').where('host', '=', to)
  await tx.deleteFrom('process_services').where('service_id', 'in', services).execute()
  await tx.deleteFrom('services').where('host', '=', to).execute()
  if (other === undefined) return
  const pools = tx.selectFrom('pools').select('id').where('backend_id', '=', other.id)
  await tx.deleteFrom('pool_claims').where('pool_id', 'in', pools).execute()
  await tx.deleteFrom('pools').where('backend_id', '=', other.id).execute()
  await tx.deleteFrom('backends').where('id', '=', other.id).execute()
}
