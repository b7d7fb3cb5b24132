/** Attacks that turn a right into a larger one: another scope, an application credential's child, a header, calls beyond its rules. */
import type { AccessRule } from '../../../src/auth/access-rules.ts'
import type { Attack } from '../attack.ts'
import { counted, logIn, newAccount, send, type Account, type Reply } from './strangers.ts'
import type { ApiWorld } from './world.ts'

const tokenIn = ({ headers }: Reply): string => String(headers['x-subject-token'])

async function loggedIn(world: ApiWorld, { name }: Account, password: string, from: string): Promise<string> {
  return tokenIn(await logIn(world, { name }, password, { from }))
}

const authTokens = '/identity/v3/auth/tokens'

export const otherScopes: Attack<ApiWorld> = {
  name: 'another scope',
  tries:
    'asks for tokens of the victim’s project, the domain, the system and a trust, by password and by token',
  async run(world) {
    const from = '127.0.32.1'
    const { passwords, projectIds } = world
    const user = { name: 'attacker', domain: { id: 'default' }, password: passwords.attacker }
    const token = tokenIn(await logIn(world, { name: 'attacker' }, passwords.attacker, { from }))
    const scopes: object[] = [
      { project: { id: projectIds.victim } },
      { project: { name: 'victim', domain: { id: 'default' } } },
      { project: { name: 'admin', domain: { name: 'Default' } } },
      { domain: { id: 'default' } },
      { domain: { name: 'Default' } },
      { system: { all: true } },
      { 'OS-TRUST:trust': { id: world.userIds.victim } },
      { project: { id: projectIds.victim }, unscoped: {} },
      { project: { id: projectIds.attacker }, domain: { id: 'default' } },
      { project: { id: [projectIds.attacker, projectIds.victim] } },
    ]
    const identities = [
      { methods: ['password'], password: { user } },
      { methods: ['token'], token: { id: token } },
      { methods: ['token', 'password'], token: { id: token }, password: { user } },
      { methods: ['external'] },
    ]
    const replies: Reply[] = []
    const gained: string[] = []
    for (const scope of scopes)
      for (const identity of identities) {
        const body = { auth: { identity, scope } }
        const reply = await send(world, authTokens, { from, method: 'POST', body })
        replies.push(reply)
        if (reply.status !== 201) continue
        // What it got must be worth no more than what it had.
        const got = JSON.parse(reply.text).token as { project?: { id: string }; roles?: { name: string }[] }
        const isOwn = got.project === undefined || got.project.id === projectIds.attacker
        if (!isOwn || JSON.stringify(got).includes('"system"') || 'domain' in got)
          gained.push(JSON.stringify(scope))
        const looked = await send(world, `/v2/shares/${world.secret.id}`, {
          from,
          headers: { 'x-auth-token': tokenIn(reply) },
        })
        if (looked.status < 300) gained.push(`a look with ${JSON.stringify(scope)}`)
      }
    return {
      through: gained.length > 0,
      tried: `${replies.length} requests`,
      cameBack: `${counted(replies)}${gained.length > 0 ? `; ${gained.join(', ')}` : ''}`,
    }
  },
}

export const claimedIdentity: Attack<ApiWorld> = {
  name: 'an identity in the headers',
  tries: 'says who it is as a middleware would: X-Roles, X-Project-Id, X-Is-Admin-Project and their like',
  async run(world) {
    const from = '127.0.32.2'
    const { projectIds, userIds, passwords, secret } = world
    const token = tokenIn(await logIn(world, { name: 'attacker' }, passwords.attacker, { from }))
    const lies = {
      'x-identity-status': 'Confirmed',
      'x-user-id': userIds.admin,
      'x-user': userIds.admin,
      'x-project-id': projectIds.victim,
      'x-tenant-id': projectIds.victim,
      'x-tenant': projectIds.victim,
      'x-roles': 'admin',
      'x-role': 'admin',
      'x-is-admin-project': 'True',
      'x-service-identity-status': 'Confirmed',
      'x-service-roles': 'service,admin',
      'openstack-system-scope': 'all',
      'x-service-catalog': '[]',
      'x-remote-user': 'admin',
      remote_user: 'admin',
      authorization: 'Basic YWRtaW46YWRtaW4=',
      'x-storage-token': token,
    }
    const replies: Reply[] = []
    const mine: readonly Readonly<Record<string, string>>[] = [{ 'x-auth-token': token }, {}]
    for (const auth of mine)
      for (const path of [
        `/v2/shares/${secret.id}`,
        `/v2/${projectIds.victim}/shares`,
        '/v2/services',
        '/v2/share_instances',
        '/identity/v3/users',
        '/identity/v3/role_assignments',
      ])
        replies.push(
          await send(world, path, {
            from,
            headers: { 'x-openstack-manila-api-version': '2.99', ...lies, ...auth },
          }),
        )
    return {
      through: replies.some(({ status }) => status < 400),
      tried: `${replies.length} requests with ${Object.keys(lies).length} headers each`,
      cameBack: counted(replies),
    }
  },
}

