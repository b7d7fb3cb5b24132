import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { routeLaws } from '../route-laws.fixture.ts'
import { openBench, personas, type Bench, type CallOptions } from '../bench.fixture.ts'
import { shareTypeRoutes } from './routes.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench(shareTypeRoutes, (settings) => {
    settings.shares.default_share_type = 'standard'
  })
})
afterAll(() => bench.close())
beforeEach(async () => {
  for (const table of [
    'share_types',
    'share_type_extra_specs',
    'share_type_projects',
    'share_instances',
  ] as const) {
    await bench.db.deleteFrom(table).execute()
  }
})

const minimal = { driver_handles_share_servers: 'False' }

async function make(name: string, more: object = {}, options: CallOptions = {}): Promise<string> {
  const { status, body } = await bench.call('POST', '/types', {
    body: { share_type: { name, extra_specs: minimal, ...more } },
    ...options,
  })
  expect(status).toBe(200)
  return body.share_type.id as string
}

const names = (body: { share_types: { name: string }[] }): string[] =>
  body.share_types.map((type) => type.name)

describe('making share types', () => {
  it('shows the type under both names', async () => {
    const { status, body } = await bench.call('POST', '/types', {
      body: {
        volume_type: {
          name: 'gold',
          description: 'fast',
          extra_specs: { driver_handles_share_servers: false, 'capabilities:ssd': '<is> True' },
        },
      },
    })
    expect(status).toBe(200)
    expect(body.share_type).toEqual(body.volume_type)
    expect(body.share_type).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'gold',
      description: 'fast',
      extra_specs: { driver_handles_share_servers: 'False', 'capabilities:ssd': '<is> True' },
      required_extra_specs: { driver_handles_share_servers: 'False' },
      'share_type_access:is_public': true,
      is_default: false,
    })
  })

  it('adds snapshot_support before 2.24', async () => {
    const before = await make('old', {}, { version: 23 })
    const after = await make('new', {}, { version: 24 })
    const specs = async (id: string) => (await bench.call('GET', `/types/${id}/extra_specs`)).body.extra_specs
    expect(await specs(before)).toEqual({ ...minimal, snapshot_support: 'True' })
    expect(await specs(after)).toEqual(minimal)
  })

  it('knows both names of the visibility on every version', async () => {
    const id = await make('a', { 'share_type_access:is_public': 'false' }, { version: 0 })
    const older = (await bench.call('GET', `/types/${id}`, { version: 6 })).body.share_type
    expect(older['os-share-type-access:is_public']).toBe(false)
    expect(older).not.toHaveProperty('share_type_access:is_public')
    const newer = (await bench.call('GET', `/types/${id}`, { version: 7 })).body.share_type
    expect(newer['share_type_access:is_public']).toBe(false)
    expect(newer).not.toHaveProperty('os-share-type-access:is_public')
  })

  it.each([
    [{}, /"share_type"/],
    [{ share_type: 'x' }, /share_type must be an object/],
    [{ share_type: { extra_specs: minimal } }, /share_type.name must be given/],
    [{ share_type: { name: '', extra_specs: minimal } }, /share_type.name must be a string of 1 to 255/],
    [{ share_type: { name: 'x'.repeat(256), extra_specs: minimal } }, /share_type.name/],
    [{ share_type: { name: ['x'], extra_specs: minimal } }, /share_type.name/],
    [{ share_type: { name: 'x' } }, /share_type.extra_specs must be given/],
    [{ share_type: { name: 'x', extra_specs: {} } }, /driver_handles_share_servers/],
    [{ share_type: { name: 'x', extra_specs: { driver_handles_share_servers: 'maybe' } } }, /boolean/],
    [{ share_type: { name: 'x', extra_specs: { ...minimal, 'a b': 'c' } } }, /'a b'/],
    [{ share_type: { name: 'x', extra_specs: { ...minimal, a: [1] } } }, /'a' must be a string/],
    [{ share_type: { name: 'x', extra_specs: { ...minimal, replication_type: 'x' } } }, /replication_type/],
    [{ share_type: { name: 'x', extra_specs: minimal, description: 'x'.repeat(256) } }, /description/],
    [{ share_type: { name: 'x', extra_specs: minimal, 'share_type_access:is_public': 'x' } }, /is_public/],
  ])('refuses %j', async (body, message) => {
    const answer = await bench.call('POST', '/types', { body })
    expect(answer.status).toBe(400)
    expect(answer.body.badRequest.message).toMatch(message)
  })

  it('refuses a description before 2.41 and a name twice', async () => {
    const body = { share_type: { name: 'a', description: 'b', extra_specs: minimal } }
    expect((await bench.call('POST', '/types', { body, version: 40 })).status).toBe(400)
    expect((await bench.call('POST', '/types', { body, version: 41 })).status).toBe(200)
    expect((await bench.call('POST', '/types', { body, version: 41 })).status).toBe(409)
  })

  it('is for administrators', async () => {
    const body = { share_type: { name: 'a', extra_specs: minimal } }
    expect((await bench.call('POST', '/types', { body, token: 'demo' })).status).toBe(403)
  })
})

