/** Who is asking. Made by the Auth Manager, read by policy and by everything that is scoped to a project. */
export interface Identity {
  readonly userId: string
  readonly userName: string
  readonly userDomainId: string
  readonly projectId: string
  readonly projectName: string
  readonly projectDomainId: string
  /** Role names, implied ones included, lower case. */
  readonly roles: readonly string[]
  /** Roles of a valid `X-Service-Token`, lower case; empty without one. */
  readonly serviceRoles: readonly string[]
  /** `project` except for tokens that policy refuses everywhere. */
  readonly scope: 'project' | 'domain' | 'system' | 'unscoped'
  readonly auditId: string
  /** How the account was proven: the first login's method, `certificate`, … Absent where it is not known. */
  readonly method?: string
  /** Of the application credential that the token came from. */
  readonly applicationCredentialId?: string
  /** Microseconds since the epoch. */
  readonly expiresAt: number
}

/** What a caller is to the service: one above may undo what one below has made. */
export type Standing = 'user' | 'service' | 'admin'
