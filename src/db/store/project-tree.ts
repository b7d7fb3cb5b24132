/** The tree of a domain's projects. A top-level project's parent is its domain, which is no row of this table. */
import type { DbOrTx } from '../schema.ts'
import { findProject, listProjects, type ProjectRow } from './identity.ts'

/** Levels of projects below a domain that can be made. Walks don't count on it: other releases made deeper ones. */
export const maxProjectDepth = 5

/** From the parent up to the top level: one indexed read a level. */
export async function ancestorsOf(db: DbOrTx, project: ProjectRow): Promise<ProjectRow[]> {
  const found: ProjectRow[] = []
  for (let at = project; at.parent_id !== null && at.parent_id !== at.domain_id;) {
    const parent = await findProject(db, { id: at.parent_id })
    if (parent === null) break
    found.push(parent)
    at = parent
  }
  return found
}

/** All below these projects, a level after the other and each once; at most about `limit`. */
export async function subtreeOf(db: DbOrTx, ids: readonly string[], limit: number): Promise<ProjectRow[]> {
  const found = new Map<string, ProjectRow>()
  let level = ids
  while (level.length > 0 && found.size < limit) {
    const rows = await listProjects(db, { parentIds: level, limit: limit - found.size })
    level = rows.map((row) => row.id).filter((id) => !found.has(id))
    for (const row of rows) found.set(row.id, row)
  }
  return [...found.values()]
}
