import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { routeLaws } from '../route-laws.fixture.ts'
import { seedShare, seedSnapshot } from '../seed.fixture.ts'
import { openBench, personas, type Bench, type CallOptions } from '../bench.fixture.ts'
import { shareRoutes } from '../shares/routes.ts'
import { snapshotInstanceRoutes } from '../snapshot-instances/routes.ts'
import { snapshotRoutes } from './routes.ts'

const table = [
  'GET /snapshots 2.0–',
  'GET /snapshots/detail 2.0–',
  'GET /snapshots/:id 2.0–',
  'POST /snapshots 2.0–',
  'PUT /snapshots/:id 2.0–',
  'DELETE /snapshots/:id 2.0–',
  'POST /snapshots/manage 2.12–',
  'POST /snapshots/:id/action reset_status 2.7–',
  'POST /snapshots/:id/action os-reset_status 2.0–2.6',
  'POST /snapshots/:id/action force_delete 2.7–',
  'POST /snapshots/:id/action os-force_delete 2.0–2.6',
  'POST /snapshots/:id/action unmanage 2.12–',
  'POST /snapshots/:id/action allow_access 2.32–',
  'POST /snapshots/:id/action deny_access 2.32–',
  'GET /snapshots/:id/access-list 2.32–',
  'GET /snapshots/:id/export-locations 2.32–',
  'GET /snapshots/:id/export-locations/:location_id 2.32–',
  'GET /snapshots/:id/metadata 2.73–',
  'POST /snapshots/:id/metadata 2.73–',
  'PUT /snapshots/:id/metadata 2.73–',
  'GET /snapshots/:id/metadata/:key 2.73–',
  'POST /snapshots/:id/metadata/:key 2.73–',
  'DELETE /snapshots/:id/metadata/:key 2.73–',
]
routeLaws('snapshots', snapshotRoutes, table, async (bench) => {
  const share = await seedShare(bench)
  const snapshot = await seedSnapshot(bench, share)
  return {
    params: { id: [snapshot.id], key: ['a'] },
    words: [share.id, 'ip', '10.0.0.1', 'available', 'snap-9'],
  }
})

const instanceTable = [
  'GET /snapshot-instances 2.19–',
  'GET /snapshot-instances/detail 2.19–',
  'GET /snapshot-instances/:id 2.19–',
  'POST /snapshot-instances/:id/action reset_status 2.19–',
  'GET /snapshot-instances/:id/export-locations 2.32–',
  'GET /snapshot-instances/:id/export-locations/:location_id 2.32–',
]
routeLaws('snapshot instances', snapshotInstanceRoutes, instanceTable, async (bench) => {
  const snapshot = await seedSnapshot(bench, await seedShare(bench))
  return { params: { id: [snapshot.instanceId] }, words: ['available', 'error'] }
})

let bench: Bench
let share: { id: string; instanceId: string; backendId: string }
beforeEach(async () => {
  bench = await openBench([...snapshotRoutes, ...snapshotInstanceRoutes, ...shareRoutes], (settings) => {
    settings.quota.snapshots = 3
    settings.quota.snapshot_gigabytes = 5
  })
  share = await seedShare(bench)
})
afterEach(() => bench.close())

const create = (body: object, options: CallOptions = {}) =>
  bench.call('POST', '/snapshots', { token: 'demo', ...options, body: { snapshot: body } })
const act = (id: string, action: string, body: unknown, options: CallOptions = {}) =>
  bench.call('POST', `/snapshots/${id}/action`, { token: 'admin', ...options, body: { [action]: body } })
const show = (id: string, options: CallOptions = {}) =>
  bench.call('GET', `/snapshots/${id}`, { token: 'demo', ...options })
const operations = () => bench.db.selectFrom('operations').selectAll().orderBy('created_at').execute()

async function usage(): Promise<Record<string, number>> {
  const rows = await bench.db
    .selectFrom('quota_usages')
    .selectAll()
    .where('project_id', '=', personas.demo.projectId)
    .where('scope', '=', 'project')
    .execute()
  return Object.fromEntries(rows.map((row) => [row.resource, row.in_use]))
}

