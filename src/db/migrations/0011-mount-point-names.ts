/**
 * Who holds a name of the tenant's choice in an export path: one share instance in the whole service, by the primary key. Shares
 * that are there already hold theirs; of two with one name the older does. What the release before makes meanwhile holds
 * its name by its row in `shares`, which is looked up by the index.
 */
import { sql, type Kysely } from 'kysely'
import { id, makeIndexes, makeTables, name, stamp } from './columns.ts'

const tables = {
  mount_point_names: { name: name, instance_id: id, created_at: stamp },
}

export async function up(db: Kysely<never>): Promise<void> {
  await makeTables(db, tables, { mount_point_names: ['name'] })
  await makeIndexes(db, { mount_point_names: ['instance_id'], shares: ['mount_point_name'] })
  await sql`
    insert into mount_point_names (name, instance_id, created_at)
    select named.mount_point_name, named.instance_id, named.created_at
    from (
      select mount_point_name, instance_id, created_at,
        row_number() over (partition by mount_point_name order by created_at, id) as place
      from shares
      where mount_point_name is not null
    ) named
    where named.place = 1
      and not exists (select 1 from mount_point_names held where held.name = named.mount_point_name)
  `.execute(db)
}