describe('what a reply has', () => {
  it.each([
    [40, 'description', false],
    [41, 'description', true],
    [45, 'is_default', false],
    [46, 'is_default', true],
  ])('at 2.%i: %s %s', async (version, field, there) => {
    const id = await make('standard')
    const { body } = await bench.call('GET', `/types/${id}`, { version })
    expect(Object.hasOwn(body.share_type, field)).toBe(there)
  })

  it('tells tenants the specs that concern them, with defaults since 2.24 and 2.99', async () => {
    const id = await make('a', { extra_specs: { ...minimal, secret: 'x', snapshot_support: 'True' } })
    const specs = async (version: number) =>
      (await bench.call('GET', `/types/${id}`, { version, token: 'demo' })).body.share_type.extra_specs
    expect(await specs(23)).toEqual({ ...minimal, snapshot_support: 'True' })
    const since24 = {
      ...minimal,
      snapshot_support: 'True',
      create_share_from_snapshot_support: false,
      revert_to_snapshot_support: false,
      mount_snapshot_support: false,
      mount_point_name_support: false,
    }
    expect(await specs(24)).toEqual(since24)
    expect(await specs(98)).toEqual(since24)
    expect(await specs(99)).toEqual({ ...since24, snapshot_inherit_share_access_support: false })
  })
})

describe('finding share types', () => {
  it('walls private types in', async () => {
    const open = await make('open')
    const closed = await make('closed', { 'share_type_access:is_public': false })
    const body = { addProjectAccess: { project: personas.demo.projectId } }
    expect((await bench.call('POST', `/types/${closed}/action`, { body })).status).toBe(202)
    expect(names((await bench.call('GET', '/types', { token: 'demo' })).body)).toEqual(['open', 'closed'])
    expect(names((await bench.call('GET', '/types?is_public=all', { token: 'other' })).body)).toEqual([
      'open',
    ])
    expect((await bench.call('GET', `/types/${closed}`, { token: 'demo' })).status).toBe(200)
    const hidden = await bench.call('GET', `/types/${closed}`, { token: 'other' })
    const absent = await bench.call('GET', `/types/${bench.id()}`, { token: 'other' })
    expect([hidden.status, absent.status]).toEqual([404, 404])
    expect((await bench.call('GET', `/types/${open}`, { token: 'other' })).status).toBe(200)
  })

  it('lists by visibility for administrators', async () => {
    await make('open')
    await make('closed', { 'share_type_access:is_public': false })
    const list = async (query: string) => (await bench.call('GET', `/types${query}`)).body
    expect(names(await list(''))).toEqual(['open'])
    expect(names(await list('?is_public=True'))).toEqual(['open'])
    expect(names(await list('?is_public=false'))).toEqual(['closed'])
    expect(names(await list('?is_public=ALL'))).toEqual(['open', 'closed'])
    expect((await bench.call('GET', '/types?is_public=perhaps')).status).toBe(400)
    const both = await list('')
    expect(both.volume_types).toEqual(both.share_types)
  })

  it('filters by extra specs since 2.43', async () => {
    await make('a', { extra_specs: { ...minimal, color: 'red', availability_zones: 'nova, east' } })
    await make('b', { extra_specs: { ...minimal, color: 'blue' } })
    const list = async (specs: string, options: CallOptions = {}) =>
      bench.call('GET', `/types?extra_specs=${encodeURIComponent(specs)}`, options)
    expect(names((await list("{'color': 'red'}")).body)).toEqual(['a'])
    expect(names((await list('{"availability_zones": "east"}')).body)).toEqual(['a', 'b'])
    expect(names((await list("{'availability_zones': 'west'}")).body)).toEqual(['b'])
    expect(names((await list("{'color': 'red'}", { token: 'demo' })).body)).toEqual([])
    expect((await list('color=red')).status).toBe(400)
    expect((await list("{'color': 'red'}", { version: 42 })).status).toBe(400)
  })

  it('shows the default type', async () => {
    expect((await bench.call('GET', '/types/default', { token: 'reader' })).status).toBe(404)
    const id = await make('standard')
    const { body } = await bench.call('GET', '/types/default', { token: 'reader' })
    expect([body.share_type.id, body.share_type.is_default]).toEqual([id, true])
  })
})

