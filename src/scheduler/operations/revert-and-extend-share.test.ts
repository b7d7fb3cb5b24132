/** Room for what a revert makes larger: claimed, refused and given back as for an extension. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seedShare, seedSnapshot } from '../../api/seed.fixture.ts'
import { openBench, type Bench } from '../../api/bench.fixture.ts'
import { shareRoutes } from '../../api/shares/routes.ts'
import { registerBackend, setHealth, writePools } from '../../db/store/backends.ts'
import { registerService } from '../../db/store/services.ts'
import { run } from '../../engine/runner.ts'
import { operationPlans } from '../../model/operations.ts'
import { schedulerOperations } from '../service.ts'

let bench: Bench
let poolId: string
let backendId: string
beforeEach(async () => {
  bench = await openBench(shareRoutes)
  const now = bench.clock.now()
  const label = 'node@pool'
  const zone = { availabilityZone: 'nova', now }
  backendId = await registerBackend(bench.store, { label, backendName: 'pool', reach: 'host', ...zone })
  await setHealth(bench.db, backendId, 'ready', null, now)
  await registerService(bench.store, {
    host: label,
    binaryName: 'manila-share',
    topic: 'manila-share',
    ...zone,
  })
  const capabilities = { thin_provisioning: false }
  const pool = { name: 'p', capabilities, totalGib: 10, freeGib: 10 }
  await writePools(bench.store, { id: backendId, label, capabilities }, [pool], now)
  poolId = (await bench.db.selectFrom('pools').select('id').executeTakeFirstOrThrow()).id
})
afterEach(() => bench.close())

/** A 2 GiB share whose snapshot has `snapshotGib`, and `othersGib` placed beside it; its revert is asked for and placed. */
async function revert(snapshotGib: number, othersGib: number) {
  const on = { pool_id: poolId, backend_id: backendId, host: 'node@pool#p', placed_gib: 2 }
  const share = await seedShare(bench, 'demo', {}, on)
  await bench.db
    .updateTable('pools')
    .set({ placed_gib: 2 + othersGib })
    .execute()
  const snapshot = await seedSnapshot(bench, share, 'demo', { size: snapshotGib })
  const path = `/shares/${share.id}/action`
  const asked = await bench.call('POST', path, { body: { revert: { snapshot_id: snapshot.id } } })
  expect(asked.status).toBe(202)
  const operation = await bench.db.selectFrom('operations').select('id').executeTakeFirstOrThrow()
  const { store, clock, settings } = bench
  const parts = { store, clock, settings, random: () => 0.5 }
  const quiet = { info() {}, warn() {}, error() {} }
  const end = await run(
    {
      store,
      clock,
      plans: operationPlans,
      registry: schedulerOperations(parts),
      topic: 'scheduler',
      holder: randomUUID(),
      failpoint: () => {},
      log: quiet,
      stepDeadlineMs: 10_000,
    },
    operation.id,
    new AbortController().signal,
  )
  const row = await bench.db
    .selectFrom('shares')
    .select(['status', 'size', 'target_size'])
    .where('id', '=', share.id)
    .executeTakeFirstOrThrow()
  const { placed_gib } = await bench.db.selectFrom('pools').select('placed_gib').executeTakeFirstOrThrow()
  const [held] = await bench.db.selectFrom('snapshots').select('status').execute()
  return { end: end.end, share: row, placed: placed_gib, snapshot: held?.status }
}

test('room is claimed before the backend is asked', async () => {
  expect(await revert(5, 4)).toEqual({
    end: 'handed-over',
    share: { status: 'reverting', size: 2, target_size: 5 },
    placed: 9,
    snapshot: 'restoring',
  })
})

test('without room nothing happens: share and snapshot are as before, and the owner is told', async () => {
  expect(await revert(9, 4)).toEqual({
    end: 'finished',
    share: { status: 'available', size: 2, target_size: null },
    placed: 6,
    snapshot: 'available',
  })
  const told = await bench.db.selectFrom('messages').select(['action_id', 'detail_id']).execute()
  expect(told).toEqual([{ action_id: '006', detail_id: '009' }])
})

test.each([
  ['gives the room back', 2, 6],
  ['keeps what a share has that was reverted all the same', 5, 9],
])('taking it back %s', async (_, sizeGib, placed) => {
  await revert(5, 4)
  await bench.db.updateTable('shares').set({ size: sizeGib }).execute()
  const { store, clock, settings } = bench
  const code = schedulerOperations({ store, clock, settings, random: () => 0.5 }).get(
    'revert-and-extend-share@1',
  )
  const { payload } = await bench.db.selectFrom('operations').select('payload').executeTakeFirstOrThrow()
  const undone = await code?.steps.place?.undo?.({ payload: JSON.parse(payload) } as never)
  await store.transaction(async (tx) => undone?.commit?.(tx, { route: () => {}, last: null }))
  const pool = await bench.db.selectFrom('pools').select('placed_gib').executeTakeFirstOrThrow()
  expect(pool.placed_gib).toBe(placed)
})
