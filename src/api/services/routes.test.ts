import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Db, ServicesTable } from '../../db/schema.ts'
import { zoneRoutes } from '../availability-zones/routes.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { seedShare } from '../seed.fixture.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { openBench, type Bench, type CallOptions } from '../bench.fixture.ts'
import { serviceRoutes } from './routes.ts'

const zoneId = '44444444-2222-3333-4444-555555555555'
const backendId = '55555555-2222-3333-4444-555555555555'

async function seed(db: Db, now: number): Promise<void> {
  await db
    .insertInto('availability_zones')
    .values({ id: zoneId, name: 'nova', created_at: 1_787_310_300_123_456, updated_at: null })
    .execute()
  const service = (
    id: number,
    host: string,
    binary: string,
    more: Partial<ServicesTable> = {},
  ): ServicesTable => ({
    id,
    host,
    binary_name: binary,
    topic: binary,
    availability_zone_id: zoneId,
    disabled: 0,
    disabled_reason: null,
    ensuring: null,
    stopped: 0,
    heartbeat_at: now,
    created_at: now,
    updated_at: null,
    ...more,
  })
  await db
    .insertInto('services')
    .values([
      service(1, 'node', 'manila-scheduler'),
      service(2, 'node@alpha', 'manila-share'),
      service(3, 'node@beta', 'manila-share', { heartbeat_at: now - 61_000_000, disabled: 1 }),
      service(4, 'node@gamma', 'manila-share', { stopped: 1, ensuring: 1 }),
    ])
    .execute()
  await db
    .insertInto('backends')
    .values(
      ['alpha', 'beta', 'gamma'].map((name, index) => ({
        id: index === 0 ? backendId : `${index}${backendId.slice(1)}`,
        label: `node@${name}`,
        backend_name: name,
        availability_zone_id: zoneId,
        reach: 'host' as const,
        info_hash: null,
        health: 'ready',
        health_reason: null,
        health_at: now,
        capabilities: '{}',
        created_at: now,
      })),
    )
    .execute()
}

let bench: Bench
beforeAll(async () => {
  bench = await openBench([...serviceRoutes, ...zoneRoutes])
})
afterAll(() => bench.close())
beforeEach(async () => {
  for (const table of [
    'events',
    'share_instances',
    'services',
    'backends',
    'availability_zones',
    'operations',
    'operation_lanes',
    'lanes',
  ] as const) {
    await bench.db.deleteFrom(table).execute()
  }
  await seed(bench.db, bench.clock.now())
})

const list = async (query: string, options: CallOptions = {}) =>
  (await bench.call('GET', `/services${query}`, options)).body.services as {
    id: number
    [field: string]: unknown
  }[]
const ids = async (query: string, options: CallOptions = {}) =>
  (await list(query, options)).map(({ id }) => id)

