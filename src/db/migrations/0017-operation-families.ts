/**
 * Operations that belong together, each step on a backend of its own, for which operation a lane is held, and what each process
 * knows how to run. The release before leaves all of it empty.
 */
import type { Kysely } from 'kysely'
import { id, integer, json, makeIndexes, name, type ColumnKind } from './columns.ts'

const columns: Readonly<Record<string, Readonly<Record<string, ColumnKind>>>> = {
  operations: { parent_id: id, family_id: id, parent_step: name, child_number: integer },
  operation_steps: { backend_id: id },
  lanes: { operation_id: id },
  processes: { plans: json },
}

export async function up(db: Kysely<never>): Promise<void> {
  for (const [table, added] of Object.entries(columns)) {
    for (const [column, { type }] of Object.entries(added))
      await db.schema.alterTable(table).addColumn(column, type).execute()
  }
  await makeIndexes(db, { operations: ['parent_id', 'family_id'] })
}
