import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { routeLaws } from '../route-laws.fixture.ts'
import { seedShare } from '../seed.fixture.ts'
import { openBench, type Answer, type Bench, type CallOptions } from '../bench.fixture.ts'
import { resourceLockRoutes } from '../resource-locks/routes.ts'
import { shareRoutes } from '../shares/routes.ts'
import { accessRuleRoutes } from './routes.ts'

const table = [
  'POST /shares/:id/action allow_access 2.7–',
  'POST /shares/:id/action os-allow_access 2.0–2.6',
  'POST /shares/:id/action deny_access 2.7–',
  'POST /shares/:id/action os-deny_access 2.0–2.6',
  'POST /shares/:id/action access_list 2.7–2.44',
  'POST /shares/:id/action os-access_list 2.0–2.6',
  'GET /share-access-rules 2.45–',
  'GET /share-access-rules/:id 2.45–',
  'PUT /share-access-rules/:id 2.88–',
  'PUT /share-access-rules/:id/metadata 2.45–',
  'DELETE /share-access-rules/:id/metadata/:key 2.45–',
]
routeLaws('access rules', accessRuleRoutes, table, async (bench) => {
  const share = await seedShare(bench)
  const rule = await bench.call('POST', `/shares/${share.id}/action`, {
    body: { allow_access: { access_type: 'ip', access_to: '10.0.0.1', metadata: { a: 'b' } } },
  })
  const words = [share.id, rule.body.access.id, 'ip', 'user', 'cert', 'rw', '10.0.0.2']
  return { params: { id: [share.id, rule.body.access.id], key: ['a'] }, words }
})

let bench: Bench
let share: { id: string; instanceId: string }
beforeEach(async () => {
  bench = await openBench([...accessRuleRoutes, ...shareRoutes, ...resourceLockRoutes])
  share = await seedShare(bench)
})
afterEach(() => bench.close())

const act = (action: string, body: unknown, options: CallOptions = {}, id = share.id): Promise<Answer> =>
  bench.call('POST', `/shares/${id}/action`, { token: 'demo', ...options, body: { [action]: body } })

const ip = (to: string, more: object = {}) => ({ access_type: 'ip', access_to: to, ...more })

async function allowed(body: object = ip('10.0.0.1')): Promise<string> {
  const { status, body: reply } = await act('allow_access', body)
  expect([status, reply]).toEqual([200, expect.anything()])
  return reply.access.id as string
}

const instanceRow = () =>
  bench.db
    .selectFrom('share_instances')
    .selectAll()
    .where('id', '=', share.instanceId)
    .executeTakeFirstOrThrow()

/** As the share manager does when the backend has it. */
async function settle(id: string, state: string, status = 'active'): Promise<void> {
  await bench.db.updateTable('access_rules').set({ state }).where('id', '=', id).execute()
  await bench.db.updateTable('access_rule_mappings').set({ state }).where('access_rule_id', '=', id).execute()
  for (const table of ['share_instances', 'shares'] as const) {
    await bench.db.updateTable(table).set({ access_rules_status: status }).execute()
  }
}

