/** `GET /v2/permissions`: whose things it tells about, how many at once, and at what price. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { listPermissions } from '../../wire/permissions/schema.ts'
import {
  instanceActions,
  messageActions,
  operationActions,
  typeActions,
} from '../../app/permissions/others.ts'
import { groupActions, groupSnapshotActions, groupTypeActions } from '../../app/permissions/groups.ts'
import { lockActions, ruleActions } from '../../app/permissions/access-rules.ts'
import { shareActions } from '../../app/permissions/shares.ts'
import { snapshotActions, snapshotInstanceActions } from '../../app/permissions/snapshots.ts'
import type { Action } from '../../app/permissions/verdict.ts'
import { permittedResources } from '../../model/permissions.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { routes } from '../routes.ts'
import { seedShare, seedSnapshot } from '../seed.fixture.ts'
import { openBench, personas, type Bench, type CallOptions } from '../bench.fixture.ts'

const tables: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  share: shareActions,
  snapshot: snapshotActions,
  access_rule: ruleActions,
  resource_lock: lockActions,
  share_type: typeActions,
  share_instance: instanceActions,
  snapshot_instance: snapshotInstanceActions,
  message: messageActions,
  operation: operationActions,
  share_group: groupActions,
  share_group_snapshot: groupSnapshotActions,
  share_group_type: groupTypeActions,
}

describe('the tables of actions', () => {
  it('name endpoints that exist, with the rule that guards them', () => {
    const rules = new Map(routes.map(({ endpoint }) => [endpoint.id, endpoint.policy]))
    const wrong = Object.entries(tables).flatMap(([resource, actions]) =>
      Object.entries(actions).flatMap(([action, { endpoint, rule }]) =>
        rules.get(endpoint) === rule ? [] : [`${resource} ${action}: ${endpoint} ${rules.get(endpoint)}`],
      ),
    )
    expect(wrong).toEqual([])
    expect(Object.keys(tables)).toEqual([...permittedResources])
  })
})

interface Told {
  readonly resource: string
  readonly id: string
  readonly actions: readonly {
    readonly action: string
    readonly allowed: boolean
    readonly code: string | null
    readonly status: number | null
    readonly reason: string | null
  }[]
}

let bench: Bench
beforeAll(async () => {
  bench = await openBench(routes)
})
afterAll(() => bench.close())

const ask = (query: string, options: CallOptions = {}) =>
  bench.call('GET', `/permissions?${query}`, { token: 'demo', ...options })
const told = async (query: string, options: CallOptions = {}): Promise<Told[]> =>
  (await ask(query, options)).body.permissions
const actionOf = (one: Told | undefined, name: string) => one?.actions.find(({ action }) => action === name)

describe('permissions', () => {
  it('say why not, and what asking would answer', async () => {
    const { id } = await seedShare(bench)
    await seedSnapshot(bench, { id, instanceId: bench.id() })
    const [share] = await told(`resource=share&id=${id}`)
    expect(share).toMatchObject({ resource: 'share', id })
    expect(actionOf(share, 'extend')).toEqual({
      action: 'extend',
      allowed: true,
      code: null,
      status: null,
      reason: null,
    })
    expect(actionOf(share, 'delete')).toEqual({
      action: 'delete',
      allowed: false,
      code: 'dependents',
      status: 403,
      reason: `Share ${id} has 1 snapshot: delete it first.`,
    })
    expect(actionOf(share, 'unmanage')).toMatchObject({
      allowed: false,
      code: 'policy',
      status: 403,
      reason: "Policy doesn't allow share:unmanage to be performed.",
    })
    const [asReader] = await told(`resource=share&id=${id}`, { token: 'reader' })
    expect(asReader?.actions.filter(({ allowed }) => allowed)).toEqual([])
  })

  it('tell of quota: the share, its size, and a snapshot that is one too many', async () => {
    const { id } = await seedShare(bench, 'other')
    const limit = (resource: string, hard_limit: number) =>
      bench.db
        .insertInto('quota_limits')
        .values({
          project_id: personas.other.projectId,
          scope: 'project',
          scope_id: '',
          resource: resource as 'gigabytes',
          hard_limit,
        })
        .execute()
    await limit('gigabytes', 2)
    await limit('snapshots', 0)
    const [share] = await told(`resource=share&id=${id}`, { token: 'other' })
    const act = (body: unknown) => bench.call('POST', `/shares/${id}/action`, { token: 'other', body })
    const refused = await act({ extend: { new_size: 3 } })
    expect(actionOf(share, 'extend')).toEqual({
      action: 'extend',
      allowed: false,
      code: 'quota',
      status: refused.status,
      reason: refused.body.forbidden.message,
    })
    expect(refused.status).toBe(403)
    const body = { snapshot: { share_id: id } }
    const snapshot = await bench.call('POST', '/snapshots', { token: 'other', body })
    expect(actionOf(share, 'create_snapshot')).toMatchObject({
      code: 'quota',
      status: 413,
      reason: snapshot.body.overLimit.message,
    })
    await bench.db.deleteFrom('quota_limits').execute()
    await limit('per_share_gigabytes', 2)
    const tooLarge = await act({ extend: { new_size: 3 } })
    expect(actionOf((await told(`resource=share&id=${id}`, { token: 'other' }))[0], 'extend')).toMatchObject({
      code: 'quota',
      status: tooLarge.status,
      reason: tooLarge.body.overLimit.message,
    })
    await bench.db.deleteFrom('quota_limits').execute()
  })

  it('tell of several in the order asked for, each once; of others nothing, as in lists', async () => {
    const own = [(await seedShare(bench)).id, (await seedShare(bench)).id]
    const foreign = (await seedShare(bench, 'other')).id
    const open = (await seedShare(bench, 'other', { is_public: 1 })).id
    const ids = [own[1], foreign, bench.id(), own[0], open, own[1]]
    const query = `resource=share&${ids.map((id) => `id=${id}`).join('&')}`
    expect((await told(query)).map(({ id }) => id)).toEqual([own[1], own[0], open])
    expect((await told(`resource=share&id=${ids.join(',')}`)).map(({ id }) => id)).toEqual([
      own[1],
      own[0],
      open,
    ])
    expect((await told(query, { token: 'admin' })).map(({ id }) => id)).toEqual([
      own[1],
      foreign,
      own[0],
      open,
    ])
    const changes = (await told(`resource=share&id=${open}`))[0]?.actions ?? []
    expect(changes.filter(({ allowed }) => allowed)).toEqual([])
  })

  it('tell of a page, newest first, and where the next one begins', async () => {
    const ids: string[] = []
    for (let i = 0; i < 5; i++) {
      bench.clock.advance(1)
      ids.unshift((await seedShare(bench)).id)
    }
    await seedShare(bench, 'other', { is_public: 1 })
    const first = await ask('resource=share&limit=2')
    expect(first.body.permissions.map(({ id }: Told) => id)).toEqual(ids.slice(0, 2))
    const next = new URL(first.body.permissions_links[0].href)
    expect(next.searchParams.get('marker')).toBe(ids[1])
    const second = await told(next.search.slice(1))
    expect(second.map(({ id }) => id)).toEqual(ids.slice(2, 4))
    const all = await told('resource=share&all_projects=1', { token: 'admin' })
    expect(all.map(({ id }) => id)).toEqual(expect.arrayContaining(ids))
    // Whoever does not administer asks in vain.
    const mine = await told('resource=share&all_projects=1')
    expect(mine.map(({ id }) => id)).toEqual((await told('resource=share')).map(({ id }) => id))
  })

  it.each(permittedResources)('have a page of %s, and of none of them foreign markers', async (resource) => {
    const { id } = await seedShare(bench)
    const of = resource === 'access_rule' ? `&share_id=${id}` : ''
    const token = resource.endsWith('_instance') ? 'admin' : 'demo'
    expect((await ask(`resource=${resource}${of}`, { token })).status).toBe(200)
    const foreign = (await seedShare(bench, 'other')).id
    expect((await ask(`resource=${resource}${of}&marker=${foreign}`, { token })).status).toBe(400)
  })

  it('of a private share type are not there for projects that may not use it', async () => {
    const type = { driver_handles_share_servers: 'False' }
    const body = { share_type: { name: 'private', 'share_type_access:is_public': false, extra_specs: type } }
    const made = await bench.call('POST', '/types', { body })
    const { id } = made.body.share_type as { id: string }
    bench.clock.advance(1)
    await bench.call('POST', '/types', { body: { share_type: { name: 'open', extra_specs: type } } })
    bench.clock.advance(1)
    const hidden = { name: 'newest', 'share_type_access:is_public': false, extra_specs: type }
    await bench.call('POST', '/types', { body: { share_type: hidden } })
    // Pages, and what the next one begins behind, are made of what the caller sees.
    expect(await told('resource=share_type&limit=1')).toHaveLength(1)
    for (const query of [`resource=share_type&id=${id}`, 'resource=share_type']) {
      expect((await told(query)).map((one) => one.id)).not.toContain(id)
      expect((await told(query, { token: 'admin' })).map((one) => one.id)).toContain(id)
    }
  })

  it('of what the caller may not see at all are refused as when one is shown', async () => {
    const { instanceId } = await seedShare(bench)
    const refused = await ask(`resource=share_instance&id=${instanceId}`)
    expect([refused.status, refused.body.forbidden.message]).toEqual([
      403,
      expect.stringContaining('share_instance:show'),
    ])
    expect((await ask('resource=share_instance')).status).toBe(403)
  })

  it.each([
    ['', /resource/],
    ['resource=volume', /resource/],
    ['resource=share&id=', /id must/],
    ['resource=share&id=a&limit=1', /limit is of a page/],
    ['resource=share&id=a&marker=a', /marker is of a page/],
    ['resource=share&id=a&all_projects=1', /all_projects is of a page/],
    [`resource=share&id=${'x'.repeat(65)}`, /64/],
    [`resource=share&id=${Array.from({ length: 101 }, (_, i) => i).join(',')}`, /100 times/],
    ['resource=share&limit=-1', /limit/],
    ['resource=share&marker=none', /marker/],
    ['resource=access_rule', /share_id/],
    ['resource=share&share_id=a', /share_id/],
    ['resource=share&all_projects=perhaps', /all_projects/],
  ])('refuse ?%s by name', async (query, message) => {
    const { status, body } = await ask(query)
    expect([status, body.badRequest.message]).toEqual([400, expect.stringMatching(message)])
  })

  it('tell what exists at the microversion', async () => {
    const { id } = await seedShare(bench)
    const at = async (version: number, experimental = false) =>
      (await told(`resource=share&id=${id}`, { version, experimental }))[0]?.actions.map(
        ({ action }) => action,
      )
    expect(await at(0)).not.toContain('soft_delete')
    expect(await at(0)).toContain('extend')
    expect(await at(69)).toContain('soft_delete')
    expect(await at(63)).not.toContain('force_extend')
    expect(await at(80)).not.toContain('lock')
    expect(await at(60)).not.toContain('reset_task_state')
    expect(await at(60, true)).toContain('reset_task_state')
  })

  it.each(['share', 'snapshot', 'access_rule', 'share_instance', 'share_type', 'resource_lock', 'operation'])(
    'cost as many statements for one %s as for many',
    async (resource) => {
      const made = await things(resource, 8)
      const statements = async (ids: readonly string[]): Promise<number> => {
        const spy = vi.spyOn(bench.store.db.getExecutor(), 'executeQuery')
        try {
          const found = await told(`resource=${resource}&id=${ids.join(',')}`, { token: 'admin' })
          expect(found).toHaveLength(ids.length)
          return spy.mock.calls.length
        } finally {
          spy.mockRestore()
        }
      }
      const one = await statements(made.slice(0, 1))
      expect(one).toBeGreaterThan(0)
      expect(await statements(made)).toBe(one)
    },
  )
})

/** Ids of `count` of them. */
async function things(resource: string, count: number): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < count; i++) {
    const share = await seedShare(bench)
    const snapshot = await seedSnapshot(bench, share)
    const act = (body: unknown) => bench.call('POST', `/shares/${share.id}/action`, { token: 'demo', body })
    if (resource === 'access_rule') {
      const made = await act({ allow_access: { access_type: 'ip', access_to: '10.0.0.1' } })
      ids.push(made.body.access.id)
    } else if (resource === 'resource_lock') {
      const resource_lock = { resource_id: share.id, resource_type: 'share', resource_action: 'delete' }
      const made = await bench.call('POST', '/resource-locks', { token: 'demo', body: { resource_lock } })
      ids.push(made.body.resource_lock.id)
    } else if (resource === 'share_type') {
      const share_type = {
        name: `of-${bench.id()}`,
        extra_specs: { driver_handles_share_servers: 'False' },
      }
      ids.push((await bench.call('POST', '/types', { body: { share_type } })).body.share_type.id)
    } else if (resource === 'operation') {
      await act({ extend: { new_size: 3 } })
      const row = bench.db.selectFrom('operations').select('id').where('resource_id', '=', share.id)
      ids.push((await row.executeTakeFirstOrThrow()).id)
    } else {
      ids.push({ share: share.id, share_instance: share.instanceId }[resource] ?? snapshot.id)
    }
  }
  return ids
}

routeLaws(
  'permissions',
  routes.filter(({ endpoint }) => endpoint.id === listPermissions.id),
  ['GET /permissions 2.0–'],
  async (inner) => ({ words: [(await seedShare(inner)).id] }),
)