/** A new application credential as its owner makes one over HTTP. */
async function credential(
  world: ApiWorld,
  as: { readonly userId: string; readonly token: string; readonly from: string },
  wanted: object,
): Promise<Reply> {
  return send(world, `/identity/v3/users/${as.userId}/application_credentials`, {
    from: as.from,
    method: 'POST',
    headers: { 'x-auth-token': as.token },
    body: { application_credential: wanted },
  })
}

async function tokenBy(world: ApiWorld, made: Reply, from: string): Promise<string> {
  const { id, secret } = JSON.parse(made.text).application_credential as { id: string; secret: string }
  const identity = { methods: ['application_credential'], application_credential: { id, secret } }
  const reply = await send(world, authTokens, { from, method: 'POST', body: { auth: { identity } } })
  if (reply.status !== 201) throw new Error(`a credential does not log in: ${reply.status} ${reply.text}`)
  return tokenIn(reply)
}

export const credentialsOfCredentials: Attack<ApiWorld> = {
  name: 'a credential that makes another',
  tries:
    'has an application credential make, unmake and widen credentials, be exchanged for other scopes, change its roles',
  async run(world) {
    const from = '127.0.32.3'
    const account = await newAccount(world, 'with-credentials', ['member'])
    const { userId } = account
    const token = await loggedIn(world, account, account.password, from)
    const made = await credential(
      world,
      { userId, token, from },
      { name: 'first', roles: [{ name: 'reader' }] },
    )
    const free = await credential(
      world,
      { userId, token, from },
      { name: 'free', roles: [{ name: 'reader' }], unrestricted: true },
    )
    const ruled = await credential(
      world,
      { userId, token, from },
      {
        name: 'ruled',
        unrestricted: true,
        access_rules: [
          {
            path: `/v3/users/${userId}/application_credentials`,
            method: 'POST',
            service: 'identity',
          },
        ],
      },
    )
    const restricted = await tokenBy(world, made, from)
    const unrestricted = await tokenBy(world, free, from)
    const limited = await tokenBy(world, ruled, from)
    const id = JSON.parse(made.text).application_credential.id as string
    const as = (of: string) => ({ userId, token: of, from })
    const exchange = (of: string, scope?: object): Promise<Reply> =>
      send(world, authTokens, {
        from,
        method: 'POST',
        body: { auth: { identity: { methods: ['token'], token: { id: of } }, ...(scope && { scope }) } },
      })
    const replies = [
      // The restricted one makes and unmakes nothing.
      await credential(world, as(restricted), { name: 'child' }),
      await credential(world, as(restricted), { name: 'child', unrestricted: true }),
      await send(world, `/identity/v3/users/${userId}/application_credentials/${id}`, {
        from,
        method: 'DELETE',
        headers: { 'x-auth-token': restricted },
      }),
      // The unrestricted one gives no more than it has, and none to others.
      await credential(world, as(unrestricted), { name: 'more', roles: [{ name: 'member' }] }),
      await credential(world, as(unrestricted), { name: 'most', roles: [{ name: 'admin' }] }),
      await credential(
        world,
        { userId: world.userIds.victim, token: unrestricted, from },
        { name: 'for another' },
      ),
      await credential(world, { userId: world.userIds.victim, token, from }, { name: 'for another' }),
      // The one that may only make credentials makes none that may more.
      await credential(world, as(limited), { name: 'wider' }),
      await credential(world, as(limited), { name: 'wider', access_rules: [] }),
      // None is exchanged for another token.
      ...(await Promise.all(
        [restricted, unrestricted, limited].flatMap((of) => [
          exchange(of),
          exchange(of, { project: { id: world.projectIds.victim } }),
          exchange(of, { domain: { id: 'default' } }),
          exchange(of, { system: { all: true } }),
        ]),
      )),
      // And a reader's writes nothing.
      await send(world, '/v2/shares', {
        from,
        method: 'POST',
        headers: { 'x-auth-token': unrestricted, 'x-openstack-manila-api-version': '2.99' },
        body: { share: { share_proto: 'NFS', size: 1 } },
      }),
    ]
    return {
      through:
        [made, free, ruled].some(({ status }) => status !== 201) || replies.some((r) => r.status < 400),
      tried: `3 credentials, ${replies.length} requests`,
      cameBack: counted(replies),
    }
  },
}