describe('allow', () => {
  // It is answered from what was written, not from what could be read again.
  test.each([7, 27, 28, 44])('at 2.%i the answer is what the list of rules shows', async (version) => {
    for (const token of ['demo', 'admin'] as const) {
      const { body } = await act('allow_access', ip(token === 'demo' ? '10.0.0.1' : '10.0.0.2'), {
        token,
        version,
      })
      const { body: listed } = await act('access_list', null, { token, version })
      const { share_id: _, ...answered } = body.access
      expect(listed.access_list).toContainEqual(answered)
    }
  })
  test.each([45, 81, 82, 99])('at 2.%i the answer is what a show answers', async (version) => {
    const wishes = [
      {},
      { access_level: 'ro', metadata: { colour: 'red', a: ' ' } },
      ...(version < 82
        ? []
        : [{ lock_visibility: true }, { lock_visibility: true, lock_deletion: true, lock_reason: 'mine' }]),
    ]
    let last = 0
    for (const wish of wishes)
      for (const token of ['demo', 'admin'] as const) {
        const made = await act('allow_access', ip(`10.0.0.${++last}`, wish), { token, version })
        expect(made.status, JSON.stringify(made.body)).toBe(200)
        const read = await bench.call('GET', `/share-access-rules/${made.body.access.id}`, {
          token,
          version,
        })
        expect(made.body).toEqual(read.body)
      }
  })
  test('a rule is queued, its instance is one generation behind and the share is syncing', async () => {
    const { body } = await act(
      'allow_access',
      ip('10.0.0.0/24', { access_level: 'ro', metadata: { a: 'b' } }),
    )
    expect(body.access).toMatchObject({
      share_id: share.id,
      access_level: 'ro',
      access_to: '10.0.0.0/24',
      access_type: 'ip',
      access_key: null,
      state: 'queued_to_apply',
      updated_at: null,
      metadata: { a: 'b' },
    })
    expect(await instanceRow()).toMatchObject({
      access_generation: 1,
      access_applied: 0,
      access_rules_status: 'syncing',
    })
    const reply = await bench.call('GET', `/shares/${share.id}`, { token: 'demo' })
    expect(reply.body.share.access_rules_status).toBe('syncing')
  })

  test('a rule in error keeps being shown while another is added', async () => {
    await settle(await allowed(), 'error', 'error')
    await allowed(ip('10.0.0.2'))
    expect((await instanceRow()).access_rules_status).toBe('error')
    expect((await act('allow_access', ip('10.0.0.3'), { version: 27 })).status).toBe(400)
  })

  test('two spellings of one meaning are a duplicate, whatever the level', async () => {
    await allowed(ip('10.0.0.1'))
    for (const to of ['10.0.0.1', '10.0.0.1/32', '10.0.0.1/255.255.255.255']) {
      expect((await act('allow_access', ip(to, { access_level: 'ro' }))).status).toBe(400)
    }
    await allowed(ip('2001:db8::1'))
    expect((await act('allow_access', ip('2001:DB8:0::1/128'))).status).toBe(400)
    const mapped = await act('allow_access', ip('::ffff:10.0.0.1'))
    expect([mapped.status, mapped.body.badRequest.message]).toEqual([
      400,
      expect.stringContaining('exists already'),
    ])
  })

  test.each([
    [ip('10.0.0.1/24'), /host bits/],
    [ip('0.0.0.0'), /0\.0\.0\.0 is the address of no client; to let every client in, write 0\.0\.0\.0\/0/],
    [ip('0.0.0.0/32'), /the address of no client/],
    [ip('::'), /the address of no client; to let every client in, write ::\/0/],
    [ip('::ffff:0.0.0.0'), /the address of no client/],
    [ip('10.0.0.1', { access_level: 'rwx' }), /access_level must be/],
    [{ access_type: 'wish', access_to: 'x' }, /access_type must be one of/],
    [{ access_to: 'x' }, /access_type/],
    [ip('10.0.0.1', { lock_reason: 'because' }), /lock_reason needs/],
    [ip('10.0.0.1', { metadata: { '': 'x' } }), /metadata must be an object of strings/],
  ])('%j is refused with 400', async (body, message) => {
    const { status, body: reply } = await act('allow_access', body)
    expect(status).toBe(400)
    expect(reply.badRequest.message).toMatch(message)
  })

  test('what a type or level may be depends on the microversion', async () => {
    const cephx = { access_type: 'cephx', access_to: 'alice' }
    expect((await act('allow_access', cephx, { version: 12 })).status).toBe(400)
    expect((await act('allow_access', cephx, { version: 13 })).status).toBe(200)
    expect((await act('allow_access', ip('::1'), { version: 37 })).status).toBe(400)
    expect((await act('allow_access', ip('::1'), { version: 38 })).status).toBe(200)
    expect((await act('os-allow_access', ip('10.0.0.9'), { version: 6 })).status).toBe(200)
    expect((await act('os-allow_access', ip('10.0.0.8'), { version: 7 })).status).toBe(404)
  })

  test.each([
    ['extending', 99, 400],
    ['error', 73, 400],
    ['error', 74, 200],
    ['shrinking_possible_data_loss_error', 73, 200],
  ])('a share that is %s at 2.%i answers %i', async (status, version, expected) => {
    const other = await seedShare(bench, 'demo', {}, { status })
    expect((await act('allow_access', ip('10.0.0.1'), { version }, other.id)).status).toBe(expected)
  })

  test('a share nobody placed has nobody to apply rules', async () => {
    const other = await seedShare(bench, 'demo', {}, { status: 'error', backend_id: null, host: '' })
    expect((await act('allow_access', ip('10.0.0.1'), {}, other.id)).status).toBe(400)
  })

  test('in the recycle bin 403, of another project 404, public but not ours 403, readers 403', async () => {
    const bin = await seedShare(bench, 'demo', { is_soft_deleted: 1 })
    expect((await act('allow_access', ip('10.0.0.1'), {}, bin.id)).status).toBe(403)
    expect((await act('allow_access', ip('10.0.0.1'), { token: 'other' })).status).toBe(404)
    const open = await seedShare(bench, 'demo', { is_public: 1 })
    expect((await act('allow_access', ip('10.0.0.1'), { token: 'other' }, open.id)).status).toBe(403)
    expect((await act('allow_access', ip('10.0.0.1'), { token: 'reader' })).status).toBe(403)
  })
})

