import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import type { CompiledQuery } from 'kysely'
import { CompactSign, generateKeyPair, importJWK, type JWK } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../model/errors.ts'
import type { IssuedToken, ScopeRequest } from './identity-face.ts'
import { AuthManager } from './manager.ts'
import { bootstrap, ensureAccount } from './bootstrap.ts'
import { openSigningKeys } from './keys.ts'
import { adminPassword, authBench, demoPassword, type AuthBench } from './parts.fixture.ts'

let bench: AuthBench
beforeEach(async () => {
  bench = await authBench()
})
afterEach(() => bench.close())

const login = (
  auth: AuthManager,
  {
    scope = 'default',
    password = demoPassword,
    address = '10.0.0.1',
  }: Partial<{
    scope: ScopeRequest
    password: string
    address: string
  }> = {},
): Promise<IssuedToken> =>
  auth.loginWithPassword({ user: { name: 'demo', domain: { name: 'Default' } }, password, address, scope })

const refusal = async (work: Promise<unknown>): Promise<Fault> => {
  const error = await work.then(
    () => null,
    (error: unknown) => error,
  )
  expect(error).toBeInstanceOf(Fault)
  return error as Fault
}

describe('a token', () => {
  test('says who, where and what they may do', async () => {
    const { token, claims } = await login(bench.auth)
    expect(await bench.auth.verify(token)).toEqual({
      userId: bench.demo.userId,
      userName: 'demo',
      userDomainId: 'default',
      projectId: bench.demo.projectId,
      projectName: 'demo',
      projectDomainId: 'default',
      roles: ['member', 'reader'],
      serviceRoles: [],
      scope: 'project',
      auditId: claims.auditIds[0],
      method: 'password',
      expiresAt: claims.expiresAt,
    })
    expect(bench.demo.userId).toMatch(/^[0-9a-f]{32}$/)
    expect(bench.demo.projectId).toMatch(/^[0-9a-f]{32}$/)
    expect(token.length).toBeLessThan(500)
  })

  test('holds neither roles nor names', async () => {
    const { token } = await login(bench.auth)
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()
    expect(Object.keys(JSON.parse(payload) as object).sort()).toEqual([
      'exp',
      'gen',
      'iat',
      'jti',
      'mth',
      'scp',
      'sub',
    ])
  })

  test('ends at its time, to the microsecond, also when it is cached', async () => {
    const { token, claims } = await login(bench.auth)
    expect(claims.expiresAt - claims.issuedAt).toBe(3_600_000_000)
    bench.clock.value = claims.expiresAt - 2
    expect(await bench.auth.verify(token)).not.toBeNull()
    bench.clock.value = claims.expiresAt - 1
    expect(await bench.auth.verify(token)).toBeNull()
  })

  test('costs no query within the window, and one reading for many at once', async () => {
    const { token } = await login(bench.auth)
    let queries = 0
    const executor = bench.store.db.getExecutor()
    const original = executor.executeQuery.bind(executor)
    executor.executeQuery = ((query: CompiledQuery) => {
      queries++
      return original(query)
    }) as typeof executor.executeQuery
    await Promise.all(Array.from({ length: 20 }, () => bench.auth.verify(token)))
    const first = queries
    expect(first).toBeGreaterThan(0)
    expect(first).toBeLessThan(12)
    for (let i = 0; i < 50; i++) expect(await bench.auth.verify(token)).not.toBeNull()
    expect(queries).toBe(first)
    bench.clock.pass(5)
    await bench.auth.verify(token)
    expect(queries).toBe(2 * first)
  })
})