describe('create', () => {
  test('writes snapshot, charge and operation together', async () => {
    const { status, body } = await create({ share_id: share.id, name: 'first', metadata: { a: 'b' } })
    expect(status).toBe(202)
    expect(body.snapshot).toMatchObject({
      share_id: share.id,
      name: 'first',
      status: 'creating',
      size: 2,
      share_size: 2,
      share_proto: 'NFS',
      metadata: { a: 'b' },
      user_id: 'demo-user',
    })
    expect(await usage()).toMatchObject({ snapshots: 1, snapshot_gigabytes: 2 })
    const [operation] = await operations()
    expect(operation).toMatchObject({
      kind: 'create-snapshot',
      backend_id: share.backendId,
      lane: `instance:${share.instanceId}`,
      resource_id: body.snapshot.id,
      state: 'queued',
    })
    expect(JSON.parse(operation?.payload ?? '')).toMatchObject({
      shareId: share.id,
      instanceId: share.instanceId,
    })
  })

  test('fields come with their microversions', async () => {
    const { id } = await seedSnapshot(bench, share)
    const at = async (version: number, token: 'admin' | 'demo') => {
      const { body } = await show(id, { version, token })
      return Object.keys(body.snapshot)
    }
    const base = [
      'id',
      'share_id',
      'share_size',
      'created_at',
      'status',
      'name',
      'description',
      'size',
      'share_proto',
      'links',
    ]
    expect(await at(0, 'admin')).toEqual(base)
    expect(await at(11, 'admin')).toEqual(base)
    expect(await at(12, 'admin')).toEqual([...base, 'provider_location'])
    expect(await at(16, 'demo')).toEqual(base)
    expect(await at(17, 'demo')).toEqual([...base, 'user_id', 'project_id'])
    expect(await at(73, 'demo')).toEqual([...base, 'user_id', 'project_id', 'metadata'])
  })

  test('the quota is exact and refuses with 413', async () => {
    expect((await create({ share_id: share.id })).status).toBe(202)
    expect((await create({ share_id: share.id })).status).toBe(202)
    const refused = await create({ share_id: share.id })
    expect(refused.status).toBe(413)
    expect(refused.headers['retry-after']).toBe('0')
    expect(await usage()).toMatchObject({ snapshots: 2, snapshot_gigabytes: 4 })
    expect(await operations()).toHaveLength(2)
  })

  test.each([
    ['without snapshot_support', { snapshot_support: 0 }, {}, 422],
    ['in the recycle bin', { is_soft_deleted: 1 }, {}, 403],
    ['not available', {}, { status: 'error' }, 400],
    ['migrating', { task_state: 'migration_in_progress' }, {}, 400],
  ] as const)('of a share %s', async (_name, columns, instance, expected) => {
    const other = await seedShare(bench, 'demo', columns, instance)
    expect((await create({ share_id: other.id })).status).toBe(expected)
  })

  test('wrong bodies and foreign shares', async () => {
    expect((await bench.call('POST', '/snapshots', { token: 'demo', body: {} })).status).toBe(422)
    expect((await create({})).status).toBe(400)
    expect((await create({ share_id: bench.id() })).status).toBe(404)
    expect((await create({ share_id: share.id }, { token: 'other' })).status).toBe(404)
    const open = await seedShare(bench, 'demo', { is_public: 1 })
    expect((await create({ share_id: open.id }, { token: 'other' })).status).toBe(403)
    expect((await create({ share_id: share.id }, { token: 'reader' })).status).toBe(403)
  })
})