describe('what is shown', () => {
  test('fields come with their microversions', async () => {
    const id = await allowed()
    const at = async (version: number) => {
      const action = version < 7 ? 'os-access_list' : 'access_list'
      const list = await act(action, null, { version })
      return list.status === 200 ? (list.body.access_list[0] as object) : list.status
    }
    const fields = async (version: number) => Object.keys((await at(version)) as object).sort()
    const base = ['access_level', 'access_to', 'access_type', 'id', 'state']
    expect(await fields(0)).toEqual(base)
    expect(await fields(20)).toEqual(base)
    expect(await fields(21)).toEqual(['access_key', ...base])
    expect(await fields(33)).toEqual([...base, 'access_key', 'created_at', 'updated_at'].sort())
    expect(await at(27)).toMatchObject({ state: 'new' })
    expect(await at(28)).toMatchObject({ state: 'queued_to_apply' })
    expect(await at(45)).toBe(404)
    await settle(id, 'error', 'error')
    expect(await at(27)).toMatchObject({ state: 'error' })
    const resource = await bench.call('GET', `/share-access-rules?share_id=${share.id}`, { version: 45 })
    expect(resource.body.access_list[0]).toMatchObject({ id, metadata: {} })
    expect(resource.body.access_list[0]).not.toHaveProperty('share_id')
    const one = await bench.call('GET', `/share-access-rules/${id}`, { version: 45 })
    expect(one.body.access.share_id).toBe(share.id)
  })

  test('lists want a share the caller can see', async () => {
    const list = (query: string, token: 'demo' | 'other' = 'demo') =>
      bench.call('GET', `/share-access-rules${query}`, { token })
    expect((await list('')).status).toBe(400)
    expect((await list(`?share_id=${bench.id()}`)).status).toBe(400)
    expect((await list(`?share_id=${share.id}`, 'other')).status).toBe(400)
  })

  test('another project sees that a public share has rules, not whom they let in', async () => {
    const open = await seedShare(bench, 'demo', { is_public: 1 })
    const made = await act('allow_access', ip('10.9.9.9'), {}, open.id)
    const { id } = made.body.access
    await bench.db.updateTable('access_rules').set({ access_key: 'secret' }).where('id', '=', id).execute()
    const list = await bench.call('GET', `/share-access-rules?share_id=${open.id}`, { token: 'other' })
    expect(list.body.access_list[0]).toMatchObject({ access_to: '******', access_key: '******' })
    const pried = `/share-access-rules?share_id=${open.id}&access_type=ip&access_to=10.9.9.9`
    expect((await bench.call('GET', pried, { token: 'other' })).body.access_list).toEqual([])
    expect((await bench.call('GET', pried, { token: 'demo' })).body.access_list).toHaveLength(1)
    expect(
      (await bench.call('GET', `/share-access-rules/${id}`, { token: 'reader' })).body.access,
    ).toMatchObject({
      access_key: 'secret',
    })
  })

  test('filters, from 2.82', async () => {
    await allowed(ip('10.0.0.1', { metadata: { team: 'a' } }))
    await allowed(ip('10.0.0.2', { access_level: 'ro' }))
    const find = async (query: string, version = 99) => {
      const url = `/share-access-rules?share_id=${share.id}&${query}`
      const { status, body } = await bench.call('GET', url, { token: 'demo', version })
      return status === 200 ? body.access_list.map((rule: { access_to: string }) => rule.access_to) : status
    }
    expect(await find('access_type=ip&access_to=10.0.0.1/32')).toEqual(['10.0.0.1'])
    expect(await find('access_level=ro')).toEqual(['10.0.0.2'])
    expect(await find('access_level=ro', 81)).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(await find(`metadata={'team': 'a'}`)).toEqual(['10.0.0.1'])
    for (const wrong of [
      'access_to=10.0.0.1',
      'access_level=x',
      'access_type=x',
      'metadata=x',
      'access_level=',
    ]) {
      expect([wrong, await find(wrong)]).toEqual([wrong, 400])
    }
  })
})

