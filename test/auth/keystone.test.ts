/** The suite on tokens of a private real Keystone, and what only a Keystone has: its outages, service tokens, scopes. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openKeystone } from '../../src/auth/open-keystone.ts'
import { loadSettings } from '../../src/config/load.ts'
import { hasKeystone } from '../../tools/programs/keystone.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { until } from '../faults/world.ts'
import { administratorOf, inProject, nextSecond, openCast, type Cast } from './keystone-cast.ts'
import { authSuite, passwordOf, serviceAccount, type AuthWorld } from './suite.ts'

const silent = { info() {}, error() {} }

/** A verifier beside the cast, whose clock can be put forward. */
function verifierOf(cast: Cast, options: Readonly<Record<string, unknown>> = {}) {
  const real = systemClock()
  let ahead = 0
  const clock = { now: () => real.now() + ahead }
  const keystone = {
    auth_url: cast.keystone.url,
    username: serviceAccount,
    password: passwordOf(serviceAccount),
    ...options,
  }
  const { auth } = loadSettings({ defaults: { auth: { backend: 'keystone', keystone } } })
  const opened = openKeystone(auth.keystone, { clock, log: silent })
  return { ...opened, pass: (seconds: number) => void (ahead += seconds * 1_000_000) }
}

let cast: Cast

async function keystoneWorld(): Promise<AuthWorld> {
  const { verifier, client, pass } = verifierOf(cast)
  return {
    verifier,
    face: null,
    login: (name, password, project) =>
      cast.login(name, password, project === null ? 'unscoped' : inProject(project)),
    loginBySecret: cast.loginBySecret,
    makeCredential: cast.makeCredential,
    revoke: cast.revoke,
    administrator: administratorOf(cast),
    age: async () => pass(61),
    async close() {
      client.close()
    },
  }
}

describe.skipIf(!hasKeystone())('on a private server (python3-keystone)', () => {
  beforeAll(async () => {
    cast = await openCast()
  }, 180_000)
  afterAll(() => cast?.keystone.remove())

  const alice = () => cast.login('alice', passwordOf('alice'), inProject('blue'))
  const call = { method: 'GET', path: '/v2/shares' }

  // Before the suite: on SQLite a Keystone that has deleted credentials trips over the rules it left of them.
  describe('auth: keystone, of its own', () => {
    test('a revoked token goes on for the age at most, and not a moment where there is none', async () => {
      const [aged, ageless] = [verifierOf(cast), verifierOf(cast, { token_cache_time_s: 0 })]
      const token = await alice()
      for (const { verifier } of [aged, ageless]) expect(await verifier.verify(token)).not.toBeNull()
      await cast.revoke(token)
      expect(await ageless.verifier.verify(token)).toBeNull()
      expect(await aged.verifier.verify(token)).not.toBeNull()
      aged.pass(61)
      expect(await aged.verifier.verify(token)).toBeNull()
      for (const { client } of [aged, ageless]) client.close()
    })

    test('a new password of ours, and keys that were rotated away, are met with a new login', async () => {
      const { verifier, client } = verifierOf(cast, { token_cache_time_s: 0 })
      expect(await verifier.verify(await alice())).not.toBeNull()
      // Ends every token of the account.
      const id = cast.idOf('users', serviceAccount)
      await cast.keystone.admin('PATCH', `/users/${id}`, { user: { password: passwordOf(serviceAccount) } })
      await nextSecond()
      expect(await verifier.verify(await alice())).not.toBeNull()
      client.close()
    })

    test('an account that may not check tokens gets 503 for everybody, never a refusal', async () => {
      const { verifier, client } = verifierOf(cast, {
        username: 'bob',
        password: passwordOf('bob'),
        project_name: 'blue',
      })
      await expect(verifier.verify(await alice())).rejects.toMatchObject({ code: 'Unavailable' })
      client.close()
    })

    test('rules with wildcards and a project in the path', async () => {
      const { verifier, client } = verifierOf(cast)
      const mayWith = async (rule: string, paths: readonly string[]): Promise<boolean[]> => {
        const token = await cast.loginBySecret(await cast.makeCredential('alice', 'blue', { calls: [rule] }))
        return Promise.all(
          paths.map(async (path) => {
            const pathIn = (project: string): string => path.replace('/v2', `/v2/${project}`)
            return (await verifier.verify(token, { ...call, path, pathIn })) !== null
          }),
        )
      }
      const below = ['/v2/shares/x/metadata', '/v2/shares', '/v2/snapshots/x']
      expect(await mayWith('GET /v2/{project_id}/shares/** sharev2', below)).toEqual([true, false, false])
      expect(await mayWith('GET /v2/types/*', ['/v2/types/default', '/v2/types'])).toEqual([true, false])
      client.close()
    })
  })

  authSuite('keystone', keystoneWorld)

  describe('auth: keystone, at the end', () => {
    test('an expired token is nobody, and somebody in the hands of a service', async () => {
      const { verifier, client } = verifierOf(cast)
      const service = await cast.login(serviceAccount, passwordOf(serviceAccount), inProject('service'))
      await cast.keystone.restartWithLifetime(8)
      const token = await alice()
      expect(await verifier.verify(token)).not.toBeNull()
      await until('its end', 30_000, async () => (await verifier.verify(token)) === null)
      expect(await verifier.verify(token, { ...call, serviceToken: service })).toMatchObject({
        userName: 'alice',
        serviceRoles: ['service'],
      })
      client.close()
    })
  })
})
