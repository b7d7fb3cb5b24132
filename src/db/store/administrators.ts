/**
 * Who is administrator: holds the role `admin` on the system, or on a project that is enabled in a domain that is, by himself or
 * through a group. Whoever takes one away takes the turn of the role first, so that two who each take one of two see each other.
 */
import { sql, type ExpressionBuilder } from 'kysely'
import type { Database, DbOrTx, Tx } from '../schema.ts'

/** The name of the role, as policy knows it. */
const role = 'admin'

/** Until the end of the transaction nobody else takes an administrator away. A no-op as long as the role is not there. */
export async function takeAdministration(tx: Tx): Promise<void> {
  await tx.selectFrom('roles').select('id').where('name', '=', role).forUpdate().execute()
}

const isRole = (eb: ExpressionBuilder<Database, 'role_assignments' | 'inherited_assignments'>) =>
  eb('role_id', 'in', eb.selectFrom('roles').select('roles.id').where('roles.name', '=', role))

/** Those that are enabled, in a domain that is. */
const alive = (eb: ExpressionBuilder<Database, never>) =>
  eb
    .selectFrom('projects')
    .innerJoin('domains', 'domains.id', 'projects.domain_id')
    .where('projects.enabled', '=', 1)
    .where('domains.enabled', '=', 1)

/** Ids of actors to whom the role is assigned where it counts. */
function actors(db: DbOrTx, type: 'user' | 'group') {
  return db
    .selectFrom('role_assignments')
    .select('actor_id')
    .where('actor_type', '=', type)
    .where(isRole)
    .where((eb) =>
      eb.or([
        eb('target_type', '=', 'system'),
        eb.and([
          eb('target_type', '=', 'project'),
          eb('target_id', 'in', alive(eb as never).select('projects.id')),
        ]),
      ]),
    )
    .unionAll(heirs(db, type))
}

/** Those who have it on projects from above: there is one that is enabled below if and only if there is one at the first step. */
function heirs(db: DbOrTx, type: 'user' | 'group') {
  return db
    .selectFrom('inherited_assignments')
    .select('actor_id')
    .where('actor_type', '=', type)
    .where(isRole)
    .where((eb) =>
      eb.or([
        eb.and([
          eb('target_type', '=', 'domain'),
          eb('target_id', 'in', alive(eb as never).select('projects.domain_id')),
        ]),
        eb.and([
          eb('target_type', '=', 'project'),
          eb(
            'target_id',
            'in',
            alive(eb as never).select(sql<string>`coalesce(projects.parent_id, '')`.as('parent')),
          ),
        ]),
      ]),
    )
}

/** Whether an enabled user of the database is one. */
export async function hasStoredAdministrator(db: DbOrTx): Promise<boolean> {
  const found = await db
    .selectFrom('users')
    .innerJoin('domains', 'domains.id', 'users.domain_id')
    .select('users.id')
    .where('users.enabled', '=', 1)
    .where('domains.enabled', '=', 1)
    .where((eb) =>
      eb.or([
        eb('users.id', 'in', actors(db, 'user')),
        eb(
          'users.id',
          'in',
          eb
            .selectFrom('group_members')
            .select('group_members.user_id')
            .where('group_members.group_id', 'in', actors(db, 'group')),
        ),
      ]),
    )
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** Users of directories who are, as they were when last looked at; and groups of directories that give it. */
export async function directoryAdministrators(
  db: DbOrTx,
  limit: number,
): Promise<{ readonly kind: 'user' | 'group'; readonly id: string }[]> {
  return db
    .selectFrom('directory_ids')
    .innerJoin('domains', 'domains.id', 'directory_ids.domain_id')
    .select(['directory_ids.kind', 'directory_ids.id'])
    .where('domains.enabled', '=', 1)
    .where('directory_ids.shut', '=', 0)
    .where((eb) =>
      eb.or([
        eb.and([eb('directory_ids.kind', '=', 'user'), eb('directory_ids.id', 'in', actors(db, 'user'))]),
        eb.and([eb('directory_ids.kind', '=', 'group'), eb('directory_ids.id', 'in', actors(db, 'group'))]),
      ]),
    )
    .orderBy('directory_ids.id')
    .limit(limit)
    .execute()
}

/** Of these projects, those that are enabled in a domain that is. */
export async function aliveProjects(db: DbOrTx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await db
    .selectFrom('projects')
    .innerJoin('domains', 'domains.id', 'projects.domain_id')
    .select('projects.id')
    .where('projects.id', 'in', ids)
    .where('projects.enabled', '=', 1)
    .where('domains.enabled', '=', 1)
    .execute()
  return rows.map(({ id }) => id)
}
