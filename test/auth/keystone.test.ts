/** The suite on tokens of a private real Keystone, and what only a Keystone has: its outages, service tokens, scopes. */
import { describe } from 'vitest'
import { openKeystone } from '../../src/auth/open-keystone.ts'
import { loadSettings } from '../../src/config/load.ts'
import { hasKeystone } from '../../src/parts/keystone.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { administratorOf, inProject, openCast, type Cast } from './keystone-cast.ts'
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

async function keystoneWorld(): Promise<AuthWorld> {
  const cast = await openCast()
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
      await cast.keystone.remove()
    },
  }
}

describe.skipIf(!hasKeystone())('on a private server (python3-keystone)', () => {
  authSuite('keystone', keystoneWorld)
})
