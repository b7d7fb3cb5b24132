/** What a marker may be: a row that the list itself would show, or one of the caller's own that was in it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordTombstone } from '../db/store/records.ts'
import { routes } from './routes.ts'
import { openBench, personas, type Bench, type Token } from './bench.fixture.ts'

let bench: Bench
beforeAll(async () => {
  bench = await openBench(routes, (settings) => {
    settings.shares.default_share_type = 'default'
  })
  const specs = { driver_handles_share_servers: false, snapshot_support: true }
  const type = { name: 'default', extra_specs: specs }
  expect((await bench.call('POST', '/types', { body: { share_type: type } })).status).toBe(200)
})
afterAll(() => bench.close())

async function newShare(token: Token, name: string, as: { public?: boolean; status?: string } = {}) {
  const body = { share: { share_proto: 'NFS', size: 1, name } }
  const id = (await bench.call('POST', '/shares', { token, body })).body.share.id as string
  const is_public = as.public === true ? 1 : 0
  const status = as.status ?? 'available'
  await bench.db.updateTable('shares').set({ is_public, status }).where('id', '=', id).execute()
  await bench.db
    .updateTable('share_instances')
    .set({ status, host: 'h@b#p', backend_id: 'b' })
    .where('share_id', '=', id)
    .execute()
  return id
}

/** As a finished deletion leaves it. */
async function bury(table: 'shares' | 'snapshots' | 'operations', resourceType: string, id: string) {
  await bench.store.transaction(async (tx) => {
    const row = await tx.selectFrom(table).selectAll().where('id', '=', id).executeTakeFirstOrThrow()
    await recordTombstone(tx, resourceType, row, bench.clock.now())
    await tx.deleteFrom(table).where('id', '=', id).execute()
  })
}

const get = (path: string, token: Token) => bench.call('GET', path, { token })
const names = async (query: string, token: Token): Promise<string[]> => {
  const { status, body } = await get(`/shares?${query}`, token)
  expect(status).toBe(200)
  return body.shares.map(({ name }: { name: string }) => name)
}

/** The refusal that an id gets which never was. */
async function expectUnknown(path: string, query: string, marker: string, token: Token) {
  const seen = async (id: string) => {
    const { status, body } = await get(`${path}?${query}&marker=${id}`, token)
    return JSON.stringify({ status, body: body as unknown }).replaceAll(id, '<id>')
  }
  const theirs = await seen(marker)
  expect(theirs).toBe(await seen(bench.id()))
  expect(JSON.parse(theirs)).toMatchObject({ status: 400 })
}

