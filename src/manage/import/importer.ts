/**
 * Brings what a source wants into the database, or says what it would do. It promises that nothing is deleted, that what exists
 * under another id is never touched, that each transaction is of at most {@link maxImportRows} rows, and that running again goes on where an
 * end cut it short: everything is looked up before it is made. Changes go through the Auth Manager's own verbs.
 */
import type { IdentityFace } from '../../auth/identity-face.ts'
import { impliedRoles } from '../../auth/implied-roles.ts'
import { standardRoles } from '../../auth/role-book.ts'
import { newIdentityId } from '../../auth/directory.ts'
import type { Store } from '../../db/open.ts'
import type { Tx } from '../../db/schema.ts'
import {
  groupsLike,
  insertGroups,
  insertProjects,
  insertUsers,
  maxImportRows,
  projectsLike,
  usersLike,
} from '../../db/store/identity-import.ts'
import { Fault } from '../../model/errors.ts'
import type { Clock } from '../../runtime/clock.ts'
import { LongText, PlaceName, RoleName, UserName, EmailText } from '../../wire/identity-fields.ts'
import { problemWith } from '../../wire/validate.ts'
import { insertOrEach } from './insert-or-each.ts'
import type { Place, Places } from './places.ts'
import { importAssignments, importMembers } from './ties.ts'
import type { Report, Kind } from './report.ts'
import type {
  Source,
  WantedDomain,
  WantedGroup,
  WantedImplication,
  WantedProject,
  WantedRole,
  WantedUser,
} from './wanted.ts'

export interface ImporterParts {
  readonly auth: IdentityFace
  readonly store: Store
  readonly clock: Clock
  /** False: say what would be done. */
  readonly apply: boolean
  readonly report: Report
  /** Whether users of this domain are in a directory, here. */
  isDirectory(domain: { readonly id: string; readonly name: string }): boolean
}

