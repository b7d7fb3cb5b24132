/** A share whose exporter is still being set up for the first time waits for it, and goes elsewhere when it does not come. */
import { afterEach, expect, it } from 'vitest'
import type { StorageDriver } from '../../storage/contract/driver.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { brokenLaws } from '../laws.fixture.ts'
import { askForShare } from '../scenarios.fixture.ts'

let bench: Bench
afterEach(() => bench.close())

/** A bench whose backend is ready with what its driver publishes natively; NFS comes up when `comes()`. */
async function open(comes: () => boolean): Promise<{ readonly made: string[] }> {
  const made: string[] = []
  bench = await openBench({
    native: ['CEPHFS'],
    wrapExporter: (exporter) => ({
      ...exporter,
      setup: async (call) => {
        if (!comes()) throw new Error('no room for its state')
        await exporter.setup(call)
      },
    }),
    wrapDriver: (driver): StorageDriver => ({
      ...driver,
      create: (call, share) => (made.push(share.id), driver.create(call, share)),
      delete: (call, share) => (made.push(`no ${share.id}`), driver.delete(call, share)),
    }),
  })
  return { made }
}

const operation = (id: string) =>
  bench.store.db.selectFrom('operations').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
const isLasting = () => bench.backend.publisher?.notUp('NFS')?.isLasting

it('waits with the reason, makes nothing, and is made as soon as it can be exported', async () => {
  let comes = false
  const { made } = await open(() => comes)
  const { operationId } = await askForShare(bench)
  for (let turn = 0; turn < 3; turn++) {
    const { end } = await bench.runOnce(operationId)
    expect(['waiting', 'not-mine']).toContain(end)
    await bench.store.db.updateTable('operations').set({ not_before: 0 }).execute()
  }
  expect(await operation(operationId)).toMatchObject({
    state: 'running',
    attempts: 0,
    cause_code: 'busy',
    cause_message: 'exporter sim of node@alpha is not up: no room for its state',
  })
  expect(made).toEqual([])
  comes = true
  await expect.poll(() => bench.backend.publisher?.notUp('NFS'), { timeout: 5000 }).toBeNull()
  await bench.drain()
  expect(await operation(operationId)).toMatchObject({ state: 'done', cause_code: null })
  expect(await brokenLaws(bench)).toEqual([])
})

it('goes elsewhere when it does not come up, with nothing to take back from the pool that it leaves', async () => {
  const { made } = await open(() => false)
  await expect.poll(isLasting, { timeout: 5000 }).toBe(true)
  const { operationId } = await askForShare(bench)
  await bench.drain()
  const { state, placements, refusals } = await operation(operationId)
  // Here there is no other pool, and the stand-in of the scheduler takes the same one again.
  expect([state, placements]).toEqual(['failed', 2])
  expect(JSON.parse(refusals ?? '[]')[0]).toEqual({
    pool: 'node@alpha#sim',
    filter: 'Attempt',
    why: 'exporter sim of node@alpha is not up: no room for its state',
  })
  expect(made).toEqual([])
  expect(await brokenLaws(bench)).toEqual([])
})
