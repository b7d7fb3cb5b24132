import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { accessRuleRoutes } from '../access-rules/routes.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { seedShare } from '../seed.fixture.ts'
import { shareRoutes } from '../shares/routes.ts'
import { openBench, personas, type Bench, type Token } from '../bench.fixture.ts'
import { resourceLockRoutes } from './routes.ts'

const table = ['GET /resource-locks 2.81–', 'GET /resource-locks/:id 2.81–', 'POST /resource-locks 2.81–']
// Changing and deleting are for owners, whatever their roles: nobody is refused before the lock is looked at.
const forOwners = ['updateResourceLock', 'deleteResourceLock']
const byRole = resourceLockRoutes.filter((one) => !forOwners.includes(one.endpoint.id))
routeLaws('resource locks', byRole, table, async (bench) => {
  const share = await seedShare(bench)
  const lock = await bench.call('POST', '/resource-locks', {
    body: { resource_lock: { resource_id: share.id } },
  })
  return { params: { id: [lock.body.resource_lock.id] }, words: [share.id, 'share', 'delete', 'show'] }
})

let bench: Bench
let share: { id: string }
beforeEach(async () => {
  bench = await openBench([...resourceLockRoutes, ...shareRoutes, ...accessRuleRoutes])
  share = await seedShare(bench)
})
afterEach(() => bench.close())

const lock = (body: object, token: Token = 'demo') =>
  bench.call('POST', '/resource-locks', { token, body: { resource_lock: body } })
const onShare = (id = share.id) => ({ resource_id: id, resource_type: 'share' })

async function rule(state = 'active'): Promise<string> {
  const { body } = await bench.call('POST', `/shares/${share.id}/action`, {
    token: 'demo',
    body: { allow_access: { access_type: 'ip', access_to: '10.0.0.1' } },
  })
  await bench.db.updateTable('access_rules').set({ state }).execute()
  return body.access.id as string
}

describe('create', () => {
  test('a share is held against deletion, the recycle bin and unmanage', async () => {
    const { status, body } = await lock({ ...onShare(), lock_reason: 'keep' })
    expect(status).toBe(200)
    expect(body.resource_lock).toMatchObject({
      user_id: 'demo-user',
      project_id: personas.demo.projectId,
      lock_context: 'user',
      resource_type: 'share',
      resource_id: share.id,
      resource_action: 'delete',
      lock_reason: 'keep',
      updated_at: null,
      links: [{ rel: 'self' }, { rel: 'bookmark' }],
    })
    const act = (action: string) =>
      bench.call('POST', `/shares/${share.id}/action`, { body: { [action]: null } })
    expect((await bench.call('DELETE', `/shares/${share.id}`, { token: 'demo' })).status).toBe(403)
    expect((await act('soft_delete')).status).toBe(403)
    expect((await act('unmanage')).status).toBe(403)
    expect(
      (await bench.call('DELETE', `/resource-locks/${body.resource_lock.id}`, { token: 'demo' })).status,
    ).toBe(204)
    expect((await bench.call('DELETE', `/shares/${share.id}`, { token: 'demo' })).status).toBe(202)
  })

  test.each([
    [{}],
    [{ resource_id: 'x', resource_type: 'share' }],
    [{ resource_id: '11111111-2222-3333-4444-555555555555', resource_type: 'share' }],
    [{ resource_id: '11111111-2222-3333-4444-555555555555', resource_type: 'access_rule' }],
    [{ resource_id: '11111111-2222-3333-4444-555555555555', resource_type: 'snapshot' }],
    [{ resource_id: '11111111-2222-3333-4444-555555555555', surprise: 1 }],
  ])('%j is 400', async (body) => {
    expect((await lock(body)).status).toBe(400)
  })

  test('what can not be locked so', async () => {
    expect((await lock({ ...onShare(), resource_action: 'show' })).status).toBe(400)
    expect((await lock({ ...onShare(), lock_reason: 'x'.repeat(1024) })).status).toBe(400)
    expect((await lock(onShare(), 'other')).status).toBe(400)
    expect((await lock(onShare(), 'reader')).status).toBe(403)
    const open = await seedShare(bench, 'demo', { is_public: 1 })
    expect((await lock(onShare(open.id), 'other')).status).toBe(403)
    for (const status of ['deleting', 'error_deleting', 'unmanage_starting', 'unmanage_error']) {
      const going = await seedShare(bench, 'demo', {}, { status })
      expect([status, (await lock(onShare(going.id))).status]).toEqual([status, 409])
    }
    const bin = await seedShare(bench, 'demo', { is_soft_deleted: 1 })
    expect((await lock(onShare(bin.id))).status).toBe(409)
  })

  test('an access rule: once hidden, not on its way out', async () => {
    const id = await rule()
    const hide = { resource_id: id, resource_type: 'access_rule', resource_action: 'show' }
    expect((await lock(hide)).status).toBe(200)
    expect((await lock(hide, 'admin')).status).toBe(409)
    const held = await lock({ resource_id: id, resource_type: 'access_rule' })
    expect(held.status).toBe(200)
    const put = await bench.call('PUT', `/resource-locks/${held.body.resource_lock.id}`, {
      token: 'demo',
      body: { resource_lock: { resource_action: 'show' } },
    })
    expect(put.status).toBe(409)
    await bench.db.updateTable('access_rules').set({ state: 'denying' }).execute()
    expect((await lock({ resource_id: id, resource_type: 'access_rule' })).status).toBe(409)
  })
})