describe('the marker of a list of shares', () => {
  const [a, m, z] = ['a of other', 'm of other', 'z of other']
  const ids: Record<string, string> = {}
  beforeAll(async () => {
    for (const name of [a, m, z]) ids[name] = await newShare('other', name)
    ids.secret = await newShare('demo', 'hidden')
    ids.shown = await newShare('demo', 'known', { public: true })
    ids.broken = await newShare('demo', 'lost', { public: true, status: 'error' })
    for (const [key, as] of [
      ['buried', {}],
      ['buriedPublic', { public: true }],
    ] as const) {
      ids[key] = await newShare('demo', 'buried', as)
      await bury('shares', 'share', ids[key])
    }
  })

  it.each(['name', 'description', 'created_at', 'size', 'status'])(
    'tells nothing of what another project hides or hid, sorted by %s',
    async (key) => {
      for (const what of ['secret', 'buried', 'buriedPublic']) {
        for (const query of ['is_public=true', 'is_public=false', '', 'all_tenants=1'])
          for (const direction of ['asc', 'desc'])
            await expectUnknown(
              '/shares',
              `${query}&sort_key=${key}&sort_dir=${direction}`,
              ids[what]!,
              'other',
            )
      }
    },
  )

  it('may be a public share of another project, where the list shows it', async () => {
    const sorted = 'is_public=true&sort_key=name&sort_dir=asc'
    expect(await names(`${sorted}&marker=${ids.shown}`, 'other')).toEqual(['lost', m, z])
    expect(await names(`${sorted}&marker=${ids.broken}`, 'other')).toEqual([m, z])
    await expectUnknown('/shares', `${sorted}&status=available`, ids.broken!, 'other')
    await expectUnknown('/shares', `${sorted}&description~=x`, ids.shown!, 'other')
    await expectUnknown('/shares', 'sort_key=name', ids.shown!, 'other')
  })

  it('may be said as an offset, as stock clients send their --marker', async () => {
    const sorted = 'is_public=true&sort_key=name&sort_dir=asc'
    expect(await names(`${sorted}&offset=${ids.broken}`, 'other')).toEqual([m, z])
    for (const offset of [ids.secret, bench.id()])
      expect((await get(`/shares?offset=${offset}`, 'other')).status).toBe(400)
  })

  it('is looked up under the filters', async () => {
    await expectUnknown('/shares', `name=${encodeURIComponent(m)}`, ids[a]!, 'other')
    await expectUnknown('/shares', "metadata={'k':'v'}", ids[a]!, 'other')
    await expectUnknown('/shares', `project_id=${personas.demo.projectId}&all_tenants=1`, ids[a]!, 'admin')
  })

  it('still works when the share has left the list meanwhile', async () => {
    const sorted = 'sort_key=name&sort_dir=asc&status=available'
    const change = (columns: object) =>
      bench.db.updateTable('shares').set(columns).where('id', '=', ids[a]!).execute()
    for (const columns of [{ status: 'deleting' }, { is_soft_deleted: 1 }, { status: 'deferred_deleting' }]) {
      await change(columns)
      for (const query of [sorted, `${sorted}&is_public=true`])
        expect(
          (await names(`${query}&marker=${ids[a]}`, 'other')).filter((name) => name.includes('other')),
        ).toEqual([m, z])
    }
    await change({ status: 'available', is_soft_deleted: 0 })
    await bury('shares', 'share', ids[a]!)
    expect(await names(`${sorted}&marker=${ids[a]}`, 'other')).toEqual([m, z])
    // Everybody's rows are an administrator's own.
    expect(await names(`${sorted}&all_tenants=1&marker=${ids.buried}`, 'admin')).toEqual([
      'hidden',
      'known',
      m,
      z,
    ])
  })

  it('is not sought by what a member is not shown', async () => {
    for (const key of ['host', 'share_server_id'])
      for (const path of ['/shares', '/shares/detail']) {
        const { status, body } = await get(`${path}?sort_key=${key}`, 'other')
        expect([status, body.badRequest.message.includes(key)]).toEqual([400, false])
        expect((await get(`${path}?sort_key=${key}`, 'admin')).status).toBe(200)
      }
  })

  it('no member finds locations that only administrators are shown', async () => {
    const { instance_id } = await bench.db
      .selectFrom('shares')
      .select('instance_id')
      .where('id', '=', ids[m]!)
      .executeTakeFirstOrThrow()
    const location = {
      id: bench.id(),
      share_instance_id: instance_id,
      path_hash: 'h',
      path: '/inside',
      preferred: 0 as const,
    }
    const stamps = { created_at: 1, updated_at: null }
    await bench.db
      .insertInto('share_instance_export_locations')
      .values({ ...location, ...stamps, is_admin_only: 1 })
      .execute()
    expect(await names(`export_location_id=${location.id}`, 'other')).toEqual([])
    expect(await names(`export_location_id=${location.id}&all_tenants=1`, 'admin')).toEqual([m])
    const forAll = { is_admin_only: 0 } as const
    await bench.db
      .updateTable('share_instance_export_locations')
      .set(forAll)
      .where('id', '=', location.id)
      .execute()
    expect(await names(`export_location_id=${location.id}`, 'other')).toEqual([m])
  })
})