describe('listing services', () => {
  it('shows what each is and whether it is there', async () => {
    const all = await list('')
    expect(all).toHaveLength(4)
    expect(all[2]).toEqual({
      id: 3,
      binary: 'manila-share',
      host: 'node@beta',
      zone: 'nova',
      status: 'disabled',
      state: 'down',
      updated_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/),
      disabled_reason: null,
      ensuring: null,
    })
    expect(all[3]).toMatchObject({ state: 'stopped', ensuring: true })
  })

  it.each([
    ['?host=node', [1]],
    ['?host=nod', []],
    ['?binary=manila-share', [2, 3, 4]],
    ['?zone=nova', [1, 2, 3, 4]],
    [`?zone=${zoneId}`, [1, 2, 3, 4]],
    ['?zone=mars', []],
    ['?state=up', [1, 2]],
    ['?state=down', [3]],
    ['?state=stopped', [4]],
    ['?state=UP', []],
    ['?status=enabled', [1, 2, 4]],
    ['?status=disabled', [3]],
    ['?status=perhaps', []],
    ['?topic=manila-scheduler', [1]],
    ['?ensuring=true', [4]],
    ['?ensuring=0', [1, 2, 3]],
    ['?ensuring=perhaps', []],
    ['?colour=red', [1, 2, 3, 4]],
    ['?binary=manila-share&state=up', [2]],
  ])('%s gives %j', async (query, expected) => {
    expect(await ids(query)).toEqual(expected)
  })

  it('says since when, where that is asked for', async () => {
    const { heartbeat_at: now } = await bench.db
      .selectFrom('services')
      .select('heartbeat_at')
      .where('id', '=', 4)
      .executeTakeFirstOrThrow()
    await bench.db
      .updateTable('services')
      .set({ told_state: 'up', state_since: now - 5_000_000, switched_at: now - 7_000_000 })
      .where('id', '<=', 3)
      .execute()
    for (const size of [1, 2]) await seedShare(bench, 'demo', { size })
    await bench.db.updateTable('share_instances').set({ backend_id: backendId }).execute()
    const known = await list('?with_since=1')
    const at = (ago: number) => isoMicros(now - ago)
    expect(known.map((one) => [one.state_since, one.status_since, one.instances] as unknown)).toEqual([
      [at(5_000_000), at(7_000_000), null],
      [at(5_000_000), at(7_000_000), 2],
      // Nobody has told of it yet: it fell silent with its last heartbeat.
      [at(61_000_000), at(7_000_000), 0],
      [at(0), null, 0],
    ])
    for (const query of ['', '?with_since=0'])
      for (const one of await list(query)) expect(Object.keys(one)).not.toContain('state_since')
    expect((await bench.call('GET', '/services?with_since=perhaps')).status).toBe(400)
  })

  it('filters by ensuring since 2.93', async () => {
    expect(await ids('?ensuring=true', { version: 92 })).toEqual([1, 2, 3, 4])
    expect(await ids('?ensuring=true', { version: 93 })).toEqual([4])
  })

  it.each([
    [82, false, false],
    [83, true, false],
    [85, true, false],
    [86, true, true],
  ])('at 2.%i: disabled_reason %s, ensuring %s', async (version, reason, ensuring) => {
    const [service = {}] = await list('', { version })
    expect([Object.hasOwn(service, 'disabled_reason'), Object.hasOwn(service, 'ensuring')]).toEqual([
      reason,
      ensuring,
    ])
  })

  it('goes by os-services up to 2.6', async () => {
    const { status, body } = await bench.call('GET', '/os-services', { version: 6 })
    expect([status, body.services.length]).toEqual([200, 4])
  })

  it('is for administrators', async () => {
    expect((await bench.call('GET', '/services', { token: 'demo' })).status).toBe(403)
  })
})

describe('enabling and disabling', () => {
  const alpha = { host: 'node@alpha', binary: 'manila-share' }

  it('keeps a reason since 2.83 and clears it', async () => {
    const off = await bench.call('PUT', '/services/disable', {
      body: { ...alpha, disabled_reason: ' disk ' },
    })
    expect(off.body).toEqual({ ...alpha, status: 'disabled', disabled_reason: 'disk', ensuring: null })
    expect((await list('?host=node@alpha'))[0]).toMatchObject({ status: 'disabled', disabled_reason: 'disk' })
    const on = await bench.call('PUT', '/services/enable', { body: alpha })
    expect(on.body).toEqual({ ...alpha, status: 'enabled', disabled_reason: null, ensuring: null })
    expect((await list('?host=node@alpha'))[0]).toMatchObject({ status: 'enabled', disabled_reason: null })
  })

  it('is told to whoever follows all projects, with the moment kept while it lasts', async () => {
    const since = async () => (await list('?host=node@alpha&with_since=1'))[0]?.status_since
    await bench.call('PUT', '/services/disable', { body: { ...alpha, disabled_reason: 'disk' } })
    const began = await since()
    expect(began).toEqual(expect.any(String))
    bench.clock.advance(1)
    // Twice the same is told once.
    for (let turn = 0; turn < 2; turn++)
      await bench.call('PUT', '/services/disable', { body: { ...alpha, disabled_reason: 'disks' } })
    expect(await since()).toBe(began)
    await bench.call('PUT', '/services/enable', { body: alpha })
    expect(await since()).not.toBe(began)
    const events = await bench.db.selectFrom('events').selectAll().orderBy('created_at').execute()
    expect(events.map((one) => [one.event, one.resource_type, one.resource_id, one.project_id])).toEqual(
      ['disabled', 'disabled', 'enabled'].map((what) => [`service.${what}`, 'service', '2', '']),
    )
  })

  it('answers shortly before 2.83', async () => {
    const { body } = await bench.call('PUT', '/services/disable', { body: alpha, version: 82 })
    expect(body).toEqual({ ...alpha, status: 'disabled' })
    const old = await bench.call('PUT', '/os-services/enable', { body: alpha, version: 6 })
    expect(old.body).toEqual({ ...alpha, status: 'enabled' })
  })

  it.each([
    [{ binary: 'manila-share' }, 99, 400],
    [{ host: 'node@alpha' }, 99, 400],
    [{ ...alpha, host: 5 }, 99, 400],
    [{ ...alpha, host: 'elsewhere' }, 99, 404],
    [{ ...alpha, disabled_reason: 'x' }, 82, 400],
    [{ ...alpha, disabled_reason: '   ' }, 83, 400],
    [{ ...alpha, disabled_reason: 'x'.repeat(256) }, 83, 400],
    [{ ...alpha, disabled_reason: ['x'] }, 83, 400],
    [undefined, 99, 400],
  ])('refuses %j at 2.%i with %i', async (body, version, status) => {
    expect((await bench.call('PUT', '/services/disable', { body, version })).status).toBe(status)
  })

  it('knows no other verb', async () => {
    expect((await bench.call('PUT', '/services/destroy', { body: alpha })).status).toBe(404)
  })
})

