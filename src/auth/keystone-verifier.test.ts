import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Fault } from '../model/errors.ts'
import { KeystoneVerifier, type KeystoneVerifierOptions } from './keystone-verifier.ts'

const start = Date.parse('2026-11-27T12:00:00Z') * 1000

/** A Keystone that knows the tokens of `tokens`, and counts what it is asked. */
function bench(options: Partial<KeystoneVerifierOptions> = {}) {
  let now = start
  const asked: { token: string; allowExpired: boolean }[] = []
  const tokens = new Map<string, unknown>()
  let answer: 'answers' | 'is away' | 'waits' = 'answers'
  const waiting: (() => void)[] = []
  const verifier = new KeystoneVerifier({
    source: {
      async validate(token, { allowExpired }) {
        asked.push({ token, allowExpired })
        if (answer === 'is away') throw new Error('nobody there')
        if (answer === 'waits') await new Promise<void>((resolve) => waiting.push(resolve))
        return tokens.get(allowExpired ? `${token} expired` : token) ?? tokens.get(token) ?? null
      },
    },
    clock: { now: () => now },
    authenticateUri: 'https://keystone.example/v3',
    cacheS: 60,
    invalidCacheS: 5,
    serviceType: 'shared-file-system',
    serviceTokenRoles: ['service'],
    serviceTokenRolesRequired: true,
    ...options,
  })
  return {
    verifier,
    tokens,
    asked,
    pass: (seconds: number) => void (now += seconds * 1_000_000),
    keystone: (state: typeof answer) => void (answer = state),
    letGo: () => waiting.splice(0).forEach((go) => go()),
  }
}

function token(name: string, more: object = {}): object {
  const domain = { id: 'd1', name: 'People' }
  return {
    methods: ['password'],
    user: { id: `id-${name}`, name, domain, password_expires_at: null },
    audit_ids: ['audit', 'parent'],
    issued_at: '2026-11-27T12:00:00.000000Z',
    expires_at: '2026-11-27T13:00:00.000000Z',
    project: { id: 'p1', name: 'blue', domain: { id: 'd2', name: 'Projects' } },
    is_domain: false,
    roles: [
      { id: 'r1', name: 'Member' },
      { id: 'r2', name: 'reader' },
    ],
    ...more,
  }
}
const unscoped = { project: undefined, roles: undefined }

const unavailable = async (work: Promise<unknown>): Promise<Fault> => {
  const error: unknown = await work.catch((reason: unknown) => reason)
  if (!(error instanceof Fault) || error.code !== 'Unavailable') throw new Error('no 503', { cause: error })
  return error
}

describe('what Keystone says of a token', () => {
  test('becomes who asks', async () => {
    const { verifier, tokens } = bench()
    tokens.set('t', token('ann'))
    expect(await verifier.verify('t')).toEqual({
      userId: 'id-ann',
      userName: 'ann',
      userDomainId: 'd1',
      projectId: 'p1',
      projectName: 'blue',
      projectDomainId: 'd2',
      roles: ['member', 'reader'],
      serviceRoles: [],
      scope: 'project',
      auditId: 'audit',
      method: 'keystone/password',
      expiresAt: start + 3600 * 1_000_000,
    })
  })

  test.each([
    ['unscoped', unscoped],
    ['domain', { project: undefined, domain: { id: 'd', name: 'D' } }],
    ['system', { project: undefined, system: { all: true } }],
  ])('has the scope %s', async (scope, more) => {
    const { verifier, tokens } = bench()
    tokens.set('t', token('ann', more))
    expect(await verifier.verify('t')).toMatchObject({ scope, projectId: '' })
  })

  test.each([
    ['no user', { user: undefined }],
    ['a user without an id', { user: { id: '', name: 'x' } }],
    ['no end', { expires_at: undefined }],
    ['an end that is no time', { expires_at: 'soon' }],
    ['roles that are text', { roles: 'admin' }],
    ['access rules that are text', { application_credential: { access_rules: 'all' } }],
  ])('with %s is no answer: 503, and asked again', async (_what, more) => {
    const { verifier, tokens, asked } = bench()
    tokens.set('t', token('ann', more))
    await unavailable(verifier.verify('t'))
    await unavailable(verifier.verify('t'))
    expect(asked).toHaveLength(2)
  })
})

