/** What lists of share groups and of group snapshots have in common: filters by any column, and by parts of name and description. */
import type { SelectQueryBuilder } from 'kysely'
import type { Database } from '../schema.ts'
import { contains } from './keyset.ts'
import type { Scope } from './scope.ts'

export interface GroupFilters {
  /** Column → value. */
  readonly exact: Readonly<Record<string, string>>
  readonly nameLike?: string | undefined
  readonly descriptionLike?: string | undefined
}

/** With 'whatever state' its status is not asked for. */
export function filterRows<Table extends 'share_groups' | 'share_group_snapshots', O>(
  all: SelectQueryBuilder<Database, Table, O>,
  table: Table,
  scope: Scope,
  { exact, nameLike, descriptionLike }: GroupFilters,
  states?: 'whatever state',
): SelectQueryBuilder<Database, Table, O> {
  let query = all
  const equals = (column: string, value: string): void => {
    query = query.where(`${table}.${column}` as never, '=', value as never)
  }
  if (scope.projectId !== null) equals('project_id', scope.projectId)
  for (const [column, value] of Object.entries(exact)) {
    if (states === undefined || column !== 'status') equals(column, value)
  }
  if (nameLike !== undefined) query = query.where(contains(`${table}.name`, nameLike))
  if (descriptionLike !== undefined) query = query.where(contains(`${table}.description`, descriptionLike))
  return query
}