describe('changing and deleting', () => {
  it('changes name, description and visibility', async () => {
    const id = await make('a', { description: 'old' })
    await make('b')
    const put = (share_type: object) =>
      bench.call('PUT', `/types/${id}`, { body: { share_type }, version: 50 })
    const { body } = await put({ name: 'c', description: '', 'share_type_access:is_public': 'no' })
    expect([body.share_type.name, body.share_type.description]).toEqual(['c', null])
    expect(body.share_type['share_type_access:is_public']).toBe(false)
    expect((await put({ name: 'c' })).status).toBe(200)
    expect((await put({ name: 'b' })).status).toBe(409)
    expect((await put({})).status).toBe(400)
    expect((await put({ name: '' })).status).toBe(400)
    const missing = await bench.call('PUT', `/types/${bench.id()}`, { body: { share_type: { name: 'x' } } })
    expect(missing.status).toBe(404)
  })

  it('does not delete what is in use', async () => {
    const id = await make('a')
    await bench.db
      .insertInto('share_group_type_share_types')
      .values({ share_group_type_id: bench.id(), share_type_id: id })
      .execute()
    expect((await bench.call('DELETE', `/types/${id}`)).status).toBe(400)
    await bench.db.deleteFrom('share_group_type_share_types').execute()
    const gone = await bench.call('DELETE', `/types/${id}`)
    expect([gone.status, gone.body]).toEqual([202, undefined])
    expect((await bench.call('DELETE', `/types/${id}`)).status).toBe(404)
    expect(await bench.db.selectFrom('share_type_extra_specs').selectAll().execute()).toEqual([])
  })
})

describe('access by project', () => {
  it('is given, listed and taken', async () => {
    const id = await make('a', { 'share_type_access:is_public': false })
    const project = personas.other.projectId
    const act = (name: string, value: unknown) =>
      bench.call('POST', `/types/${id}/action`, { body: { [name]: value } })
    const granted = await act('addProjectAccess', { project })
    expect(granted.status).toBe(202)
    // The personas of this bench are nobody's rows.
    expect(granted.headers.warning).toContain(`There is no project with the id ${project};`)
    expect((await act('addProjectAccess', { project })).status).toBe(409)
    for (const path of ['share_type_access', 'os-share-type-access']) {
      const { body } = await bench.call('GET', `/types/${id}/${path}`, { version: path === 'os' ? 0 : 50 })
      expect(body).toEqual({ share_type_access: [{ share_type_id: id, project_id: project }] })
    }
    expect((await act('removeProjectAccess', { project })).status).toBe(202)
    expect((await act('removeProjectAccess', { project })).status).toBe(404)
    expect((await act('addProjectAccess', { project: 'no-uuid' })).status).toBe(400)
    expect((await act('addProjectAccess', null)).status).toBe(400)
    expect((await act('grantEverything', {})).status).toBe(400)
  })

  it('does not apply to public types', async () => {
    const id = await make('a')
    const body = { addProjectAccess: { project: personas.other.projectId } }
    expect((await bench.call('POST', `/types/${id}/action`, { body })).status).toBe(409)
    expect((await bench.call('GET', `/types/${id}/share_type_access`)).status).toBe(404)
  })
})

