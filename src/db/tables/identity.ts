/** Domains, projects, users and what they may do. */
import type { Flag, Json, Stamp } from './values.ts'

export interface DomainsTable {
  id: string
  name: string
  description: string
  enabled: Flag
}
export interface ProjectsTable {
  id: string
  domain_id: string
  name: string
  description: string
  enabled: Flag
  parent_id: string | null
  created_at: Stamp
}
export interface UsersTable {
  id: string
  domain_id: string
  name: string
  description: string
  email: string | null
  enabled: Flag
  default_project_id: string | null
  /** `argon2id$…`; null for accounts of another backend. */
  password_hash: string | null
  /** Tokens issued before this are refused: a changed password or a disabled account ends them. */
  tokens_valid_after: Stamp
  created_at: Stamp
}
export interface GroupsTable {
  id: string
  domain_id: string
  name: string
  description: string
}
export interface GroupMembersTable {
  group_id: string
  user_id: string
}
export interface RolesTable {
  id: string
  name: string
  description: string
}
export interface RoleAssignmentsTable {
  role_id: string
  actor_type: 'user' | 'group'
  actor_id: string
  target_type: 'project' | 'domain' | 'system'
  target_id: string
}
export interface ApplicationCredentialsTable {
  id: string
  user_id: string
  project_id: string
  name: string
  description: string
  secret_hash: string
  /** JSON array of role ids. */
  roles: Json
  /** JSON array of `{id, path, method, service}`; null = none given. */
  access_rules: Json | null
  unrestricted: Flag
  expires_at: Stamp | null
  created_at: Stamp
}
export interface RevokedTokensTable {
  audit_id: string
  expires_at: Stamp
}
/** Failed logins as the release before counts them; nothing of this one reads it. */
export interface LoginAttemptsTable {
  subject: string
  failures: number
  window_started_at: Stamp
}
/** What is remembered of logins to an account, from an address, or to one from the other. Stamps are 0 where there is none. */
export interface LoginRecordsTable {
  subject: string
  failures: number
  /** When the first of them was. */
  since: Stamp
  /** Until when no further one is taken. */
  free_at: Stamp
  /** Attempts under way: taken, and not yet known to be right or wrong. */
  open: number
  /** The last good login. */
  ok_at: Stamp
  touched_at: Stamp
}

/** A user or group of a directory server: what its id stands for, and when its tokens ended. */
export interface DirectoryIdsTable {
  /** Made of the domain and the key. */
  id: string
  domain_id: string
  kind: 'user' | 'group'
  /** What never changes of the entry, as text. */
  entry_key: string
  /** Tokens of before are refused; 0 = none are. */
  valid_after: Stamp
  /** Found disabled or gone when it was last looked at. */
  shut: Flag
  created_at: Stamp
}

/** Of an account of the database. The release before knows none of it. */
export interface PasswordFactsTable {
  user_id: string
  /** The salt of the hash that the next three are about; of another password nothing is known. */
  password_mark: string | null
  set_at: Stamp | null
  /** null = never. */
  expires_at: Stamp | null
  /** 1: by its owner; 0: by an administrator. */
  by_owner: Flag | null
  /** The last good login, to the hour, or when an administrator let the account in again; null = not known. */
  last_active_at: Stamp | null
  /** JSON, see `model/account-options.ts`; null = none. */
  options: Json | null
}
/** Passwords that were replaced, as long as they may not be used again. */
export interface OldPasswordsTable {
  user_id: string
  replaced_at: Stamp
  password_hash: string
}
export interface ProjectTagsTable {
  project_id: string
  name: string
}
/** Roles held on every project below the target, and not on the target itself. */
export type InheritedAssignmentsTable = RoleAssignmentsTable
/** Where what roles imply is not as it is by default. */
export interface RoleImplicationsTable {
  prior_role_id: string
  implied_role_id: string
  /** 0 = a default that was taken away. */
  in_force: Flag
}
/** Access rules of a user: application credentials that ask for the same share one, and it stays when they go. */
export interface CredentialRulesTable {
  id: string
  user_id: string
  service: string
  path: string
  method: string
}
/** The catalog beside what the service says of itself. */
export interface CatalogRegionsTable {
  id: string
  description: string
  parent_region_id: string | null
}
export interface CatalogServicesTable {
  id: string
  type: string
  name: string
  description: string
  enabled: Flag
}
export interface CatalogEndpointsTable {
  id: string
  /** Of a row, or of one of the service's own. */
  service_id: string
  interface: 'public' | 'internal' | 'admin'
  region_id: string | null
  url: string
  enabled: Flag
}
/** Who did what: see `model/audit.ts`. Empty text where there is nothing to say. */
export interface AuditEventsTable {
  id: string
  at: Stamp
  last_at: Stamp
  count: number
  action: string
  outcome: string
  reason: number
  operation: string
  user_id: string
  user_name: string
  user_domain_id: string
  project_id: string
  method: string
  credential_id: string
  token_id: string
  token_hash: string
  target_type: string
  target_id: string
  target_path: string
  target_project_id: string
  request_id: string
  address: string
  agent: string
  observer: string
}
/** Whoever is logged in to the dashboard. Neither what the browser has nor the token can be read out of it: see `auth/sessions.ts`. */
export interface DashboardSessionsTable {
  /** SHA-256 of the id that the browser has, in hex. */
  id_hash: string
  /** The tokens, encrypted with a key that is made of the id. */
  sealed: string
  user_id: string
  /** Empty while it is in none. */
  project_id: string
  /** Grows with each change of project. */
  turn: number
  created_at: Stamp
  expires_at: Stamp
}

export interface IdentityTables {
  domains: DomainsTable
  projects: ProjectsTable
  users: UsersTable
  groups: GroupsTable
  group_members: GroupMembersTable
  roles: RolesTable
  role_assignments: RoleAssignmentsTable
  application_credentials: ApplicationCredentialsTable
  revoked_tokens: RevokedTokensTable
  login_attempts: LoginAttemptsTable
  login_records: LoginRecordsTable
  directory_ids: DirectoryIdsTable
  password_facts: PasswordFactsTable
  old_passwords: OldPasswordsTable
  project_tags: ProjectTagsTable
  inherited_assignments: InheritedAssignmentsTable
  role_implications: RoleImplicationsTable
  credential_rules: CredentialRulesTable
  catalog_regions: CatalogRegionsTable
  catalog_services: CatalogServicesTable
  catalog_endpoints: CatalogEndpointsTable
  audit_events: AuditEventsTable
  dashboard_sessions: DashboardSessionsTable
}

/** By name: see `migrations/ledgers.ts`. */
export const identityTables = [
  'domains',
  'projects',
  'users',
  'groups',
  'group_members',
  'roles',
  'role_assignments',
  'application_credentials',
  'revoked_tokens',
  'login_attempts',
  'login_records',
  'directory_ids',
  'password_facts',
  'old_passwords',
  'project_tags',
  'inherited_assignments',
  'role_implications',
  'credential_rules',
  'catalog_regions',
  'catalog_services',
  'catalog_endpoints',
  'audit_events',
  'dashboard_sessions',
] as const satisfies readonly (keyof IdentityTables)[]
