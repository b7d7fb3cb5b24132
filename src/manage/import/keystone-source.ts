/**
 * Everything of a running Keystone that there is a place for here, read by its v3 API as an administrator. It follows pages, and refuses
 * lists that Keystone cut: half of a cloud would look like a whole one. Things come in the order of their names, so that two
 * runs say the same.
 */
import type { KeystoneReader } from '../verb.ts'
import { Problem } from '../verb.ts'
import type {
  Note,
  Source,
  WantedAssignment,
  WantedDomain,
  WantedGroup,
  WantedImplication,
  WantedMember,
  WantedProject,
  WantedRole,
  WantedUser,
} from './wanted.ts'

type Row = Readonly<Record<string, unknown>>

/** Pages of one list: more is a list without an end. */
const maxPages = 10_000

export class KeystoneSource implements Source {
  readonly #reader: KeystoneReader
  readonly domains: readonly WantedDomain[]
  readonly roles: readonly WantedRole[]
  readonly implications: readonly WantedImplication[]
  readonly projects: AsyncIterable<WantedProject>
  readonly users: AsyncIterable<WantedUser>
  readonly groups: AsyncIterable<WantedGroup>
  readonly members: AsyncIterable<WantedMember>
  readonly assignments: AsyncIterable<WantedAssignment>
  readonly #notes: Note[] = []
  readonly #groupIds: string[] = []

  private constructor(
    reader: KeystoneReader,
    parts: Pick<KeystoneSource, 'domains' | 'roles' | 'implications'>,
  ) {
    this.#reader = reader
    this.domains = parts.domains
    this.roles = parts.roles
    this.implications = parts.implications
    this.projects = this.#readProjects()
    this.users = this.#readUsers()
    this.groups = this.#readGroups()
    this.members = this.#readMembers()
    this.assignments = this.#readAssignments()
  }

  /** Reads what is small; the rest is read when it is asked for. */
  static async read(reader: KeystoneReader): Promise<KeystoneSource> {
    const domains = (await listOf(reader, '/domains', 'domains')).map((row) => ({
      id: text(row.id),
      name: text(row.name),
      description: text(row.description),
      enabled: row.enabled !== false,
    }))
    const roles = (await listOf(reader, '/roles', 'roles')).map((row) => ({
      id: text(row.id),
      name: text(row.name),
      description: text(row.description),
    }))
    const inferences = await listOf(reader, '/role_inferences', 'role_inferences')
    const implications = inferences.flatMap((row) =>
      rows(row.implies).map((implied) => ({
        priorId: text((row.prior_role as Row | undefined)?.id),
        impliedId: text(implied.id),
      })),
    )
    const source = new KeystoneSource(reader, {
      domains: domains.toSorted(byName),
      roles: roles.toSorted(byName),
      implications: implications.toSorted((a, b) => order(JSON.stringify(a), JSON.stringify(b))),
    })
    for (const { id, name } of source.domains) {
      const own = await listOf(reader, `/roles?domain_id=${encodeURIComponent(id)}`, 'roles')
      for (const role of own) {
        source.#notes.push({
          what: `role ${text(role.name)} of domain ${name}`,
          why: 'roles of a domain are not known here',
        })
      }
    }
    return source
  }

  notes(): readonly Note[] {
    return this.#notes
  }

  /** Above before below, whatever the names. */
  async *#readProjects(): AsyncGenerator<WantedProject> {
    for (const domain of this.domains) {
      const found = await this.#ofDomain('projects', domain)
      const projects = found.map((row): WantedProject => {
        const parentId = text(row.parent_id)
        return {
          id: text(row.id),
          name: text(row.name),
          domainId: domain.id,
          parentId: parentId === '' || parentId === domain.id ? null : parentId,
          description: text(row.description),
          enabled: row.enabled !== false,
          tags: Array.isArray(row.tags) ? row.tags.map(String) : [],
        }
      })
      yield* topDown(projects.toSorted(byName))
    }
  }

  async *#readUsers(): AsyncGenerator<WantedUser> {
    for (const domain of this.domains) {
      const found = await this.#ofDomain('users', domain)
      yield* found
        .map((row): WantedUser => ({
          id: text(row.id),
          name: text(row.name),
          domainId: domain.id,
          description: text(row.description),
          email: text(row.email) === '' ? null : text(row.email),
          enabled: row.enabled !== false,
          defaultProjectId: text(row.default_project_id) === '' ? null : text(row.default_project_id),
          passwordHash: null,
        }))
        .toSorted(byName)
    }
  }

  async *#readGroups(): AsyncGenerator<WantedGroup> {
    for (const domain of this.domains) {
      const found = await this.#ofDomain('groups', domain)
      const groups = found
        .map((row): WantedGroup => ({
          id: text(row.id),
          name: text(row.name),
          domainId: domain.id,
          description: text(row.description),
        }))
        .toSorted(byName)
      for (const group of groups) {
        this.#groupIds.push(group.id)
        yield group
      }
    }
  }

  async *#readMembers(): AsyncGenerator<WantedMember> {
    for (const groupId of this.#groupIds) {
      const path = `/groups/${encodeURIComponent(groupId)}/users`
      const found = await listOf(this.#reader, path, 'users')
      for (const user of found.toSorted((a, b) => order(text(a.name), text(b.name)))) {
        yield { groupId, userId: text(user.id) }
      }
    }
  }

  async *#readAssignments(): AsyncGenerator<WantedAssignment> {
    const found = await listOf(this.#reader, '/role_assignments', 'role_assignments')
    const assignments = found.flatMap((row): WantedAssignment[] => {
      const scope = (row.scope ?? {}) as Row
      const idOf = (value: unknown): string => text((value as Row | undefined)?.id)
      const actor =
        row.user === undefined
          ? ({ type: 'group', id: idOf(row.group) } as const)
          : ({ type: 'user', id: idOf(row.user) } as const)
      const target =
        scope.project !== undefined
          ? ({ type: 'project', id: idOf(scope.project) } as const)
          : scope.domain !== undefined
            ? ({ type: 'domain', id: idOf(scope.domain) } as const)
            : ({ type: 'system', id: 'all' } as const)
      const inherited = scope['OS-INHERIT:inherited_to'] === 'projects'
      return [{ roleId: idOf(row.role), actor, target, inherited }]
    })
    yield* assignments.toSorted((a, b) => order(keyOf(a), keyOf(b)))
  }

  #ofDomain(kind: 'projects' | 'users' | 'groups', { id }: WantedDomain): Promise<Row[]> {
    return listOf(this.#reader, `/${kind}?domain_id=${encodeURIComponent(id)}`, kind)
  }
}

