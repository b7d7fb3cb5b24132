import { proxyTrust, settleBases } from '../addresses.ts'
import * as fc from 'fast-check'
import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { adminPassword, authBench, demoPassword, type AuthBench } from '../../auth/parts.fixture.ts'
import { Policy } from '../../policy/enforce.ts'
import { identityRoutes } from './plugin.ts'

let bench: AuthBench
let app: FastifyInstance
let adminToken: string
let demoToken: string

beforeAll(async () => {
  // The hostile bodies below are hundreds of failed logins from one address.
  bench = await authBench({ limits: { maxAddressFailures: 1_000_000 } })
  app = await serve(bench)
  adminToken = await loginAs('admin', adminPassword)
  demoToken = await loginAs('demo', demoPassword)
})
afterAll(async () => {
  await app.close()
  await bench.close()
})

async function serve(bench: AuthBench, publicUrl = 'http://manila.example:8786'): Promise<FastifyInstance> {
  const app = fastify({
    exposeHeadRoutes: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 1024 },
  })
  // As the server around it does: its parser and its errors must not be what a client of this face meets.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, _text, done) =>
    done(new Error('the outer parser')),
  )
  app.setErrorHandler((_error, _request, reply) => reply.code(599).send('the outer handler'))
  const policy = new Policy({ clock: bench.clock })
  settleBases(app, publicUrl, proxyTrust(0))
  await app.register(identityRoutes({ auth: bench.auth, policy, clock: bench.clock }), {
    prefix: '/identity',
  })
  return app
}

interface Reply {
  status: number
  // eslint-disable-next-line typescript/no-explicit-any
  body: any
  headers: Record<string, unknown>
}

interface Sent {
  token?: string
  subject?: string
  body?: unknown
  headers?: Record<string, string>
}

