/** Resources as Keystone shows them. */
import type { GroupRecord, UserRecord } from '../../auth/backends/backend.ts'
import type { DomainRow, ProjectRow } from '../../db/store/identity.ts'
import type { RoleRow } from '../../db/store/roles.ts'
import { isoMicros } from '../../runtime/clock.ts'
import type { Call } from './route.ts'

export const domainView = (call: Call, row: DomainRow): object => ({
  id: row.id,
  name: row.name,
  description: row.description,
  enabled: row.enabled === 1,
  tags: [],
  options: {},
  links: { self: `${call.v3}/domains/${row.id}` },
})

/** Each with its tags: one statement for all of them. */
export async function projectViews(call: Call, rows: readonly ProjectRow[]): Promise<object[]> {
  const tags = await call.parts.auth.tree.tagsOf(rows.map(({ id }) => id))
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    domain_id: row.domain_id,
    description: row.description,
    enabled: row.enabled === 1,
    parent_id: row.parent_id ?? row.domain_id,
    is_domain: false,
    tags: tags.get(row.id) ?? [],
    options: {},
    links: { self: `${call.v3}/projects/${row.id}` },
  }))
}

export const domainAsProject = (call: Call, row: DomainRow): object => ({
  ...domainView(call, row),
  domain_id: null,
  parent_id: null,
  is_domain: true,
  links: { self: `${call.v3}/projects/${row.id}` },
})

/** Keystone writes this one without its zone. */
export const passwordExpiry = ({ passwordExpiresAt = null }: UserRecord): string | null =>
  passwordExpiresAt === null ? null : isoMicros(passwordExpiresAt)

export const userView = (call: Call, user: UserRecord): object => ({
  id: user.id,
  name: user.name,
  domain_id: user.domainId,
  description: user.description,
  enabled: user.enabled,
  password_expires_at: passwordExpiry(user),
  options: user.options ?? {},
  ...(user.email === null ? {} : { email: user.email }),
  ...(user.defaultProjectId === null ? {} : { default_project_id: user.defaultProjectId }),
  links: { self: `${call.v3}/users/${user.id}` },
})

export const groupView = (call: Call, group: GroupRecord): object => ({
  id: group.id,
  name: group.name,
  domain_id: group.domainId,
  description: group.description,
  links: { self: `${call.v3}/groups/${group.id}` },
})

export const roleView = (call: Call, row: RoleRow): object => ({
  id: row.id,
  name: row.name,
  domain_id: null,
  description: row.description,
  options: {},
  links: { self: `${call.v3}/roles/${row.id}` },
})
