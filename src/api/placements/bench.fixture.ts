/** A scheduler for the bench, with pools that it reads from the bench's own database. */
import { randomUUID } from 'node:crypto'
import { registerService } from '../../db/store/services.ts'
import { run } from '../../engine/runner.ts'
import { operationPlans } from '../../model/operations.ts'
import { tryPlacement } from '../../scheduler/dry-run.ts'
import { schedulerOperations } from '../../scheduler/service.ts'
import { seedBackend } from '../seed.fixture.ts'
import type { Bench } from '../bench.fixture.ts'

export interface PoolRow {
  readonly label: string
  readonly totalGib: number | null
  readonly freeGib: number | null
  readonly placedGib: number
  readonly claimedGib: number
  readonly capabilities: Readonly<Record<string, unknown>>
  readonly disabled: boolean
  readonly closed: string | null
  readonly ready: boolean
}

export const plainPool = (label: string, changes: Partial<PoolRow> = {}): PoolRow => ({
  label,
  totalGib: 100,
  freeGib: 100,
  placedGib: 0,
  claimedGib: 0,
  capabilities: {},
  disabled: false,
  closed: null,
  ready: true,
  ...changes,
})

/** Answers dry runs as manila-scheduler does; what it returns ends that. */
export const answerDryRuns = ({ bus, store, clock, settings }: Bench): (() => void) =>
  bus.answer('scheduler', 'placement.try', (question) => tryPlacement({ store, clock, settings }, question))

/** These are all pools there are; each has a backend of its own. */
export async function offerPools(bench: Bench, pools: readonly PoolRow[]): Promise<void> {
  const { db } = bench
  const now = bench.clock.now()
  for (const table of ['pool_claims', 'pools', 'services'] as const) await db.deleteFrom(table).execute()
  // That one is of the shares that tests seed; it has no service and no pool.
  await db.deleteFrom('backends').where('label', '<>', 'node@sim').execute()
  await seedBackend(bench)
  for (const pool of pools) {
    const [label = '', name = ''] = pool.label.split('#')
    await registerService(bench.store, {
      host: label,
      binaryName: 'manila-share',
      topic: 'manila-share',
      availabilityZone: 'nova',
      now,
    })
    await db
      .updateTable('services')
      .set({ disabled: pool.disabled ? 1 : 0 })
      .where('host', '=', label)
      .execute()
    const zone = await db.selectFrom('availability_zones').select('id').executeTakeFirstOrThrow()
    const [backendId, poolId] = [randomUUID(), randomUUID()]
    const common = { availability_zone_id: zone.id, created_at: now }
    await db
      .insertInto('backends')
      .values({
        id: backendId,
        label,
        backend_name: label.split('@')[1] ?? '',
        reach: 'host',
        info_hash: null,
        health: pool.ready ? 'ready' : 'failed',
        health_reason: null,
        health_at: now,
        capabilities: '{}',
        closed_reason: pool.closed,
        ...common,
      })
      .execute()
    await db
      .insertInto('pools')
      .values({
        id: poolId,
        backend_id: backendId,
        label: pool.label,
        name,
        capabilities: JSON.stringify({
          storage_protocol: 'NFS',
          driver_handles_share_servers: false,
          ...pool.capabilities,
        }),
        total_gib: pool.totalGib,
        free_gib: pool.freeGib,
        measured_at: now,
        placed_gib: pool.placedGib,
        reported: 1,
      })
      .execute()
    if (pool.claimedGib > 0) {
      const claim = { id: randomUUID(), pool_id: poolId, owner_id: randomUUID() }
      await db
        .insertInto('pool_claims')
        .values({ ...claim, size_gib: pool.claimedGib, claimed_at: now + 1 })
        .execute()
    }
  }
}

/** Carries the scheduler's part of an operation out, once. */
export async function placeNow(bench: Bench, operationId: string): Promise<void> {
  const { store, clock, settings } = bench
  const quiet = { info() {}, warn() {}, error() {} }
  await run(
    {
      store,
      clock,
      plans: operationPlans,
      registry: schedulerOperations({ store, clock, settings, random: () => 0 }),
      topic: 'scheduler',
      holder: randomUUID(),
      failpoint: () => {},
      log: quiet,
      stepDeadlineMs: 10_000,
    },
    operationId,
    new AbortController().signal,
  )
}