describe('deny', () => {
  test('the rule is queued for removal, again and again', async () => {
    const id = await allowed()
    for (const generation of [2, 3]) {
      expect((await act('deny_access', { access_id: id })).status).toBe(202)
      expect(await instanceRow()).toMatchObject({ access_generation: generation })
      const one = await bench.call('GET', `/share-access-rules/${id}`, { token: 'demo' })
      expect(one.body.access.state).toBe('queued_to_deny')
    }
  })

  test('a rule that no instance knows goes at once', async () => {
    const id = await allowed()
    await bench.db.deleteFrom('access_rule_mappings').execute()
    expect((await act('deny_access', { access_id: id })).status).toBe(202)
    expect((await bench.call('GET', `/share-access-rules/${id}`)).status).toBe(404)
  })

  test('rules of other shares are 404, states that wait are 400', async () => {
    const id = await allowed()
    const other = await seedShare(bench)
    expect((await act('deny_access', { access_id: id }, {}, other.id)).status).toBe(404)
    expect((await act('deny_access', { access_id: bench.id() })).status).toBe(404)
    expect((await act('deny_access', {})).status).toBe(400)
    await bench.db.updateTable('share_instances').set({ status: 'extending' }).execute()
    expect((await act('deny_access', { access_id: id })).status).toBe(400)
    const one = await bench.call('GET', `/share-access-rules/${id}`)
    expect(one.body.access.state).toBe('queued_to_apply')
  })
})

describe('level and metadata', () => {
  const put = (id: string, body: unknown, token: 'demo' | 'other' | 'reader' = 'demo') =>
    bench.call('PUT', `/share-access-rules/${id}`, { token, body })

  test('a new level is queued; the same one changes nothing', async () => {
    const id = await allowed()
    await settle(id, 'active')
    const same = await put(id, { update_access: { access_level: 'rw' } })
    expect(same.body.access.state).toBe('active')
    expect((await instanceRow()).access_generation).toBe(1)
    const changed = await put(id, { update_access: { access_level: 'ro' } })
    expect(changed.body.access).toMatchObject({ access_level: 'ro', state: 'queued_to_update' })
    expect(await instanceRow()).toMatchObject({ access_generation: 2, access_rules_status: 'syncing' })
  })

  test('a rule not yet applied stays queued to be', async () => {
    const id = await allowed()
    const changed = await put(id, { update_access: { access_level: 'ro' } })
    expect(changed.body.access).toMatchObject({ access_level: 'ro', state: 'queued_to_apply' })
  })

  test('refusals', async () => {
    const id = await allowed()
    expect((await put(id, { update_access: { access_level: 'x' } })).status).toBe(400)
    expect((await put(id, { update_access: {} })).status).toBe(400)
    expect((await put(id, {})).status).toBe(400)
    expect((await put(id, { update_access: { access_level: 'ro' } }, 'other')).status).toBe(404)
    expect((await put(id, { update_access: { access_level: 'ro' } }, 'reader')).status).toBe(403)
    await act('deny_access', { access_id: id })
    expect((await put(id, { update_access: { access_level: 'ro' } })).status).toBe(400)
  })

  test('metadata is merged and deleted by key', async () => {
    const id = await allowed(ip('10.0.0.1', { metadata: { a: '1', b: '2' } }))
    const url = `/share-access-rules/${id}/metadata`
    const merged = await bench.call('PUT', url, { token: 'demo', body: { metadata: { b: '3', c: '4' } } })
    expect(merged.body).toEqual({ metadata: { a: '1', b: '3', c: '4' } })
    expect((await bench.call('DELETE', `${url}/a`, { token: 'demo' })).status).toBe(200)
    expect((await bench.call('DELETE', `${url}/a`, { token: 'demo' })).status).toBe(404)
    expect((await bench.call('DELETE', `${url}/b`, { token: 'other' })).status).toBe(404)
  })
})

