/**
 * What authentication and authorization promise, asked of every backend alike: `authSuite('ldap, posixAccount', open)`. A backend
 * takes part by a file of its own here (`db.test.ts`, `slapd.test.ts`, …) which opens a {@link AuthWorld}: the cast below in
 * place, and the few changes an administrator of that backend would make. Everything else is asked through the two ports.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { IdentityFace } from '../../src/auth/identity-face.ts'
import type { TokenVerifier } from '../../src/auth/verifier.ts'
import { Fault } from '../../src/model/errors.ts'

/** Each change below is tried on somebody of their own, so that the tests don't meet. */
export const people = [
  'alice',
  'bob',
  'carol',
  'dave',
  'mallory',
  'nina',
  'oscar',
  'peggy',
  'trent',
  'victor',
] as const
export type Person = (typeof people)[number]

/** Everybody's, so that a world can be built from the cast. */
export const passwordOf = (name: string): string => `${name}: über & (secret) \\2a`

/**
 * Who holds what. `through` names a group; everybody there is a member of it and holds the role by it alone. Worlds with
 * mapped groups map these, others assign the role to the group.
 */
export const held: readonly {
  readonly person: Person
  readonly role: 'admin' | 'member' | 'reader'
  readonly project: 'blue' | 'red'
  readonly through: 'blue-team' | 'red-readers' | null
}[] = [
  { person: 'alice', role: 'admin', project: 'blue', through: null },
  { person: 'bob', role: 'member', project: 'blue', through: 'blue-team' },
  { person: 'carol', role: 'reader', project: 'red', through: 'red-readers' },
  { person: 'dave', role: 'member', project: 'blue', through: null },
  { person: 'mallory', role: 'member', project: 'blue', through: null },
  { person: 'nina', role: 'member', project: 'blue', through: null },
  { person: 'oscar', role: 'member', project: 'blue', through: 'blue-team' },
  { person: 'peggy', role: 'member', project: 'blue', through: null },
  { person: 'trent', role: 'member', project: 'blue', through: null },
  { person: 'victor', role: 'member', project: 'blue', through: null },
]
export const projects = ['blue', 'red', 'service'] as const
export const groups = ['blue-team', 'red-readers'] as const

/** Role `service` in the project `service`; where people live in a directory it lives in the database. */
export const serviceAccount = 'manila'

export interface Credential {
  readonly id: string
  readonly secret: string
}

export interface AuthWorld {
  readonly verifier: TokenVerifier
  /** Null where another service is the identity. */
  readonly face: IdentityFace | null
  /** A token in `project`, or unscoped. Throws a `Fault`: `Unauthorized` for whatever is wrong with who it is. */
  login(name: string, password: string, project: string | null): Promise<string>
  loginBySecret(credential: Credential): Promise<string>
  /** Of this person in this project. `calls` = access rules `METHOD /path`. */
  makeCredential(
    person: Person,
    project: string,
    restrictions?: { readonly roles?: readonly string[]; readonly calls?: readonly string[] },
  ): Promise<Credential>
  /** Ends the token as its holder would. */
  revoke(token: string): Promise<void>
  /** In the backend, as its own administrator: behind the service's back where it has one. */
  readonly administrator: {
    disable(person: Person): Promise<void>
    remove(person: Person): Promise<void>
    leave(person: Person, group: string): Promise<void>
    setPassword(person: Person, password: string): Promise<void>
    /** Null where accounts have no second name. */
    rename(person: Person, name: string): Promise<void>
  }
  /** Until nothing that was cached before is believed any more. */
  age(): Promise<void>
  close(): Promise<void>
}

/** What a backend can't do by its nature; each is said in the name of the test that is left out. */
export interface Limits {
  /** A new password leaves no trace that could end tokens. */
  readonly passwordChangeUnseen?: boolean
}

const call = (method: string, path: string) => ({ method, path })