describe('lists', () => {
  test('filters, sort, pages and counts', async () => {
    const a = await seedSnapshot(bench, share, 'demo', { name: 'alpha', created_at: 1 })
    const b = await seedSnapshot(bench, share, 'demo', { name: 'beta_x', created_at: 2 })
    const c = await seedSnapshot(bench, share, 'demo', { name: 'gamma', created_at: 3, status: 'error' })
    await seedSnapshot(bench, await seedShare(bench, 'other'), 'other')
    await seedShare(bench, 'demo', { snapshot_id: a.id })
    const ids = async (query: string, options: CallOptions = {}) => {
      const { status, body } = await bench.call('GET', `/snapshots?${query}`, { token: 'demo', ...options })
      return status === 200 ? body.snapshots.map((row: { id: string }) => row.id) : status
    }
    expect(await ids('')).toEqual([c.id, b.id, a.id])
    expect(await ids('sort_key=name&sort_dir=asc')).toEqual([a.id, b.id, c.id])
    expect(await ids('status=error')).toEqual([c.id])
    expect(await ids('name=alpha')).toEqual([a.id])
    expect(await ids('name~=_')).toEqual([b.id])
    expect(await ids('name~=BETA')).toEqual([b.id])
    expect(await ids('name~=_', { version: 35 })).toHaveLength(3)
    expect(await ids(`share_id=${share.id}&size=2`)).toHaveLength(3)
    expect(await ids('usage=used', { token: 'admin' })).toEqual([])
    expect(await ids('usage=used&all_tenants=1', { token: 'admin' })).toEqual([a.id])
    expect(await ids('usage=unused&all_tenants=1', { token: 'admin' })).toHaveLength(3)
    expect(await ids('all_tenants=1')).toHaveLength(3)
    for (const wrong of ['name=', 'sort_key=', 'sort_key=nope', 'sort_dir=up', 'limit=-1', 'size=x']) {
      expect([wrong, await ids(wrong)]).toEqual([wrong, 400])
    }
    expect(await ids('usage=often', { token: 'admin' })).toBe(400)
    expect(await ids('status=deferred_deleting')).toBe(403)
    const first = await bench.call('GET', '/snapshots/detail?limit=2&with_count=1', { token: 'demo' })
    expect(first.body.count).toBe(3)
    const next = new URL(first.body.share_snapshots_links[0].href)
    expect(await ids(next.search.slice(1))).toEqual([a.id])
    const old = await bench.call('GET', '/snapshots?with_count=1', { token: 'demo', version: 78 })
    expect(old.body).not.toHaveProperty('count')
  })

  test("another project's snapshot is not there, even of a public share", async () => {
    const open = await seedShare(bench, 'demo', { is_public: 1 })
    const { id } = await seedSnapshot(bench, open)
    for (const path of ['', '/access-list', '/export-locations', '/metadata']) {
      expect([path, (await bench.call('GET', `/snapshots/${id}${path}`, { token: 'other' })).status]).toEqual(
        [path, 404],
      )
    }
    expect((await bench.call('DELETE', `/snapshots/${id}`, { token: 'other' })).status).toBe(404)
  })
})

describe('update and delete', () => {
  test('name and description', async () => {
    const { id } = await seedSnapshot(bench, share)
    const put = (body: unknown) => bench.call('PUT', `/snapshots/${id}`, { token: 'demo', body })
    const { body } = await put({ snapshot: { display_name: 'n', display_description: 'd' } })
    expect(body.snapshot).toMatchObject({ name: 'n', description: 'd' })
    expect((await put({})).status).toBe(422)
    expect((await put({ snapshot: { display_name: 'x'.repeat(256) } })).status).toBe(400)
  })

  test('a deletion queues behind what the lane does, keeps the charge, and is refused while one is under way', async () => {
    const { id } = await seedSnapshot(bench, share)
    const remove = () => bench.call('DELETE', `/snapshots/${id}`, { token: 'demo' })
    expect((await remove()).status).toBe(202)
    expect((await show(id)).body.snapshot.status).toBe('deleting')
    expect(await usage()).toMatchObject({ snapshots: 1 })
    expect((await remove()).status).toBe(400)
    expect(await operations()).toMatchObject([
      { kind: 'delete-snapshot', lane: `instance:${share.instanceId}`, backend_id: share.backendId },
    ])
  })

  test('deferred deletion gives the quota back at once', async () => {
    bench.settings.shares.is_deferred_deletion_enabled = true
    const { id } = await seedSnapshot(bench, share)
    await bench.call('DELETE', `/snapshots/${id}`, { token: 'demo' })
    expect((await show(id)).body.snapshot.status).toBe('deferred_deleting')
    expect(await usage()).toMatchObject({ snapshots: 0, snapshot_gigabytes: 0 })
    expect((await bench.call('GET', '/snapshots', { token: 'demo' })).body.snapshots).toEqual([])
  })

  test('force delete fences off its own operation only', async () => {
    const made = await create({ share_id: share.id })
    const other = await create({ share_id: share.id })
    const { id } = made.body.snapshot
    expect((await act(id, 'force_delete', null, { token: 'demo' })).status).toBe(403)
    expect((await act(id, 'force_delete', null)).status).toBe(202)
    const rows = await operations()
    expect(rows.map((row) => [row.kind, row.resource_id === id, row.state])).toEqual([
      ['create-snapshot', true, 'cancelled'],
      ['create-snapshot', false, 'queued'],
      ['delete-snapshot', true, 'queued'],
    ])
    expect((await show(other.body.snapshot.id)).body.snapshot.status).toBe('creating')
  })

  test('a snapshot whose share instance has no backend goes at once', async () => {
    const { id } = await seedSnapshot(bench, share)
    await bench.db.updateTable('share_instances').set({ backend_id: null }).execute()
    expect((await bench.call('DELETE', `/snapshots/${id}`, { token: 'demo' })).status).toBe(202)
    expect((await show(id)).status).toBe(404)
    expect(await usage()).toMatchObject({ snapshots: 0 })
  })
})

