import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { settle } from '../../lifecycle/quotas.ts'
import { linesOf } from '../../model/quota-lines.ts'
import { quotaDefaults } from '../../model/quota.ts'
import { resourceSince } from '../../wire/quotas/schema.ts'
import { limitRoutes } from '../limits/routes.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { openBench, personas, type Bench, type CallOptions } from '../bench.fixture.ts'
import { quotaRoutes } from './routes.ts'

const demo = personas.demo.projectId
const typeId = '33333333-2222-3333-4444-555555555555'

async function withType(bench: Bench): Promise<void> {
  await bench.db
    .insertInto('share_types')
    .values({ id: typeId, name: 'gold', description: null, is_public: 1, created_at: 1, updated_at: null })
    .execute()
}

let bench: Bench
beforeAll(async () => {
  bench = await openBench([...quotaRoutes, ...limitRoutes])
  await withType(bench)
})
afterAll(() => bench.close())
beforeEach(async () => {
  for (const table of ['quota_limits', 'quota_usages', 'quota_classes'] as const) {
    await bench.db.deleteFrom(table).execute()
  }
})

const get = async (path: string, options: CallOptions = {}) => (await bench.call('GET', path, options)).body
const put = (quota_set: unknown, query = '', options: CallOptions = {}) =>
  bench.call('PUT', `/quota-sets/${demo}${query}`, { body: { quota_set }, ...options })
const use = (shares: number) =>
  bench.store.transaction((tx) =>
    settle(
      tx,
      {
        before: [],
        after: linesOf(
          { projectId: demo, userId: 'demo-user', shareTypeId: typeId },
          { shares, gigabytes: 10 * shares },
        ),
      },
      null,
    ),
  )

describe('a project that does not exist', () => {
  const project = async (id: string, name: string) => {
    const row = {
      id,
      name,
      domain_id: 'default',
      description: '',
      enabled: 1,
      parent_id: 'default',
      created_at: 1,
    }
    await bench.db
      .insertInto('projects')
      .values(row as never)
      .execute()
  }

  it('gets its quota, and the answer says that nobody has the id', async () => {
    const id = 'dddddddddddddddddddddddddddddddd'
    const ask = (query = '', headers = {}) =>
      bench.call('PUT', `/quota-sets/${id}${query}`, { body: { quota_set: { shares: 3 } }, headers })
    for (const query of ['', '?user_id=u', '?share_type=gold']) {
      const { status, headers } = await ask(query)
      expect([status, headers.warning]).toEqual([
        200,
        `299 - "There is no project with the id ${id}; the request is granted all the same."`,
      ])
    }
    expect((await get(`/quota-sets/${id}`)).quota_set.shares).toBe(3)
    await project(id, 'late')
    expect((await ask()).headers).not.toHaveProperty('warning')
  })

  it('can not break the header by its name', async () => {
    const id = encodeURIComponent('a"b\\c\u2028d')
    const { status, headers } = await bench.call('PUT', `/quota-sets/${id}`, {
      body: { quota_set: { shares: 3 } },
    })
    expect([status, headers.warning]).toEqual([200, expect.stringContaining("the id a'b'c?d;") as string])
  })
})

describe('showing quotas', () => {
  it('shows the configured limits', async () => {
    expect(await get(`/quota-sets/${demo}`, { token: 'reader' })).toEqual({
      quota_set: { id: demo, ...quotaDefaults },
    })
  })

  it.each(Object.entries(resourceSince))('shows %s since 2.%i', async (resource, since) => {
    const quotaSet = async (version: number) => (await get(`/quota-sets/${demo}`, { version })).quota_set
    expect(await quotaSet(since - 1)).not.toHaveProperty(resource)
    expect(await quotaSet(since)).toHaveProperty(resource)
  })

  it('shows what is in use', async () => {
    await use(2)
    const { quota_set: set } = await get(`/quota-sets/${demo}/detail`, { token: 'demo' })
    expect(set.id).toBe(demo)
    expect(set.gigabytes).toEqual({ limit: 1000, in_use: 20, reserved: 0 })
    expect(set.per_share_gigabytes).toEqual({ limit: -1, in_use: 0, reserved: 0 })
    const { quota_set: other } = await get(`/quota-sets/${demo}/detail?user_id=other-user`)
    expect(other.gigabytes.in_use).toBe(0)
    const { quota_set: ofType } = await get(`/quota-sets/${demo}/detail?share_type=gold`)
    expect(ofType.gigabytes.in_use).toBe(20)
    expect(ofType).not.toHaveProperty('share_networks')
    expect(ofType).not.toHaveProperty('share_groups')
    expect(ofType).not.toHaveProperty('share_group_snapshots')
    expect(ofType).toHaveProperty('backups')
  })

  it('keeps other projects out', async () => {
    expect((await bench.call('GET', `/quota-sets/${demo}`, { token: 'other' })).status).toBe(403)
    expect((await bench.call('GET', `/quota-sets/${demo}`, { token: 'admin' })).status).toBe(200)
    expect((await bench.call('GET', `/quota-sets/${demo}/defaults`, { token: 'other' })).status).toBe(200)
  })

  it('refuses questions that make no sense', async () => {
    const status = async (query: string, version = 99) =>
      (await bench.call('GET', `/quota-sets/${demo}?${query}`, { version })).status
    expect(await status('user_id=a&share_type=gold')).toBe(400)
    expect(await status('share_type=gold', 38)).toBe(400)
    expect(await status('share_type=gold', 39)).toBe(200)
    expect(await status('share_type=none')).toBe(404)
    expect(await status('user_id=')).toBe(200)
  })
})

