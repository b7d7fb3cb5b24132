/** What the edge knows of authentication, whoever the identity service is: the Auth Manager itself, or a Keystone that it asks. */
import type { Identity } from '../model/identity.ts'

/** The call a token is presented with. */
export interface PresentedCall {
  readonly method: string
  /** Of the route that runs, parameters filled in; where none does, of the URL. */
  readonly path: string
  /** The same with a project in it, where the URL may name one. */
  readonly pathIn?: (projectId: string) => string
  /** Service type the path belongs to; `shared-file-system` by default. */
  readonly service?: string
  /** Milliseconds: what was remembered before is looked up again. Default what the verifier remembers by itself. */
  readonly maxAgeMs?: number
  /** `X-Service-Token`, when the caller is another service acting for a user. */
  readonly serviceToken?: string | null
}

/** A service beside this one that has to be asked who somebody is. */
export interface SourceState {
  /** `keystone`, `ldap:<name of the domain>` */
  readonly source: string
  /** Its URL. */
  readonly server: string
  /** False while it is asked nothing but whether it is back: its breaker is open. */
  readonly isReachable: boolean
  /** What is the matter. */
  readonly reason: string | null
  /** When it last answered, microseconds since the epoch; null = not yet. */
  readonly answeredAt: number | null
}

/** What is remembered of answers. */
export interface CacheState {
  readonly cache: string
  readonly size: number
  /** Since the start of the process. */
  readonly hits: number
  readonly misses: number
}

export interface VerifierState {
  readonly sources: readonly SourceState[]
  readonly caches: readonly CacheState[]
}

/** All that most components need of authentication. */
export interface TokenVerifier {
  /** Who presents this token; null when it is not valid for this call. Throws `Unavailable` when that can't be known now. */
  verify(token: string, call?: PresentedCall): Promise<Identity | null>
  /** Role names of a service's token, lower case; null when it is not valid. Throws as {@link verify}. */
  verifyService(serviceToken: string): Promise<readonly string[] | null>
  /** Where those are sent who have no valid token; null = to the identity face of this API. */
  readonly authenticateUri: string | null
  /** For health and metrics; asks nobody. */
  state?(): VerifierState
}