describe('extra specs', () => {
  it('are written, shown and deleted', async () => {
    const id = await make('a')
    const path = `/types/${id}/extra_specs`
    const added = await bench.call('POST', path, { body: { extra_specs: { color: 'red', flag: true } } })
    expect([added.status, added.body]).toEqual([200, { extra_specs: { color: 'red', flag: true } }])
    expect((await bench.call('GET', path)).body.extra_specs).toEqual({
      ...minimal,
      color: 'red',
      flag: 'True',
    })
    expect((await bench.call('PUT', `${path}/color`, { body: { color: 'blue' } })).body).toEqual({
      color: 'blue',
    })
    expect((await bench.call('GET', `${path}/color`)).body).toEqual({ color: 'blue' })
    expect((await bench.call('DELETE', `${path}/color`)).status).toBe(202)
    expect((await bench.call('GET', `${path}/color`)).status).toBe(404)
    expect((await bench.call('DELETE', `${path}/color`)).status).toBe(404)
  })

  it('refuse what makes no sense', async () => {
    const id = await make('a', { extra_specs: { ...minimal, 'provisioning:max_share_size': '5' } })
    const path = `/types/${id}/extra_specs`
    const post = (extra_specs: unknown) => bench.call('POST', path, { body: { extra_specs } })
    expect((await post({ 'provisioning:min_share_size': '6' })).status).toBe(400)
    expect((await post({ 'provisioning:min_share_size': '5' })).status).toBe(200)
    expect((await post({ snapshot_support: 'perhaps' })).status).toBe(400)
    expect((await post('x')).status).toBe(400)
    expect((await bench.call('POST', path, { body: {} })).status).toBe(400)
    expect((await bench.call('PUT', `${path}/a`, { body: { b: 'c' } })).status).toBe(400)
    expect((await bench.call('PUT', `${path}/a`, { body: { a: 'c', b: 'c' } })).status).toBe(400)
    expect(
      (await bench.call('POST', `/types/${bench.id()}/extra_specs`, { body: { extra_specs: {} } })).status,
    ).toBe(404)
  })

  it('keep those that every type needs', async () => {
    const id = await make('a', { extra_specs: { ...minimal, snapshot_support: 'True' } })
    const remove = (key: string, version: number) =>
      bench.call('DELETE', `/types/${id}/extra_specs/${key}`, { version })
    expect((await remove('driver_handles_share_servers', 99)).status).toBe(403)
    expect((await remove('snapshot_support', 23)).status).toBe(403)
    expect((await remove('snapshot_support', 24)).status).toBe(202)
  })

  it('do not lose a spec that is called like a newer field', async () => {
    const id = await make('a')
    const body = { description: 'kept' }
    const path = `/types/${id}/extra_specs/description`
    expect((await bench.call('PUT', path, { body, version: 7 })).body).toEqual(body)
    expect((await bench.call('GET', path, { version: 7 })).body).toEqual(body)
  })
})

routeLaws(
  'share types',
  shareTypeRoutes,
  [
    'GET /types 2.0–',
    'GET /types/default 2.0–',
    'GET /types/:id 2.0–',
    'POST /types 2.0–',
    'PUT /types/:id 2.50–',
    'DELETE /types/:id 2.0–',
    'GET /types/:id/share_type_access 2.0–',
    'GET /types/:id/os-share-type-access 2.0–',
    'POST /types/:id/action addProjectAccess 2.0–',
    'POST /types/:id/action removeProjectAccess 2.0–',
    'GET /types/:type_id/extra_specs 2.0–',
    'POST /types/:type_id/extra_specs 2.0–',
    'GET /types/:type_id/extra_specs/:key 2.0–',
    'PUT /types/:type_id/extra_specs/:key 2.0–',
    'DELETE /types/:type_id/extra_specs/:key 2.0–',
  ],
  async (inner) => {
    const { body } = await inner.call('POST', '/types', {
      body: { share_type: { name: 'a', extra_specs: minimal } },
    })
    const id = body.share_type.id as string
    return { params: { id: [id], type_id: [id], key: ['snapshot_support', 'driver_handles_share_servers'] } }
  },
)