describe('forgeries', () => {
  const parts = async () => {
    const { token, claims } = await login(bench.auth)
    const [header = '', payload = '', signature = ''] = token.split('.')
    return { token, claims, header, payload, signature }
  }
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const decode = (text: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>

  /** Another signature than the one given, whichever that is: one bit of a byte is turned. */
  const turned = (signature: string, at: number): string => {
    const bytes = Buffer.from(signature, 'base64url')
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    return bytes.toString('base64url')
  }

  test('altered in any part', async () => {
    const { header, payload, signature } = await parts()
    const other = encode({ ...decode(payload), sub: bench.admin.userId, scp: `p:${bench.admin.projectId}` })
    const kid = decode(header).kid
    for (const forged of [
      `${header}.${other}.${signature}`,
      `${encode({ ...decode(header), alg: 'none' })}.${payload}.`,
      `${encode({ alg: 'none', kid })}.${other}.`,
      `${encode({ alg: 'HS256', kid })}.${payload}.${signature}`,
      `${encode({ alg: 'ES256' })}.${payload}.${signature}`,
      `${encode({ alg: 'ES256', kid: '__proto__' })}.${payload}.${signature}`,
      `${encode({ ...decode(header), crit: ['x'], x: 1 })}.${payload}.${signature}`,
      `${header}.${payload}.`,
      ...[0, 31, 32, 63].map((at) => `${header}.${payload}.${turned(signature, at)}`),
      `${header}.${payload}`,
      `${header}.${payload}.${signature}.`,
      `${header}.${payload}.${signature}`.repeat(20),
      '',
      'x',
      '..',
      '\0',
    ]) {
      expect([forged, await bench.auth.verify(forged)]).toEqual([forged, null])
    }
  })

  test('signed by another key, also one that calls itself ours', async () => {
    const { header, payload } = await parts()
    const { privateKey } = await generateKeyPair('ES256')
    const forged = await new CompactSign(Buffer.from(payload, 'base64url'))
      .setProtectedHeader({ alg: 'ES256', kid: String(decode(header).kid) })
      .sign(privateKey)
    expect(await bench.auth.verify(forged)).toBeNull()
  })

  test('of another installation', async () => {
    const elsewhere = await authBench()
    const { token } = await login(elsewhere.auth)
    expect(await bench.auth.verify(token)).toBeNull()
    await elsewhere.close()
  })

  test('well signed but unreadable or from the future', async () => {
    const { header, payload } = await parts()
    const { keys } = JSON.parse(readFileSync(bench.keyFile, 'utf8')) as { keys: JWK[] }
    const key = await importJWK(keys[0] as JWK, 'ES256')
    const sign = (text: string): Promise<string> =>
      new CompactSign(Buffer.from(text))
        .setProtectedHeader({ alg: 'ES256', kid: String(decode(header).kid) })
        .sign(key)
    const claims = decode(payload)
    expect(await bench.auth.verify(await sign(JSON.stringify(claims)))).not.toBeNull()
    for (const text of [
      'no json',
      '{}',
      'null',
      JSON.stringify({ ...claims, exp: 'never' }),
      JSON.stringify({ ...claims, scp: 'x:1' }),
      JSON.stringify({ ...claims, iat: Number(claims.iat) + 1000, exp: Number(claims.exp) + 1000 }),
    ]) {
      expect([text, await bench.auth.verify(await sign(text))]).toEqual([text, null])
    }
  })
})

describe('what ends a token reaches every process within 5 s, and this one at once', () => {
  const endings: [string, (token: IssuedToken) => Promise<unknown>][] = [
    ['revocation', (token) => bench.auth.revoke(token)],
    ['a new password', () => bench.auth.directory.setPassword(bench.demo.userId, 'another one')],
    ['disabling the user', () => bench.auth.directory.updateUser(bench.demo.userId, { enabled: false })],
    [
      'disabling the project',
      () => bench.auth.directory.updateProject(bench.demo.projectId, { enabled: false }),
    ],
    ['deleting the user', () => bench.auth.directory.deleteUser(bench.demo.userId)],
    ['deleting the project', () => bench.auth.directory.deleteProject(bench.demo.projectId)],
    [
      'taking the role away',
      async () => {
        const role = await bench.auth.roles.find({ name: 'member' })
        await bench.auth.roles.take(
          role?.id ?? '',
          { type: 'user', id: bench.demo.userId },
          { type: 'project', id: bench.demo.projectId },
        )
      },
    ],
  ]
  test.each(endings)('%s', async (_name, end) => {
    const other = await bench.another()
    const issued = await login(bench.auth)
    const { token } = issued
    expect(await bench.auth.verify(token)).not.toBeNull()
    expect(await other.verify(token)).not.toBeNull()
    await end(issued)
    expect(await bench.auth.verify(token)).toBeNull()
    bench.clock.pass(4.9)
    await other.verify(token)
    bench.clock.pass(0.1)
    expect(await other.verify(token)).toBeNull()
  })

  test('a new role arrives as fast', async () => {
    const other = await bench.another()
    const { token } = await login(other)
    await other.verify(token)
    const role = await bench.auth.roles.find({ name: 'admin' })
    await bench.auth.roles.grant(
      role?.id ?? '',
      { type: 'user', id: bench.demo.userId },
      { type: 'project', id: bench.demo.projectId },
    )
    bench.clock.pass(5)
    expect((await other.verify(token))?.roles.toSorted()).toEqual(['admin', 'manager', 'member', 'reader'])
  })

  test('enabling a user again does not bring old tokens back', async () => {
    const { token } = await login(bench.auth)
    await bench.auth.directory.updateUser(bench.demo.userId, { enabled: false })
    await bench.auth.directory.updateUser(bench.demo.userId, { enabled: true })
    expect(await bench.auth.verify(token)).toBeNull()
    expect(await bench.auth.verify((await login(bench.auth)).token)).not.toBeNull()
  })

  test('a change during the reading is not hidden by it', async () => {
    const issued = await login(bench.auth)
    const reading = bench.auth.verify(issued.token)
    await bench.auth.revoke(issued)
    await reading
    expect(await bench.auth.verify(issued.token)).toBeNull()
  })

  test('revoking twice is once, and old revocations are forgotten', async () => {
    const issued = await login(bench.auth)
    await bench.auth.revoke(issued)
    await bench.auth.revoke(issued)
    const count = async (): Promise<number> =>
      (await bench.store.db.selectFrom('revoked_tokens').select('audit_id').execute()).length
    expect(await count()).toBe(1)
    bench.clock.pass(3 * 86_400)
    await bench.auth.revoke(await login(bench.auth))
    expect(await count()).toBe(1)
  })
})

describe('scope', () => {
  test('unscoped tokens have no roles; other projects are refused', async () => {
    const unscoped = await login(bench.auth, { scope: 'unscoped' })
    expect(await bench.auth.verify(unscoped.token)).toMatchObject({
      scope: 'unscoped',
      roles: [],
      projectId: '',
    })
    const scopes: ScopeRequest[] = [
      { project: { id: bench.admin.projectId } },
      { project: { name: 'admin', domain: { id: 'default' } } },
      { project: { name: 'none', domain: { id: 'default' } } },
      { project: { name: 'demo', domain: { name: 'Elsewhere' } } },
      { domain: { id: 'default' } },
      { system: 'all' },
    ]
    for (const scope of scopes) {
      expect((await refusal(login(bench.auth, { scope }))).code).toBe('Unauthorized')
      expect((await refusal(bench.auth.exchange(unscoped.token, scope))).code).toBe('Unauthorized')
    }
  })

  test('an exchanged token ends with the first, and names it', async () => {
    const first = await login(bench.auth, { scope: 'unscoped' })
    bench.clock.pass(100)
    const second = await bench.auth.exchange(first.token, {
      project: { name: 'demo', domain: { name: 'Default' } },
    })
    expect(second.claims.expiresAt).toBe(first.claims.expiresAt)
    expect(second.claims.auditIds[1]).toBe(first.claims.auditIds[0])
    expect(second.claims.methods).toEqual(['password', 'token'])
    const third = await bench.auth.exchange(second.token, 'unscoped')
    expect(third.claims.auditIds[1]).toBe(first.claims.auditIds[0])
  })

  test('a token revoked in another process leaves no child behind', async () => {
    const other = await bench.another()
    const issued = await login(bench.auth)
    await other.verify(issued.token)
    await bench.auth.revoke(issued)
    expect(await other.verify(issued.token)).not.toBeNull()
    expect((await refusal(other.exchange(issued.token, 'unscoped'))).code).toBe('Unauthorized')
  })

  test('a user of the same name in another domain is somebody else', async () => {
    const domain = await bench.auth.directory.createDomain({ name: 'Elsewhere' })
    const twin = await bench.auth.directory.createUser({
      name: 'demo',
      domainId: domain.id,
      password: 'twin',
    })
    const user = { name: 'demo', domain: { name: 'Elsewhere' } }
    const there = { user, address: '10.0.0.1', scope: 'default' } as const
    expect((await bench.auth.loginWithPassword({ ...there, password: 'twin' })).claims.userId).toBe(twin.id)
    expect((await refusal(bench.auth.loginWithPassword({ ...there, password: demoPassword }))).status).toBe(
      401,
    )
    const scope: ScopeRequest = { project: { id: bench.demo.projectId } }
    expect((await refusal(bench.auth.loginWithPassword({ ...there, password: 'twin', scope }))).status).toBe(
      401,
    )
  })

  test('roles come through groups', async () => {
    const { directory, roles } = bench.auth
    const user = await directory.createUser({ name: 'gina', domainId: 'default', password: 'pw' })
    const group = await directory.createGroup({ name: 'team', domainId: 'default' })
    const role = await roles.find({ name: 'reader' })
    const target = { type: 'project', id: bench.demo.projectId } as const
    await roles.grant(role?.id ?? '', { type: 'group', id: group.id }, target)
    const scoped = (): Promise<IssuedToken> =>
      bench.auth.loginWithPassword({
        user: { id: user.id },
        password: 'pw',
        address: '',
        scope: { project: { id: bench.demo.projectId } },
      })
    expect((await refusal(scoped())).status).toBe(401)
    await directory.addMember(group.id, user.id)
    await directory.addMember(group.id, user.id)
    const { token } = await scoped()
    expect((await bench.auth.verify(token))?.roles).toEqual(['reader'])
    await directory.removeMember(group.id, user.id)
    expect(await bench.auth.verify(token)).toBeNull()
  })
})

describe('application credentials', () => {
  const create = async (more: Partial<Parameters<AuthManager['credentials']['create']>[0]> = {}) => {
    const role = await bench.auth.roles.find({ name: 'member' })
    return bench.auth.credentials.create({
      userId: bench.demo.userId,
      projectId: bench.demo.projectId,
      name: 'robot',
      roles: [{ id: role?.id ?? '', name: 'member' }],
      ...more,
    })
  }
  const enter = (id: string, secret: string): Promise<IssuedToken> =>
    bench.auth.loginWithApplicationCredential({ ref: { id }, secret, address: '10.0.0.2' })

  test('stand for their owner in one project, and cannot be rescoped', async () => {
    const { row, secret } = await create()
    const { token } = await enter(row.id, secret)
    expect(await bench.auth.verify(token)).toMatchObject({ userName: 'demo', roles: ['member', 'reader'] })
    expect((await refusal(bench.auth.exchange(token, 'unscoped'))).status).toBe(403)
    const byName = await bench.auth.loginWithApplicationCredential({
      ref: { name: 'robot', user: { name: 'demo', domain: { id: 'default' } } },
      secret,
      address: '',
    })
    expect(byName.claims.applicationCredentialId).toBe(row.id)
    expect((await refusal(enter(row.id, 'wrong'))).status).toBe(401)
    expect((await refusal(enter('none', secret))).status).toBe(401)
    await bench.auth.credentials.delete(bench.demo.userId, row.id)
    expect(await bench.auth.verify(token)).toBeNull()
    expect((await refusal(enter(row.id, secret))).status).toBe(401)
  })

  test('hold no more than their owner has now', async () => {
    const admin = await bench.auth.roles.find({ name: 'admin' })
    const { row, secret } = await create({ roles: [{ id: admin?.id ?? '', name: 'admin' }] })
    expect((await refusal(enter(row.id, secret))).status).toBe(401)
  })

  test('and their tokens end at their time', async () => {
    const { row, secret } = await create({ expiresAt: bench.clock.value + 60_000_000 })
    const { token, claims } = await enter(row.id, secret)
    expect(claims.expiresAt).toBe(row.expires_at)
    bench.clock.pass(61)
    expect(await bench.auth.verify(token)).toBeNull()
    expect((await refusal(enter(row.id, secret))).status).toBe(401)
    expect((await refusal(create({ name: 'late', expiresAt: 1 }))).status).toBe(400)
  })

  test('with access rules allow those calls and no others', async () => {
    const { row, secret } = await create({
      accessRules: [
        { path: '/v2/shares/*', method: 'GET', service: 'sharev2' },
        { path: '/v2/{project}/snapshots/**', method: 'GET', service: 'shared-file-system' },
      ],
    })
    const { token } = await enter(row.id, secret)
    const may = async (method: string, path: string): Promise<boolean> =>
      (await bench.auth.verify(token, { method, path })) !== null
    expect(await may('GET', '/v2/shares/1')).toBe(true)
    expect(await may('GET', '/v2/p/snapshots/1/metadata')).toBe(true)
    expect(await may('DELETE', '/v2/shares/1')).toBe(false)
    expect(await may('GET', '/v2/shares')).toBe(false)
    expect(await may('GET', '/v2/shares/')).toBe(false)
    expect(await may('GET', '/v2/shares/..')).toBe(false)
    expect(await may('GET', '/v2/shares/1/export_locations')).toBe(false)
    expect(await may('GET', '/v2/p/snapshots/%2e%2e/shares')).toBe(false)
    expect(await bench.auth.verify(token)).toBeNull()
    expect(
      await bench.auth.verify(token, { method: 'GET', path: '/v2/shares/1', service: 'identity' }),
    ).toBeNull()
    expect(await bench.auth.verifyService(token)).toBeNull()
  })

  test('guessing a secret locks the credential', async () => {
    const { row, secret } = await create()
    for (let i = 0; i < 5; i++) await refusal(enter(row.id, 'wrong'))
    expect((await refusal(enter(row.id, secret))).status).toBe(429)
    expect((await login(bench.auth)).claims.userId).toBe(bench.demo.userId)
  })
})

test('a service token vouches for an expired user token, a user token does not', async () => {
  await ensureAccount(bench.auth, {
    userName: 'nova',
    projectName: 'service',
    password: 'n',
    roles: ['service'],
  })
  const user = await login(bench.auth)
  bench.clock.pass(3601)
  const nova = await bench.auth.loginWithPassword({
    user: { name: 'nova', domain: { id: 'default' } },
    password: 'n',
    address: '',
    scope: 'default',
  })
  const other = await login(bench.auth)
  const call = { method: 'GET', path: '/v2/shares' }
  expect(await bench.auth.verifyService(nova.token)).toEqual(['service'])
  expect(await bench.auth.verify(user.token, call)).toBeNull()
  expect(await bench.auth.verify(user.token, { ...call, serviceToken: nova.token })).toMatchObject({
    userName: 'demo',
    serviceRoles: ['service'],
  })
  expect(await bench.auth.verify(user.token, { ...call, serviceToken: other.token })).toBeNull()
  expect(await bench.auth.verify(other.token, { ...call, serviceToken: 'forged' })).toBeNull()
  bench.clock.pass(172_800)
  const later = await bench.auth.loginWithPassword({
    user: { name: 'nova', domain: { id: 'default' } },
    password: 'n',
    address: '',
    scope: 'default',
  })
  expect(await bench.auth.verify(user.token, { ...call, serviceToken: later.token })).toBeNull()
})

test('bootstrap again changes nothing, not even the password', async () => {
  const again = await bootstrap(bench.auth, { password: 'other' })
  expect(again).toEqual({ ...bench.admin, created: false })
  const admin = { name: 'admin', domain: { id: 'default' } }
  const issued = await bench.auth.loginWithPassword({
    user: admin,
    password: adminPassword,
    address: '',
    scope: 'default',
  })
  expect(issued.standing.identity.roles.toSorted()).toEqual(['admin', 'manager', 'member', 'reader'])
})

describe('the key file', () => {
  test('is private, and one that others read is refused', async () => {
    expect(statSync(bench.keyFile).mode & 0o777).toBe(0o600)
    chmodSync(bench.keyFile, 0o644)
    await expect(bench.another()).rejects.toThrow(/mode 0644.*chmod 600/)
    chmodSync(bench.keyFile, 0o600)
    writeFileSync(bench.keyFile, '{"keys": [{"d": "very secret"')
    const error = await bench.another().catch((error: unknown) => error as Error)
    expect(String(error)).toMatch(/not JSON/)
    expect(String(error)).not.toMatch(/very secret/)
  })

  test('made by ten processes at once is one file', async () => {
    const path = `${bench.keyFile}.fresh`
    const all = await Promise.all(Array.from({ length: 10 }, () => openSigningKeys(path)))
    expect(new Set(all.flatMap(({ signers }) => signers.map(({ kid }) => kid))).size).toBe(1)
  })
})
