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

/** All that most components need of authentication. */
export interface TokenVerifier {
  /** Who presents this token; null when it is not valid for this call. Throws `Unavailable` when that can't be known now. */
  verify(token: string, call?: PresentedCall): Promise<Identity | null>
  /** Role names of a service's token, lower case; null when it is not valid. Throws as {@link verify}. */
  verifyService(serviceToken: string): Promise<readonly string[] | null>
  /** Where those are sent who have no valid token; null = to the identity face of this API. */
  readonly authenticateUri: string | null
}