describe('by administrators', () => {
  test('reset_status, of a snapshot and of its instance', async () => {
    const { id, instanceId } = await seedSnapshot(bench, share)
    expect((await act(id, 'reset_status', { status: 'error' })).status).toBe(202)
    expect((await show(id)).body.snapshot.status).toBe('error')
    expect((await act(id, 'os-reset_status', { status: 'available' }, { version: 6 })).status).toBe(202)
    expect((await act(id, 'reset_status', { status: 'extending' })).status).toBe(400)
    expect((await act(id, 'reset_status', {})).status).toBe(400)
    expect((await act(id, 'reset_status', { status: 'error' }, { token: 'demo' })).status).toBe(403)
    const url = `/snapshot-instances/${instanceId}`
    const reset = await bench.call('POST', `${url}/action`, { body: { reset_status: { status: 'error' } } })
    expect(reset.status).toBe(202)
    expect((await bench.call('GET', url)).body.snapshot_instance).toMatchObject({
      id: instanceId,
      snapshot_id: id,
      share_id: share.id,
      share_instance_id: share.instanceId,
      status: 'error',
      progress: '100%',
      provider_location: 'snap-1',
    })
    const list = await bench.call('GET', `/snapshot-instances?snapshot_id=${id}`)
    expect(list.body.snapshot_instances).toEqual([{ id: instanceId, snapshot_id: id, status: 'error' }])
  })

  test('unmanage', async () => {
    const { id } = await seedSnapshot(bench, share)
    expect((await act(id, 'unmanage', null)).status).toBe(202)
    expect((await show(id)).body.snapshot.status).toBe('unmanage_starting')
    expect((await act(id, 'unmanage', null)).status).toBe(403)
    expect((await operations()).map((row) => row.kind)).toEqual(['unmanage-snapshot'])
    const served = await seedShare(bench, 'demo', {}, { share_server_id: bench.id() })
    const onServer = await seedSnapshot(bench, served)
    expect((await act(onServer.id, 'unmanage', null, { version: 48 })).status).toBe(403)
    expect((await act(onServer.id, 'unmanage', null, { version: 49 })).status).toBe(202)
  })

  test('manage', async () => {
    const manage = (body: unknown, token: 'admin' | 'demo' = 'admin') =>
      bench.call('POST', '/snapshots/manage', { token, body })
    const good = {
      share_id: share.id,
      provider_location: 'snap-7',
      name: 'found',
      driver_options: { a: 'b' },
    }
    const { status, body } = await manage({ snapshot: good })
    expect(status).toBe(202)
    expect(body.snapshot).toMatchObject({
      status: 'manage_starting',
      provider_location: 'snap-7',
      name: 'found',
    })
    expect((await manage({ snapshot: good })).status).toBe(409)
    expect((await manage({ snapshot: good }, 'demo')).status).toBe(403)
    const [operation] = await operations()
    expect(JSON.parse(operation?.payload ?? '')).toMatchObject({
      providerLocation: 'snap-7',
      driverOptions: { a: 'b' },
    })
    expect((await usage()).snapshots ?? 0).toBe(0)
    for (const wrong of [
      {},
      { ...good, share_id: '' },
      { ...good, provider_location: 7 },
      { share_id: share.id },
    ]) {
      expect((await manage({ snapshot: wrong })).status).toBe(422)
    }
    expect((await manage({})).status).toBe(422)
    expect((await manage({ snapshot: { ...good, share_id: bench.id() } })).status).toBe(404)
    const replicated = await seedShare(bench, 'demo', { has_replicas: 1 })
    expect((await manage({ snapshot: { ...good, share_id: replicated.id } })).status).toBe(409)
  })
})

