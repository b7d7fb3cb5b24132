/** The verifier of `[auth] backend = "keystone"`. */
import { KeystoneClient, type DomainRef, type KeystoneLog } from '../clients/keystone.ts'
import type { KeystoneSettings } from '../config/keystone.ts'
import type { Clock } from '../runtime/clock.ts'
import { KeystoneVerifier } from './keystone-verifier.ts'

/** Throws a sentence when a file that it names can't be read. Keystone need not be there yet. */
export function openKeystone(
  settings: KeystoneSettings,
  { clock, log }: { readonly clock: Clock; readonly log: KeystoneLog },
): { readonly verifier: KeystoneVerifier; readonly client: KeystoneClient } {
  const client = new KeystoneClient(
    {
      authUrl: settings.auth_url,
      username: settings.username,
      password: settings.password,
      userDomain: domain(settings.user_domain_id, settings.user_domain_name),
      projectName: settings.project_name,
      projectDomain: domain(settings.project_domain_id, settings.project_domain_name),
      interface: settings.interface,
      regionName: settings.region_name,
      timeoutMs: settings.timeout_s * 1000,
      retries: settings.retries,
      connections: settings.connections,
      maxWaiting: settings.max_waiting,
      caFile: settings.ca_file,
      certFile: settings.cert_file,
      keyFile: settings.key_file,
      insecure: settings.insecure,
    },
    log,
  )
  const verifier = new KeystoneVerifier({
    source: client,
    clock,
    authenticateUri: authenticateUriOf(settings),
    cacheS: settings.token_cache_time_s,
    invalidCacheS: settings.invalid_cache_time_s,
    serviceType: settings.service_type,
    serviceTokenRoles: settings.service_token_roles,
    serviceTokenRolesRequired: settings.service_token_roles_required,
  })
  return { verifier, client }
}

const domain = (id: string, name: string): DomainRef => (id === '' ? { name } : { id })

/** Where clients find Keystone. */
export const authenticateUriOf = ({ www_authenticate_uri: told, auth_url: url }: KeystoneSettings): string =>
  told === '' ? url : told