describe('ensuring shares', () => {
  const ensure = (host: unknown, options: CallOptions = {}) =>
    bench.call('POST', '/services/ensure-shares', { body: { ensure_shares: { host } }, ...options })

  it('queues one operation for the backend', async () => {
    const { status, body } = await ensure('node@alpha')
    expect([status, body]).toEqual([202, undefined])
    const operations = await bench.db.selectFrom('operations').selectAll().execute()
    expect(operations).toHaveLength(1)
    expect(operations[0]).toMatchObject({
      kind: 'ensure-shares',
      backend_id: backendId,
      resource_id: backendId,
      lane: `backend:${backendId}`,
      payload: JSON.stringify({ backendId, serviceId: 2 }),
    })
    expect((await list('?host=node@alpha'))[0]).toMatchObject({ ensuring: true })
  })

  it.each([
    ['node@beta', 409],
    ['node@gamma', 409],
    ['node', 404],
    ['', 400],
    [null, 400],
  ])('refuses %j with %i and leaves nothing behind', async (host, status) => {
    expect((await ensure(host)).status).toBe(status)
    expect(await bench.db.selectFrom('operations').selectAll().execute()).toEqual([])
  })

  it('takes the host bare as well, as openstacksdk sends it', async () => {
    const { status } = await bench.call('POST', '/services/ensure-shares', { body: { host: 'node@alpha' } })
    expect(status).toBe(202)
  })

  it('refuses a body without its key', async () => {
    expect((await bench.call('POST', '/services/ensure-shares', { body: {} })).status).toBe(400)
  })
})

describe('availability zones', () => {
  it.each([
    ['/availability-zones', 7],
    ['/os-availability-zone', 6],
  ])('%s', async (path, version) => {
    const { body } = await bench.call('GET', path, { version, token: 'reader' })
    expect(body).toEqual({
      availability_zones: [
        { id: zoneId, name: 'nova', created_at: '2026-08-21T11:05:00.123456', updated_at: null },
      ],
    })
  })
})

routeLaws(
  'services and zones',
  [...serviceRoutes, ...zoneRoutes],
  [
    'GET /services 2.7–',
    'GET /os-services 2.0–2.6',
    'PUT /services/enable 2.7–',
    'PUT /os-services/enable 2.0–2.6',
    'PUT /services/disable 2.7–',
    'PUT /os-services/disable 2.0–2.6',
    'POST /services/ensure-shares 2.86–',
    'GET /availability-zones 2.7–',
    'GET /os-availability-zone 2.0–2.6',
  ],
  async (inner) => {
    await seed(inner.db, inner.clock.now())
    return { words: ['node@alpha', 'manila-share'] }
  },
)
