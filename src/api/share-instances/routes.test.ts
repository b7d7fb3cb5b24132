import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { routeLaws } from '../route-laws.fixture.ts'
import { seedShare, seedSnapshot } from '../seed.fixture.ts'
import { openBench, type Bench, type Token } from '../bench.fixture.ts'
import { shareRoutes } from '../shares/routes.ts'
import { shareInstanceRoutes } from './routes.ts'

const table = [
  'GET /share_instances 2.3–',
  'GET /share_instances/:id 2.3–',
  'GET /shares/:id/instances 2.3–',
  'POST /share_instances/:id/action reset_status 2.7–',
  'POST /share_instances/:id/action os-reset_status 2.3–2.6',
  'POST /share_instances/:id/action force_delete 2.7–',
  'POST /share_instances/:id/action os-force_delete 2.3–2.6',
]
routeLaws('share instances', shareInstanceRoutes, table, async (bench) => {
  const share = await seedShare(bench)
  return { params: { id: [share.id, share.instanceId] }, words: ['error', 'available'] }
})

let bench: Bench
let share: { id: string; instanceId: string }
beforeEach(async () => {
  bench = await openBench([...shareInstanceRoutes, ...shareRoutes])
  share = await seedShare(bench)
})
afterEach(() => bench.close())

const get = (path: string, version = 99, token: Token = 'admin') =>
  bench.call('GET', path, { version, token })
const act = (body: object, version = 99) =>
  bench.call('POST', `/share_instances/${share.instanceId}/action`, { body, version })

describe('views', () => {
  test('fields come with their microversions', async () => {
    const at = async (version: number) =>
      Object.keys((await get(`/share_instances/${share.instanceId}`, version)).body.share_instance)
    const base = [
      'id',
      'share_id',
      'availability_zone',
      'created_at',
      'host',
      'status',
      'share_network_id',
      'share_server_id',
    ]
    expect(await at(3)).toEqual([...base, 'export_location', 'export_locations'])
    expect(await at(8)).toEqual([...base, 'export_location', 'export_locations'])
    expect(await at(9)).toEqual(base)
    const later: [number, string][] = [
      [10, 'access_rules_status'],
      [11, 'replica_state'],
      [22, 'share_type_id'],
      [30, 'cast_rules_to_readonly'],
      [54, 'progress'],
      [71, 'updated_at'],
    ]
    for (const [index, [version]] of later.entries()) {
      expect(await at(version)).toEqual([...base, ...later.slice(0, index + 1).map(([, name]) => name)])
    }
  })

  test('lists, their filters and pages', async () => {
    const bin = await seedShare(bench, 'other', { is_soft_deleted: 1 })
    const second = await seedShare(bench, 'other')
    const ids = async (query: string, version = 99) => {
      const { status, body } = await get(`/share_instances?${query}`, version)
      return status === 200 ? body.share_instances.map((row: { id: string }) => row.id) : status
    }
    expect(await ids('')).toEqual([second.instanceId, share.instanceId])
    expect(await ids('is_soft_deleted=true')).toEqual([bin.instanceId])
    expect(await ids('is_soft_deleted=true', 68)).toHaveLength(2)
    const path = encodeURIComponent(`10.0.0.1:/exports/${share.id}`)
    expect(await ids(`export_location_path=${path}`)).toEqual([share.instanceId])
    expect(await ids(`export_location_path=${path}`, 34)).toHaveLength(2)
    expect(await ids(`export_location_id=${bench.id()}`)).toEqual([])
    const { body } = await get('/share_instances?limit=1')
    expect(await ids(new URL(body.share_instances_links[0].href).search.slice(1))).toEqual([share.instanceId])
    const own = await get(`/shares/${share.id}/instances`)
    expect(own.body.share_instances).toMatchObject([{ id: share.instanceId, host: 'node@sim#pool' }])
    expect((await get(`/shares/${bench.id()}/instances`)).status).toBe(404)
    expect((await get(`/share_instances/${bench.id()}`)).status).toBe(404)
    expect((await get('/share_instances', 99, 'demo')).status).toBe(403)
    expect((await get('/share_instances/detail')).status).toBe(404)
  })
})

describe('actions', () => {
  test('reset_status writes only a status', async () => {
    expect((await act({ reset_status: { status: 'error' } })).status).toBe(202)
    expect((await get(`/shares/${share.id}`)).body.share.status).toBe('error')
    expect((await act({ 'os-reset_status': { status: 'available' } }, 6)).status).toBe(202)
    expect((await act({ reset_status: { status: 'extending' } })).status).toBe(400)
    expect((await act({ reset_status: {} })).status).toBe(400)
  })

  test('force_delete enqueues a deletion, but not while the last instance still has snapshots', async () => {
    const snapshot = await seedSnapshot(bench, share)
    expect((await act({ force_delete: null })).status).toBe(400)
    await bench.db.deleteFrom('snapshot_instances').where('id', '=', snapshot.instanceId).execute()
    await bench.db.deleteFrom('snapshots').where('id', '=', snapshot.id).execute()
    expect((await act({ force_delete: null })).status).toBe(202)
    expect((await get(`/shares/${share.id}`)).body.share.status).toBe('deleting')
    const rows = await bench.db.selectFrom('operations').select(['kind', 'lane']).execute()
    expect(rows).toEqual([{ kind: 'delete-share', lane: `instance:${share.instanceId}` }])
  })
})
