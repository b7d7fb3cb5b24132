/** Memberships and assignments: ties between things whose places are known by then. One that is here already, or comes meanwhile, is as good. */
import type { Store } from '../../db/open.ts'
import {
  assignmentsAmong,
  insertAssignments,
  insertMembers,
  membersAmong,
} from '../../db/store/identity-import.ts'
import type { AssignmentRow } from '../../db/store/roles.ts'
import { insertOrEach } from './insert-or-each.ts'
import type { Places } from './places.ts'
import type { Report } from './report.ts'
import type { WantedAssignment, WantedMember } from './wanted.ts'

interface TieParts {
  readonly store: Store
  readonly report: Report
  /** False: say what would be done. */
  readonly apply: boolean
}

/** Who is in which group, at most as many as one transaction takes. */
export async function importMembers(
  parts: TieParts,
  places: Places,
  batch: readonly WantedMember[],
): Promise<void> {
  const { store, report, apply } = parts
  const rows = batch.flatMap(({ groupId, userId }) => {
    const group = places.groups.get(groupId) ?? null
    const user = places.users.get(userId) ?? null
    const what = `${user?.label ?? userId} in ${group?.label ?? groupId}`
    if (group === null || user === null) {
      const why = group === null ? 'the group is not here' : 'the user is not here'
      report.add({ action: 'left', kind: 'membership', what, why })
      return []
    }
    return [{ group_id: group.id, user_id: user.id, what, isElsewhere: places.directoryGroups.has(group.id) }]
  })
  const own = rows.filter(({ isElsewhere }) => !isElsewhere)
  report.same('membership', rows.length - own.length)
  const there = new Set((await membersAmong(store.db, own)).map((row) => `${row.group_id} ${row.user_id}`))
  const made: { group_id: string; user_id: string }[] = []
  for (const { group_id, user_id, what } of own) {
    const key = `${group_id} ${user_id}`
    if (there.has(key)) {
      report.same('membership')
      continue
    }
    there.add(key)
    report.add({ action: 'create', kind: 'membership', what })
    made.push({ group_id, user_id })
  }
  if (apply) await insertOrEach(store, made, insertMembers)
}

/** Who has which role on what, at most as many as one transaction takes. */
export async function importAssignments(
  parts: TieParts,
  places: Places,
  batch: readonly WantedAssignment[],
): Promise<void> {
  const { store, report, apply } = parts
  const rows = batch.flatMap((one): { row: AssignmentRow; what: string }[] => {
    const { actor, target } = one
    const role = places.roles.get(one.roleId) ?? null
    const who = (actor.type === 'user' ? places.users : places.groups).get(actor.id) ?? null
    const where =
      target.type === 'system'
        ? { id: 'all', label: 'the system' }
        : ((target.type === 'project' ? places.projects : places.domains).get(target.id) ?? null)
    const below = one.inherited ? 'what is below ' : ''
    const what = `${role?.label ?? one.roleId} of ${actor.type} ${who?.label ?? actor.id} on ${below}${
      target.type === 'system' ? '' : `${target.type} `
    }${where?.label ?? target.id}`
    const missing = role === null ? 'role' : who === null ? actor.type : where === null ? target.type : null
    if (role === null || who === null || where === null) {
      report.add({ action: 'left', kind: 'assignment', what, why: `the ${missing} is not here` })
      return []
    }
    const row: AssignmentRow = {
      role_id: role.id,
      actor_type: actor.type,
      actor_id: who.id,
      target_type: target.type,
      target_id: where.id,
      ...(one.inherited ? { inherited: true } : {}),
    }
    return [{ row, what }]
  })
  const there = new Set(
    (
      await assignmentsAmong(
        store.db,
        rows.map(({ row }) => row),
      )
    ).map((row) => tieOf(row)),
  )
  const made: AssignmentRow[] = []
  for (const { row, what } of rows) {
    if (there.has(tieOf(row))) {
      report.same('assignment')
      continue
    }
    there.add(tieOf(row))
    report.add({ action: 'create', kind: 'assignment', what })
    made.push(row)
  }
  if (apply) await insertOrEach(store, made, insertAssignments)
}

const tieOf = (row: AssignmentRow): string =>
  [row.role_id, row.actor_type, row.actor_id, row.target_type, row.target_id, row.inherited === true].join(
    ' ',
  )