describe('setting quotas', () => {
  it('sets, shows and takes back', async () => {
    const { status, body } = await put({ shares: 5, gigabytes: '70', tenant_id: demo, snapshots: null })
    expect(status).toBe(200)
    expect(body.quota_set).toEqual({ ...quotaDefaults, shares: 5, gigabytes: 70 })
    await put({ shares: 3 }, '?user_id=u1')
    await put({ shares: 2 }, '?share_type=gold')
    const shares = async (query: string) => (await get(`/quota-sets/${demo}${query}`)).quota_set.shares
    expect([await shares(''), await shares('?user_id=u1'), await shares(`?share_type=${typeId}`)]).toEqual([
      5, 3, 2,
    ])
    expect(await shares('?user_id=u2')).toBe(5)
    expect((await bench.call('DELETE', `/quota-sets/${demo}?user_id=u1`)).status).toBe(202)
    expect([await shares(''), await shares('?user_id=u1')]).toEqual([5, 5])
    expect((await bench.call('DELETE', `/quota-sets/${demo}`)).status).toBe(202)
    expect([await shares(''), await shares('?share_type=gold')]).toEqual([50, 50])
  })

  it.each([
    [{ shares: -2 }],
    [{ shares: 1.5 }],
    [{ shares: 'many' }],
    [{ shares: [1] }],
    [{ shares: 2 ** 31 }],
    [{ shares: true }],
    [{ apples: 1 }],
    [{}],
    [{ force: true }],
    [{ shares: null }],
    [[]],
    ['x'],
    [null],
  ])('refuses %j', async (set) => {
    const { status, body } = await put(set)
    expect(status).toBe(400)
    expect(body.badRequest.message).toContain('quota_set')
  })

  it('never goes below what is in use unless forced', async () => {
    await use(4)
    expect((await put({ shares: 3 })).status).toBe(400)
    expect((await put({ shares: 4 })).status).toBe(200)
    expect((await put({ shares: 3, force: 'True' })).status).toBe(200)
    expect((await put({ shares: 3, force: 'no' }, '?share_type=gold')).status).toBe(400)
    expect((await put({ shares: -1 })).status).toBe(200)
  })

  it('keeps users and share types within the project unless forced', async () => {
    await put({ shares: 5 })
    for (const query of ['?user_id=u1', '?share_type=gold']) {
      expect((await put({ shares: 6 }, query)).status).toBe(400)
      expect((await put({ shares: -1 }, query)).status).toBe(400)
      expect((await put({ shares: 5 }, query)).status).toBe(200)
      expect((await put({ shares: 6, force: true }, query)).status).toBe(200)
    }
    await put({ shares: -1 })
    expect((await put({ shares: -1 }, '?user_id=u1')).status).toBe(200)
  })

  it('writes all or nothing', async () => {
    expect((await put({ shares: 7, share_networks: 1 }, '?share_type=gold')).status).toBe(400)
    expect((await get(`/quota-sets/${demo}?share_type=gold`)).quota_set.shares).toBe(50)
  })

  it.each(Object.entries(resourceSince))('takes %s since 2.%i', async (resource, since) => {
    expect((await put({ [resource]: 1 }, '', { version: since - 1 })).status).toBe(400)
    expect((await put({ [resource]: 1 }, '', { version: since })).status).toBe(200)
  })

  it('is for administrators', async () => {
    expect((await put({ shares: 1 }, '', { token: 'demo' })).status).toBe(403)
    expect((await bench.call('DELETE', `/quota-sets/${demo}`, { token: 'demo' })).status).toBe(403)
  })

  it('works under the old name up to 2.6', async () => {
    const body = { quota_set: { shares: 9 } }
    const path = `/os-quota-sets/${demo}`
    const old = await bench.call('PUT', path, { body, version: 6 })
    expect(old.body.quota_set).toEqual({
      shares: 9,
      gigabytes: 1000,
      snapshots: 50,
      snapshot_gigabytes: 1000,
      share_networks: 10,
    })
    expect((await bench.call('GET', `${path}/defaults`, { version: 0 })).body.quota_set.shares).toBe(50)
    expect((await bench.call('GET', `${path}/detail`, { version: 6 })).status).toBe(404)
    expect((await bench.call('GET', `${path}?share_type=gold`, { version: 6 })).status).toBe(400)
    expect((await bench.call('DELETE', path, { version: 6 })).status).toBe(202)
  })
})