describe('access and export locations', () => {
  test('a rule is queued, listed and denied', async () => {
    const { id, instanceId } = await seedSnapshot(bench, share)
    const token = 'demo'
    const { status, body } = await act(
      id,
      'allow_access',
      { access_type: 'ip', access_to: '10.0.0.1' },
      { token },
    )
    expect(status).toBe(202)
    const rule = { access_type: 'ip', access_to: '10.0.0.1', state: 'queued_to_apply' }
    expect(body.snapshot_access).toMatchObject(rule)
    const generation = async () =>
      (
        await bench.db
          .selectFrom('snapshot_instances')
          .select('access_generation')
          .where('id', '=', instanceId)
          .executeTakeFirstOrThrow()
      ).access_generation
    expect(await generation()).toBe(1)
    const same = await act(id, 'allow_access', { access_type: 'ip', access_to: '10.0.0.1/32' }, { token })
    expect(same.status).toBe(400)
    const list = await bench.call('GET', `/snapshots/${id}/access-list`, { token })
    expect(list.body.snapshot_access_list).toEqual([{ ...rule, id: body.snapshot_access.id }])
    const deny = { access_id: body.snapshot_access.id }
    expect((await act(id, 'deny_access', deny, { token })).status).toBe(202)
    expect(await generation()).toBe(2)
    const left = await bench.call('GET', `/snapshots/${id}/access-list`, { token })
    expect(left.body.snapshot_access_list[0].state).toBe('queued_to_deny')
  })

  test('refusals', async () => {
    const rule = { access_type: 'ip', access_to: '10.0.0.1' }
    for (const columns of [
      { mount_snapshot_support: 0 },
      { snapshot_inherit_share_access_support: 1 },
    ] as const) {
      const { id } = await seedSnapshot(bench, await seedShare(bench, 'demo', columns))
      expect((await act(id, 'allow_access', rule, { token: 'demo' })).status).toBe(400)
    }
    const busy = await seedSnapshot(bench, share, 'demo', { status: 'deleting' })
    expect((await act(busy.id, 'allow_access', rule, { token: 'demo' })).status).toBe(400)
    const { id } = await seedSnapshot(bench, share)
    for (const wrong of [{}, { access_type: 'ip', access_to: '' }, { access_type: 'ip', access_to: 7 }]) {
      expect((await act(id, 'allow_access', wrong, { token: 'demo' })).status).toBe(400)
    }
    const { body } = await act(id, 'allow_access', rule, { token: 'demo' })
    const deny = { access_id: body.snapshot_access.id }
    const second = await seedSnapshot(bench, share)
    expect((await act(second.id, 'deny_access', deny, { token: 'demo' })).status).toBe(400)
    expect((await act(id, 'deny_access', { access_id: bench.id() }, { token: 'demo' })).status).toBe(404)
    expect((await act(id, 'allow_access', rule, { token: 'reader' })).status).toBe(403)
  })

  test('export locations for everybody and for administrators', async () => {
    const { id, instanceId } = await seedSnapshot(bench, share)
    const [open, closed] = [bench.id(), bench.id()]
    for (const [at, [row, hidden]] of [[open, 0] as const, [closed, 1] as const].entries()) {
      await bench.db
        .insertInto('snapshot_instance_export_locations')
        .values({
          id: row,
          snapshot_instance_id: instanceId,
          path: `10.0.0.1:/s/${at}`,
          is_admin_only: hidden,
          created_at: at + 1,
          updated_at: null,
        })
        .execute()
    }
    const url = `/snapshots/${id}/export-locations`
    const mine = await bench.call('GET', url, { token: 'demo' })
    expect(mine.body.share_snapshot_export_locations.map(Object.keys)).toEqual([['id', 'path', 'links']])
    const all = await bench.call('GET', url)
    expect(all.body.share_snapshot_export_locations).toMatchObject([
      { id: open, share_snapshot_instance_id: instanceId, is_admin_only: false },
      { id: closed, is_admin_only: true },
    ])
    const one = await bench.call('GET', `${url}/${open}`, { token: 'demo' })
    expect(one.body.share_snapshot_export_location).toMatchObject({
      path: '10.0.0.1:/s/0',
      created_at: '1970-01-01T00:00:00.000001',
      updated_at: null,
    })
    expect((await bench.call('GET', `${url}/${closed}`, { token: 'demo' })).status).toBe(403)
    expect((await bench.call('GET', `${url}/${bench.id()}`, { token: 'demo' })).status).toBe(404)
    const ofInstance = `/snapshot-instances/${instanceId}/export-locations`
    expect((await bench.call('GET', ofInstance)).body.share_snapshot_export_locations).toHaveLength(2)
    expect((await bench.call('GET', `${ofInstance}/${closed}`)).status).toBe(200)
  })
})
