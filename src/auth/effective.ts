/** What assignments come to: groups become their members, roles bring along what they imply. */
import type { AssignmentRow } from '../db/store/roles.ts'
import type { IdentityFace } from './identity-face.ts'
import { expandRoles } from './role-book.ts'

/** Each line once; stops a little above `limit`. */
export async function expandAssignments(
  auth: Pick<IdentityFace, 'roles' | 'directory'>,
  rows: readonly AssignmentRow[],
  limit: number,
): Promise<AssignmentRow[]> {
  const all = await auth.roles.list({ limit: 1000 })
  const members = new Map<string, readonly string[]>()
  const found = new Map<string, AssignmentRow>()
  for (const row of rows) {
    if (row.actor_type === 'group' && !members.has(row.actor_id)) {
      members.set(row.actor_id, await auth.directory.users.memberIdsOf(row.actor_id))
    }
    const userIds = row.actor_type === 'user' ? [row.actor_id] : (members.get(row.actor_id) ?? [])
    const roles = expandRoles(
      all.filter((role) => role.id === row.role_id),
      all,
    )
    for (const userId of userIds) {
      for (const { id } of roles) {
        if (found.size > limit) return [...found.values()]
        const one: AssignmentRow = { ...row, actor_type: 'user', actor_id: userId, role_id: id }
        found.set(`${id} ${userId} ${row.target_type} ${row.target_id}`, one)
      }
    }
  }
  return [...found.values()]
}