/** All of a list, page by page. Throws a sentence when Keystone has cut it. */
async function listOf(reader: KeystoneReader, path: string, key: string): Promise<Row[]> {
  const all: Row[] = []
  const seen = new Set<string>()
  for (let next: string | null = path; next !== null && seen.size < maxPages;) {
    if (seen.has(next)) throw new Problem(`Keystone's pages of ${key} go in a ring at ${next}`)
    seen.add(next)
    const body = (await reader.get(next)) as Row | null
    const found = body?.[key]
    if (!Array.isArray(found)) throw new Problem(`Keystone answered ${path} without ${key}: is it version 3?`)
    all.push(...(found as Row[]))
    next = nextOf((body?.links as Row | undefined)?.next)
    if (next === null && body?.truncated === true) {
      throw new Problem(
        `Keystone cut its list of ${key} at ${all.length}: raise list_limit in its configuration, and run this again`,
      )
    }
  }
  return all
}

/** The path of the next page below the same Keystone, whatever host the link names. */
function nextOf(link: unknown): string | null {
  if (typeof link !== 'string' || link === '') return null
  const at = link.indexOf('/v3/')
  if (at === -1) throw new Problem(`Keystone's next page is nowhere: ${link.slice(0, 200)}`)
  return link.slice(at + '/v3'.length)
}

/** Parents first; whose parent is not in the list comes last, for the importer to say so. */
function* topDown(projects: readonly WantedProject[]): Generator<WantedProject> {
  const left = new Set(projects)
  const done = new Set<string>()
  for (let before = -1; left.size !== before;) {
    before = left.size
    for (const one of left) {
      if (one.parentId !== null && !done.has(one.parentId)) continue
      left.delete(one)
      done.add(one.id)
      yield one
    }
  }
  yield* left
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')

const rows = (value: unknown): Row[] => (Array.isArray(value) ? (value as Row[]) : [])

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const byName = <T extends { readonly id: string; readonly name: string }>(a: T, b: T): number =>
  order(`${a.name}\0${a.id}`, `${b.name}\0${b.id}`)

const keyOf = ({ target, actor, roleId, inherited }: WantedAssignment): string =>
  [target.type, target.id, actor.type, actor.id, roleId, inherited].join(' ')
