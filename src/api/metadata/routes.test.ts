/** The metadata sub-tree on shares and export locations; snapshots have the same six routes (`snapshots/routes.test.ts`). */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exportLocationRoutes } from '../export-locations/routes.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { seedLocation, seedShare } from '../seed.fixture.ts'
import { shareMetadataRoutes } from '../shares/metadata-routes.ts'
import { openBench, type Bench, type Token } from '../bench.fixture.ts'

const sixOf = (path: string, since: string): string[] => [
  `GET ${path}/metadata ${since}–`,
  `POST ${path}/metadata ${since}–`,
  `PUT ${path}/metadata ${since}–`,
  `GET ${path}/metadata/:key ${since}–`,
  `POST ${path}/metadata/:key ${since}–`,
  `DELETE ${path}/metadata/:key ${since}–`,
]
routeLaws('share metadata', shareMetadataRoutes, sixOf('/shares/:id', '2.0'), async (bench) => ({
  params: { id: [(await seedShare(bench)).id], key: ['a', '__managed_at'] },
}))

const locations = [
  'GET /shares/:id/export_locations 2.9–',
  'GET /shares/:id/export_locations/:location_id 2.9–',
  'GET /share_instances/:id/export_locations 2.9–',
  'GET /share_instances/:id/export_locations/:location_id 2.9–',
  ...sixOf('/shares/:id/export_locations/:location_id', '2.87'),
]
routeLaws('export locations', exportLocationRoutes, locations, async (bench) => {
  const share = await seedShare(bench)
  const location = await seedLocation(bench, share.instanceId, '10.0.0.1:/x')
  return { params: { id: [share.id, share.instanceId], location_id: [location], key: ['a', 'preferred'] } }
})

let bench: Bench
let share: { id: string; instanceId: string }
let url: string
beforeEach(async () => {
  bench = await openBench([...shareMetadataRoutes, ...exportLocationRoutes])
  share = await seedShare(bench)
  url = `/shares/${share.id}/metadata`
})
afterEach(() => bench.close())

const get = (path: string, token: Token = 'demo', version = 99) => bench.call('GET', path, { token, version })
const post = (path: string, body: unknown, token: Token = 'demo') => bench.call('POST', path, { token, body })
const put = (path: string, body: unknown, token: Token = 'demo') => bench.call('PUT', path, { token, body })
const remove = (path: string, token: Token = 'demo') => bench.call('DELETE', path, { token })

describe('metadata of a share', () => {
  test('merge, replace, one by one', async () => {
    expect((await post(url, { metadata: { a: '1', b: '2' } })).body).toEqual({ metadata: { a: '1', b: '2' } })
    expect((await post(url, { metadata: { b: '3' } })).body).toEqual({ metadata: { b: '3' } })
    expect((await get(url)).body).toEqual({ metadata: { a: '1', b: '3' } })
    expect((await get(`${url}/b`)).body).toEqual({ meta: { b: '3' } })
    expect((await post(`${url}/c`, { metadata: { c: '4' } })).body).toEqual({ meta: { c: '4' } })
    expect((await post(`${url}/d`, { meta: { d: '5' } })).body).toEqual({ meta: { d: '5' } })
    expect((await put(url, { metadata: { z: '9' } })).body).toEqual({ metadata: { z: '9' } })
    expect((await get(url)).body).toEqual({ metadata: { z: '9' } })
    expect((await remove(`${url}/z`)).status).toBe(200)
    expect((await remove(`${url}/z`)).status).toBe(404)
    expect((await get(`${url}/z`)).status).toBe(404)
    expect((await put(`${url}/z`, { metadata: { z: '1' } })).status).toBe(404)
  })

  test('what was written is what is read, whatever the key', async () => {
    const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' })
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, text, { minKeys: 1, maxKeys: 5 }), async (pairs) => {
        const { status } = await put(url, { metadata: pairs })
        const unfit = JSON.stringify(pairs).includes('\\u0000') || Object.hasOwn(pairs, '__proto__')
        expect(status).toBe(unfit ? 400 : 200)
        if (!unfit) expect((await get(url)).body).toEqual({ metadata: pairs })
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    [{}],
    [{ metadata: null }],
    [{ metadata: { '': 'x' } }],
    [{ metadata: { a: '' } }],
    [{ metadata: { a: 1 } }],
    [{ metadata: { ['k'.repeat(256)]: 'x' } }],
    [{ metadata: { a: 'v'.repeat(1024) } }],
    [{ metadata: ['a'] }],
  ])('%j is 400', async (body) => {
    expect((await post(url, body)).status).toBe(400)
    expect((await put(url, body)).status).toBe(400)
  })

  test('one item under its own URL: the same key, and only that', async () => {
    expect((await post(`${url}/a`, { metadata: { b: '1' } })).status).toBe(400)
    expect((await post(`${url}/a`, { metadata: { a: '1', b: '2' } })).status).toBe(400)
    expect((await post(`${url}/a`, { metadata: {} })).status).toBe(400)
    expect((await post(`${url}/a`, {})).status).toBe(400)
  })

  test('more items than anybody reads are refused', async () => {
    const many = (from: number) =>
      Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`k${from + at}`, 'v']))
    expect((await post(url, { metadata: many(0) })).status).toBe(200)
    expect((await post(url, { metadata: many(150) })).status).toBe(413)
    expect(Object.keys((await get(url)).body.metadata)).toHaveLength(150)
    // What is there already may be written again.
    expect((await post(url, { metadata: many(0) })).status).toBe(200)
  })

  test("administrators' keys: 403 for others, and a replacement leaves them alone", async () => {
    const key = '__managed_at'
    expect((await post(url, { metadata: { [key]: 'now' } })).status).toBe(403)
    expect((await post(url, { metadata: { [key]: 'now' } }, 'admin')).status).toBe(200)
    expect((await remove(`${url}/${key}`)).status).toBe(403)
    expect((await put(url, { metadata: { a: '1' } })).status).toBe(200)
    expect((await get(url)).body.metadata).toEqual({ a: '1', [key]: 'now' })
    expect((await put(url, { metadata: { b: '1' } }, 'admin')).status).toBe(200)
    expect((await get(url)).body.metadata).toEqual({ b: '1' })
  })

  test("other projects: a private share isn't there, a public one can be read", async () => {
    expect((await get(url, 'other')).status).toBe(404)
    expect((await post(url, { metadata: { a: '1' } }, 'other')).status).toBe(404)
    const open = `/shares/${(await seedShare(bench, 'demo', { is_public: 1 })).id}/metadata`
    expect((await get(open, 'other')).status).toBe(200)
    expect((await post(open, { metadata: { a: '1' } }, 'other')).status).toBe(403)
    expect((await post(url, { metadata: { a: '1' } }, 'reader')).status).toBe(403)
  })
})