describe('the marker of other lists', () => {
  it('of snapshots is looked up under the filters, whatever the state has become', async () => {
    const make = async (token: Token, name: string) => {
      const share = await newShare(token, 'parent')
      const answer = await bench.call('POST', '/snapshots', {
        token,
        body: { snapshot: { share_id: share, name } },
      })
      return answer.body.snapshot.id as string
    }
    const [one, two, theirs] = [await make('other', '1'), await make('other', '2'), await make('demo', 'x')]
    const sorted = 'sort_key=name&sort_dir=asc'
    const listed = async (query: string) =>
      (await get(`/snapshots?${sorted}&${query}`, 'other')).body.snapshots.map(({ id }: { id: string }) => id)
    await expectUnknown('/snapshots', sorted, theirs, 'other')
    await expectUnknown('/snapshots', 'name=2', one, 'other')
    await bench.db.updateTable('snapshots').set({ status: 'error' }).where('id', '=', two).execute()
    expect(await listed(`status=error&marker=${one}`)).toEqual([two])
    await bury('snapshots', 'snapshot', one)
    expect(await listed(`status=error&marker=${one}`)).toEqual([two])
    await bury('snapshots', 'snapshot', theirs)
    await expectUnknown('/snapshots', sorted, theirs, 'other')
  })

  it('of operations likewise', async () => {
    await newShare('other', 'first')
    await newShare('other', 'second')
    const listed = async (query: string, token: Token = 'other'): Promise<string[]> =>
      (await get(`/operations?${query}`, token)).body.operations.map(({ id }: { id: string }) => id)
    const [newest = '', next] = await listed('kind=create-share')
    const [theirs = ''] = await listed('', 'demo')
    await expectUnknown('/operations', '', theirs, 'other')
    await expectUnknown('/operations', 'kind=extend-share', newest, 'other')
    await bench.db.updateTable('operations').set({ state: 'done' }).where('id', '=', newest).execute()
    expect((await listed(`state=queued&kind=create-share&marker=${newest}`))[0]).toBe(next)
    await bury('operations', 'operation', newest)
    expect((await listed(`state=queued&kind=create-share&marker=${newest}`))[0]).toBe(next)
  })

  it('of messages, locks and share instances is one that the list has', async () => {
    const [mine, theirs] = [bench.id(), bench.id()]
    for (const [id, project_id] of [
      [mine, personas.other.projectId],
      [theirs, personas.demo.projectId],
    ] as const)
      await bench.db
        .insertInto('messages')
        .values({
          id,
          project_id,
          request_id: 'req-1',
          resource_type: 'SHARE',
          resource_id: 'x',
          action_id: '001',
          detail_id: '002',
          message_level: 'ERROR',
          created_at: 1,
          expires_at: Number.MAX_SAFE_INTEGER,
        })
        .execute()
    expect((await get(`/messages?marker=${mine}`, 'other')).body).toEqual({ messages: [] })
    await expectUnknown('/messages', 'sort_key=request_id', theirs, 'other')
    await expectUnknown('/messages', 'detail_id=003', mine, 'other')

    const lock = async (token: Token) => {
      const resource_lock = {
        resource_id: await newShare(token, 'locked'),
        resource_type: 'share',
        lock_reason: 'why',
      }
      return (await bench.call('POST', '/resource-locks', { token, body: { resource_lock } })).body
        .resource_lock.id
    }
    const [mineToo, theirsToo] = [await lock('other'), await lock('demo')]
    expect((await get(`/resource-locks?marker=${mineToo}`, 'other')).body.resource_locks).toEqual([])
    await expectUnknown('/resource-locks', 'sort_key=lock_reason', theirsToo, 'other')
    await expectUnknown('/resource-locks', 'sort_key=lock_reason&all_projects=1', theirsToo, 'other')
    await expectUnknown('/resource-locks', 'lock_reason=other', mineToo, 'other')

    const { share_instances } = (await get('/share_instances', 'admin')).body
    const last = share_instances.at(-1).id as string
    expect((await get(`/share_instances?marker=${last}`, 'admin')).body.share_instances).toEqual([])
    await expectUnknown('/share_instances', 'is_soft_deleted=true', last, 'admin')
  })
})