export class Importer {
  readonly #parts: ImporterParts
  readonly #places: Places = {
    domains: new Map(),
    roles: new Map(),
    projects: new Map(),
    users: new Map(),
    groups: new Map(),
    directoryGroups: new Set(),
  }
  /** Domains here whose users are in a directory. */
  readonly #directories = new Set<string>()
  /** Names that this import has given out, by kind, domain and name: a dry run finds what the database would. */
  readonly #taken = new Map<string, string>()

  constructor(parts: ImporterParts) {
    this.#parts = parts
  }

  async run(source: Source): Promise<void> {
    for await (const one of source.domains) await this.#domain(one)
    for await (const one of source.roles) await this.#role(one)
    for (const name of standardRoles) await this.#standardRole(name)
    for await (const one of source.implications) await this.#implication(one)
    // One by one: a project may be the parent of the next.
    for await (const batch of batches(source.projects)) await this.#projectBatch(batch)
    for await (const batch of batches(source.users)) await this.#userBatch(batch)
    for await (const batch of batches(source.groups)) await this.#groupBatch(batch)
    for await (const batch of batches(source.members)) await importMembers(this.#parts, this.#places, batch)
    for await (const batch of batches(source.assignments))
      await importAssignments(this.#parts, this.#places, batch)
    this.#parts.report.notes.push(...source.notes())
  }

  // ----------------------------------------------------------------------------------------------- domains and roles

  async #domain(wanted: WantedDomain): Promise<void> {
    const { auth, report, apply } = this.#parts
    const { id, name, description, enabled } = wanted
    const item = { kind: 'domain', what: name, id } as const
    const invalid = problem('domain', { name: PlaceName, description: LongText }, wanted)
    const there = await auth.directory.findDomain({ id })
    const named = await auth.directory.findDomain({ name })
    const isDirectory = this.#parts.isDirectory({ id: there?.id ?? named?.id ?? id, name })
    if (there !== null) {
      // Its name is the operator's: the configuration may say it.
      this.#places.domains.set(id, { id, label: there.name })
      report.same('domain')
    } else if (named !== null && isDirectory) {
      // Made for the directory before anybody knew of the other id; nobody's id depends on it.
      this.#places.domains.set(id, { id: named.id, label: name })
      report.same('domain')
    } else if (named !== null || this.#take('domain', '', name, id)) {
      this.#places.domains.set(id, null)
      report.add({ ...item, action: 'conflict', why: otherId('domain', name, named?.id) })
    } else if (invalid !== null) {
      this.#places.domains.set(id, null)
      report.add({ ...item, action: 'left', why: invalid })
    } else {
      this.#places.domains.set(id, { id, label: name })
      report.add({ ...item, action: 'create' })
      if (apply) await auth.directory.createDomain({ id, name, description, enabled })
    }
    const place = this.#places.domains.get(id)
    if (isDirectory && place !== null && place !== undefined) this.#directories.add(place.id)
  }

  /** Known by their names, as policies know them; ids differ from cloud to cloud. */
  async #role(wanted: WantedRole, isOurs = false): Promise<void> {
    const { auth, report, apply } = this.#parts
    const { id, name } = wanted
    const all = await auth.roles.list({ limit: 1000 })
    const there = all.find((role) => role.name.toLowerCase() === name.toLowerCase())
    const invalid = problem('role', { name: RoleName, description: LongText }, wanted)
    if (there !== undefined) {
      this.#places.roles.set(id, { id: there.id, label: there.name })
      report.same('role')
    } else if (invalid !== null) {
      this.#places.roles.set(id, null)
      report.add({ action: 'left', kind: 'role', what: name, id, why: invalid })
    } else if (this.#take('role', '', name.toLowerCase(), id)) {
      this.#places.roles.set(id, null)
      report.add({ action: 'conflict', kind: 'role', what: name, id, why: otherId('role', name) })
    } else {
      // An id that is made now would be another one each time that a plan is printed.
      report.add({ action: 'create', kind: 'role', what: name, ...(isOurs ? {} : { id }) })
      const made = apply ? await auth.roles.create(name, wanted.description, id) : { id }
      this.#places.roles.set(id, { id: made.id, label: name })
    }
  }

  /** Those that the service needs, whatever the source has. */
  async #standardRole(name: string): Promise<void> {
    const isThere = [...this.#places.roles.values()].some((place) => place?.label.toLowerCase() === name)
    if (isThere) return
    const found = await this.#parts.auth.roles.find({ name })
    if (found === null) await this.#role({ id: newIdentityId(), name, description: '' }, true)
  }

  async #implication({ priorId, impliedId }: WantedImplication): Promise<void> {
    const prior = this.#places.roles.get(priorId) ?? null
    const implied = this.#places.roles.get(impliedId) ?? null
    if (prior === null || implied === null) return
    const what = `${prior.label} implies ${implied.label}`
    const { report } = this.#parts
    const { auth, apply } = this.#parts
    const isThere = (await auth.roles.implications()).get(prior.id)?.has(implied.id) === true
    // Roles that are only planned will have the usual ones.
    const isUsual = impliedRoles.some(([from, to]) => from === prior.label && to === implied.label)
    const isPlanned = isUsual && ((await auth.roles.find(prior)) ?? (await auth.roles.find(implied))) === null
    if (isThere || isPlanned) {
      report.same('implied role')
      return
    }
    const refusal = apply ? await refusalOf(() => auth.roles.imply(prior.id, implied.id)) : null
    if (refusal === null) report.add({ action: 'create', kind: 'implied role', what })
    else report.add({ action: 'left', kind: 'implied role', what, why: refusal })
  }

  // ---------------------------------------------------------------------------------------- projects, users, groups

  async #projectBatch(batch: readonly WantedProject[]): Promise<void> {
    const { store, clock, auth, report, apply } = this.#parts
    const ready = batch.filter((one) => this.#isPlaced('project', one, this.#places.projects, PlaceName))
    const there = await projectsLike(
      store.db,
      ready.map((one) => this.#named(one)),
    )
    const held = await auth.tree.tagsOf(there.map(({ id }) => id))
    const made: WantedProject[] = []
    for (const one of ready) {
      const { domainId, label } = this.#placeOf(one)
      const row = there.find(({ id }) => id === one.id)
      const parentId =
        one.parentId === null ? domainId : (this.#places.projects.get(one.parentId)?.id ?? null)
      const item = { kind: 'project', what: label, id: one.id } as const
      if (parentId === null) {
        this.#places.projects.set(one.id, null)
        report.add({ ...item, action: 'left', why: `the project above it (${one.parentId}) is not here` })
        continue
      }
      if (row !== undefined && (row.parent_id ?? row.domain_id) !== parentId) {
        this.#places.projects.set(one.id, null)
        report.add({ ...item, action: 'conflict', why: 'here it is below another project' })
        continue
      }
      const outcome = await this.#settle(item, this.#places.projects, row, there, one, () => {
        const change = differing(
          { name: row?.name, description: row?.description, enabled: row?.enabled === 1 },
          { name: one.name, description: one.description, enabled: one.enabled },
        )
        // Only added: tags are marks that several programs set.
        const tags = one.tags.filter((tag) => held.get(one.id)?.includes(tag) !== true)
        return {
          change: tags.length === 0 ? change : { ...change, tags },
          do: async () => {
            if (Object.keys(change).length > 0) await auth.directory.updateProject(one.id, change)
            for (const tag of tags) await auth.tree.addTag(one.id, tag)
          },
        }
      })
      if (outcome === 'create') made.push(one)
    }
    if (!apply) return
    await this.#insert(made, 'project', this.#places.projects, (tx, rows) =>
      insertProjects(
        tx,
        rows.map((one) => ({
          id: one.id,
          domain_id: this.#placeOf(one).domainId,
          name: one.name,
          description: one.description,
          enabled: one.enabled ? 1 : 0,
          parent_id: one.parentId ?? this.#placeOf(one).domainId,
          created_at: clock.now(),
        })),
      ),
    )
    for (const { id, tags } of made) {
      if (this.#places.projects.get(id) === null) continue
      for (const tag of tags) await auth.tree.addTag(id, tag)
    }
  }

  async #userBatch(batch: readonly WantedUser[]): Promise<void> {
    const { store, clock, auth, report, apply } = this.#parts
    const placed = batch.filter((one) => this.#isPlaced('user', one, this.#places.users, UserName))
    const ready: WantedUser[] = []
    for (const one of placed) {
      if (!this.#directories.has(this.#placeOf(one).domainId)) ready.push(one)
      else if (await this.#fromDirectory('user', one, this.#places.users)) report.inDirectory++
    }
    const there = await usersLike(
      store.db,
      ready.map((one) => this.#named(one)),
    )
    const made: WantedUser[] = []
    for (const one of ready) {
      const { label } = this.#placeOf(one)
      const row = there.find(({ id }) => id === one.id)
      const item = { kind: 'user', what: label, id: one.id } as const
      const outcome = await this.#settle(item, this.#places.users, row, there, one, () => {
        const change = differing(
          { name: row?.name, description: row?.description, email: row?.email, enabled: row?.enabled === 1 },
          { name: one.name, description: one.description, email: one.email, enabled: one.enabled },
        )
        return { change, do: () => auth.directory.updateUser(one.id, change) }
      })
      if (outcome === 'create') {
        made.push(one)
        if (one.passwordHash !== null) report.hashes.push(label)
      }
      const hasPassword =
        outcome === 'create' ? one.passwordHash !== null : row !== undefined && row.password_hash !== null
      if (outcome !== 'not here' && one.enabled && !hasPassword) report.mustReset.push(label)
    }
    if (!apply) return
    await this.#insert(made, 'user', this.#places.users, (tx, rows) =>
      insertUsers(
        tx,
        rows.map((one) => ({
          id: one.id,
          domain_id: this.#placeOf(one).domainId,
          name: one.name,
          description: one.description,
          email: one.email,
          enabled: one.enabled ? 1 : 0,
          default_project_id:
            one.defaultProjectId === null
              ? null
              : (this.#places.projects.get(one.defaultProjectId)?.id ?? null),
          password_hash: one.passwordHash,
          tokens_valid_after: clock.now(),
          created_at: clock.now(),
        })),
      ),
    )
  }

  async #groupBatch(batch: readonly WantedGroup[]): Promise<void> {
    const { store, auth, apply } = this.#parts
    const placed = batch.filter((one) => this.#isPlaced('group', one, this.#places.groups, PlaceName))
    const ready: WantedGroup[] = []
    for (const one of placed) {
      if (this.#directories.has(this.#placeOf(one).domainId))
        await this.#fromDirectory('group', one, this.#places.groups)
      else ready.push(one)
    }
    const there = await groupsLike(
      store.db,
      ready.map((one) => this.#named(one)),
    )
    const made: WantedGroup[] = []
    for (const one of ready) {
      const row = there.find(({ id }) => id === one.id)
      const item = { kind: 'group', what: this.#placeOf(one).label, id: one.id } as const
      const outcome = await this.#settle(item, this.#places.groups, row, there, one, () => {
        const change = differing(
          { name: row?.name, description: row?.description },
          { name: one.name, description: one.description },
        )
        return { change, do: () => auth.directory.updateGroup(one.id, change) }
      })
      if (outcome === 'create') made.push(one)
    }
    if (!apply) return
    await this.#insert(made, 'group', this.#places.groups, (tx, rows) =>
      insertGroups(
        tx,
        rows.map((one) => ({
          id: one.id,
          domain_id: this.#placeOf(one).domainId,
          name: one.name,
          description: one.description,
        })),
      ),
    )
  }

  /** False, with a line of the report, when its domain is not here or its name is none. */
  #isPlaced(
    kind: 'project' | 'user' | 'group',
    one: WantedProject | WantedUser | WantedGroup,
    places: Map<string, Place>,
    name: typeof UserName,
  ): boolean {
    const domain = this.#places.domains.get(one.domainId) ?? null
    const why =
      domain === null
        ? `its domain (${one.domainId}) is not here`
        : !/^[\w.-]{1,64}$/.test(one.id)
          ? 'its id is none'
          : problem(
              kind,
              {
                name,
                description: LongText,
                ...('email' in one && one.email !== null ? { email: EmailText } : {}),
              },
              one,
            )
    if (why === null) return true
    places.set(one.id, null)
    const what = domain === null ? one.name : `${one.name}@${domain.label}`
    this.#parts.report.add({ action: 'left', kind, what, id: one.id, why })
    return false
  }

  #placeOf(one: { readonly name: string; readonly domainId: string }) {
    const domain = this.#places.domains.get(one.domainId)
    return { domainId: domain?.id ?? '', label: `${one.name}@${domain?.label ?? ''}` }
  }

  #named(one: { readonly id: string; readonly name: string; readonly domainId: string }) {
    return { id: one.id, name: one.name, domain_id: this.#placeOf(one).domainId }
  }

  /** Somebody of the same name in the directory of the domain stands for the one who is wanted. */
  async #fromDirectory(
    kind: 'user' | 'group',
    one: WantedUser | WantedGroup,
    places: Map<string, Place>,
  ): Promise<boolean> {
    const { users } = this.#parts.auth.directory
    const { domainId, label } = this.#placeOf(one)
    const ref = { name: one.name, domainId }
    const found = kind === 'user' ? await users.findUser(ref) : await users.findGroup(ref)
    places.set(one.id, found === null ? null : { id: found.id, label })
    if (found === null && (await this.#parts.auth.directory.findDomain({ id: domainId })) === null) {
      const domain = this.#places.domains.get(one.domainId)?.label ?? ''
      const why = `make its domain first (manila-manage identity domain create ${domain}), so that its directory can be asked`
      this.#parts.report.add({ action: 'left', kind, what: label, id: one.id, why })
      return false
    }
    if (found !== null) {
      this.#parts.report.same(kind)
      if (kind === 'group') this.#places.directoryGroups.add(found.id)
    } else {
      const why = 'users and groups of this domain are in its directory, and nobody there is called so'
      this.#parts.report.add({ action: 'left', kind, what: label, id: one.id, why })
    }
    return found !== null
  }

  /** Decides what becomes of one thing, and changes what is there already. */
  async #settle(
    item: { readonly kind: Kind; readonly what: string; readonly id: string },
    places: Map<string, Place>,
    row: { readonly domain_id: string } | undefined,
    there: readonly { readonly id: string; readonly name: string; readonly domain_id: string }[],
    one: { readonly id: string; readonly name: string; readonly domainId: string },
    changing: () => { readonly change: object; do(): Promise<unknown> },
  ): Promise<'create' | 'there' | 'not here'> {
    const { report, apply } = this.#parts
    const { domainId } = this.#placeOf(one)
    const conflict = (why: string): 'not here' => {
      places.set(one.id, null)
      report.add({ ...item, action: 'conflict', why })
      return 'not here'
    }
    if (places.has(one.id)) return conflict('the source has two of this id')
    const other = there.find(
      (found) => found.id !== one.id && found.domain_id === domainId && found.name === one.name,
    )
    if (other !== undefined) return conflict(otherId(item.kind, one.name, other.id))
    if (row !== undefined && row.domain_id !== domainId) {
      return conflict(`here that id is in another domain (${row.domain_id})`)
    }
    if (this.#take(item.kind, domainId, one.name, one.id)) {
      return conflict(`the source has two of this name (${item.what})`)
    }
    places.set(one.id, { id: one.id, label: item.what })
    if (row === undefined) {
      report.add({ ...item, action: 'create' })
      return 'create'
    }
    const { change, do: write } = changing()
    const fields = Object.keys(change)
    if (fields.length === 0) {
      report.same(item.kind)
      return 'there'
    }
    const refusal = apply ? await refusalOf(write) : null
    if (refusal === null) report.add({ ...item, action: 'change', why: fields.join(', ') })
    else report.add({ ...item, action: 'conflict', why: refusal })
    return 'there'
  }

  /** True when the name is another one's already. */
  #take(kind: Kind, domainId: string, name: string, id: string): boolean {
    const key = JSON.stringify([kind, domainId, name])
    const owner = this.#taken.get(key)
    if (owner !== undefined) return owner !== id
    this.#taken.set(key, id)
    return false
  }

  /** Who made one of them meanwhile has the name, or the id. */
  #insert<T extends { readonly id: string; readonly name: string; readonly domainId: string }>(
    made: readonly T[],
    kind: Kind,
    places: Map<string, Place>,
    insert: (tx: Tx, rows: readonly T[]) => Promise<void>,
  ): Promise<void> {
    return insertOrEach(this.#parts.store, made, insert, (one) => {
      places.set(one.id, null)
      const { label: what } = this.#placeOf(one)
      const why = 'somebody made one meanwhile'
      this.#parts.report.add({ action: 'conflict', kind, what, id: one.id, why })
    })
  }
}

async function* batches<T>(stream: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T[]> {
  let batch: T[] = []
  for await (const one of stream) {
    batch.push(one)
    if (batch.length < maxImportRows) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

const otherId = (kind: string, name: string, id?: string): string =>
  `there is a ${kind} named ${name} already${id === undefined ? '' : `, with the id ${id}`}`

/** Fields of `wanted` that `there` has otherwise. */
const differing = <T extends object>(there: { readonly [K in keyof T]?: unknown }, wanted: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(wanted).filter(([key, value]) => there[key as keyof T] !== value),
  ) as Partial<T>

/** Why the API would not take these fields; null when it would. */
function problem(
  noun: string,
  fields: Readonly<Record<string, typeof UserName>>,
  value: object,
): string | null {
  for (const [name, schema] of Object.entries(fields)) {
    const said = problemWith(schema, (value as Record<string, unknown>)[name], `${noun}.${name}`)
    if (said !== null) return said
  }
  return null
}

/** What the Auth Manager says against it; null when it is done. */
async function refusalOf(write: () => Promise<unknown>): Promise<string | null> {
  try {
    await write()
    return null
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return typeof error.detail.message === 'string' ? error.detail.message : error.message
  }
}