describe('what was said', () => {
  test('is believed for the age and no longer; a revoked token goes on for that time at most', async () => {
    const { verifier, tokens, asked, pass } = bench()
    tokens.set('t', token('ann'))
    await verifier.verify('t')
    tokens.delete('t')
    pass(59.9)
    expect(await verifier.verify('t')).not.toBeNull()
    expect(asked).toHaveLength(1)
    pass(0.2)
    expect(await verifier.verify('t')).toBeNull()
    expect(asked).toHaveLength(2)
  })

  test('is never believed beyond the end of the token', async () => {
    const { verifier, tokens, asked, pass } = bench({ cacheS: 3600 })
    tokens.set('t', token('ann', { expires_at: '2026-11-27T12:00:30Z' }))
    expect(await verifier.verify('t')).not.toBeNull()
    pass(31)
    expect(await verifier.verify('t')).toBeNull()
    expect(asked).toHaveLength(1)
  })

  test('of a bad token is believed for a shorter time', async () => {
    const { verifier, tokens, asked, pass } = bench()
    expect(await verifier.verify('t')).toBeNull()
    pass(4)
    expect(await verifier.verify('t')).toBeNull()
    expect(asked).toHaveLength(1)
    tokens.set('t', token('ann'))
    pass(2)
    expect(await verifier.verify('t')).not.toBeNull()
  })

  test('is believed while Keystone is away; past the age nothing is guessed', async () => {
    const { verifier, tokens, pass, keystone } = bench()
    tokens.set('t', token('ann'))
    await verifier.verify('t')
    keystone('is away')
    pass(59)
    expect(await verifier.verify('t')).toMatchObject({ userName: 'ann' })
    pass(2)
    const { status, detail } = await unavailable(verifier.verify('t'))
    expect([status, detail.retryAfterS]).toEqual([503, 2])
    await unavailable(verifier.verify('another'))
    keystone('answers')
    expect(await verifier.verify('t')).toMatchObject({ userName: 'ann' })
  })

  test('is asked once for all who come at once', async () => {
    const { verifier, tokens, asked, keystone, letGo } = bench()
    tokens.set('t', token('ann'))
    keystone('waits')
    const all = Array.from({ length: 50 }, () => verifier.verify('t'))
    await Promise.resolve()
    letGo()
    expect((await Promise.all(all)).every((identity) => identity?.userName === 'ann')).toBe(true)
    expect(asked).toHaveLength(1)
  })

  test('is asked every time with an age of 0', async () => {
    const { verifier, tokens, asked } = bench({ cacheS: 0 })
    tokens.set('t', token('ann'))
    await verifier.verify('t')
    await verifier.verify('t')
    expect(asked).toHaveLength(2)
  })

  test('of good tokens is not pushed out by made-up ones', async () => {
    const { verifier, tokens, asked } = bench()
    tokens.set('t', token('ann'))
    await verifier.verify('t')
    for (let i = 0; i < 10_100; i++) await verifier.verify(`forged-${i}`)
    asked.length = 0
    await verifier.verify('t')
    expect(asked).toEqual([])
  }, 60_000)

  test('whatever may not be in a header is nobody, and nobody is asked', async () => {
    const { verifier, asked } = bench()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        fc.pre(!/^[\x21-\x7e]+$/.test(text))
        expect(await verifier.verify(text)).toBeNull()
      }),
    )
    expect(await verifier.verify('x'.repeat(20_000))).toBeNull()
    expect(asked).toEqual([])
  })
})

