/**
 * Another tenant's object answers as an id that does not exist would, on every route. What is compared is everything a
 * caller sees: status and body, with the ids themselves taken out.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { maxMinor } from '../../src/model/version.ts'
import { chosen } from './chosen.ts'
import { routeTable } from './table.ts'
import { openWorld, requestsOf, type World } from './world.ts'
import type { Answer } from '../../src/api/bench.fixture.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.bench.close())

const seen = ({ status, body }: Answer, ids: readonly string[]): string => {
  let text = JSON.stringify({ status, body: body as unknown })
  for (const id of ids) text = text.replaceAll(id, '<id>')
  return text
}

const withIds = routeTable.filter(({ ids }) =>
  Object.values(ids).some((noun) => !['key', 'class', 'project'].includes(noun)),
)

describe("another tenant's object", () => {
  it.each(
    withIds.filter(chosen).flatMap((route) => requestsOf(route).map((request) => ({ ...request, route }))),
  )('is an unknown id: $name', async ({ route, body }) => {
    const minor = route.until
    const foreign = Object.fromEntries(
      Object.entries(route.ids).map(([name, noun]) => [name, world.ids[noun]]),
    )
    const unknown = Object.fromEntries(
      Object.entries(route.ids).map(([name, noun]) => [name, noun === 'key' ? 'k' : world.bench.id()]),
    )
    const theirs = await world.ask('other', route, foreign, body, minor)
    const nobodys = await world.ask('other', route, unknown, body, minor)
    expect(seen(theirs, Object.values(foreign))).toBe(seen(nobodys, Object.values(unknown)))
    expect(theirs.status).toBeGreaterThanOrEqual(400)
    expect(theirs.status).toBeLessThan(500)
  })

  it('below an own share is an unknown id too', async () => {
    const below = withIds.filter(({ path }) => path.startsWith('/shares/:share/export_locations/:location'))
    expect(below.length).toBeGreaterThan(3)
    for (const route of below) {
      const own = { share: world.ownShare, key: 'k' }
      const theirs = await world.ask(
        'other',
        route,
        { ...own, location: world.ids.location },
        route.body,
        maxMinor,
      )
      const missing = world.bench.id()
      const nobodys = await world.ask('other', route, { ...own, location: missing }, route.body, maxMinor)
      expect(seen(theirs, [world.ids.location])).toBe(seen(nobodys, [missing]))
    }
  })

  it('named in a body is an unknown id too', async () => {
    const bodies = [
      [
        'POST',
        '/shares',
        (share: string, snapshot: string) => ({
          share: { share_proto: 'NFS', size: 2, snapshot_id: snapshot, name: share && 'x' },
        }),
      ],
      [
        'POST',
        '/shares',
        (share: string) => ({
          share: { share_proto: 'NFS', size: 1, scheduler_hints: { same_host: share } },
        }),
      ],
      ['POST', '/snapshots', (share: string) => ({ snapshot: { share_id: share } })],
      [
        'POST',
        '/resource-locks',
        (share: string) => ({ resource_lock: { resource_id: share, resource_type: 'share' } }),
      ],
    ] as const
    for (const [method, path, make] of bodies) {
      const [share, snapshot] = [world.bench.id(), world.bench.id()]
      const theirs = await world.bench.call(method, path, {
        token: 'other',
        body: make(world.ids.share, world.ids.snapshot),
      })
      const nobodys = await world.bench.call(method, path, { token: 'other', body: make(share, snapshot) })
      expect(seen(theirs, [world.ids.share, world.ids.snapshot])).toBe(seen(nobodys, [share, snapshot]))
      expect(theirs.status).toBeGreaterThanOrEqual(400)
    }
  })

  it('is in none of the lists', async () => {
    const lists = routeTable.filter(
      ({ method, ids, later, endless }) =>
        method === 'GET' && Object.keys(ids).length === 0 && later !== true && endless !== true,
    )
    const theirs = [
      'share',
      'instance',
      'rule',
      'snapshot',
      'snapshotInstance',
      'message',
      'lock',
      'operation',
      'type',
    ] as const
    for (const route of lists) {
      const minor = route.until
      for (const query of [
        '',
        '?all_tenants=1',
        `?share_id=${world.ids.share}`,
        `?project_id=${world.ids.project}`,
      ]) {
        const answer = await world.bench.call('GET', `${route.path}${query}`, {
          token: 'other',
          version: minor,
        })
        const text = JSON.stringify(answer.body ?? {}).replaceAll(query.slice(query.indexOf('=') + 1), '')
        for (const noun of theirs)
          expect([route.path, query, text.includes(world.ids[noun])]).toEqual([route.path, query, false])
      }
    }
  })
})