export const beyondTheRules: Attack<ApiWorld> = {
  name: 'beyond the access rules',
  tries: 'does with a credential that may only list shares whatever else there is, and bends the request',
  async run(world) {
    const from = '127.0.32.4'
    const account = await newAccount(world, 'ruled')
    const token = await loggedIn(world, account, account.password, from)
    const rule: Omit<AccessRule, 'id'> = { path: '/v2/shares', method: 'GET', service: 'shared-file-system' }
    const made = await credential(
      world,
      { userId: account.userId, token, from },
      { name: 'lists', access_rules: [rule] },
    )
    const limited = await tokenBy(world, made, from)
    const headers = { 'x-auth-token': limited, 'x-openstack-manila-api-version': '2.99' }
    const allowed = await send(world, '/v2/shares', { from, headers })
    const id = world.secret.id
    const bodies = { share: { share_proto: 'NFS', size: 1 } }
    const tries: [method: string, path: string, body?: unknown, more?: Record<string, string>][] = [
      ['GET', '/v2/shares/detail'],
      ['GET', `/v2/shares/${id}`],
      ['GET', `/v2/shares/${id}/metadata`],
      ['GET', '/v2/snapshots'],
      ['GET', '/v2/quota-sets/x'],
      ['GET', '/v2'],
      ['POST', '/v2/shares', bodies],
      ['PUT', `/v2/shares/${id}`, { share: { display_name: 'x' } }],
      ['DELETE', `/v2/shares/${id}`],
      ['POST', `/v2/shares/${id}/action`, { extend: { new_size: 9 } }],
      // The method is the request's own.
      ['POST', '/v2/shares', bodies, { 'x-http-method-override': 'GET' }],
      ['POST', '/v2/shares?_method=GET', bodies, { 'x-http-method': 'GET', 'x-method-override': 'GET' }],
      [
        'GET',
        '/v2/shares/detail',
        undefined,
        { 'x-original-url': '/v2/shares', 'x-rewrite-url': '/v2/shares' },
      ],
      ['GET', '/v2/shares/../shares/detail'],
      ['GET', '/v2/shares/%64etail'],
      ['GET', '/v2/shares%2fdetail'],
      ['GET', 'http://x/v2/shares/detail?/v2/shares'],
      ['GET', '/v2/shares/detail?x=/v2/shares'],
      ['GET', '/v2/shares/detail#/v2/shares'],
      // Another service's door.
      ['GET', '/identity/v3/auth/catalog'],
      ['GET', `/identity/v3/users/${account.userId}`],
      ['GET', '/identity/v3/projects'],
      ['GET', '/identity/v2/shares'],
      ['GET', '/identity/v3/auth/tokens', undefined, { 'x-subject-token': limited }],
      // As the word of a service.
      ['GET', '/v2/shares', undefined, { 'x-auth-token': token, 'x-service-token': limited }],
    ]
    const replies: Reply[] = []
    for (const [method, path, body, more = {}] of tries)
      replies.push(
        await send(world, path, {
          from,
          method,
          headers: { ...headers, ...more },
          ...(body === undefined ? {} : { body }),
        }),
      )
    return {
      through: allowed.status !== 200 || replies.some(({ status }) => status < 400 || status >= 500),
      tried: `${tries.length} requests`,
      cameBack: `${counted(replies)}; the list itself: ${allowed.status}`,
    }
  },
}
