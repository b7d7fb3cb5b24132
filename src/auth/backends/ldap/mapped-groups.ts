/** `[[auth.ldap.map]]`: roles by membership, as rows of assignments that no table holds. */
import type { MappedGroupSettings } from '../../../config/ldap.ts'
import type { Store } from '../../../db/open.ts'
import { findDomain, findProject } from '../../../db/store/identity.ts'
import { findRole, type AssignmentRow, type RoleTarget } from '../../../db/store/roles.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { LdapBackend } from './backend.ts'
import { AgedCache } from './cache.ts'

/** As long as tokens are believed without a look. */
const ages = { freshUs: 5_000_000, outageUs: 5_000_000 }

export interface MappedGroupsParts {
  readonly store: Store
  readonly clock: Clock
  readonly domainId: string
  readonly backend: Pick<LdapBackend, 'groupNamed'>
  readonly map: readonly MappedGroupSettings[]
  /** Told once of each that leads nowhere. */
  readonly trouble: (message: string) => void
}

/** What a mapping needs that is not there is no error: the role, the project or the group may be made later. */
export class MappedGroups {
  readonly #parts: MappedGroupsParts
  readonly #rows: AgedCache<readonly AssignmentRow[]>
  readonly #told = new Set<string>()

  constructor(parts: MappedGroupsParts) {
    this.#parts = parts
    this.#rows = new AgedCache(parts.clock, ages, 1)
  }

  rows(): Promise<readonly AssignmentRow[]> {
    return this.#rows.get('all', () => this.#read())
  }

  forget(): void {
    this.#rows.clear()
  }

  async #read(): Promise<AssignmentRow[]> {
    const rows: AssignmentRow[] = []
    for (const one of this.#parts.map) {
      const row = await this.#rowOf(one)
      if (row !== null) rows.push(row)
    }
    return rows
  }

  async #rowOf(one: MappedGroupSettings): Promise<AssignmentRow | null> {
    const { store, backend } = this.#parts
    const role = await findRole(store.db, { name: one.role })
    if (role === null) return this.#lacks(`there is no role ${one.role}`)
    const target = await this.#targetOf(one)
    if (target === null)
      return this.#lacks(`there is no project or domain as the map of ${one.group} names it`)
    const group = await backend.groupNamed(one.group)
    if (group === null) return this.#lacks(`there is no group ${one.group}`)
    return {
      role_id: role.id,
      actor_type: 'group',
      actor_id: group.id,
      target_type: target.type,
      target_id: target.id,
    }
  }

  async #targetOf(one: MappedGroupSettings): Promise<RoleTarget | null> {
    const { db } = this.#parts.store
    if (one.system === true) return { type: 'system', id: 'all' }
    const domainNamed = async (text: string) =>
      (await findDomain(db, { name: text })) ?? (await findDomain(db, { id: text }))
    if (one.domain !== undefined) {
      const domain = await domainNamed(one.domain)
      return domain === null ? null : { type: 'domain', id: domain.id }
    }
    const name = one.project ?? ''
    const domainId =
      one.project_domain === undefined ? this.#parts.domainId : (await domainNamed(one.project_domain))?.id
    const named = domainId === undefined ? null : await findProject(db, { name, domainId })
    const project = named ?? (await findProject(db, { id: name }))
    return project === null ? null : { type: 'project', id: project.id }
  }

  #lacks(what: string): null {
    if (!this.#told.has(what)) this.#parts.trouble(`[[map]]: ${what}; it gives nobody anything`)
    this.#told.add(what)
    return null
  }
}