describe('find', () => {
  test('own project only, unless asked for all by who may', async () => {
    const { body } = await lock({ ...onShare(), lock_reason: 'why not' })
    const { id, created_at: createdAt } = body.resource_lock
    const other = await seedShare(bench, 'other')
    await lock(onShare(other.id), 'other')
    const ids = async (query: string, token: Token = 'demo') => {
      const answer = await bench.call('GET', `/resource-locks?${query}`, { token })
      return answer.status === 200
        ? answer.body.resource_locks.map((row: { id: string }) => row.id)
        : answer.status
    }
    expect(await ids('')).toEqual([id])
    expect(await ids('all_projects=1')).toEqual([id])
    expect(await ids('', 'admin')).toEqual([])
    expect(await ids('all_projects=1', 'admin')).toHaveLength(2)
    expect(await ids(`all_projects=1&project_id=${personas.other.projectId}`, 'admin')).toHaveLength(1)
    expect(await ids('lock_reason~=not&resource_type=share&lock_context=user')).toEqual([id])
    expect(await ids('lock_reason=not')).toEqual([])
    expect(await ids(`created_since=${createdAt}&created_before=${createdAt}`)).toEqual([id])
    expect(await ids('created_since=2999-01-01')).toEqual([])
    expect(await ids('surprise=1&sort_dir=sideways')).toEqual([id])
    for (const wrong of ['created_since=soon', 'sort_key=nope', 'limit=x', 'with_count=maybe']) {
      expect([wrong, await ids(wrong)]).toEqual([wrong, 400])
    }
    const counted = await bench.call('GET', '/resource-locks?with_count=1&limit=1', { token: 'demo' })
    expect(counted.body.count).toBe(1)
    expect(counted.body.resource_locks_links).toHaveLength(1)
    const none = await bench.call('GET', '/resource-locks?with_count=1', { token: 'admin' })
    expect(none.body).toEqual({ resource_locks: [] })
    expect((await bench.call('GET', `/resource-locks/${id}`, { token: 'other' })).status).toBe(404)
    expect((await bench.call('GET', `/resource-locks/${id}`, { token: 'reader' })).status).toBe(200)
  })
})

describe('change', () => {
  test('at its versions only, with a token only, never a 5xx', async () => {
    const id = (await lock(onShare())).body.resource_lock.id
    for (const method of ['PUT', 'DELETE'] as const) {
      const call = (version: number, token: Token | null, body: unknown = {}) =>
        bench.call(method, `/resource-locks/${id}`, { version, token, body })
      expect((await call(80, 'demo')).status).toBe(404)
      expect((await call(99, null)).status).toBe(401)
    }
    const any = fc.oneof(
      fc.object(),
      fc.record({ resource_lock: fc.object() }),
      fc.string(),
      fc.constant(null),
    )
    await fc.assert(
      fc.asyncProperty(any, async (body) => {
        const answer = await bench.call('PUT', `/resource-locks/${id}`, {
          token: 'demo',
          body: body ?? 'null',
        })
        expect(answer.status).toBeLessThan(500)
      }),
      { numRuns: 60 },
    )
    expect((await bench.call('DELETE', '/resource-locks/%00', { token: 'demo' })).status).toBe(400)
  })

  const put = (id: string, body: object, token: Token = 'demo') =>
    bench.call('PUT', `/resource-locks/${id}`, { token, body: { resource_lock: body } })

  test('reason and action, nothing else', async () => {
    const { body } = await lock(onShare())
    const { id } = body.resource_lock
    const changed = await put(id, { lock_reason: 'new', resource_action: 'delete' })
    expect(changed.body.resource_lock).toMatchObject({ lock_reason: 'new' })
    expect(changed.body.resource_lock.updated_at).not.toBeNull()
    expect((await put(id, { resource_action: 'show' })).status).toBe(400)
    expect((await put(id, { resource_id: share.id })).status).toBe(400)
    expect((await put(id, { lock_reason: null })).body.resource_lock.lock_reason).toBeNull()
  })

  test('only its owner, and nobody of a lower context', async () => {
    const mine = (await lock(onShare())).body.resource_lock.id
    const theirs = (await lock(onShare(), 'admin')).body.resource_lock
    expect(theirs.lock_context).toBe('admin')
    await bench.db.updateTable('resource_locks').set({ project_id: personas.demo.projectId }).execute()
    expect((await put(theirs.id, { lock_reason: 'x' })).status).toBe(403)
    expect((await bench.call('DELETE', `/resource-locks/${theirs.id}`, { token: 'demo' })).status).toBe(403)
    expect((await put(mine, { lock_reason: 'x' }, 'reader')).status).toBe(403)
    expect((await put(mine, { lock_reason: 'x' }, 'other')).status).toBe(404)
    expect((await put(mine, { lock_reason: 'x' }, 'admin')).status).toBe(200)
    // A lock whose owner is the user, but which a service made for them.
    await bench.db
      .updateTable('resource_locks')
      .set({ lock_context: 'service' })
      .where('id', '=', mine)
      .execute()
    expect((await put(mine, { lock_reason: 'y' })).status).toBe(403)
    expect((await bench.call('DELETE', `/resource-locks/${mine}`, { token: 'admin' })).status).toBe(204)
  })
})