describe('quota classes', () => {
  const class_ = (name: string, quota_class_set: unknown, options: CallOptions = {}) =>
    bench.call('PUT', `/quota-class-sets/${name}`, { body: { quota_class_set }, ...options })

  it('default changes the limits of projects without their own', async () => {
    await put({ gigabytes: 5 })
    const { status, body } = await class_('default', { shares: 7, gigabytes: 8, apples: 'ignored' })
    expect([status, body]).toEqual([200, { quota_class_set: { ...quotaDefaults, shares: 7, gigabytes: 8 } }])
    const { quota_set: set } = await get(`/quota-sets/${demo}`)
    expect([set.shares, set.gigabytes]).toEqual([7, 5])
    expect((await get(`/quota-sets/${demo}/defaults`)).quota_set.shares).toBe(7)
    expect((await get('/quota-class-sets/default')).quota_class_set).toEqual({
      id: 'default',
      ...quotaDefaults,
      shares: 7,
      gigabytes: 8,
    })
  })

  it('ignores what the version does not know', async () => {
    await class_('default', { backups: 1, shares: 2 }, { version: 79 })
    const { quota_class_set: set } = await get('/quota-class-sets/default')
    expect([set.backups, set.shares]).toEqual([10, 2])
  })

  it('refuses what is no limit, and tenants', async () => {
    expect((await class_('default', { shares: 'x' })).status).toBe(400)
    expect((await class_('default', { shares: null })).status).toBe(400)
    expect((await class_('x'.repeat(256), { shares: 1 })).status).toBe(400)
    expect((await bench.call('PUT', '/quota-class-sets/default', { body: {} })).status).toBe(400)
    expect((await bench.call('GET', '/quota-class-sets/default', { token: 'demo' })).status).toBe(403)
    expect((await class_('default', { shares: 1 }, { token: 'demo' })).status).toBe(403)
  })
})

describe('limits', () => {
  it('shows limits and use to anybody with a token', async () => {
    await use(3)
    const { limits } = await get('/limits', { token: 'nobody' })
    expect(limits.rate).toEqual([])
    expect(limits.absolute).toMatchObject({
      maxTotalShares: 50,
      totalSharesUsed: 3,
      totalShareGigabytesUsed: 30,
    })
    expect(Object.keys(limits.absolute)).toHaveLength(22)
  })

  it.each([
    [52, 10],
    [53, 14],
    [57, 14],
    [58, 18],
    [79, 18],
    [80, 22],
  ])('at 2.%i has %i numbers', async (version, count) => {
    const { limits } = await get('/limits', { version })
    expect(Object.keys(limits.absolute)).toHaveLength(count)
  })
})

routeLaws(
  'quotas and limits',
  [...quotaRoutes, ...limitRoutes],
  [
    'GET /quota-sets/:id 2.7–',
    'GET /quota-sets/:id/detail 2.25–',
    'GET /quota-sets/:id/defaults 2.7–',
    'PUT /quota-sets/:id 2.7–',
    'DELETE /quota-sets/:id 2.7–',
    'GET /os-quota-sets/:id 2.0–2.6',
    'GET /os-quota-sets/:id/defaults 2.0–2.6',
    'PUT /os-quota-sets/:id 2.0–2.6',
    'DELETE /os-quota-sets/:id 2.0–2.6',
    'GET /quota-class-sets/:class_name 2.7–',
    'PUT /quota-class-sets/:class_name 2.7–',
    'GET /os-quota-class-sets/:class_name 2.0–2.6',
    'PUT /os-quota-class-sets/:class_name 2.0–2.6',
    'GET /limits 2.0–',
    'GET /limits/service 2.0–',
  ],
  async (inner) => {
    await withType(inner)
    return { params: { id: [demo, personas.admin.projectId], class_name: ['default'] } }
  },
)
