/**
 * Tags of projects, roles inherited down the tree of projects, what roles imply where that was changed, access rules that outlive
 * their credential, and the catalog of other services. The release before knows none of them and leaves them empty.
 */
import type { Kysely } from 'kysely'
import { flag, id, makeIndexes, makeTables, name, text, value, word } from '../columns.ts'

const tables = {
  project_tags: { project_id: id, name },
  inherited_assignments: { role_id: id, actor_type: word, actor_id: id, target_type: word, target_id: id },
  role_implications: { prior_role_id: id, implied_role_id: id, in_force: flag },
  credential_rules: { id, user_id: id, service: word, path: name, method: word },
  catalog_regions: { id, description: text, parent_region_id: id.null },
  catalog_services: { id, type: name, name, description: text, enabled: flag },
  catalog_endpoints: { id, service_id: id, interface: word, region_id: id.null, url: value, enabled: flag },
}

const primaryKeys = {
  project_tags: ['project_id', 'name'],
  inherited_assignments: ['role_id', 'actor_type', 'actor_id', 'target_type', 'target_id'],
  role_implications: ['prior_role_id', 'implied_role_id'],
}

const indexes = {
  projects: ['parent_id'],
  project_tags: ['name'],
  inherited_assignments: ['actor_id', 'target_id'],
  credential_rules: ['!user_id,service,path,method'],
  catalog_endpoints: ['service_id'],
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, primaryKeys)
  await makeIndexes(db, indexes)
}
