/** Reads accounts for an export, page by page, in the order of names. */
import type { GroupRecord, UserRecord } from '../../auth/backends/backend.ts'
import type { IdentityFace } from '../../auth/identity-face.ts'
import type { DomainRow, ProjectRow } from '../../db/store/identity.ts'
import type { AssignmentRow, RoleTarget } from '../../db/store/roles.ts'
import { Problem } from '../verb.ts'

/** Rows of one page, and places of which assignments are read at once. */
const [page, places] = [1000, 200]
/** Assignments on so many places. */
const maxAssignments = 1_000_000

async function pages<T extends { readonly id: string; readonly name: string }>(
  read: (after: { after?: { name: string; id: string } }) => Promise<T[]>,
): Promise<T[]> {
  const all: T[] = []
  for (;;) {
    const last = all.at(-1)
    const found = await read(last === undefined ? {} : { after: { name: last.name, id: last.id } })
    all.push(...found)
    if (found.length < page) return all
  }
}

export const allDomains = ({ directory }: IdentityFace): Promise<DomainRow[]> =>
  pages((after) => directory.listDomains({ ...after, limit: page }))

export const allUsers = ({ directory }: IdentityFace, domainId: string): Promise<UserRecord[]> =>
  pages((after) => directory.users.listUsers({ ...after, domainId, limit: page }))

export const allGroups = ({ directory }: IdentityFace, domainId: string): Promise<GroupRecord[]> =>
  pages((after) => directory.users.listGroups({ ...after, domainId, limit: page }))

/** Above before below. */
export async function allProjects(auth: IdentityFace, domainId: string): Promise<ProjectRow[]> {
  const found = await pages((after) => auth.directory.listProjects({ ...after, domainId, limit: page }))
  const depths = new Map<string, number>()
  const byId = new Map(found.map((row) => [row.id, row]))
  const depthOf = (row: ProjectRow): number => {
    const known = depths.get(row.id)
    if (known !== undefined) return known
    const parent = row.parent_id === null ? undefined : byId.get(row.parent_id)
    const depth = parent === undefined ? 0 : depthOf(parent) + 1
    depths.set(row.id, depth)
    return depth
  }
  return found.toSorted((a, b) => depthOf(a) - depthOf(b))
}

/** Those of the database: what mapped groups have is the configuration's. */
export async function assignmentsOn(
  { roles }: IdentityFace,
  targets: readonly RoleTarget[],
): Promise<AssignmentRow[]> {
  const all: AssignmentRow[] = []
  for (let at = 0; at < targets.length; at += places) {
    const some = { targets: targets.slice(at, at + places), limit: maxAssignments }
    const found = await roles.assignments(some)
    if (found.length >= maxAssignments) throw new Problem('there are more assignments than can be exported')
    all.push(...found)
  }
  return all
}
