/** Who has which role where: as it is granted, or as it works out. Bounded; says nothing of who may ask. */
import type { ProjectRow } from '../db/store/identity.ts'
import type { AssignmentRow, RoleActor, RoleTarget } from '../db/store/roles.ts'
import type { Directory } from './directory.ts'
import { effectiveRows, type EffectiveRow } from './effective.ts'
import { expandRoles } from './implied-roles.ts'
import type { ProjectTree } from './project-tree.ts'
import type { RoleBook } from './role-book.ts'

export interface AssignmentQuery {
  readonly userId?: string
  readonly groupId?: string
  readonly roleId?: string
  readonly target?: RoleTarget
  /** With what is below the target, a project. */
  readonly subtree?: boolean
  /** Only those that are, or that come from ones that are, for what is below their target. */
  readonly inherited?: boolean
  /** Rows of the answer. */
  readonly limit: number
}

export interface AssignmentParts {
  readonly directory: Directory
  readonly roles: RoleBook
  readonly tree: ProjectTree
}

/** Rows, projects and roles that are looked at for one answer. */
const lookedAt = 10_000

/** Rows as they were granted; `isCut`: there are more. */
export async function grantedRows(
  parts: AssignmentParts,
  query: AssignmentQuery,
): Promise<{ readonly rows: AssignmentRow[]; readonly isCut: boolean }> {
  const { userId, groupId, roleId, target, limit } = query
  const actors: RoleActor[] = [
    ...(userId === undefined ? [] : [{ type: 'user', id: userId } as const]),
    ...(groupId === undefined ? [] : [{ type: 'group', id: groupId } as const]),
  ]
  const targets = target === undefined ? undefined : await shownTargets(parts, target, query)
  const rows = await parts.roles.assignments({
    ...(actors.length === 0 ? {} : { actors }),
    ...(targets === undefined ? {} : { targets }),
    ...(roleId === undefined ? {} : { roleId }),
    ...(query.inherited === true ? { inherited: true } : {}),
    limit: limit + 1,
  })
  return { rows: rows.slice(0, limit), isCut: rows.length > limit }
}

/** Rows of users, as their tokens have them. Roles are filtered after they are worked out: an implied one has no row. */
export async function workedOutRows(
  parts: AssignmentParts,
  query: AssignmentQuery,
): Promise<{ readonly rows: EffectiveRow[]; readonly isCut: boolean }> {
  const { roles } = parts
  const { userId, roleId, target, limit } = query
  const targets = target === undefined ? undefined : await shownTargets(parts, target, query)
  const over = target?.type === 'project' ? await placesOver(parts, target.id) : []
  const actors = userId === undefined ? undefined : await actorsOf(parts, userId)
  const rows = await roles.assignments({
    ...(actors === undefined ? {} : { actors }),
    ...(targets === undefined ? {} : { targets: [...targets, ...over] }),
    limit: lookedAt + 1,
  })
  const wanted = {
    ...(targets === undefined ? {} : { places: new Set(targets.map(({ type, id }) => `${type} ${id}`)) }),
    ...(roleId === undefined ? {} : { roleId }),
    ...(userId === undefined ? {} : { userId }),
    ...(query.inherited === true ? { inherited: true } : {}),
  }
  const world = {
    members: await membersOf(parts, rows, userId),
    projects: await projectsBelow(parts, rows),
    roles: await rolesByPrior(roles),
  }
  const { rows: found, isCut } = effectiveRows(rows, world, wanted, limit)
  return { rows: found, isCut: isCut || rows.length > lookedAt }
}

async function shownTargets(
  { tree }: AssignmentParts,
  target: RoleTarget,
  { subtree }: AssignmentQuery,
): Promise<RoleTarget[]> {
  if (subtree !== true || target.type !== 'project') return [target]
  const below = await tree.subtree([target.id], lookedAt)
  return [target, ...below.map(({ id }): RoleTarget => ({ type: 'project', id }))]
}

/** From where roles on the project are inherited. */
async function placesOver({ directory, tree }: AssignmentParts, projectId: string): Promise<RoleTarget[]> {
  const project = await directory.findProject({ id: projectId })
  if (project === null) return []
  const over = await tree.parents(project)
  return [
    { type: 'domain', id: project.domain_id },
    ...over.map(({ id }): RoleTarget => ({ type: 'project', id })),
  ]
}

async function actorsOf({ directory }: AssignmentParts, userId: string): Promise<RoleActor[]> {
  const groups = await directory.users.groupIdsOf(userId)
  return [{ type: 'user', id: userId }, ...groups.map((id): RoleActor => ({ type: 'group', id }))]
}

/** Of one user all groups among the rows are its own: nobody else is looked up. */
async function membersOf(
  { directory }: AssignmentParts,
  rows: readonly AssignmentRow[],
  userId: string | undefined,
): Promise<Map<string, readonly string[]>> {
  const groups = new Set(rows.filter((row) => row.actor_type === 'group').map((row) => row.actor_id))
  const found = new Map<string, readonly string[]>()
  for (const id of groups) {
    found.set(id, userId === undefined ? await directory.users.memberIdsOf(id) : [userId])
  }
  return found
}

/** All of the domains in which something is inherited. */
async function projectsBelow(
  { directory }: AssignmentParts,
  rows: readonly AssignmentRow[],
): Promise<ProjectRow[]> {
  const above = (type: RoleTarget['type']): string[] => [
    ...new Set(
      rows.filter((row) => row.inherited === true && row.target_type === type).map((row) => row.target_id),
    ),
  ]
  const projects = await directory.listProjects({ ids: above('project'), limit: lookedAt })
  const domainIds = new Set([...above('domain'), ...projects.map((row) => row.domain_id)])
  return directory.listProjects({ domainIds: [...domainIds], limit: lookedAt })
}

async function rolesByPrior(roles: RoleBook): Promise<Map<string, readonly string[]>> {
  const all = await roles.list({ limit: lookedAt })
  const implications = await roles.implications()
  return new Map(all.map((role) => [role.id, expandRoles([role], all, implications).map(({ id }) => id)]))
}
