/** What the pages of users, projects and roles read of the identity service, and how they write to it. */
import { queryOptions } from '@tanstack/react-query'
import type { Client } from '../../../src/sdk/client.ts'
import type { Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'

interface Named {
  readonly id: string
  readonly name: string
  readonly description?: string | null
}
export interface UserView extends Named {
  readonly domain_id: string
  readonly enabled: boolean
  readonly email?: string
  readonly default_project_id?: string
  readonly password_expires_at: string | null
}
export interface GroupView extends Named {
  readonly domain_id: string
}
export interface ProjectView extends Named {
  readonly domain_id: string
  readonly parent_id: string
  readonly enabled: boolean
}
export interface DomainView extends Named {
  readonly enabled: boolean
  /** Users and groups are a directory's, and are changed there. */
  readonly users_read_only?: boolean
}
export type RoleView = Named

export interface AssignmentView {
  readonly role: Named
  readonly user?: Named
  readonly group?: Named
  readonly scope: {
    readonly project?: Named
    readonly domain?: Named
    readonly system?: unknown
    readonly 'OS-INHERIT:inherited_to'?: string
  }
  readonly links: { readonly assignment: string }
}

export interface Listed<Row> {
  readonly rows: readonly Row[]
  /** The service lists no more at once. */
  readonly isCut: boolean
}

/** `ask(client, 'PATCH', '/users/x', body)`; throws when nobody knows where the identity service is. */
export async function ask(client: Client, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await client.atIdentity(path, { method, ...(body === undefined ? {} : { body }) })
  if (answer === null) throw new Error('The identity service of this deployment is not known.')
  return answer.body
}

const queryText = (query: Readonly<Record<string, string | undefined>>): string => {
  const known = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return known.length === 0 ? '' : `?${new URLSearchParams(known)}`
}

const list = <Row>(
  { client, deployment }: Console,
  path: string,
  key: string,
  query: Readonly<Record<string, string | undefined>> = {},
) =>
  queryOptions({
    queryKey: listKey('identity', path, query),
    enabled: deployment.identityIsOurs,
    meta: { still: true },
    queryFn: async (): Promise<Listed<Row>> => {
      const body = (await ask(client, 'GET', `${path}${queryText(query)}`)) as Readonly<
        Record<string, unknown>
      >
      return { rows: (body[key] ?? []) as readonly Row[], isCut: body['truncated'] === true }
    },
  })

export const usersQuery = (console: Console, text?: string) =>
  list<UserView>(console, '/users', 'users', { name__icontains: text })
export const groupsQuery = (console: Console) => list<GroupView>(console, '/groups', 'groups')
export const projectsQuery = (console: Console, text?: string) =>
  list<ProjectView>(console, '/projects', 'projects', { name__icontains: text })
export const domainsQuery = (console: Console) => list<DomainView>(console, '/domains', 'domains')
export const rolesQuery = (console: Console) => list<RoleView>(console, '/roles', 'roles')
export const membersQuery = (console: Console, groupId: string) =>
  list<UserView>(console, `/groups/${encodeURIComponent(groupId)}/users`, 'users')
export const groupsOfUserQuery = (console: Console, userId: string) =>
  list<GroupView>(console, `/users/${encodeURIComponent(userId)}/groups`, 'groups')

export type Place = { readonly kind: 'user' | 'group' | 'project' | 'role'; readonly id: string }

const filterOf = ({ kind, id }: Place): Readonly<Record<string, string>> => ({
  [kind === 'project' ? 'scope.project.id' : `${kind}.id`]: id,
})

export const assignmentsQuery = (console: Console, place: Place) =>
  list<AssignmentView>(console, '/role_assignments', 'role_assignments', {
    ...filterOf(place),
    include_names: 'true',
  })

const one = <Row>({ client, deployment }: Console, path: string, key: string) =>
  queryOptions({
    queryKey: listKey('identity', 'one', path),
    enabled: deployment.identityIsOurs,
    meta: { still: true },
    queryFn: async (): Promise<Row> =>
      ((await ask(client, 'GET', path)) as Readonly<Record<string, unknown>>)[key] as Row,
  })

export const userQuery = (console: Console, id: string) =>
  one<UserView>(console, `/users/${encodeURIComponent(id)}`, 'user')
export const groupQuery = (console: Console, id: string) =>
  one<GroupView>(console, `/groups/${encodeURIComponent(id)}`, 'group')
export const projectQuery = (console: Console, id: string) =>
  one<ProjectView>(console, `/projects/${encodeURIComponent(id)}`, 'project')

export const inferencesQuery = ({ client, deployment }: Console) =>
  queryOptions({
    queryKey: listKey('identity', '/role_inferences'),
    enabled: deployment.identityIsOurs,
    meta: { still: true },
    queryFn: async (): Promise<ReadonlyMap<string, readonly string[]>> => {
      const body = (await ask(client, 'GET', '/role_inferences')) as {
        readonly role_inferences?: readonly {
          readonly prior_role: Named
          readonly implies: readonly Named[]
        }[]
      }
      return new Map(
        (body.role_inferences ?? []).map(({ prior_role, implies }) => [
          prior_role.id,
          implies.map(({ name }) => name),
        ]),
      )
    },
  })

/** Below `/v3`, of the link that names an assignment: what takes it away. */
export const assignmentPath = ({ links: { assignment } }: AssignmentView): string =>
  assignment.slice(assignment.indexOf('/v3/') + 3)

/** What gives a role: to whom and where. */
export const grantPath = (
  role: string,
  who: { readonly kind: 'user' | 'group'; readonly id: string },
  project: string,
): string =>
  `/projects/${encodeURIComponent(project)}/${who.kind}s/${encodeURIComponent(who.id)}/roles/${encodeURIComponent(role)}`

/** Where names are shown by several pages, all are read again. */
export const identityChanged = ({ queries }: Console): Promise<void> =>
  queries.invalidateQueries({ queryKey: ['identity'] })
