/** A backend whose clients could reach each other's shares starts only when they trust one another, or for what it has. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryBus } from '../bus/memory.ts'
import { loadSettings } from '../config/load.ts'
import { openTestStore } from '../db/store.fixture.ts'
import type { Store } from '../db/open.ts'
import { poolRecords } from '../db/store/pools.ts'
import { systemClock } from '../runtime/clock.ts'
import { place } from '../scheduler/place.ts'
import { poolView } from '../scheduler/pool-views.ts'
import { sampleRequest } from '../scheduler/pool-sample.ts'
import { shareManager, type ShareManager } from './service.ts'
import type { Bench } from './bench.fixture.ts'
import { askForShare } from './scenarios.fixture.ts'

const opened = `path:${fileURLToPath(new URL('opened.fixture.ts', import.meta.url))}`
const clock = systemClock()
const said: string[] = []
const log = { info() {}, warn: (_: object, message: string) => void said.push(message), error() {} }
let dir: string
let store: Store
let manager: ShareManager | null = null

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manila-admission-'))
  store = await openTestStore()
  said.length = 0
})
afterEach(async () => {
  await manager?.stop({ graceMs: 100, detach: false })
  manager = null
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

/** The one backend's row and pool, once it is `health`. */
async function started(settings: object, health: string) {
  await manager?.stop({ graceMs: 100, detach: false })
  const backends = { alpha: { report_interval_s: 1, ...settings } }
  const own = { holder: 'me', dir, kernelId: 'kernel', draining: () => false, failpoint: () => {} }
  const all = loadSettings({ defaults: { host: 'node', backends } })
  manager = await shareManager({ store, clock, bus: memoryBus(() => {}), log, settings: all, ...own })
  const before =
    (await store.db.selectFrom('pools').select('measured_at').executeTakeFirst())?.measured_at ?? 0
  manager.start()
  for (let turn = 0; turn < 400; turn++) {
    const row = await store.db.selectFrom('backends').selectAll().executeTakeFirstOrThrow()
    const [pool] = await poolRecords(store.db)
    if (row.health === health && (health === 'failed' || (pool?.measured_at ?? 0) > before))
      return { row, pool }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`the backend never became ${health}`)
}

/** A share that an earlier release put there. */
async function earlierShare(backendId: string): Promise<void> {
  const { instanceId } = await askForShare({ store, clock, backend: { id: backendId } } as Bench)
  await store.db
    .updateTable('share_instances')
    .set({ backend_id: backendId })
    .where('id', '=', instanceId)
    .execute()
}

const shared = { driver: 'directory', exporter: opened }
const capabilities = (pool: { capabilities: string } | undefined): Record<string, unknown> =>
  JSON.parse(pool?.capabilities ?? '{}') as Record<string, unknown>

describe('a backend that keeps its shares on one file system', () => {
  it('does not start afresh; the reason names the risk, the option and the driver to take', async () => {
    const { row } = await started(shared, 'failed')
    for (const part of ['read and write every other', 'trusted_clients = true', 'driver = "image"', 'alpha'])
      expect(row.health_reason).toContain(part)
    expect(row.closed_reason).toBeNull()
    expect(await poolRecords(store.db)).toEqual([])
  })

  it('with shares serves them and takes no new ones, until its clients trust one another', async () => {
    // The exporter that opens nothing needs no trust: so it was before.
    const { row } = await started({ ...shared, exporter: 'sim' }, 'ready')
    expect(row.health_reason).toBeNull()
    await earlierShare(row.id)
    const closed = await started(shared, 'ready')
    expect(closed.row.health_reason).toContain('takes no new ones')
    expect(said.join('\n')).toContain('takes no new ones')
    expect(capabilities(closed.pool)).toMatchObject({ isolated_clients: false })
    expect(capabilities(closed.pool)['isolated_clients_note']).toContain('takes no new ones')
    const view = poolView(closed.pool!, 0)
    const refused = place(sampleRequest(), [view]).refusals
    expect(refused[0]?.why).toContain('trusted_clients = true')
    expect(place(sampleRequest({ kind: 'extend' }), [view]).ranked).toEqual([view])
    const trusted = await started({ ...shared, trusted_clients: true, driver_options: {} }, 'ready')
    // A plain directory of the host shows more than shares: trust between clients does not mend that.
    expect(trusted.row.closed_reason).toContain('its own file system')
  })
})

it('a driver that keeps clients apart starts with any exporter, and its pools say what stays open', async () => {
  const { row, pool } = await started({ driver: 'sim', exporter: opened }, 'ready')
  expect(row.closed_reason).toBeNull()
  expect(capabilities(pool)).toMatchObject({
    isolated_clients: true,
    isolated_clients_note: 'Pretended: nothing is opened to any client.',
  })
})
