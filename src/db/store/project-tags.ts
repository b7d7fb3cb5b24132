/** Tags of projects. */
import { sql, type SelectQueryBuilder } from 'kysely'
import type { Database, DbOrTx, Tx } from '../schema.ts'

export interface TagFilter {
  /** All of these. */
  readonly tags?: readonly string[]
  /** One of these. */
  readonly tagsAny?: readonly string[]
  /** Not all of these. */
  readonly notTags?: readonly string[]
  /** None of these. */
  readonly notTagsAny?: readonly string[]
}

/** Of projects, those that the filter lets through. */
export function withTags<O>(
  query: SelectQueryBuilder<Database, 'projects', O>,
  { tags, tagsAny, notTags, notTagsAny }: TagFilter,
): SelectQueryBuilder<Database, 'projects', O> {
  let found = query
  if (tags !== undefined) found = found.where(sql<boolean>`${held(tags)} = ${distinct(tags)}`)
  if (tagsAny !== undefined) found = found.where(sql<boolean>`${held(tagsAny)} > 0`)
  if (notTags !== undefined) found = found.where(sql<boolean>`${held(notTags)} < ${distinct(notTags)}`)
  if (notTagsAny !== undefined) found = found.where(sql<boolean>`${held(notTagsAny)} = 0`)
  return found
}

const distinct = (tags: readonly string[]): number => new Set(tags).size

/** How many of the tags a project has. */
const held = (tags: readonly string[]) =>
  sql<number>`(select count(*) from project_tags where project_tags.project_id = projects.id and project_tags.name in (${sql.join(tags)}))`

/** By project, in the order of names; those without any are not in it. */
export async function tagsOf(db: DbOrTx, projectIds: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>()
  if (projectIds.length === 0) return found
  const rows = await db
    .selectFrom('project_tags')
    .selectAll()
    .where('project_id', 'in', projectIds)
    .orderBy('project_id')
    .orderBy('name')
    .execute()
  for (const row of rows) found.set(row.project_id, [...(found.get(row.project_id) ?? []), row.name])
  return found
}

/** In place of those that it has. */
export async function replaceTags(tx: Tx, projectId: string, tags: readonly string[]): Promise<void> {
  await tx.deleteFrom('project_tags').where('project_id', '=', projectId).execute()
  if (tags.length === 0) return
  const rows = [...new Set(tags)].map((name) => ({ project_id: projectId, name }))
  await tx.insertInto('project_tags').values(rows).execute()
}

/** Throws the database's duplicate error when it has it already. */
export async function insertTag(db: DbOrTx, projectId: string, name: string): Promise<void> {
  await db.insertInto('project_tags').values({ project_id: projectId, name }).execute()
}

/** False when it had it not. */
export async function deleteTag(db: DbOrTx, projectId: string, name: string): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('project_tags')
    .where('project_id', '=', projectId)
    .where('name', '=', name)
    .executeTakeFirst()
  return numDeletedRows > 0n
}
