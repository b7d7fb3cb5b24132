/** Builds what authenticates, as the configuration says. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Settings } from '../config/schema.ts'
import type { KeystoneLog } from '../clients/keystone.ts'
import type { Store } from '../db/open.ts'
import type { PasswordRules } from '../model/password-rules.ts'
import type { Clock } from '../runtime/clock.ts'
import type { DirectoryDomain } from './backends/by-domain.ts'
import { ldapOptions } from './backends/ldap/options.ts'
import { defaultDomainId } from './bootstrap.ts'
import type { IdentityFace } from './identity-face.ts'
import { AuthManager } from './manager.ts'
import { Gate } from './gate.ts'
import { InFlight } from './in-flight.ts'
import { keystoneDesk } from './keystone-desk.ts'
import { faceDesk, type LoginDesk } from './login-desk.ts'
import { defaultLimits, LoginGuard, type LoginLimits } from './login-guard.ts'
import { openKeystone } from './open-keystone.ts'
import { argon2Hasher, type Cost } from './passwords.ts'
import type { TokenVerifier } from './verifier.ts'

export interface Authentication {
  readonly verifier: TokenVerifier
  /** Null where accounts are administered elsewhere. */
  readonly face: IdentityFace | null
  /** Where people with a browser log in. */
  readonly desk: LoginDesk
  /** Ends connections to other services. */
  close(): void
}

export interface AuthenticationParts {
  readonly store: Store
  readonly clock: Clock
  /** What is wrong with a directory or with Keystone. */
  readonly log?: KeystoneLog
}

/** Throws a sentence when it can't be built; nothing of other services is waited for. */
export async function openAuthentication(
  settings: Settings,
  { store, clock, log = silent }: AuthenticationParts,
): Promise<Authentication> {
  const { auth } = settings
  if (auth.backend === 'keystone') {
    const { verifier, client } = openKeystone(auth.keystone, { clock, log })
    const limits = {
      guard: new LoginGuard(store, clock, guardLimits(auth)),
      gate: new Gate(elsewhere),
      inFlight: new InFlight({ perName: 40, perAddress: 64 }),
    }
    const desk = keystoneDesk({ client, clock, limits, serviceType: auth.keystone.service_type })
    return { verifier, face: null, desk, close: () => client.close() }
  }
  mkdirSync(dirname(auth.key_file), { recursive: true, mode: 0o700 })
  const manager = await AuthManager.open({
    store,
    clock,
    keyFile: auth.key_file,
    tokenLifetimeS: auth.token_lifetime_s,
    limits: loginLimits(auth),
    tokensPerMinute: auth.tokens_per_minute,
    allowRescope: auth.allow_rescope,
    passwordRules: passwordRulesOf(auth.passwords),
    hasher: argon2Hasher(costOf(auth.passwords)),
    directories: directoriesOf(auth),
    trouble: (message, domain) => log.error({ domain }, `directory: ${message}`),
  })
  return { verifier: manager, face: manager, desk: faceDesk(manager), close: () => manager.close() }
}

/** Logins that a Keystone judges: they wait for it and cost nothing here. */
const elsewhere = { slots: 16, slotsPerAccount: 2, queue: 128, queuePerAddress: 48, queuePerAccount: 32 }

const loginLimits = (auth: Settings['auth']) => ({
  maxFailures: auth.max_login_failures,
  windowS: auth.login_window_s,
  pauseS: auth.login_pause_s,
  adminNetworks: auth.admin_networks,
  maxRecords: auth.login_records,
})

const guardLimits = (auth: Settings['auth']): LoginLimits => ({
  ...defaultLimits,
  ...loginLimits(auth),
  maxAccountFailures: auth.max_login_failures * 10,
  maxAddressFailures: auth.max_login_failures * 10,
})

type PasswordSettings = Settings['auth']['passwords']

export const passwordRulesOf = (passwords: PasswordSettings): PasswordRules => ({
  minLength: passwords.min_length,
  pattern: passwords.regex === '' ? null : new RegExp(passwords.regex, 'u'),
  patternSays: passwords.regex_description,
  refusesName: passwords.not_user_name,
  uniqueLast: passwords.unique_last_password_count,
  minimumAgeDays: passwords.minimum_password_age_days,
  expiresDays: passwords.password_expires_days,
  changeUponFirstUse: passwords.change_password_upon_first_use,
  inactiveDays: passwords.disable_user_account_days_inactive,
})

const costOf = ({ memory_kib: memoryKib, passes, lanes }: PasswordSettings): Cost => ({
  memoryKib,
  passes,
  lanes,
})

/** The domains whose users are in a directory. Throws a sentence that names the option. */
export function directoriesOf(auth: Settings['auth']): DirectoryDomain[] {
  const main: DirectoryDomain[] =
    auth.backend === 'ldap'
      ? [{ ref: { id: defaultDomainId }, options: ldapOptions(auth.ldap, 'auth.ldap') }]
      : []
  return Object.entries(auth.domains).reduce((all, [name, domain]) => {
    if (domain.backend !== 'ldap') return all
    const options = ldapOptions(domain.ldap, `auth.domains.${name}.ldap`)
    return [...all, { ref: { name }, options }]
  }, main)
}

const silent: KeystoneLog = { info() {}, error() {} }
