/** Between looking whether a share may move and writing that it has, bytes are copied and tenants go on asking. */
import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seedShare, seedSnapshot } from '../../api/seed.fixture.ts'
import { openBench, type Bench } from '../../api/bench.fixture.ts'
import { registerBackend, writePools } from '../../db/store/backends.ts'
import { movableShare } from '../../db/store/share-move.ts'
import { recordMove } from './move.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench([])
  const now = bench.clock.now()
  const label = 'node@target'
  const zone = { availabilityZone: 'nova', now }
  await seedShare(bench, 'other')
  const id = await registerBackend(bench.store, { label, backendName: 'target', reach: 'host', ...zone })
  const pool = { name: 'p', capabilities: {}, totalGib: 10, freeGib: 10 }
  await writePools(bench.store, { id, label, capabilities: {} }, [pool], now)
})
afterEach(() => bench.close())

async function move(meanwhile: (share: { id: string; instanceId: string }) => Promise<unknown>) {
  const share = await seedShare(bench)
  const now = bench.clock.now()
  const to = 'node@target#p'
  const movable = await movableShare(bench.db, { shareId: share.id, to, downAfterUs: 1, now })
  await meanwhile(share)
  const goal = { to, driverState: '{}', claimId: randomUUID(), now }
  const moved = await bench.store
    .transaction((tx) => recordMove(tx, movable, goal))
    .then(
      () => 'moved',
      (error: Error) => `${error.name}: ${error.message}`,
    )
  const row = await bench.db.selectFrom('shares').select('host').where('id', '=', share.id).executeTakeFirst()
  return [moved, row?.host]
}

test('a share that nobody asked anything of moves', async () => {
  expect(await move(async () => {})).toEqual(['moved', 'node@target#p'])
})

test('one that has a snapshot by then stays', async () => {
  const outcome = await move((share) => seedSnapshot(bench, share))
  expect(outcome).toEqual([expect.stringContaining('MoveRefused: it has snapshots'), 'node@sim#pool'])
})