describe('export locations', () => {
  const list = async (token: Token, version = 99) =>
    (await get(`/shares/${share.id}/export_locations`, token, version)).body.export_locations

  test('fields come with their microversions, administrators see more', async () => {
    const [row] = await list('demo', 9)
    expect(Object.keys(row)).toEqual(['id', 'path'])
    expect(Object.keys((await list('demo', 14))[0])).toEqual(['id', 'path', 'preferred'])
    expect(Object.keys((await list('demo', 87))[0])).toEqual(['id', 'path', 'preferred', 'metadata'])
    expect((await list('admin'))[0]).toMatchObject({
      path: `10.0.0.1:/exports/${share.id}`,
      share_instance_id: share.instanceId,
      is_admin_only: false,
    })
    const one = await get(`/shares/${share.id}/export_locations/${row.id}`)
    expect(Object.keys(one.body.export_location)).toEqual([
      'id',
      'path',
      'preferred',
      'metadata',
      'created_at',
      'updated_at',
    ])
  })

  test('private ones hide from their users; of other projects’ shares nothing is there', async () => {
    const hidden = await seedLocation(bench, share.instanceId, '10.0.0.1:/admin', true)
    expect(await list('demo')).toHaveLength(1)
    expect(await list('admin')).toHaveLength(2)
    const base = `/shares/${share.id}/export_locations`
    expect((await get(`${base}/${hidden}`)).status).toBe(403)
    expect((await get(`${base}/${hidden}`, 'admin')).status).toBe(200)
    expect((await get(`${base}/${bench.id()}`)).status).toBe(404)
    expect((await get(base, 'other')).status).toBe(404)
    expect((await get(`/shares/${bench.id()}/export_locations`)).status).toBe(404)
    const open = await seedShare(bench, 'demo', { is_public: 1 })
    expect((await get(`/shares/${open.id}/export_locations`, 'other')).status).toBe(200)
  })

  test('secondary replicas are hidden from 2.47, destinations of migrations always', async () => {
    await bench.db.updateTable('share_instances').set({ replica_state: 'in_sync' }).execute()
    expect(await list('demo', 46)).toHaveLength(1)
    expect(await list('demo', 47)).toEqual([])
    await bench.db
      .updateTable('share_instances')
      .set({ replica_state: null, status: 'migrating_to' })
      .execute()
    expect(await list('demo', 46)).toEqual([])
  })

  test('of a share instance, for administrators', async () => {
    const base = `/share_instances/${share.instanceId}/export_locations`
    const { body } = await get(base, 'admin')
    expect(body.export_locations).toHaveLength(1)
    expect((await get(`${base}/${body.export_locations[0].id}`, 'admin')).status).toBe(200)
    expect((await get(base, 'demo')).status).toBe(403)
    expect((await get(`/share_instances/${bench.id()}/export_locations`, 'admin')).status).toBe(404)
  })

  test('metadata; `preferred` is the administrators’ and moves what is shown', async () => {
    const id = (await list('demo'))[0].id as string
    const base = `/shares/${share.id}/export_locations/${id}/metadata`
    expect((await post(base, { metadata: { 'zone: a.b_c-d': 'x' } })).status).toBe(200)
    expect((await post(base, { metadata: { 'a/b': 'x' } })).status).toBe(400)
    expect((await post(base, { metadata: { preferred: 'True' } })).status).toBe(403)
    expect((await post(base, { metadata: { preferred: 'True' } }, 'admin')).status).toBe(200)
    expect((await list('demo'))[0]).toMatchObject({ preferred: true, metadata: { 'zone: a.b_c-d': 'x' } })
    expect((await remove(`${base}/preferred`, 'admin')).status).toBe(200)
    expect((await list('demo'))[0]).toMatchObject({ preferred: false })
    expect((await get(base, 'other')).status).toBe(404)
    const open = await seedShare(bench, 'demo', { is_public: 1 })
    const locations = await get(`/shares/${open.id}/export_locations`, 'other')
    const theirs = `/shares/${open.id}/export_locations/${locations.body.export_locations[0].id}/metadata`
    expect((await get(theirs, 'other')).status).toBe(200)
    expect((await post(theirs, { metadata: { a: 'b' } }, 'other')).status).toBe(403)
  })
})
