/** Builds what authenticates, as the configuration says. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Settings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import type { Clock } from '../runtime/clock.ts'
import type { IdentityFace } from './identity-face.ts'
import { AuthManager } from './manager.ts'
import type { TokenVerifier } from './verifier.ts'

export interface Authentication {
  readonly verifier: TokenVerifier
  /** Null where accounts are administered elsewhere. */
  readonly face: IdentityFace | null
}

/** Throws a sentence when it can't be built; nothing of other services is waited for. */
export async function openAuthentication(
  settings: Settings,
  { store, clock }: { readonly store: Store; readonly clock: Clock },
): Promise<Authentication> {
  const { auth } = settings
  mkdirSync(dirname(auth.key_file), { recursive: true, mode: 0o700 })
  const manager = await AuthManager.open({
    store,
    clock,
    keyFile: auth.key_file,
    tokenLifetimeS: auth.token_lifetime_s,
    limits: {
      maxFailures: auth.max_login_failures,
      windowS: auth.login_window_s,
      pauseS: auth.login_pause_s,
      adminNetworks: auth.admin_networks,
      maxRecords: auth.login_records,
    },
    tokensPerMinute: auth.tokens_per_minute,
  })
  return { verifier: manager, face: manager }
}
