/**
 * What it costs to know who asks: checks of our own tokens (the signature, with what the database says, remembered), one login by
 * password and one by a private directory server, and tokens of a private real Keystone, asked about and remembered.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap, ensureAccount } from '../../src/auth/bootstrap.ts'
import { openSigningKeys } from '../../src/auth/keys.ts'
import { AuthManager } from '../../src/auth/manager.ts'
import { openKeystone } from '../../src/auth/open-keystone.ts'
import { newAuditId, TokenSigner, type Claims } from '../../src/auth/tokens.ts'
import type { TokenVerifier } from '../../src/auth/verifier.ts'
import { loadSettings } from '../../src/config/load.ts'
import { migrate, openStore } from '../../src/db/open.ts'
import { hasKeystone } from '../../tools/programs/keystone.ts'
import { hasSlapd } from '../../tools/programs/slapd.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { grantHeld } from '../auth/face-world.ts'
import { inProject, openCast } from '../auth/keystone-cast.ts'
import { groupOfNames } from '../auth/layouts.ts'
import { commonOptions, corp, openAuth, startLayout } from '../auth/ldap-world.ts'
import { passwordOf, serviceAccount } from '../auth/suite.ts'
import { figure, perSecond, spread, type Figure } from './report.ts'
import { timed } from './timing.ts'

/** Tokens that are all different; each is seen once. */
const tokens = 3000
/** Under way at once, as requests are. */
const atOnce = 16

export interface AuthFigures {
  readonly figures: Figure[]
  /** Checks of a signature that nobody has seen before, a second, in one process. */
  readonly signaturesPerSecond: number
}

export async function measureAuth(dir: string): Promise<AuthFigures> {
  mkdirSync(dir, { recursive: true })
  const own = await measureOwn(dir)
  return { ...own, figures: [...own.figures, ...(await measureDirectory()), ...(await measureKeystone())] }
}

async function measureOwn(dir: string): Promise<AuthFigures> {
  const store = await openStore(`sqlite:${join(dir, 'manila.db')}`)
  await migrate(store)
  const keyFile = join(dir, 'keys.json')
  const clock = systemClock()
  const auth = await AuthManager.open({ store, clock, keyFile })
  await bootstrap(auth, { password: 'of the administrator' })
  const password = 'of a member'
  const ann = await ensureAccount(auth, { userName: 'ann', projectName: 'blue', password, roles: ['member'] })
  const login = () =>
    auth.loginWithPassword({
      user: { id: ann.userId },
      password,
      address: '127.0.0.1',
      scope: { project: { id: ann.projectId } },
    })
  const { claims } = await login()
  const signer = new TokenSigner(await openSigningKeys(keyFile), keyFile)
  const different = await Promise.all(
    Array.from({ length: tokens }, () =>
      signer.sign({ ...claims, auditIds: [newAuditId()] } satisfies Claims),
    ),
  )
  const signatures = await each(different, async (token) => (await signer.read(token, clock.now())) !== null)
  const whole = await checks(auth, different)
  const again = await checks(auth, different)
  const logins = await timed(20, login)
  await store.close()
  return {
    signaturesPerSecond: (tokens * 1000) / signatures,
    figures: [
      figure('own tokens, the signature alone, none seen before', perSecond(tokens, signatures)),
      figure('own tokens, none seen before, with what SQLite says of each', perSecond(tokens, whole)),
      figure('own tokens, remembered', perSecond(tokens, again)),
      figure('one login by password, Argon2id', spread(logins)),
    ],
  }
}

async function measureDirectory(): Promise<Figure[]> {
  if (!hasSlapd()) return [figure('logins by LDAP', '', 'not measured: there is no slapd')]
  const layout = groupOfNames()
  const server = await startLayout(layout)
  const opened = await openAuth({ ...commonOptions([server.url]), ...layout.options })
  try {
    await grantHeld(opened.auth, corp, 'assigned')
    const login = () =>
      opened.auth.loginWithPassword({
        user: { name: 'bob', domain: { id: corp } },
        password: passwordOf('bob'),
        address: '127.0.0.1',
        scope: { project: { name: 'blue', domain: { id: corp } } },
      })
    const { token } = await login()
    const logins = await timed(200, login)
    // Each past what is remembered of user and groups; all within the hour that the token lasts.
    const asked = await timed(50, async () => {
      opened.clock.pass(61)
      if ((await opened.auth.verify(token)) === null) throw new Error('a good token was refused')
    })
    return [
      figure('one login by LDAP', spread(logins)),
      figure('one token of somebody in LDAP, of whom nothing is remembered', spread(asked)),
    ]
  } finally {
    await opened.close()
    await server.remove()
  }
}

async function measureKeystone(): Promise<Figure[]> {
  if (!hasKeystone())
    return [figure('tokens of a Keystone', '', 'not measured: there is no python3-keystone')]
  const cast = await openCast()
  try {
    const keystone = {
      auth_url: cast.keystone.url,
      username: serviceAccount,
      password: passwordOf(serviceAccount),
    }
    const { auth } = loadSettings({ defaults: { auth: { backend: 'keystone', keystone } } })
    const log = { info() {}, error() {} }
    const { verifier, client } = openKeystone(auth.keystone, { clock: systemClock(), log })
    const different: string[] = []
    const logins = await timed(40, async () => {
      different.push(await cast.login('bob', passwordOf('bob'), inProject('blue')))
    })
    // Our own login is not what is measured.
    await verifier.verify(different.pop() ?? '')
    const asked = await timed(different.length, (index) => verifier.verify(different[index] ?? ''))
    const remembered = Array.from({ length: tokens }, (_, i) => different[i % different.length] ?? '')
    const again = await checks(verifier, remembered)
    client.close()
    return [
      figure('one login at Keystone, as a client does', spread(logins)),
      figure('one token of Keystone, asked about', spread(asked)),
      figure('tokens of Keystone, remembered', perSecond(tokens, again)),
    ]
  } finally {
    await cast.keystone.remove()
  }
}

const checks = (verifier: TokenVerifier, all: readonly string[]): Promise<number> =>
  each(all, async (token) => (await verifier.verify(token)) !== null)

/** Milliseconds for all of them; throws when one is not good. */
async function each(all: readonly string[], isGood: (token: string) => Promise<boolean>): Promise<number> {
  const rest = all.values()
  const began = performance.now()
  const lane = async (): Promise<void> => {
    for (const token of rest) if (!(await isGood(token))) throw new Error('a good token was refused')
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  return performance.now() - began
}
