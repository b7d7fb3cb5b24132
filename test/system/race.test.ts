/**
 * More requests than room, and more than one scheduler: exactly as many are placed as fit, everybody else is told why.
 * End to end in a service process, counted by the API, by the database and by the backend's own files. The schedulers alone on
 * one ledger: `race-ledger.test.ts`.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import type { Client } from '../../src/sdk/client.ts'
import { pages } from '../../src/sdk/pages.ts'
import { listMessages } from '../../src/wire/messages/schema.ts'
import { listOperations, showOperation } from '../../src/wire/operations/schema.ts'
import { listPoolsDetail } from '../../src/wire/pools/schema.ts'
import { updateQuotaSet } from '../../src/wire/quotas/schema.ts'
import { createShare, listSharesDetail } from '../../src/wire/shares/schema.ts'
import { placeOf } from '../helpers/place.ts'
import { openRows } from '../helpers/rows.ts'
import { startServiceProcess } from '../helpers/service-process.ts'
import { until } from '../faults/world.ts'
import { inParallel } from '../perf/timing.ts'

const asked = 1000
const room = 500
const dir = mkdtempSync(join(tmpdir(), 'manila-race-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const inState = async (client: Client, status: string): Promise<number> =>
  (await client.call(listSharesDetail, { query: { status, with_count: true, limit: 1 } })).count ?? -1

test('two schedulers, 1,000 requests of 1 GiB, 500 GiB: exactly 500 are placed', async () => {
  const service = await startServiceProcess({
    dir,
    kind: 'sim',
    schedulers: 2,
    settings: {
      log_level: 'error',
      auth: { key_file: join(dir, 'token-key.json') },
      backends: {
        alpha: {
          driver: 'sim',
          exporter: 'sim',
          report_interval_s: 1,
          driver_options: { pools: [{ name: 'pool', total_gib: room, thin: false }] },
        },
      },
    },
  })
  onTestFinished(() => service.kill())
  const [admin, demo] = [await service.connect('manila-admin'), await service.connect('manila-demo')]
  const id = demo.tokens.session?.projectId ?? ''
  await admin.call(updateQuotaSet, {
    params: { id },
    body: { quota_set: { shares: asked, gigabytes: asked } },
  })

  await inParallel(asked, 8, () =>
    demo.call(createShare, { body: { share: { share_proto: 'NFS', size: 1 } } }),
  )
  const underWay = async (): Promise<number> => {
    const [open, running] = [await inState(demo, 'creating'), await inState(demo, 'error_deleting')]
    return open + running
  }
  await until('all requests decided', 120_000, async () => (await underWay()) === 0)

  expect([await inState(demo, 'available'), await inState(demo, 'error')]).toEqual([room, asked - room])
  const { pools } = await admin.call(listPoolsDetail)
  expect(pools[0]?.capabilities).toMatchObject({ allocated_capacity_gb: room })

  // Everyone who got nothing was told why, once, in Manila's codes.
  const refused = new Set<string>()
  for await (const { id } of pages(demo, listSharesDetail, 'shares', { query: { status: 'error' } }))
    refused.add(id)
  const told: string[] = []
  for await (const message of pages(demo, listMessages, 'messages')) {
    expect([message.action_id, message.detail_id]).toEqual(['001', '009'])
    told.push(message.resource_id ?? '')
  }
  expect(told).toHaveLength(asked - room)
  expect(new Set(told)).toEqual(refused)

  // Why, pool by pool, is for the administrator.
  const [first = ''] = refused
  const { operations } = await admin.call(listOperations, { query: { resource_id: first, all_tenants: '1' } })
  const params = { id: operations[0]?.id ?? '' }
  const { operation } = await admin.call(showOperation, { params })
  expect(operation).toMatchObject({ state: 'failed', cause: { code: 'no-valid-host', detail_id: '009' } })
  expect(operation.refusals).toEqual([
    { pool: 'node@alpha#pool', filter: 'CapacityFilter', why: expect.stringContaining('GiB') },
  ])
  expect((await demo.call(showOperation, { params })).operation.refusals).toBeUndefined()

  await service.stop()
  expect(readdirSync(join(dir, 'backends', 'alpha', 'shares'))).toHaveLength(room)
  await using rows = await openRows((await placeOf(dir)).database)
  const [ledger] = await rows.all(
    `select placed_gib, (select sum(placed_gib) from share_instances) as instances,
         (select count(*) from operations where state not in ('done', 'failed')) as unfinished
       from pools`,
  )
  expect(ledger).toEqual({ placed_gib: room, instances: room, unfinished: 0 })
})
