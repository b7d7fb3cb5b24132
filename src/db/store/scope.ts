import { sql } from 'kysely'

/**
 * Whose rows a caller may see. Every store function that reads a tenant's rows takes one: another tenant's row is not
 * there, exactly as an id that does not exist.
 */
export interface Scope {
  /** null = all projects: administrators, and the services themselves. */
  readonly projectId: string | null
}

/** The services' own scope. */
export const everything: Scope = { projectId: null }

/** Which shares a project may see: its own, and public ones of others. `shares` is what the query calls the table. */
export const ownOrPublic = (projectId: string, shares = 'shares') =>
  sql<boolean>`(${sql.ref(`${shares}.project_id`)} = ${projectId} or ${sql.ref(`${shares}.is_public`)} = 1)`
