/**
 * What a list answers tells nothing about another tenant's rows: not behind a marker, not by the order, not through a filter, and no
 * key of a repeated request gives another's answer. Tried on every list and every POST; what is compared is all that a caller sees.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { recordTombstone } from '../../src/db/store/records.ts'
import type { Answer, Token } from '../../src/api/bench.fixture.ts'
import { routeTable, type TableRoute } from './table.ts'
import { openWorld, requestsOf, type World } from './world.ts'

let world: World
let buried: string
beforeAll(async () => {
  world = await openWorld()
  const body = { share: { share_proto: 'NFS', size: 1, name: 'buried' } }
  buried = (await world.bench.call('POST', '/shares', { token: 'demo', body })).body.share.id as string
  await world.bench.store.transaction(async (tx) => {
    const row = await tx.selectFrom('shares').selectAll().where('id', '=', buried).executeTakeFirstOrThrow()
    await recordTombstone(tx, 'share', { ...row, is_public: 1 } as never, 1)
    await tx.deleteFrom('shares').where('id', '=', buried).execute()
  })
})
afterAll(() => world.bench.close())

const live = routeTable.filter(({ later, endless }) => later !== true && endless !== true)
const lists = live.filter(({ method, ids }) => method === 'GET' && Object.keys(ids).length === 0)
const minorOf = ({ until }: TableRoute): number => until

/** Status and body, without the ids that were sent and without what every answer has of its own. */
const seen = ({ status, body }: Answer, ...sent: readonly string[]): string => {
  let text = JSON.stringify({ status, body: body as unknown })
  for (const value of sent.filter(({ length }) => length > 4))
    text = text.replaceAll(value, '<sent>').replaceAll(encodeURIComponent(value), '<sent>')
  return text
}
const get = (route: TableRoute, query: string, token: Token = 'other') =>
  world.bench.call('GET', `${route.path}?${query}`, { token, version: minorOf(route) })

const ways = [
  '',
  'is_public=true',
  'is_public=false',
  'all_tenants=1',
  'all_projects=1',
  'is_soft_deleted=true',
]
const nouns = [
  'share',
  'instance',
  'snapshot',
  'snapshotInstance',
  'rule',
  'message',
  'lock',
  'operation',
  'type',
  'group',
  'groupType',
  'groupSnapshot',
] as const

describe.each(lists.map((route) => [route.path, route] as const))('GET %s', (_path, route) => {
  it("takes another tenant's marker for an unknown one", async () => {
    for (const marker of [...nouns.map((noun) => world.ids[noun]), buried])
      for (const way of ways)
        for (const sort of [
          '',
          '&sort_key=name&sort_dir=asc',
          '&sort_key=created_at',
          '&sort_key=id&sort_dir=asc',
        ]) {
          const unknown = world.bench.id()
          const theirs = await get(route, `${way}${sort}&marker=${marker}`)
          const nobodys = await get(route, `${way}${sort}&marker=${unknown}`)
          expect([way, sort, seen(theirs, marker)]).toEqual([way, sort, seen(nobodys, unknown)])
        }
  })

  it('is sorted by nothing that is hidden', async () => {
    const hidden = [
      'host',
      'share_server_id',
      'backend_id',
      'pool_id',
      'driver_state',
      'payload',
      'lane',
      'fence',
      'cause_message',
      'access_key',
      'access_to',
      'instance_id',
      'provider_location',
    ]
    for (const key of hidden)
      for (const direction of ['asc', 'desc']) {
        const sorted = await get(route, `sort_key=${key}&sort_dir=${direction}`)
        const plain = await get(route, `sort_dir=${direction}`)
        // Refused, or a list that knows no order at all.
        if (sorted.status < 400) expect([key, seen(sorted, key)]).toEqual([key, seen(plain, key)])
      }
  })

  it('finds nothing by a value of another tenant’s row', async () => {
    const { ids } = world
    const values: Record<string, string> = {
      id: ids.share,
      share_id: ids.share,
      snapshot_id: ids.snapshot,
      resource_id: ids.share,
      project_id: ids.project,
      user_id: 'demo-user',
      host: 'h@b#p',
      share_server_id: ids.other,
      share_type_id: ids.type,
      export_location_id: ids.location,
      export_location_path: '10.0.0.1:/x',
      access_to: '10.0.0.1',
      access_type: 'ip',
      request_id: 'req-1',
      name: 'buried',
      'name~': 'uried',
      encryption_key_ref: ids.other,
    }
    for (const [name, value] of Object.entries(values))
      for (const way of ways) {
        const unknown = name === 'access_type' ? 'user' : name === 'access_to' ? '10.0.0.2' : world.bench.id()
        const theirs = await get(route, `${way}&${name}=${encodeURIComponent(value)}`)
        const nobodys = await get(route, `${way}&${name}=${encodeURIComponent(unknown)}`)
        expect([name, way, seen(theirs, value)]).toEqual([name, way, seen(nobodys, unknown)])
      }
  })
})

it('the lists do answer, and the same questions find the rows of whoever may see them', async () => {
  expect(lists.length).toBeGreaterThan(15)
  const of = (path: string) => lists.find((route) => route.path === path)!
  const found = await get(of('/shares'), `export_location_path=${encodeURIComponent('10.0.0.1:/x')}`, 'demo')
  expect(found.body.shares).toMatchObject([{ id: world.ids.share }])
  expect((await get(of('/shares'), `marker=${world.ids.share}`, 'demo')).status).toBe(200)
  expect((await get(of('/shares'), `marker=${buried}`, 'demo')).status).toBe(200)
  expect((await get(of('/shares'), 'sort_key=host', 'admin')).status).toBe(200)
})

const posts = live.filter(({ method }) => method === 'POST')
it.each(posts.flatMap((route) => requestsOf(route).map((request) => ({ ...request, route }))))(
  'an Idempotency-Key of another user is a new one: $name',
  async ({ route, body }) => {
    const named = (ids: (noun: (typeof route.ids)[string]) => string) =>
      route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
        encodeURIComponent(ids(route.ids[name] ?? 'other')),
      )
    const path = named((noun) => world.ids[noun])
    const post = (token: Token, at: string, key: string) =>
      world.bench.call('POST', at, {
        token,
        version: minorOf(route),
        experimental: true,
        body,
        headers: { 'idempotency-key': key },
      })
    const key = world.bench.id()
    await post('demo', path, key)
    // Another project's member, and another user of the same project, with that key and with a fresh one.
    for (const token of ['other', 'reader'] as const) {
      const repeated = await post(token, path, key)
      const fresh = await post(token, path, world.bench.id())
      const shape = (answer: Answer) =>
        seen(answer).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\dT[\d:.]+/g, '<own>')
      expect(shape(repeated)).toBe(shape(fresh))
    }
  },
)