describe('a service that comes for a user', () => {
  const call = { method: 'GET', path: '/v2/shares', serviceToken: 's' }
  const nova = token('nova', { roles: [{ name: 'service' }] })

  test('vouches with its roles, and may bring a token that expired meanwhile', async () => {
    const { verifier, tokens, asked, pass } = bench()
    tokens.set('s', nova)
    tokens.set('t expired', token('ann', { expires_at: '2026-11-27T11:00:00Z' }))
    expect(await verifier.verify('t')).toBeNull()
    expect(await verifier.verify('t', call)).toMatchObject({ userName: 'ann', serviceRoles: ['service'] })
    expect(asked.at(-1)).toEqual({ token: 't', allowExpired: true })
    // Without it the token stays what it is.
    expect(await verifier.verify('t')).toBeNull()
    pass(6)
    expect(await verifier.verify('t')).toBeNull()
  })

  test('without such a role is refused; where none is required it vouches, and for nothing expired', async () => {
    const member = token('glance')
    const strict = bench()
    strict.tokens.set('s', member)
    strict.tokens.set('t', token('ann'))
    expect(await strict.verifier.verify('t', call)).toBeNull()
    const lax = bench({ serviceTokenRolesRequired: false })
    lax.tokens.set('s', member)
    lax.tokens.set('t', token('ann'))
    lax.tokens.set('u expired', token('ben', { expires_at: '2026-11-27T11:00:00Z' }))
    expect(await lax.verifier.verify('t', call)).toMatchObject({ serviceRoles: ['member', 'reader'] })
    expect(await lax.verifier.verify('u', call)).toBeNull()
    expect(lax.asked.some(({ allowExpired }) => allowExpired)).toBe(false)
  })

  test.each([
    ['a forged token', undefined],
    ['an unscoped one', token('nova', { ...unscoped, roles: [{ name: 'service' }] })],
    [
      'one on the system',
      token('nova', { project: undefined, system: { all: true }, roles: [{ name: 'service' }] }),
    ],
    ['one of a limited credential', { ...nova, application_credential: { access_rules: [] } }],
    ['an expired one', { ...nova, expires_at: '2026-11-27T11:59:59Z' }],
  ])('with %s vouches for nobody', async (_what, body) => {
    const { verifier, tokens } = bench()
    if (body !== undefined) tokens.set('s', body)
    tokens.set('t', token('ann'))
    expect(await verifier.verify('t', call)).toBeNull()
  })
})

describe('the access rules of an application credential', () => {
  const limited = (...rules: (readonly [string, string, string])[]) =>
    token('ann', {
      application_credential: {
        id: 'c',
        name: 'c',
        restricted: true,
        access_rules: rules.map(([service, method, path]) => ({ id: 'x', service, method, path })),
      },
    })
  const may = async (
    rule: readonly [string, string, string],
    method: string,
    path: string,
    options: Partial<KeystoneVerifierOptions> = {},
  ): Promise<boolean> => {
    const { verifier, tokens } = bench(options)
    tokens.set('t', limited(rule))
    const pathIn = (project: string): string => path.replace('/v2', `/v2/${project}`)
    return (await verifier.verify('t', { method, path, pathIn })) !== null
  }

  test.each(['shared-file-system', 'sharev2', 'share'])('hold for the service %s', async (service) => {
    expect(await may([service, 'GET', '/v2/shares'], 'GET', '/v2/shares')).toBe(true)
    expect(await may([service, 'GET', '/v2/shares'], 'DELETE', '/v2/shares')).toBe(false)
    expect(await may([service, 'GET', '/v2/p1/shares'], 'GET', '/v2/shares')).toBe(true)
    expect(await may([service, 'GET', '/v2/p2/shares'], 'GET', '/v2/shares')).toBe(false)
  })

  test('of another service allow nothing here, unless it is what we are called', async () => {
    const rule = ['compute', 'GET', '/v2/shares'] as const
    expect(await may(rule, 'GET', '/v2/shares')).toBe(false)
    expect(await may(['nas', 'GET', '/v2/shares'], 'GET', '/v2/shares', { serviceType: 'nas' })).toBe(true)
  })

  test('that are none allow nothing, and nothing is allowed where no call is named', async () => {
    const { verifier, tokens } = bench()
    tokens.set('t', limited())
    expect(await verifier.verify('t', { method: 'GET', path: '/v2/shares' })).toBeNull()
    expect(await verifier.verify('t')).toBeNull()
  })
})