describe('locks', () => {
  test('a visibility lock hides the rule from all but its maker', async () => {
    const id = await allowed(ip('10.0.0.1', { lock_visibility: true, lock_reason: 'private' }))
    const see = async (token: 'admin' | 'demo' | 'reader') =>
      (await bench.call('GET', `/share-access-rules/${id}`, { token })).body.access.access_to
    expect(await see('demo')).toBe('10.0.0.1')
    expect(await see('admin')).toBe('10.0.0.1')
    expect(await see('reader')).toBe('******')
    const pried = `/share-access-rules?share_id=${share.id}&access_type=ip&access_to=10.0.0.1`
    expect((await bench.call('GET', pried, { token: 'reader' })).body.access_list).toEqual([])
  })

  test("what an administrator hid, the share's owner does not see", async () => {
    const { body } = await act('allow_access', ip('10.0.0.1', { lock_visibility: true }), { token: 'admin' })
    const url = `/share-access-rules/${body.access.id}`
    expect((await bench.call('GET', url, { token: 'demo' })).body.access).toMatchObject({
      access_to: '******',
    })
    expect((await bench.call('GET', url, { token: 'admin' })).body.access).toMatchObject({
      access_to: '10.0.0.1',
    })
  })

  test.each([
    ['ip', '10.0.0.1', '10.0.0.1/32', '10.0.0.2'],
    ['user', 'alice', 'alice', 'bobby'],
    ['cephx', 'c'.repeat(255), 'c'.repeat(255), 'd'.repeat(255)],
  ])(
    'a hidden rule of type %s is not told by the refusal of a second one',
    async (access_type, to, again, other) => {
      const rule = (access_to: string, more: object = {}) => ({ access_type, access_to, ...more })
      const hide = { lock_visibility: true, access_level: 'ro' }
      const hidden = await act('allow_access', rule(to, hide), { token: 'admin' })
      const hit = await act('allow_access', rule(again))
      const miss = await act('allow_access', rule(other))
      const seen = ({ status, body }: Answer) =>
        JSON.stringify([status, body])
          .replaceAll(again, to)
          .replaceAll(other, to)
          .replaceAll(/[0-9a-f-]{36}|2\d\d\d-.{22}/g, '')
      expect(seen(hit)).toBe(seen(miss))
      expect(hit.body.access).toMatchObject({
        access_to: again,
        access_level: 'rw',
        state: 'queued_to_apply',
      })
      // The second one is seen, and so told; an administrator sees both.
      const ids = async (token: 'admin' | 'demo', query: string): Promise<Set<string>> => {
        const { body } = await bench.call('GET', `/share-access-rules?share_id=${share.id}${query}`, {
          token,
        })
        return new Set(body.access_list.map(({ id }: { id: string }) => id))
      }
      for (const token of ['demo', 'admin'] as const)
        expect((await act('allow_access', rule(to), { token })).status).toBe(400)
      const meant = `&access_type=${access_type}&access_to=${encodeURIComponent(to)}`
      expect(await ids('demo', meant)).toEqual(new Set([hit.body.access.id]))
      expect(await ids('admin', meant)).toEqual(new Set([hidden.body.access.id, hit.body.access.id]))
      expect((await ids('demo', '')).size).toBe(3)
      // Hidden as well, it is made a third time.
      const lock = { resource_id: hit.body.access.id, resource_type: 'access_rule', resource_action: 'show' }
      expect((await bench.call('POST', '/resource-locks', { body: { resource_lock: lock } })).status).toBe(
        200,
      )
      expect((await act('allow_access', rule(again))).status).toBe(200)
    },
  )

  test('a deletion lock holds rule and share; unrestrict takes it away', async () => {
    const id = await allowed(ip('10.0.0.1', { lock_deletion: true }))
    const locks = await bench.call('GET', '/resource-locks?sort_dir=asc', { token: 'demo' })
    expect(locks.body.resource_locks).toMatchObject([
      { resource_type: 'access_rule', resource_id: id, resource_action: 'delete' },
      { resource_type: 'share', resource_id: share.id, resource_action: 'delete' },
    ])
    expect(locks.body.resource_locks[1].lock_reason).toBe(
      `Locked by access lock: ${locks.body.resource_locks[0].id}`,
    )
    expect((await act('deny_access', { access_id: id })).status).toBe(403)
    expect((await bench.call('DELETE', `/shares/${share.id}`, { token: 'demo' })).status).toBe(403)
    expect((await act('deny_access', { access_id: id, unrestrict: true })).status).toBe(202)
    expect((await bench.call('GET', '/resource-locks', { token: 'demo' })).body.resource_locks).toEqual([])
  })

  test("unrestrict does not take an administrator's lock away, and before 2.82 it is not known", async () => {
    const { body } = await act('allow_access', ip('10.0.0.1', { lock_deletion: true }), { token: 'admin' })
    const { id } = body.access
    expect((await act('deny_access', { access_id: id, unrestrict: true })).status).toBe(403)
    expect(
      (await act('deny_access', { access_id: id, unrestrict: true }, { token: 'admin', version: 81 })).status,
    ).toBe(403)
    expect((await act('deny_access', { access_id: id, unrestrict: true }, { token: 'admin' })).status).toBe(
      202,
    )
  })
})