async function ask(
  method: string,
  path: string,
  { token, subject, body, headers = {} }: Sent = {},
): Promise<Reply> {
  const response = await app.inject({
    method: method as 'GET',
    url: `/identity${path}`,
    headers: {
      ...(token === undefined ? {} : { 'x-auth-token': token }),
      ...(subject === undefined ? {} : { 'x-subject-token': subject }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = response.body
  return {
    status: response.statusCode,
    body: text === '' ? undefined : JSON.parse(text),
    headers: response.headers as Record<string, unknown>,
  }
}

const asAdmin = (method: string, path: string, body?: unknown): Promise<Reply> =>
  ask(method, path, { token: adminToken, ...(body === undefined ? {} : { body }) })
const asDemo = (method: string, path: string, body?: unknown): Promise<Reply> =>
  ask(method, path, { token: demoToken, ...(body === undefined ? {} : { body }) })

const passwordBody = (name: string, password: string, scope?: unknown): object => ({
  auth: {
    identity: {
      methods: ['password'],
      password: { user: { name, domain: { name: 'Default' }, password } },
    },
    ...(scope === undefined ? {} : { scope }),
  },
})

const loginReply = (name: string, password: string, scope?: unknown): Promise<Reply> =>
  ask('POST', '/v3/auth/tokens', { body: passwordBody(name, password, scope) })

async function loginAs(name: string, password: string, scope?: unknown): Promise<string> {
  const { status, headers } = await loginReply(name, password, scope)
  expect(status).toBe(201)
  return String(headers['x-subject-token'])
}

describe('discovery', () => {
  test('names version 3 under the configured URL', async () => {
    for (const path of ['', '/']) {
      const { status, body } = await ask('GET', path)
      expect(status).toBe(300)
      expect(body.versions.values[0]).toMatchObject({ id: 'v3.14', status: 'stable' })
      expect(body.versions.values[0].links[0].href).toBe('http://manila.example:8786/identity/v3/')
    }
    for (const path of ['/v3', '/v3/']) {
      const { status, body } = await ask('GET', path)
      expect([status, body.version.id]).toEqual([200, 'v3.14'])
    }
  })
})

describe('logging in', () => {
  test('with a password: the default project, roles and catalog', async () => {
    const { status, body, headers } = await loginReply('demo', demoPassword)
    expect(status).toBe(201)
    expect(headers['x-subject-token']).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
    expect(headers.vary).toBe('X-Auth-Token, Cookie')
    expect(headers['cache-control']).toBe('no-store')
    const { token } = body
    expect(token).toMatchObject({
      methods: ['password'],
      user: { id: bench.demo.userId, name: 'demo', domain: { id: 'default', name: 'Default' } },
      project: { id: bench.demo.projectId, name: 'demo', domain: { id: 'default', name: 'Default' } },
      is_domain: false,
    })
    expect(token.issued_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    expect(token.roles.map((role: { name: string }) => role.name).sort()).toEqual(['member', 'reader'])
    expect(token.catalog.map((entry: { type: string }) => entry.type)).toEqual([
      'shared-file-system',
      'sharev2',
      'identity',
    ])
    expect(token.catalog[1].endpoints[0]).toMatchObject({
      interface: 'public',
      region: 'RegionOne',
      region_id: 'RegionOne',
      url: 'http://manila.example:8786/v2',
    })
  })

  test('scoped by id, by name and domain, unscoped in both spellings, without catalog', async () => {
    for (const project of [
      { id: bench.demo.projectId },
      { name: 'demo', domain: { id: 'default' } },
      { name: 'demo', domain: { name: 'Default' } },
    ]) {
      const { body } = await loginReply('demo', demoPassword, { project })
      expect(body.token.project.id).toBe(bench.demo.projectId)
    }
    for (const scope of ['unscoped', { unscoped: {} }]) {
      const { body } = await loginReply('demo', demoPassword, scope)
      expect(body.token.project).toBeUndefined()
      expect(body.token.roles).toBeUndefined()
      expect(body.token.catalog).toBeUndefined()
    }
    const bare = await ask('POST', '/v3/auth/tokens?nocatalog', { body: passwordBody('demo', demoPassword) })
    expect(bare.body.token.catalog).toBeUndefined()
  })

  test('is refused alike for everything wrong', async () => {
    const fresh = await authBench()
    const outer = app
    app = await serve(fresh)
    const refusals = [
      await loginReply('demo', 'wrong'),
      await loginReply('nobody', 'wrong'),
      await loginReply('demo', demoPassword, { project: { id: fresh.admin.projectId } }),
      await loginReply('demo', demoPassword, { project: { name: 'none', domain: { id: 'default' } } }),
      await loginReply('demo', demoPassword, { domain: { id: 'default' } }),
      await loginReply('demo', demoPassword, { system: { all: true } }),
      await ask('POST', '/v3/auth/tokens', {
        body: { auth: { identity: { methods: ['token'], token: { id: 'x.y.z' } } } },
      }),
      await ask('POST', '/v3/auth/tokens', { body: { auth: { identity: { methods: ['totp'] } } } }),
      await ask('GET', '/v3/auth/projects', { token: 'x' }),
      await ask('GET', '/v3/auth/projects'),
    ]
    for (const { status, body, headers } of refusals) {
      expect([status, body]).toEqual([
        401,
        {
          error: {
            code: 401,
            title: 'Unauthorized',
            message: 'The request you have made requires authentication.',
          },
        },
      ])
      expect(headers['www-authenticate']).toBe('Keystone uri="http://manila.example:8786/identity"')
    }
    for (let i = 0; i < 5; i++) await loginReply('demo', 'wrong')
    const locked = await loginReply('demo', demoPassword)
    expect([locked.status, locked.headers['retry-after']]).toEqual([429, '60'])
    expect(locked.body.error).toEqual({
      code: 429,
      title: 'Too Many Requests',
      message: 'Too many failed logins; try again later.',
    })
    await app.close()
    app = outer
    await fresh.close()
  })

  test.each([
    [undefined, 'auth must be given|the body'],
    ['{"auth":', 'JSON'],
    ['[]', 'the body'],
    ['null', 'the body'],
    [{ auth: {} }, 'auth.identity must be given'],
    [{ auth: { identity: { methods: [] } } }, 'auth.identity.methods'],
    [{ auth: { identity: { methods: 'password' } } }, 'auth.identity.methods'],
    [{ auth: { identity: { methods: ['password'] } } }, 'auth.identity.password must be given'],
    [{ auth: { identity: { methods: ['password'], password: { user: { name: 'demo' } } } } }, 'password'],
    [passwordBody('de\0mo', 'x'), 'NUL'],
    [passwordBody('de\ud800mo', 'x'), 'surrogate'],
    [
      { auth: { identity: { methods: ['password'], password: { user: { name: 'demo', password: 'x' } } } } },
      'auth.identity.password.user.domain must be given',
    ],
    [passwordBody('demo', demoPassword, { project: { name: 'demo' } }), 'auth.scope.project.domain'],
    [passwordBody('demo', demoPassword, {}), 'exactly one'],
    [passwordBody('demo', demoPassword, { project: { id: 'a' }, domain: { id: 'b' } }), 'exactly one'],
    [passwordBody('demo', demoPassword, 7), 'auth.scope'],
  ])('%j is 400 and says what to change', async (body, says) => {
    const reply = await ask('POST', '/v3/auth/tokens', body === undefined ? {} : { body })
    expect(reply.status).toBe(400)
    expect(reply.body.error).toMatchObject({ code: 400, title: 'Bad Request' })
    expect(reply.body.error.message).toMatch(new RegExp(says))
  })

  test('with bytes that are not UTF-8, or with too many, is refused', async () => {
    const send = (payload: Buffer, parameters = '') =>
      app.inject({
        method: 'POST',
        url: '/identity/v3/auth/tokens',
        headers: { 'content-type': `application/json${parameters}` },
        payload,
      })
    expect((await send(Buffer.from([0x22, 0xff, 0x22]))).statusCode).toBe(400)
    const body = Buffer.from(JSON.stringify(passwordBody('demo', demoPassword)))
    expect((await send(body)).statusCode).toBe(201)
    expect((await send(body, '; charset=utf-8')).statusCode).toBe(201)
    expect((await send(body, '; charset=utf-16')).statusCode).toBe(400)
    const large = await send(Buffer.alloc(70_000, 0x20))
    expect([large.statusCode, large.json<{ error: { code: number } }>().error.code]).toEqual([413, 413])
  })

  test('exchanging a token for another scope', async () => {
    const unscoped = await loginAs('demo', demoPassword, 'unscoped')
    const projects = await ask('GET', '/v3/auth/projects', { token: unscoped })
    expect(projects.body.projects.map((project: { name: string }) => project.name)).toEqual(['demo'])
    const body = {
      auth: {
        identity: { methods: ['token'], token: { id: unscoped } },
        scope: { project: { id: bench.demo.projectId } },
      },
    }
    const { status, body: reply } = await ask('POST', '/v3/auth/tokens', { body })
    expect([status, reply.token.methods, reply.token.audit_ids.length]).toEqual([
      201,
      ['password', 'token'],
      2,
    ])
  })
})

describe('tokens under test', () => {
  const check = (method: string, token: string, subject?: string): Promise<Reply> =>
    ask(method, '/v3/auth/tokens', { token, ...(subject === undefined ? {} : { subject }) })

  test('one’s own, and anybody’s for an administrator', async () => {
    const own = await check('GET', demoToken, demoToken)
    expect([own.status, own.body.token.user.name, own.headers['x-subject-token']]).toEqual([
      200,
      'demo',
      demoToken,
    ])
    expect((await check('GET', adminToken, demoToken)).body.token.user.name).toBe('demo')
    expect((await check('HEAD', adminToken, demoToken)).status).toBe(200)
    expect((await check('HEAD', adminToken, demoToken)).body).toBeUndefined()
    expect((await check('GET', demoToken, adminToken)).status).toBe(403)
    expect((await check('GET', demoToken, 'x')).status).toBe(403)
    expect((await check('GET', adminToken, 'x')).status).toBe(404)
    expect((await check('GET', adminToken)).status).toBe(400)
    expect((await check('GET', 'x', demoToken)).status).toBe(401)
  })

  test('logging out', async () => {
    const token = await loginAs('demo', demoPassword)
    expect((await check('DELETE', token, token)).status).toBe(204)
    expect((await check('GET', token, token)).status).toBe(401)
    expect((await check('GET', adminToken, token)).status).toBe(404)
    expect((await check('DELETE', adminToken, token)).status).toBe(404)
    expect((await check('GET', adminToken, demoToken)).status).toBe(200)
  })
})

describe('a service', () => {
  test('looks at the tokens of others and ends none of them', async () => {
    const service = await bench.auth.roles.find({ name: 'service' })
    const { user } = (await asAdmin('POST', '/v3/users', { user: { name: 'svc', password: 'pw' } })).body
    const grant = `/v3/projects/${bench.admin.projectId}/users/${user.id}/roles/${service?.id}`
    expect((await asAdmin('PUT', grant)).status).toBe(204)
    const project = { project: { id: bench.admin.projectId } }
    const token = await loginAs('svc', 'pw', project)
    const other = await loginAs('svc', 'pw', project)
    const on = (method: string, subject: string): Promise<number> =>
      ask(method, '/v3/auth/tokens', { token, subject }).then(({ status }) => status)
    for (const subject of [demoToken, adminToken]) {
      expect([await on('GET', subject), await on('DELETE', subject)]).toEqual([200, 403])
      expect(await on('GET', subject)).toBe(200)
    }
    // One that is not valid is told from one that is by nobody else.
    expect(await on('DELETE', 'x')).toBe(403)
    expect(await on('DELETE', other)).toBe(204)
    // Nor does the role open anything that is for administrators.
    for (const path of [
      '/v3/users',
      '/v3/groups',
      '/v3/role_assignments',
      `/v3/users/${bench.demo.userId}`,
    ]) {
      expect([path, (await ask('GET', path, { token })).status]).toEqual([path, 403])
    }
    expect((await asAdmin('DELETE', `/v3/users/${user.id}`)).status).toBe(204)
  })
})

describe('administration', () => {
  test('a project, a user, a role; then it all works; then it all goes', async () => {
    const project = (await asAdmin('POST', '/v3/projects', { project: { name: 'p1', description: 'first' } }))
      .body.project
    expect(project).toMatchObject({
      name: 'p1',
      domain_id: 'default',
      parent_id: 'default',
      enabled: true,
      tags: [],
    })
    expect(project.id).toMatch(/^[0-9a-f]{32}$/)
    const user = (await asAdmin('POST', '/v3/users', { user: { name: 'ann', password: 'pw', email: 'a@b' } }))
      .body.user
    expect(user).toMatchObject({ name: 'ann', domain_id: 'default', enabled: true, email: 'a@b' })
    expect(JSON.stringify(user)).not.toMatch(/argon2|"pw"/)
    const { roles } = (await asAdmin('GET', '/v3/roles?name=member')).body
    expect(roles).toHaveLength(1)
    const grant = `/v3/projects/${project.id}/users/${user.id}/roles/${roles[0].id}`
    expect((await asAdmin('HEAD', grant)).status).toBe(404)
    expect((await asAdmin('PUT', grant)).status).toBe(204)
    expect((await asAdmin('PUT', grant)).status).toBe(204)
    expect((await asAdmin('HEAD', grant)).status).toBe(204)
    const listed = (await asAdmin('GET', `/v3/projects/${project.id}/users/${user.id}/roles`)).body.roles
    expect(listed.map((role: { name: string }) => role.name)).toEqual(['member'])

    const scope = { project: { id: project.id } }
    const token = await loginAs('ann', 'pw', scope)
    const changed = await ask('POST', `/v3/users/${user.id}/password`, {
      body: { user: { original_password: 'pw', password: 'pw2' } },
    })
    expect(changed.status).toBe(204)
    expect((await ask('GET', '/v3/auth/projects', { token })).status).toBe(401)
    expect((await loginReply('ann', 'pw', scope)).status).toBe(401)
    const again = await loginAs('ann', 'pw2', scope)

    expect(
      (await asAdmin('PATCH', `/v3/users/${user.id}`, { user: { name: 'anna', description: 'x' } })).body
        .user,
    ).toMatchObject({ name: 'anna', description: 'x', email: 'a@b' })
    expect(
      (await asAdmin('PATCH', `/v3/projects/${project.id}`, { project: { enabled: false } })).body.project
        .enabled,
    ).toBe(false)
    expect((await ask('GET', '/v3/auth/projects', { token: again })).status).toBe(401)
    expect((await asAdmin('DELETE', grant)).status).toBe(204)
    expect((await asAdmin('DELETE', grant)).status).toBe(404)
    expect((await asAdmin('DELETE', `/v3/users/${user.id}`)).status).toBe(204)
    expect((await asAdmin('DELETE', `/v3/projects/${project.id}`)).status).toBe(204)
    expect((await asAdmin('GET', `/v3/projects/${project.id}`)).status).toBe(404)
    expect((await asAdmin('DELETE', `/v3/users/${user.id}`)).status).toBe(404)
  })

  test('names are unique within a domain', async () => {
    for (const [path, body] of [
      ['/v3/projects', { project: { name: 'demo' } }],
      ['/v3/users', { user: { name: 'demo' } }],
      ['/v3/roles', { role: { name: 'Member' } }],
    ] as const) {
      const { status, body: reply } = await asAdmin('POST', path, body)
      expect([status, reply.error.title]).toEqual([409, 'Conflict'])
    }
    const { body } = await asAdmin('POST', '/v3/projects', { project: { name: 'q1' } })
    const taken = await asAdmin('PATCH', `/v3/projects/${body.project.id}`, { project: { name: 'demo' } })
    expect(taken.status).toBe(409)
  })

  test('lists filter, and cut where the limit says', async () => {
    const names = async (query: string): Promise<string[]> =>
      (await asAdmin('GET', `/v3/users${query}`)).body.users.map((user: { name: string }) => user.name)
    expect(await names('?name=demo')).toEqual(['demo'])
    expect(await names('?name=demo&domain_id=other')).toEqual([])
    expect(await names('?enabled=false')).toEqual([])
    expect(await names('?enabled=true&enabled=0')).toEqual([])
    const { body } = await asAdmin('GET', '/v3/users?limit=1')
    expect([body.users.length, body.truncated]).toEqual([1, true])
    expect((await asAdmin('GET', '/v3/users?limit=none')).status).toBe(400)
    expect((await asAdmin('GET', '/v3/users?name=%00')).status).toBe(400)
    const top = (await asAdmin('GET', '/v3/projects?is_domain=1&is_domain=true')).body.projects
    expect(top).toMatchObject([{ id: 'default', is_domain: true, parent_id: null, domain_id: null }])
    expect((await asDemo('GET', '/v3/projects?is_domain=true')).body.projects).toEqual([])
  })

  test('groups', async () => {
    const { group } = (await asAdmin('POST', '/v3/groups', { group: { name: 'team' } })).body
    const member = `/v3/groups/${group.id}/users/${bench.demo.userId}`
    expect((await asAdmin('HEAD', member)).status).toBe(404)
    expect((await asAdmin('PUT', member)).status).toBe(204)
    expect((await asAdmin('GET', member)).status).toBe(204)
    expect((await asAdmin('GET', `/v3/groups/${group.id}/users`)).body.users[0].name).toBe('demo')
    expect((await asDemo('GET', `/v3/users/${bench.demo.userId}/groups`)).body.groups[0].name).toBe('team')
    expect(
      (await asAdmin('PATCH', `/v3/groups/${group.id}`, { group: { name: 'crew' } })).body.group.name,
    ).toBe('crew')
    expect((await asAdmin('GET', '/v3/groups?name=crew')).body.groups).toHaveLength(1)
    expect((await asAdmin('DELETE', member)).status).toBe(204)
    expect((await asAdmin('DELETE', `/v3/groups/${group.id}`)).status).toBe(204)
    expect((await asAdmin('GET', `/v3/groups/${group.id}`)).status).toBe(404)
  })

  test('role assignments, as granted and as they work out', async () => {
    const of = async (query: string) =>
      (await asAdmin('GET', `/v3/role_assignments?${query}`)).body.role_assignments
    const user = `user.id=${bench.demo.userId}`
    const granted = await of(`${user}&include_names=True`)
    expect(granted).toHaveLength(1)
    expect(granted[0]).toMatchObject({
      role: { name: 'member' },
      user: { name: 'demo', domain: { name: 'Default' } },
      scope: { project: { name: 'demo' } },
    })
    const effective = await of(`${user}&effective&include_names`)
    expect(effective.map((row: { role: { name: string } }) => row.role.name).sort()).toEqual([
      'member',
      'reader',
    ])
    expect(await of(`scope.project.id=${bench.admin.projectId}`)).toHaveLength(1)
    expect(await of('scope.domain.id=default')).toEqual([])
    expect(await of('scope.system=all')).toEqual([])
    expect((await asAdmin('GET', '/v3/role_assignments?effective&group.id=x')).status).toBe(400)
    const { role_inferences: inferences } = (await asAdmin('GET', '/v3/role_inferences')).body
    expect(
      inferences.map((one: { prior_role: { name: string }; implies: { name: string }[] }) => [
        one.prior_role.name,
        one.implies[0]?.name,
      ]),
    ).toEqual([
      ['admin', 'manager'],
      ['manager', 'member'],
      ['member', 'reader'],
    ])
  })

  test('the catalog as resources', async () => {
    const { services } = (await asAdmin('GET', '/v3/services?type=sharev2')).body
    expect(services).toHaveLength(1)
    const { endpoints } = (
      await asAdmin('GET', `/v3/endpoints?service_id=${services[0].id}&interface=public`)
    ).body
    expect(endpoints).toHaveLength(1)
    expect((await asAdmin('GET', `/v3/endpoints/${endpoints[0].id}`)).body.endpoint.url).toMatch(/\/v2$/)
    expect((await asDemo('GET', '/v3/regions')).body.regions[0].id).toBe('RegionOne')
    expect((await asDemo('GET', '/v3/auth/catalog')).body.catalog).toHaveLength(3)
    expect((await asAdmin('GET', '/v3/services/none')).status).toBe(404)
    expect((await asAdmin('GET', '/v3/domains')).body.domains[0].id).toBe('default')
  })

  test('is for administrators; an account sees itself', async () => {
    const adminOnly = [
      ['GET', '/v3/users'],
      ['POST', '/v3/users'],
      ['POST', '/v3/projects'],
      ['GET', '/v3/roles'],
      ['GET', '/v3/groups'],
      ['GET', '/v3/domains'],
      ['GET', '/v3/role_assignments'],
      ['GET', '/v3/services'],
      ['GET', `/v3/users/${bench.admin.userId}`],
      ['GET', `/v3/users/${bench.admin.userId}/projects`],
      ['GET', `/v3/users/${bench.admin.userId}/application_credentials`],
      ['PATCH', `/v3/users/${bench.demo.userId}`],
      ['DELETE', `/v3/users/${bench.demo.userId}`],
      ['DELETE', `/v3/projects/${bench.demo.projectId}`],
      ['PUT', `/v3/projects/${bench.demo.projectId}/users/${bench.demo.userId}/roles/x`],
    ] as const
    const unscopedAdmin = await loginAs('admin', adminPassword, 'unscoped')
    for (const [method, path] of adminOnly) {
      expect([method, path, (await ask(method, path)).status]).toEqual([method, path, 401])
      expect([method, path, (await asDemo(method, path)).status]).toEqual([method, path, 403])
      // Administration needs a project scope, as policy refuses every other.
      const own = path.includes(bench.admin.userId) || path.includes(bench.admin.projectId)
      if (!own)
        expect([method, path, (await ask(method, path, { token: unscopedAdmin })).status]).toEqual([
          method,
          path,
          403,
        ])
    }
    expect((await asDemo('GET', `/v3/users/${bench.demo.userId}`)).body.user.name).toBe('demo')
    expect((await asDemo('GET', `/v3/projects/${bench.demo.projectId}`)).body.project.name).toBe('demo')
    expect((await asDemo('GET', `/v3/users/${bench.demo.userId}/projects`)).body.projects).toHaveLength(1)
    // "Project by name or id": an id that isn't one's own is unknown, and the list holds one's own.
    expect((await asDemo('GET', `/v3/projects/${bench.admin.projectId}`)).status).toBe(404)
    expect((await asDemo('GET', '/v3/projects/demo')).status).toBe(404)
    expect((await asDemo('GET', '/v3/projects?name=demo')).body.projects).toHaveLength(1)
    expect((await asDemo('GET', '/v3/projects?name=admin')).body.projects).toHaveLength(0)
    expect((await asDemo('GET', '/v3/projects')).body.projects).toHaveLength(1)
    expect((await asDemo('GET', '/v3/domains/default')).body.domain.name).toBe('Default')
  })

  test('standard roles stay', async () => {
    const { roles } = (await asAdmin('GET', '/v3/roles?name=reader')).body
    expect((await asAdmin('DELETE', `/v3/roles/${roles[0].id}`)).status).toBe(403)
    const { role } = (await asAdmin('POST', '/v3/roles', { role: { name: 'auditor' } })).body
    expect((await asAdmin('DELETE', `/v3/roles/${role.id}`)).status).toBe(204)
    expect((await asAdmin('POST', '/v3/roles', { role: { name: 'a b' } })).status).toBe(400)
  })
})

describe('application credentials', () => {
  const path = (): string => `/v3/users/${bench.demo.userId}/application_credentials`
  const make = async (more: object = {}) =>
    (await asDemo('POST', path(), { application_credential: { name: `c${Math.random()}`, ...more } })).body
      .application_credential
  const enter = (credential: { id: string; secret: string }, scope?: unknown): Promise<Reply> =>
    ask('POST', '/v3/auth/tokens', {
      body: {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { id: credential.id, secret: credential.secret },
          },
          ...(scope === undefined ? {} : { scope }),
        },
      },
    })

  test('are made, shown without the secret, used and deleted', async () => {
    const made = await make({ name: 'robot', roles: [{ name: 'reader' }], expires_at: '2040-01-31T12:00:00' })
    expect(made).toMatchObject({
      name: 'robot',
      unrestricted: false,
      project_id: bench.demo.projectId,
      expires_at: '2040-01-31T12:00:00.000000Z',
      roles: [{ name: 'reader' }],
    })
    expect(made.secret.length).toBeGreaterThan(80)
    const read = (await asDemo('GET', `${path()}/${made.id}`)).body.application_credential
    expect(read.name).toBe('robot')
    expect(read.secret).toBeUndefined()
    expect((await asDemo('GET', `${path()}?name=robot`)).body.application_credentials).toHaveLength(1)

    const { status, body, headers } = await enter(made)
    expect(status).toBe(201)
    expect(body.token.application_credential).toEqual({ id: made.id, name: 'robot', restricted: true })
    expect(body.token.roles.map((role: { name: string }) => role.name)).toEqual(['reader'])
    const token = String(headers['x-subject-token'])
    expect((await enter(made, { project: { id: bench.demo.projectId } })).status).toBe(401)
    const rescoped = { auth: { identity: { methods: ['token'], token: { id: token } } } }
    expect((await ask('POST', '/v3/auth/tokens', { body: rescoped })).status).toBe(403)
    expect(
      (await ask('POST', path(), { token, body: { application_credential: { name: 'more' } } })).status,
    ).toBe(403)
    expect((await ask('DELETE', `${path()}/${made.id}`, { token })).status).toBe(403)

    expect((await asDemo('POST', path(), { application_credential: { name: 'robot' } })).status).toBe(409)
    expect((await asDemo('DELETE', `${path()}/${made.id}`)).status).toBe(204)
    expect((await ask('GET', '/v3/auth/projects', { token })).status).toBe(401)
    expect((await asDemo('GET', `${path()}/${made.id}`)).status).toBe(404)
  })

  test('ask for no more than the token has', async () => {
    for (const wrong of [
      { roles: [{ name: 'admin' }] },
      { roles: [{}] },
      { expires_at: '2001-01-01T00:00:00' },
      { expires_at: 'tomorrow' },
      { expires_at: '2040-99-99T00:00:00' },
      { secret: 'short' },
      { access_rules: [{ path: 'v2', method: 'GET', service: 'sharev2' }] },
      { access_rules: [{ path: '/v2', method: 'BREW', service: 'sharev2' }] },
    ]) {
      const reply = await asDemo('POST', path(), { application_credential: { name: 'x', ...wrong } })
      expect([wrong, reply.status]).toEqual([wrong, 400])
    }
    expect((await asAdmin('POST', path(), { application_credential: { name: 'x' } })).status).toBe(403)
    const token = await loginAs('demo', demoPassword, 'unscoped')
    expect(
      (await ask('POST', path(), { token, body: { application_credential: { name: 'x' } } })).status,
    ).toBe(403)
  })

  test('access rules hold here too, and a limited credential makes no unlimited one', async () => {
    const service = 'identity'
    const made = await make({
      unrestricted: true,
      access_rules: [
        { path: '/v3/auth/projects', method: 'GET', service },
        { path: '/v3/users/*/application_credentials', method: 'POST', service },
      ],
    })
    const token = String((await enter(made)).headers['x-subject-token'])
    expect((await ask('GET', '/v3/auth/projects', { token })).status).toBe(200)
    expect((await ask('GET', '/v3/auth/catalog', { token })).status).toBe(401)
    expect(
      (await ask('POST', path(), { token, body: { application_credential: { name: 'x' } } })).status,
    ).toBe(403)
    const { access_rules: rules } = (await asDemo('GET', `/v3/users/${bench.demo.userId}/access_rules`)).body
    expect(rules).toHaveLength(2)
    expect(
      (await asDemo('GET', `/v3/users/${bench.demo.userId}/access_rules/${rules[0].id}`)).body.access_rule
        .method,
    ).toBe('GET')
  })
})

describe('what nobody should send', () => {
  test('unknown paths and methods are answered in Keystone’s shape', async () => {
    const missing = await ask('GET', '/v3/nothing')
    expect([missing.status, missing.body.error.code]).toEqual([404, 404])
    const method = await ask('PATCH', '/v3/auth/tokens', { body: {} })
    expect([method.status, method.headers.allow]).toEqual([405, 'POST, GET, DELETE, HEAD'])
    expect((await ask('DELETE', '/v3/users')).status).toBe(405)
  })

  test('ids that name nothing are 404', async () => {
    for (const id of ['%00', 'x%00', '%F0%9F%98%80', 'a'.repeat(900), '..%2f..', '%27%20or%201=1--']) {
      const { status } = await asAdmin('GET', `/v3/users/${id}`)
      expect([id, status]).toEqual([id, 404])
    }
  })

  test('a fault of ours is a 500 in Keystone’s shape that says nothing of the inside', async () => {
    const broken = await authBench()
    const outer = app
    app = await serve(broken)
    const token = await loginAs('admin', adminPassword)
    await broken.store.db.schema.dropTable('projects').execute()
    const { status, body } = await ask('GET', '/v3/projects', { token })
    expect([status, body.error.title]).toEqual([500, 'Internal Server Error'])
    expect(JSON.stringify(body)).not.toMatch(/projects|sqlite/i)
    await app.close()
    app = outer
    await broken.close()
  })

  const bodies = [
    ['POST', '/v3/auth/tokens'],
    ['POST', '/v3/projects'],
    ['POST', '/v3/users'],
    ['POST', '/v3/groups'],
    ['POST', '/v3/roles'],
    ['PATCH', '/v3/users/DEMO'],
    ['PATCH', '/v3/projects/PROJECT'],
    ['POST', '/v3/users/DEMO/password'],
    ['POST', '/v3/users/ADMIN/application_credentials'],
  ] as const

  /** Bodies near the right ones: a right key, then anything. */
  const near = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        null,
        true,
        0,
        -1,
        1e308,
        '',
        'default',
        '\0',
        '\ud800',
        'password',
        'token',
        'unscoped',
      ),
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'auth',
          'identity',
          'methods',
          'password',
          'user',
          'name',
          'id',
          'domain',
          'scope',
          'project',
          'token',
          'application_credential',
          'roles',
          'secret',
          'expires_at',
          'access_rules',
          'path',
          'group',
          'role',
          'enabled',
          'description',
          'default_project_id',
          'original_password',
          '__proto__',
          'constructor',
          '',
        ),
        tie('value'),
        { maxKeys: 5 },
      ),
    ),
  })).value

  test('no body, token, id or query is answered with a 5xx', async () => {
    const target = fc.constantFrom(...bodies)
    const token = fc.oneof(
      fc.constant(undefined),
      fc.constantFrom('admin', 'demo'),
      fc.string({ maxLength: 40 }),
    )
    const scaffold = fc.oneof(
      near,
      near.map((user) => ({ user })),
      near.map((project) => ({ project })),
      near.map((role) => ({ role })),
      near.map((group) => ({ group })),
      near.map((credential) => ({ application_credential: credential })),
      near.map((password) => ({ auth: { identity: { methods: ['password'], password } } })),
      near.map((user) => ({ auth: { identity: { methods: ['password'], password: { user } } } })),
      near.map((scope) => ({ auth: { identity: { methods: ['token'], token: { id: adminToken } }, scope } })),
    )
    await fc.assert(
      fc.asyncProperty(target, token, scaffold, async ([method, path], who, body) => {
        const url = path
          .replace('DEMO', bench.demo.userId)
          .replace('ADMIN', bench.admin.userId)
          .replace('PROJECT', bench.demo.projectId)
        const sent = who === 'admin' ? adminToken : who === 'demo' ? demoToken : who
        const header = sent?.replaceAll(/[^\x20-\x7e]/g, '?')
        const reply = await ask(method, url, { body, ...(header === undefined ? {} : { token: header }) })
        expect([url, body, reply.status, reply.status < 500]).toEqual([url, body, reply.status, true])
      }),
      { numRuns: 400 },
    )
  })

  test('no path or query is answered with a 5xx', async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'v3',
        'users',
        'projects',
        'roles',
        'groups',
        'auth',
        'tokens',
        'role_assignments',
        'domains',
      ),
      fc.constantFrom('default', '%00', '..', '%2e%2e', 'a%2Fb', '%F0%9F%98%80'),
      fc.string({ maxLength: 8 }).map(encodeURIComponentSafely),
    )
    const query = fc.array(
      fc.tuple(
        fc.constantFrom(
          'name',
          'limit',
          'enabled',
          'user.id',
          'effective',
          'is_domain',
          'nocatalog',
          '__proto__',
          'domain_id',
        ),
        fc.string({ unit: 'binary', maxLength: 8 }).map(encodeURIComponentSafely),
      ),
      { maxLength: 4 },
    )
    const method = fc.constantFrom('GET', 'HEAD', 'PUT', 'DELETE')
    await fc.assert(
      fc.asyncProperty(method, fc.array(segment, { maxLength: 6 }), query, async (method, path, query) => {
        const url = `/${path.join('/')}?${query.map((pair) => pair.join('=')).join('&')}`
        // Administrators reach the most code; deleting what the other tests use is left to them.
        const response = await app.inject({
          method,
          url: `/identity/v3${url}`,
          headers: { 'x-auth-token': method === 'DELETE' ? demoToken : adminToken, 'x-subject-token': 'x' },
        })
        expect([method, url, response.statusCode < 500]).toEqual([method, url, true])
      }),
      { numRuns: 400 },
    )
  })
})

function encodeURIComponentSafely(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
