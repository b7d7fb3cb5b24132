/** Everything there is to say about a cloud and a caller: one shape for clouds.yaml, `OS_*` variables and code. */

export interface CloudSettings {
  /** `password`, `token`, `v3applicationcredential`, … Guessed from what is given when absent. */
  readonly authType?: string
  /** Keystone, with or without `/v3`. */
  readonly authUrl?: string
  readonly username?: string
  readonly userId?: string
  readonly password?: string
  readonly userDomainName?: string
  readonly userDomainId?: string
  readonly projectName?: string
  readonly projectId?: string
  readonly projectDomainName?: string
  readonly projectDomainId?: string
  /** For a domain-scoped token. */
  readonly domainName?: string
  readonly domainId?: string
  /** `all`, for a system-scoped token. */
  readonly systemScope?: string
  readonly token?: string
  readonly applicationCredentialId?: string
  readonly applicationCredentialName?: string
  readonly applicationCredentialSecret?: string
  readonly region?: string
  /** `public` (the default), `internal` or `admin`. */
  readonly interface?: string
  /** File with the certificates to trust besides the system's. */
  readonly cacert?: string
  /** Trust any certificate. */
  readonly insecure?: boolean
  /** URL of the service, instead of the catalog's. */
  readonly endpoint?: string
  /** `2.N` or `latest`. */
  readonly apiVersion?: string
  /** Deadline of one request, seconds. */
  readonly timeoutS?: number
}

/** The later of two wins, field by field; undefined and '' do not count as said. */
export function merged(...all: readonly CloudSettings[]): CloudSettings {
  const out: Record<string, unknown> = {}
  for (const one of all) {
    for (const [name, value] of Object.entries(one)) {
      if (value !== undefined && value !== '') out[name] = value
    }
  }
  return out
}
