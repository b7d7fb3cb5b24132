/**
 * Somebody stays who may administer. Whatever takes an administrator away — a user deleted or disabled, a role, a membership, a
 * group, a project or a domain — goes through `keep`, which does it and looks, in one transaction, whether anybody is left; if
 * not, and there was somebody before, it is undone and refused.
 *
 * Administrators of directories count as far as they are known: asked is only when the database has nobody, and outside of the
 * transaction, since a directory may take its time.
 */
import type { Store } from '../db/open.ts'
import type { Tx } from '../db/schema.ts'
import {
  aliveProjects,
  directoryAdministrators,
  hasStoredAdministrator,
  takeAdministration,
} from '../db/store/administrators.ts'
import { findRole, type AssignmentRow } from '../db/store/roles.ts'
import { fault, type Fault } from '../model/errors.ts'
import type { UserBackend } from './backends/backend.ts'

/** Does the change in a transaction, unless nobody would be administrator afterwards. */
export type Keep = <T>(change: (tx: Tx) => Promise<T>) => Promise<T>

/** What is about to go in a directory, where no transaction takes it back. */
export type Going =
  | { readonly user: string }
  | { readonly group: string }
  | { readonly group: string; readonly member: string }

/** What directories say of administrators. */
interface Known {
  /** Groups with an enabled member. */
  readonly groups: ReadonlySet<string>
  /** The role by `[[auth.ldap.map]]`, to such groups. */
  readonly mapped: readonly AssignmentRow[]
}

/** Administrators of directories and members of their groups that are looked at. */
const lookedAt = 200

class NobodyLeft extends Error {}

export class Administrators {
  readonly #store: Store
  readonly #users: () => UserBackend

  constructor(store: Store, users: () => UserBackend) {
    this.#store = store
    this.#users = users
  }

  /** Throws `Conflict` when nobody would be left. `change` may run more than once, and must await nothing but the database. */
  async keep<T>(change: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      return await this.#store.transaction(async (tx) => {
        await takeAdministration(tx)
        const done = await change(tx)
        if (await hasStoredAdministrator(tx)) return done
        throw new NobodyLeft()
      })
    } catch (error) {
      if (!(error instanceof NobodyLeft)) throw error
    }
    const known = await this.#known(null)
    return this.#store.transaction(async (tx) => {
      await takeAdministration(tx)
      const before = await isAnybody(tx, known, null)
      const done = await change(tx)
      if (before && !(await isAnybody(tx, known, null))) throw lastOne()
      return done
    })
  }

  /** Throws `Conflict` when it is the last administrator that goes. */
  async refuseLast(going: Going): Promise<void> {
    const { db } = this.#store
    if (await hasStoredAdministrator(db)) return
    const before = await isAnybody(db, await this.#known(null), null)
    if (before && !(await isAnybody(db, await this.#known(going), going))) throw lastOne()
  }

  async #known(going: Going | null): Promise<Known> {
    const { db } = this.#store
    const users = this.#users()
    const role = await findRole(db, { name: 'admin' })
    const rows = (await users.mappedRows?.()) ?? []
    const mapped = rows.filter(({ role_id: id }) => id === role?.id)
    const stored = await directoryAdministrators(db, lookedAt)
    const asked = new Set([
      ...mapped.map(({ actor_id: id }) => id),
      ...stored.filter(({ kind }) => kind === 'group').map(({ id }) => id),
    ])
    const groups = new Set<string>()
    for (const id of asked) if (await hasEnabledMember(users, id, going)) groups.add(id)
    return { groups, mapped: mapped.filter(({ actor_id: id }) => groups.has(id)) }
  }
}

/** Somebody whom a directory can't name now is not known. */
async function hasEnabledMember(users: UserBackend, groupId: string, going: Going | null): Promise<boolean> {
  if (going !== null && 'group' in going && going.group === groupId && !('member' in going)) return false
  const gone =
    going === null
      ? null
      : 'user' in going
        ? going.user
        : 'member' in going && going.group === groupId
          ? going.member
          : null
  try {
    const members = (await users.memberIdsOf(groupId)).slice(0, lookedAt)
    for (const id of members) if (id !== gone && (await users.findUser({ id }))?.enabled === true) return true
  } catch (error) {
    if ((error as Partial<Fault>).code !== 'Unavailable') throw error
  }
  return false
}

async function isAnybody(
  db: Tx | Store['db'],
  { groups, mapped }: Known,
  going: Going | null,
): Promise<boolean> {
  if (await hasStoredAdministrator(db)) return true
  const gone = going !== null && 'user' in going ? going.user : null
  const stored = await directoryAdministrators(db, lookedAt)
  if (stored.some(({ kind, id }) => (kind === 'user' ? id !== gone : groups.has(id)))) return true
  if (mapped.some(({ target_type: type }) => type === 'system')) return true
  const projects = mapped.flatMap(({ target_type: type, target_id: id }) => (type === 'project' ? [id] : []))
  return (await aliveProjects(db, [...new Set(projects)])).length > 0
}

const lastOne = (): Fault =>
  fault('Conflict', {
    message:
      'Nobody would be administrator any more: give another enabled user the role admin in an enabled project first.',
  })
