/** What becomes of a session: its end, another project, what is written down. Each test is one defence: with it taken out, the test named after it fails. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ensureAccount } from '../../auth/bootstrap.ts'
import { listAuditEvents } from '../../db/store/audit-events.ts'
import { openDashboard, ours, passwords, type Asking, type DashboardBench } from './dashboard.fixture.ts'

let world: DashboardBench
beforeEach(async () => {
  world = await openDashboard()
})
afterEach(() => world.close())

const session = '/dashboard/session'
const shares = '/v2/shares'
const ask = (url: string, asking?: Asking) => world.ask(url, asking)
const cookieOf = async (name: 'admin' | 'demo' = 'demo'): Promise<string> => (await world.logIn(name)).cookie
const rows = () => world.bench.store.db.selectFrom('dashboard_sessions').selectAll().execute()
const events = async () => {
  await world.trail.flush()
  const page = { limit: 100, marker: null, descending: false, back: false }
  return listAuditEvents(world.bench.store.db, {}, page)
}

describe('the end of a session', () => {
  test('logging out revokes its tokens and is done twice without harm', async () => {
    const revoked: string[] = []
    await world.close()
    world = await openDashboard({
      desk: (desk) => ({ ...desk, revoke: (token) => (revoked.push(token), desk.revoke(token)) }),
    })
    const cookie = await cookieOf()
    const reply = await ask(session, { method: 'DELETE', headers: { ...ours, cookie } })
    expect([reply.status, reply.text]).toEqual([204, ''])
    expect(reply.headers['set-cookie']).toBe(
      'manila-session-8786=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0',
    )
    expect(await rows()).toEqual([])
    expect((await ask(shares, { headers: { ...ours, cookie } })).status).toBe(401)
    // The one of the project and the one that it was got with.
    expect(revoked.length).toBe(2)
    for (const token of revoked) {
      expect((await ask('/identity/v3/auth/projects', { headers: { 'x-auth-token': token } })).status).toBe(
        401,
      )
    }
    expect((await ask(session, { method: 'DELETE', headers: { ...ours, cookie } })).status).toBe(204)
    expect((await ask(session, { method: 'DELETE', headers: ours })).status).toBe(204)
  })

  test('comes with its time, and takes the row along', async () => {
    const headers = { ...ours, cookie: await cookieOf() }
    world.bench.clock.pass(3599 - 60)
    expect((await ask(shares, { headers })).status).toBe(200)
    world.bench.clock.pass(3600)
    expect((await ask(shares, { headers })).status).toBe(401)
    const reply = await ask(session, { headers })
    expect([reply.status, reply.headers['set-cookie']]).toEqual([401, expect.stringContaining('Max-Age=0')])
    await cookieOf()
    expect((await rows()).length).toBe(1)
  })

  test.each([
    [
      'a new password',
      async () =>
        world.bench.auth.directory.updateUser(world.bench.demo.userId, { password: 'quite another one' }),
    ],
    [
      'a disabled account',
      async () => world.bench.auth.directory.updateUser(world.bench.demo.userId, { enabled: false }),
    ],
    ['an account that is gone', async () => world.bench.auth.directory.deleteUser(world.bench.demo.userId)],
  ])('comes with %s', async (_what, end) => {
    const headers = { ...ours, cookie: await cookieOf() }
    expect((await ask(shares, { headers })).status).toBe(200)
    await end()
    expect((await ask(shares, { headers })).status).toBe(401)
    expect((await ask(session, { headers })).status).toBe(401)
    expect(await rows()).toEqual([])
  })
})

describe('another project', () => {
  const another = (projectName: string) =>
    ensureAccount(world.bench.auth, {
      userName: 'demo',
      projectName,
      password: passwords.demo,
      roles: ['member'],
    })
  const go = (cookie: string, id: string) =>
    ask(session, { method: 'PUT', headers: { ...ours, cookie }, body: { project: { id } } })

  test('is entered with another token, and the one of before shows nothing any more', async () => {
    const used: string[] = []
    await world.close()
    world = await openDashboard({
      desk: (desk) => ({
        ...desk,
        enter: async (token, project) => {
          const granted = await desk.enter(token, project)
          used.push(granted.token)
          return granted
        },
      }),
    })
    const { projectId } = await another('second')
    const cookie = await cookieOf()
    const reply = await go(cookie, projectId)
    expect([reply.status, reply.body.session.project.name, reply.cookie]).toEqual([200, 'second', ''])
    const [before = '', now = ''] = used
    const withToken = (token: string) => ask(shares, { headers: { 'x-auth-token': token } })
    expect([(await withToken(before)).status, (await withToken(now)).status]).toEqual([401, 200])
    // A page of the project that was left learns it when it names it.
    const of = (project: string) => ask(`/v2/${project}/shares`, { headers: { ...ours, cookie } })
    expect([(await of(projectId)).status, (await of(world.bench.demo.projectId)).status]).toEqual([200, 400])
    // And back.
    expect((await go(cookie, world.bench.demo.projectId)).body.session.project.name).toBe('demo')
    expect((await rows()).map(({ turn, project_id: id }) => [turn, id])).toEqual([
      [2, world.bench.demo.projectId],
    ])
  })

  test('can be entered where scoped tokens may not be exchanged', async () => {
    await world.close()
    world = await openDashboard({ auth: { allowRescope: false } })
    const { projectId } = await another('second')
    expect((await go(await cookieOf(), projectId)).status).toBe(200)
  })

  test('of others is refused, and nothing is changed', async () => {
    const cookie = await cookieOf()
    for (const id of [world.bench.admin.projectId, 'nowhere']) {
      const reply = await go(cookie, id)
      expect([reply.status, reply.body.error.message]).toEqual([403, expect.stringContaining('no role')])
    }
    expect((await ask(session, { headers: { ...ours, cookie } })).body.session.project.name).toBe('demo')
    expect((await ask(shares, { headers: { ...ours, cookie } })).status).toBe(200)
  })

  test('the same one changes nothing', async () => {
    const cookie = await cookieOf()
    expect((await go(cookie, world.bench.demo.projectId)).status).toBe(200)
    expect((await rows())[0]?.turn).toBe(0)
  })

  test('of two pages that enter at once one is told so, and no token is left over', async () => {
    const made: string[] = []
    const both = Promise.withResolvers<void>()
    await world.close()
    world = await openDashboard({
      desk: (desk) => ({
        ...desk,
        enter: async (token, project) => {
          const granted = await desk.enter(token, project)
          // After the login's, neither goes on before both have a token.
          if (made.push(granted.token) === 3) both.resolve()
          if (made.length > 1) await both.promise
          return granted
        },
      }),
    })
    const cookie = await cookieOf()
    const places = [await another('second'), await another('third')]
    const replies = await Promise.all(places.map(({ projectId }) => go(cookie, projectId)))
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 503])
    const won = replies.find(({ status }) => status === 200)?.body.session.project.id
    expect((await ask(session, { headers: { ...ours, cookie } })).body.session.project.id).toBe(won)
    // That of the login, the winner's and the other one's: one of them is good.
    const statuses = []
    for (const token of made)
      statuses.push((await ask(shares, { headers: { 'x-auth-token': token } })).status)
    expect(statuses.toSorted((x, y) => x - y)).toEqual([200, 401, 401])
  })

  test('without a session is refused', async () => {
    expect((await go('a=b', 'x')).status).toBe(401)
  })
})

test('the audit trail has the login, the failure, the change of project and the end', async () => {
  const { projectId } = await ensureAccount(world.bench.auth, {
    userName: 'demo',
    projectName: 'second',
    password: passwords.demo,
    roles: ['member'],
  })
  await world.logIn('demo', { password: 'no' })
  const cookie = await cookieOf()
  await ask(session, { method: 'PUT', headers: { ...ours, cookie }, body: { project: { id: projectId } } })
  await ask(session, { method: 'DELETE', headers: { ...ours, cookie } })
  await ask(session, { method: 'POST', headers: ours, body: '{"torn' })
  // Whoever only opens the page has tried nothing.
  await ask(session, { headers: ours })
  const { userId } = world.bench.demo
  const found = (await events()).map(({ operation, action, outcome, reason, userId: who }) => [
    operation,
    action,
    outcome,
    reason,
    who,
  ])
  expect(found.toSorted((a, b) => (a.join(' ') < b.join(' ') ? -1 : 1))).toEqual([
    ['DELETE /dashboard/session', 'delete', 'success', 204, userId],
    ['POST /dashboard/session', 'authenticate', 'failure', 400, ''],
    ['POST /dashboard/session', 'authenticate', 'failure', 401, userId],
    ['POST /dashboard/session', 'authenticate', 'success', 201, userId],
    ['PUT /dashboard/session', 'authenticate', 'success', 201, userId],
  ])
})
