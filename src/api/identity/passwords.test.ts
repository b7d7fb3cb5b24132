/** Passwords as clients of Keystone see them: what expires, how it is changed, and what an account is excepted from. */
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminPassword, authBench, type AuthBench } from '../../auth/parts.fixture.ts'
import { noRules } from '../../model/password-rules.ts'
import { Policy } from '../../policy/enforce.ts'
import { identityRoutes } from './plugin.ts'

let bench: AuthBench
let app: FastifyInstance
let admin: string

beforeAll(async () => {
  const passwordRules = { ...noRules, minLength: 4, uniqueLast: 3, expiresDays: 30 }
  bench = await authBench({ passwordRules, tokenLifetimeS: 86_400 * 60 })
  app = fastify()
  const parts = {
    auth: bench.auth,
    policy: new Policy({ clock: bench.clock }),
    clock: bench.clock,
  }
  await app.register(identityRoutes(parts), { prefix: '/identity' })
  admin = String((await login('admin', adminPassword)).headers['x-subject-token'])
})
afterAll(async () => {
  await app.close()
  await bench.close()
})

async function ask(method: string, path: string, body?: object, token: string | null = null) {
  const response = await app.inject({
    method: method as 'GET',
    url: `/identity/v3${path}`,
    headers: token === null ? {} : { 'x-auth-token': token },
    ...(body === undefined ? {} : { payload: body }),
  })
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into it by path
  return {
    status: response.statusCode,
    headers: response.headers,
    body: (response.body === '' ? null : response.json()) as any,
  }
}

const login = (name: string, password: string) =>
  ask('POST', '/auth/tokens', {
    auth: {
      identity: { methods: ['password'], password: { user: { name, domain: { id: 'default' }, password } } },
    },
  })

test('an expired password is answered 401 with the way out, which needs no token', async () => {
  const made = await ask('POST', '/users', { user: { name: 'ann', password: 'first one' } }, admin)
  expect(made.status).toBe(201)
  const { id, password_expires_at: expires } = made.body.user
  expect(expires).toMatch(/^2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
  const token = await login('ann', 'first one')
  expect(token.status).toBe(201)
  expect(token.body.token.user.password_expires_at).toBe(expires)
  bench.clock.pass(31 * 86_400)
  const refused = await login('ann', 'first one')
  expect(refused.status).toBe(401)
  expect(refused.body.error).toMatchObject({
    code: 401,
    title: 'Unauthorized',
    message: `The password of user ${id} has expired and must be changed: POST /identity/v3/users/${id}/password with original_password and password; it needs no token.`,
  })
  const change = (original: string, password: string) =>
    ask('POST', `/users/${id}/password`, { user: { original_password: original, password } })
  expect((await change('first one', 'no')).body.error.message).toBe(
    'password must have at least 4 characters',
  )
  expect((await change('first one', 'first one')).body.error.message).toBe(
    'password must differ from the last 2',
  )
  expect((await change('wrong one', 'second one')).status).toBe(401)
  expect((await change('first one', 'second one')).status).toBe(204)
  expect((await login('ann', 'second one')).status).toBe(201)
})

test('options are shown, changed one by one and taken away by null; others are refused or ignored', async () => {
  const options = { ignore_password_expiry: true, lock_password: true, multi_factor_auth_enabled: true }
  const made = await ask('POST', '/users', { user: { name: 'bob', password: 'first one', options } }, admin)
  expect(made.body.user).toMatchObject({
    password_expires_at: null,
    options: { ignore_password_expiry: true, lock_password: true },
  })
  expect(made.body.user.options).not.toHaveProperty('multi_factor_auth_enabled')
  const { id } = made.body.user
  const locked = await ask('POST', `/users/${id}/password`, {
    user: { original_password: 'first one', password: 'second one' },
  })
  expect([locked.status, locked.body.error.message]).toEqual([
    403,
    'The password of this account is changed by an administrator only.',
  ])
  const patched = await ask(
    'PATCH',
    `/users/${id}`,
    { user: { options: { lock_password: null, ignore_user_inactivity: false } } },
    admin,
  )
  expect(patched.body.user.options).toEqual({ ignore_password_expiry: true, ignore_user_inactivity: false })
  expect((await ask('GET', `/users/${id}`, undefined, admin)).body.user.options).toEqual(
    patched.body.user.options,
  )
  const wrong = await ask('PATCH', `/users/${id}`, { user: { options: { lock_password: 'yes' } } }, admin)
  expect(wrong.status).toBe(400)
  // Nobody but an administrator excepts anybody.
  const own = String((await login('bob', 'first one')).headers['x-subject-token'])
  expect((await ask('PATCH', `/users/${id}`, { user: { options: {} } }, own)).status).toBe(403)
})

test('the last administrator and a project that is not empty are answered 409 with what to do', async () => {
  const last = await ask('DELETE', `/users/${bench.admin.userId}`, undefined, admin)
  expect([last.status, last.body.error.title]).toEqual([409, 'Conflict'])
  expect(last.body.error.message).toMatch(
    /^Nobody would be administrator any more: give another enabled user the role admin/,
  )
  const disabled = await ask('PATCH', `/users/${bench.admin.userId}`, { user: { enabled: false } }, admin)
  expect(disabled.status).toBe(409)
  await bench.store.db
    .insertInto('resource_locks')
    .values({
      id: 'l',
      user_id: 'u',
      project_id: bench.demo.projectId,
      resource_id: 'r',
      resource_type: 'share',
      resource_action: 'delete',
      lock_reason: null,
      lock_context: 'user',
      created_at: 1,
      updated_at: null,
    } as never)
    .execute()
  const held = await ask('DELETE', `/projects/${bench.demo.projectId}`, undefined, admin)
  expect([held.status, held.body.error.message]).toEqual([
    409,
    'The project demo still has 1 resource lock: delete or move these first.',
  ])
})
