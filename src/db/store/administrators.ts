/**
 * Who is administrator: holds the role `admin` on the system, or on a project that is enabled in a domain that is, by himself or
 * through a group. Whoever takes one away takes the turn of the role first, so that two who each take one of two see each other.
 */
import type { DbOrTx, Tx } from '../schema.ts'

/** The name of the role, as policy knows it. */
const role = 'admin'

/** Until the end of the transaction nobody else takes an administrator away. A no-op as long as the role is not there. */
export async function takeAdministration(tx: Tx): Promise<void> {
  await tx.selectFrom('roles').select('id').where('name', '=', role).forUpdate().execute()
}

/** Assignments of the role where it counts. */
function counted(db: DbOrTx) {
  return db
    .selectFrom('role_assignments')
    .where((eb) =>
      eb.and([
        eb('role_id', 'in', eb.selectFrom('roles').select('roles.id').where('roles.name', '=', role)),
        eb.or([
          eb('target_type', '=', 'system'),
          eb.and([
            eb('target_type', '=', 'project'),
            eb(
              'target_id',
              'in',
              eb
                .selectFrom('projects')
                .innerJoin('domains', 'domains.id', 'projects.domain_id')
                .select('projects.id')
                .where('projects.enabled', '=', 1)
                .where('domains.enabled', '=', 1),
            ),
          ]),
        ]),
      ]),
    )
}

const actors = (db: DbOrTx, type: 'user' | 'group') =>
  counted(db).select('actor_id').where('actor_type', '=', type)

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

export async function enableDomain(db: DbOrTx, id: string): Promise<void> {
  await db.updateTable('domains').set({ enabled: 1 }).where('id', '=', id).execute()
}