export function authSuite(name: string, open: () => Promise<AuthWorld>, limits: Limits = {}): void {
  describe(`auth: ${name}`, () => {
    let world: AuthWorld
    beforeAll(async () => {
      world = await open()
    }, 180_000)
    afterAll(() => world?.close())

    const login = (person: string, project: string | null = 'blue'): Promise<string> =>
      world.login(person, passwordOf(person), project)
    const verify = (token: string) => world.verifier.verify(token)
    const rolesOf = async (token: string): Promise<readonly string[] | null> =>
      (await verify(token))?.roles.toSorted() ?? null

    /** The code of the refusal. */
    async function refused(work: Promise<unknown>): Promise<string> {
      const error: unknown = await work.then(
        () => new Error('it was let in'),
        (reason: unknown) => reason,
      )
      if (!(error instanceof Fault)) throw error
      return error.code
    }

    describe('a login', () => {
      test('with the right password says who, where and with which roles, implied ones included', async () => {
        const identity = await verify(await login('alice'))
        expect(identity).toMatchObject({
          userName: 'alice',
          projectName: 'blue',
          scope: 'project',
          serviceRoles: [],
        })
        expect(identity?.roles.toSorted()).toEqual(['admin', 'manager', 'member', 'reader'])
        expect(identity?.userId).toMatch(/^[0-9a-f]{32,64}$/)
        expect(identity?.projectId).toMatch(/^[0-9a-f]{32}$/)
      })

      test('gets a role that a group has, and where the group has it only', async () => {
        expect(await rolesOf(await login('bob'))).toEqual(['member', 'reader'])
        expect(await rolesOf(await login('carol', 'red'))).toEqual(['reader'])
        expect(await refused(login('carol', 'blue'))).toBe('Unauthorized')
        expect(await refused(login('bob', 'red'))).toBe('Unauthorized')
      })

      test('is the same person each time', async () => {
        const [first, second] = [await verify(await login('alice')), await verify(await login('alice'))]
        expect(first?.userId).toBe(second?.userId)
      })

      test('without a project gets a token that is good for nothing here', async () => {
        expect(await verify(await login('bob', null))).toMatchObject({ scope: 'unscoped', roles: [] })
      })

      test.each([
        ['a wrong password', 'bob', 'wrong'],
        ['an empty password', 'bob', ''],
        ["somebody else's password", 'bob', passwordOf('alice')],
        ['a name that nobody has', 'nobody', passwordOf('nobody')],
        ['an empty password for a name that nobody has', 'nobody', ''],
        ['the right password of a disabled account', 'dave', passwordOf('dave')],
        ['a password with a NUL in it', 'bob', `${passwordOf('bob')}\0`],
        ['a NUL for a password', 'bob', '\0'],
      ])('with %s is refused', async (_what, person, password) => {
        expect(await refused(world.login(person, password, 'blue'))).toBe('Unauthorized')
      })

      test('to a project that is not there is refused', async () => {
        expect(await refused(login('bob', 'green'))).toBe('Unauthorized')
      })

      test.each([
        'bob)(uid=*',
        'bob)(|(uid=*',
        '*',
        'b*',
        'bo*b',
        '*)(uid=bob))(|(uid=*',
        'bob,ou=people',
        'uid=bob',
        'bob+cn=bob',
        'bob\\2a',
        'bob;drop',
        ' bob',
        '#bob',
        'bob"',
        "bob' or '1'='1",
        '\\62ob',
        'x'.repeat(255),
      ])('as %j is nobody', async (name) => {
        expect(await refused(world.login(name, passwordOf('bob'), 'blue'))).toBe('Unauthorized')
      })
    })

    describe('a token', () => {
      test('that was altered, cut or made up is nobody', async () => {
        const token = await login('bob')
        const half = Math.floor(token.length / 2)
        const flip = (at: number): string =>
          `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
        for (const forged of [flip(half), flip(3), token.slice(0, -4), 'a'.repeat(180), '', ' ', '../x']) {
          expect({ forged, is: await verify(forged) }).toEqual({ forged, is: null })
        }
        expect(await verify(token)).not.toBeNull()
      })

      test('that was revoked is nobody, others of the same person still somebody', async () => {
        const [gone, kept] = [await login('trent'), await login('trent')]
        expect(await verify(gone)).not.toBeNull()
        await world.revoke(gone)
        await world.age()
        expect(await verify(gone)).toBeNull()
        expect(await verify(kept)).not.toBeNull()
      })

      test('of a service vouches for its roles, one of a person for none', async () => {
        const service = await login(serviceAccount, 'service')
        expect(await world.verifier.verifyService(service)).toContain('service')
        const token = await login('bob')
        expect((await world.verifier.verifyService(token)) ?? []).not.toContain('service')
        const identity = await world.verifier.verify(token, {
          ...call('GET', '/v2/shares'),
          serviceToken: service,
        })
        expect(identity).toMatchObject({
          userName: 'bob',
          serviceRoles: expect.arrayContaining(['service']) as string[],
        })
        const forged = { ...call('GET', '/v2/shares'), serviceToken: 'forged' }
        expect(await world.verifier.verify(token, forged)).toBeNull()
      })
    })

    describe('an application credential', () => {
      test('stands for its owner, with the roles it was given and no more', async () => {
        const all = await verify(await world.loginBySecret(await world.makeCredential('alice', 'blue')))
        expect(all).toMatchObject({ userName: 'alice', projectName: 'blue' })
        expect(all?.roles).toContain('admin')
        const reader = await world.makeCredential('alice', 'blue', { roles: ['reader'] })
        expect(await rolesOf(await world.loginBySecret(reader))).toEqual(['reader'])
      })

      test('with a wrong secret is refused', async () => {
        const made = await world.makeCredential('alice', 'blue')
        expect(await refused(world.loginBySecret({ ...made, secret: `${made.secret}x` }))).toBe(
          'Unauthorized',
        )
        expect(await refused(world.loginBySecret({ ...made, secret: '' }))).toBe('Unauthorized')
      })

      test('does not go beyond its access rules', async () => {
        const made = await world.makeCredential('alice', 'blue', { calls: ['GET /v2/shares'] })
        const token = await world.loginBySecret(made)
        expect(await world.verifier.verify(token, call('GET', '/v2/shares'))).not.toBeNull()
        expect(await world.verifier.verify(token, call('POST', '/v2/shares'))).toBeNull()
        expect(await world.verifier.verify(token, call('GET', '/v2/shares/x'))).toBeNull()
      })
    })

    describe('what an administrator changes', () => {
      test('a disabled account loses its tokens, its application credentials and its login', async () => {
        const [token, made] = [await login('mallory'), await world.makeCredential('mallory', 'blue')]
        expect(await verify(token)).not.toBeNull()
        await world.administrator.disable('mallory')
        await world.age()
        expect(await verify(token)).toBeNull()
        expect(await refused(world.loginBySecret(made))).toBe('Unauthorized')
        expect(await refused(login('mallory'))).toBe('Unauthorized')
      })

      test('and so does one that is gone', async () => {
        const [token, made] = [await login('nina'), await world.makeCredential('nina', 'blue')]
        const bySecret = await world.loginBySecret(made)
        expect(await verify(bySecret)).not.toBeNull()
        await world.administrator.remove('nina')
        await world.age()
        expect(await verify(token)).toBeNull()
        expect(await verify(bySecret)).toBeNull()
        expect(await refused(world.loginBySecret(made))).toBe('Unauthorized')
        expect(await refused(login('nina'))).toBe('Unauthorized')
      })

      test('who leaves the group loses the role', async () => {
        const token = await login('oscar')
        expect(await rolesOf(token)).toEqual(['member', 'reader'])
        await world.administrator.leave('oscar', 'blue-team')
        await world.age()
        expect(await verify(token)).toBeNull()
        expect(await refused(login('oscar'))).toBe('Unauthorized')
        expect(await verify(await login('oscar', null))).not.toBeNull()
      })

      test('a new password is the only one', async () => {
        await login('peggy')
        await world.administrator.setPassword('peggy', 'another one')
        await world.age()
        expect(await refused(login('peggy'))).toBe('Unauthorized')
        expect(await verify(await world.login('peggy', 'another one', 'blue'))).not.toBeNull()
      })

      const unseen = limits.passwordChangeUnseen === true
      test(
        unseen ? 'tokens outlive a new password, which leaves no trace here' : 'and ends the tokens',
        async () => {
          const token = await login('trent')
          await world.administrator.setPassword('trent', 'yet another one')
          await world.age()
          if (unseen) expect(await verify(token)).not.toBeNull()
          else expect(await verify(token)).toBeNull()
        },
      )

      test('whoever is renamed stays the same, with what they hold', async () => {
        const before = await verify(await login('victor'))
        await world.administrator.rename('victor', 'victoria')
        await world.age()
        const after = await verify(await world.login('victoria', passwordOf('victor'), 'blue'))
        expect(after).toMatchObject({ userName: 'victoria', userId: before?.userId, roles: before?.roles })
        expect(await refused(login('victor'))).toBe('Unauthorized')
      })
    })
  })
}
