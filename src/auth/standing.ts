/**
 * What a token is worth right now: the account, the place it is scoped to and the roles held there, read from the
 * database. The signature says who; this says whether that still holds.
 */
import type { Store } from '../db/open.ts'
import {
  findApplicationCredential,
  isRevoked,
  type ApplicationCredentialRow,
} from '../db/store/credentials.ts'
import { findDomain, findProject, type DomainRow, type ProjectRow } from '../db/store/identity.ts'
import { ancestorsOf } from '../db/store/project-tree.ts'
import type { RoleTarget } from '../db/store/roles.ts'
import type { Identity } from '../model/identity.ts'
import type { AccessRule } from './access-rules.ts'
import type { UserBackend, UserRecord } from './backends/backend.ts'
import { expandRoles, type RoleName } from './implied-roles.ts'
import { rolesHeld, type HeldRoles } from './role-book.ts'
import type { Claims } from './tokens.ts'

export interface Standing {
  readonly user: UserRecord
  readonly userDomain: DomainRow
  /** Of a project-scoped token. */
  readonly project: ProjectRow | null
  /** The project's, or the domain the token is scoped to. */
  readonly domain: DomainRow | null
  /** Implied ones included; empty only when unscoped. */
  readonly roles: readonly RoleName[]
  readonly applicationCredential: ApplicationCredentialRow | null
  /** Null = any call. */
  readonly accessRules: readonly AccessRule[] | null
  readonly identity: Identity
}

export interface StandingParts {
  readonly store: Store
  readonly users: UserBackend
}

/**
 * Null when the token is worth nothing: revoked; account or place gone, disabled, or without a role there; password
 * changed since; application credential gone or expired. Seven to ten indexed reads, and one for each project above.
 */
export async function readStanding(
  { store: { db }, users }: StandingParts,
  claims: Claims,
  now: number,
): Promise<Standing | null> {
  const user = await users.findUser({ id: claims.userId })
  if (user === null || !user.enabled || user.generation !== claims.generation) return null
  const userDomain = await findDomain(db, { id: user.domainId })
  if (userDomain === null || userDomain.enabled === 0) return null
  if (await isRevoked(db, claims.auditIds[0])) return null
  const credential = await credentialOf(db, claims, now)
  if (credential === 'gone') return null
  const { scope } = claims
  if (scope.type === 'unscoped') {
    return assemble(claims, { user, userDomain, project: null, domain: null, roles: [], credential })
  }
  const project = scope.type === 'project' ? await findProject(db, { id: scope.id }) : null
  if (scope.type === 'project' && (project === null || project.enabled === 0)) return null
  const domainId = project?.domain_id ?? (scope.type === 'domain' ? scope.id : null)
  const domain =
    domainId === null
      ? null
      : domainId === userDomain.id
        ? userDomain
        : await findDomain(db, { id: domainId })
  if (domainId !== null && (domain === null || domain.enabled === 0)) return null

  const over = project === null ? [] : await ancestorsOf(db, project)
  // Nothing of a project that is disabled can be used, and what is below it is of it.
  if (over.some(({ enabled }) => enabled === 0)) return null
  const held = await rolesHeld(db, users, user.id, scope, project === null ? [] : placesOver(project, over))
  const roles = credential === null ? held.roles : narrowed(held, credential)
  if (roles.length === 0) return null
  return assemble(claims, { user, userDomain, project, domain, roles, credential })
}

async function credentialOf(
  db: Store['db'],
  claims: Claims,
  now: number,
): Promise<ApplicationCredentialRow | null | 'gone'> {
  if (claims.applicationCredentialId === null) return null
  const row = await findApplicationCredential(db, { id: claims.applicationCredentialId })
  if (row === null || row.user_id !== claims.userId) return 'gone'
  if (row.expires_at !== null && row.expires_at <= now) return 'gone'
  return row
}

/** A credential never holds more than its owner still has. */
function narrowed(held: HeldRoles, credential: ApplicationCredentialRow): RoleName[] {
  const wanted = new Set(JSON.parse(credential.roles) as string[])
  return expandRoles(
    held.roles.filter((role) => wanted.has(role.id)),
    held.all,
    held.implications,
  )
}

/** From where roles are inherited. */
const placesOver = (project: ProjectRow, over: readonly ProjectRow[]): RoleTarget[] => [
  { type: 'domain', id: project.domain_id },
  ...over.map(({ id }): RoleTarget => ({ type: 'project', id })),
]

function assemble(
  claims: Claims,
  parts: Omit<Standing, 'identity' | 'applicationCredential' | 'accessRules'> & {
    readonly credential: ApplicationCredentialRow | null
  },
): Standing {
  const { credential, ...rest } = parts
  const { user, userDomain, project, roles } = rest
  const identity: Identity = {
    userId: user.id,
    userName: user.name,
    userDomainId: userDomain.id,
    projectId: project?.id ?? '',
    projectName: project?.name ?? '',
    projectDomainId: project?.domain_id ?? '',
    roles: [...new Set(roles.map(({ name }) => name.toLowerCase()))],
    serviceRoles: [],
    scope: claims.scope.type,
    auditId: claims.auditIds[0],
    ...(claims.methods[0] === undefined ? {} : { method: claims.methods[0] }),
    ...(credential === null ? {} : { applicationCredentialId: credential.id }),
    expiresAt: claims.expiresAt,
  }
  const accessRules =
    credential === null || credential.access_rules === null
      ? null
      : (JSON.parse(credential.access_rules) as AccessRule[])
  return { ...rest, applicationCredential: credential, accessRules, identity }
}
