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
