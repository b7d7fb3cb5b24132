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
    type Named = Readonly<
      Record<'share' | 'snapshot' | 'group' | 'groupType' | 'groupSnapshot' | 'type', string>
    >
    const bodies: readonly (readonly [path: string, make: (ids: Named) => unknown])[] = [
      ['/shares', (ids) => ({ share: { share_proto: 'NFS', size: 2, snapshot_id: ids.snapshot } })],
      ['/shares', (ids) => ({ share: { share_proto: 'NFS', size: 1, share_group_id: ids.group } })],
      [
        '/shares',
        (ids) => ({ share: { share_proto: 'NFS', size: 1, scheduler_hints: { same_host: ids.share } } }),
      ],
      ['/snapshots', (ids) => ({ snapshot: { share_id: ids.share } })],
      ['/share-groups', (ids) => ({ share_group: { share_group_type_id: ids.groupType } })],
      ['/share-groups', (ids) => ({ share_group: { share_types: [ids.type] } })],
      ['/share-groups', (ids) => ({ share_group: { source_share_group_snapshot_id: ids.groupSnapshot } })],
      ['/share-group-snapshots', (ids) => ({ share_group_snapshot: { share_group_id: ids.group } })],
      ['/resource-locks', (ids) => ({ resource_lock: { resource_id: ids.share, resource_type: 'share' } })],
    ]
    for (const [path, make] of bodies) {
      const { share, snapshot, group, groupType, groupSnapshot, type } = world.ids
      const known: Named = { share, snapshot, group, groupType, groupSnapshot, type }
      const unknown = Object.fromEntries(
        Object.keys(known).map((name) => [name, world.bench.id()]),
      ) as unknown as Named
      const post = (ids: Named) => world.bench.call('POST', path, { token: 'other', body: make(ids) })
      const theirs = await post(known)
      const nobodys = await post(unknown)
      expect(seen(theirs, Object.values(known))).toBe(seen(nobodys, Object.values(unknown)))
      expect([path, theirs.status >= 400]).toEqual([path, true])
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
      'group',
      'groupType',
      'groupSnapshot',
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
