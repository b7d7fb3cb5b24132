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
  /** Rows of the answer, and of what is looked at for it. */
  readonly limit: number
}

export interface AssignmentParts {
  readonly directory: Directory
  readonly roles: RoleBook
  readonly tree: ProjectTree
}

/** Rows as they were granted. */
export async function grantedRows(parts: AssignmentParts, query: AssignmentQuery): Promise<AssignmentRow[]> {
  const { userId, groupId, roleId, target, limit } = query
  const actors: RoleActor[] = [
    ...(userId === undefined ? [] : [{ type: 'user', id: userId } as const]),
    ...(groupId === undefined ? [] : [{ type: 'group', id: groupId } as const]),
  ]
  const shown = target === undefined ? undefined : await shownTargets(parts, target, query)
  return parts.roles.assignments({
    ...(actors.length === 0 ? {} : { actors }),
    ...(shown === undefined ? {} : { targets: shown }),
    ...(roleId === undefined ? {} : { roleId }),
    ...(query.inherited === true ? { inherited: true } : {}),
    limit,
  })
}

/** Rows of users, as their tokens have them. Roles are filtered after they are worked out: an implied one has no row. */
export async function workedOutRows(parts: AssignmentParts, query: AssignmentQuery): Promise<EffectiveRow[]> {
  const { roles } = parts
  const { userId, roleId, target, limit } = query
  const shown = target === undefined ? undefined : await shownTargets(parts, target, query)
  const over = target?.type === 'project' ? await placesOver(parts, target.id) : []
  const actors = userId === undefined ? undefined : await actorsOf(parts, userId)
  const rows = await roles.assignments({
    ...(actors === undefined ? {} : { actors }),
    ...(shown === undefined ? {} : { targets: [...shown, ...over] }),
    limit,
  })
  const places = new Set(shown?.map(({ type, id }) => `${type} ${id}`))
  const wanted = (row: EffectiveRow): boolean =>
    (shown === undefined || places.has(`${row.target_type} ${row.target_id}`)) &&
    (roleId === undefined || row.role_id === roleId) &&
    (userId === undefined || row.actor_id === userId) &&
    (query.inherited !== true || row.from.inherited === true)
  const world = {
    members: await membersOf(parts, rows, userId),
    projects: await projectsBelow(parts, rows, limit),
    roles: await rolesByPrior(roles, limit),
  }
  return effectiveRows(rows, world, wanted, limit)
}

async function shownTargets(
  { tree }: AssignmentParts,
  target: RoleTarget,
  { subtree, limit }: AssignmentQuery,
): Promise<RoleTarget[]> {
  if (subtree !== true || target.type !== 'project') return [target]
  const below = await tree.subtree([target.id], limit)
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
  limit: number,
): Promise<ProjectRow[]> {
  const above = (type: RoleTarget['type']): string[] => [
    ...new Set(
      rows.filter((row) => row.inherited === true && row.target_type === type).map((row) => row.target_id),
    ),
  ]
  const projects = await directory.listProjects({ ids: above('project'), limit })
  const domainIds = new Set([...above('domain'), ...projects.map((row) => row.domain_id)])
  return directory.listProjects({ domainIds: [...domainIds], limit })
}

async function rolesByPrior(roles: RoleBook, limit: number): Promise<Map<string, readonly string[]>> {
  const all = await roles.list({ limit })
  const implications = await roles.implications()
  return new Map(all.map((role) => [role.id, expandRoles([role], all, implications).map(({ id }) => id)]))
}
