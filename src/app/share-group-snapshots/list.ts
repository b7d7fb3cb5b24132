/** Lists of group snapshots and of their members. */
import type { Ctx } from '../context.ts'
import type { Page } from '../../db/store/keyset.ts'
import {
  listGroupSnapshots,
  listMembers as membersPage,
  type GroupSnapshotListRow,
  type MemberRow,
} from '../../db/store/share-group-snapshots.ts'
import { commonColumns, filtersOf, listScope, type ListGroups } from '../share-groups/list.ts'
import { findGroupSnapshot } from './find.ts'

const columns: readonly string[] = [...commonColumns, 'share_group_id']

/** Answers what reads any page of the list. */
export function list(ctx: Ctx, input: ListGroups): (page: Page) => Promise<GroupSnapshotListRow[]> {
  const filters = filtersOf(ctx, input.query, columns)
  const scope = listScope(ctx, input.allTenants)
  return (page) => listGroupSnapshots(ctx.db, scope, filters, page)
}

/** The same of its members. */
export async function listMembers(ctx: Ctx, id: string): Promise<(page: Page) => Promise<MemberRow[]>> {
  const snapshot = await findGroupSnapshot(ctx, id)
  return (page) => membersPage(ctx.db, snapshot.id, page)
}
