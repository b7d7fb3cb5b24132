/**
 * What the Keystone v3 calls (`api/identity`) and the tools that make accounts need where this service is the identity. Where a
 * Keystone is, there is no such face: its accounts are administered there.
 */
import type { ApplicationCredentials } from './application-credentials.ts'
import type { CatalogBook } from './catalog-book.ts'
import type { Directory } from './directory.ts'
import type { DomainRef, UserRef } from './login.ts'
import type { ProjectTree } from './project-tree.ts'
import type { RoleBook } from './role-book.ts'
import type { ValidToken } from './validator.ts'

export interface IssuedToken extends ValidToken {
  readonly token: string
}

/** What a login asks to be scoped to; `default` is the account's default project or else nothing. */
export type ScopeRequest =
  | 'default'
  | 'unscoped'
  | { readonly project: { readonly id: string } | { readonly name: string; readonly domain: DomainRef } }
  | { readonly domain: DomainRef }
  | { readonly system: 'all' }

export interface IdentityFace {
  /** Domains, projects, users and groups. */
  readonly directory: Directory
  /** Roles and who holds them where. */
  readonly roles: RoleBook
  readonly credentials: ApplicationCredentials
  /** Projects above and below others, and tags. */
  readonly tree: ProjectTree
  /** The catalog of other services. */
  readonly catalog: CatalogBook
  /** All there is to know about a valid token; null for any other. `fresh` reads what it is worth now. */
  validate(
    token: string,
    options?: { readonly allowExpired?: boolean; readonly fresh?: boolean },
  ): Promise<ValidToken | null>
  /** Throws `Unauthorized` or, when locked out, `TooManyRequests`. `address` is the client's IP address. */
  loginWithPassword(login: {
    readonly user: UserRef
    readonly password: string
    readonly address: string
    readonly scope: ScopeRequest
  }): Promise<IssuedToken>
  /** The credential's project is the scope. Throws as {@link loginWithPassword}. */
  loginWithApplicationCredential(login: {
    readonly ref: { readonly id: string } | { readonly name: string; readonly user: UserRef }
    readonly secret: string
    readonly address: string
  }): Promise<IssuedToken>
  /** A token of another scope for the holder of a valid one; it ends when the first one would have. */
  exchange(token: string, scope: ScopeRequest): Promise<IssuedToken>
  /** A new password for whoever knows the old one; every token of the account dies. */
  changePassword(change: {
    readonly userId: string
    readonly original: string
    readonly password: string
    readonly address: string
  }): Promise<void>
  /** Ends one token. Twice is once. */
  revoke(token: ValidToken): Promise<void>
}
