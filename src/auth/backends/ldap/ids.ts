/**
 * Ids of what is in a directory: a hash of the domain and of what never changes of the entry, so that an id stays when its owner is
 * renamed or moved, and every process makes the same one. The database keeps what each stands for, since a hash can't be read
 * backwards.
 */
import { createHash } from 'node:crypto'
import type { Store } from '../../../db/open.ts'
import {
  findDirectoryId,
  insertDirectoryIds,
  listDirectoryIds,
  type DirectoryIdRow,
} from '../../../db/store/directory-ids.ts'
import type { Clock } from '../../../runtime/clock.ts'
import { Lru } from '../../lru.ts'

export type Kind = DirectoryIdRow['kind']

/** 64 hexadecimal digits, as Keystone's own ids of LDAP users have; ids of the database have 32. */
export const directoryId = (domainId: string, kind: Kind, key: string): string =>
  createHash('sha256')
    .update(JSON.stringify([domainId, kind, key]))
    .digest('hex')

/** Whether it may be one; sure is who asks {@link DirectoryIds.find}. */
export const mayBeDirectoryId = (id: string): boolean => /^[0-9a-f]{64}$/.test(id)

/** Longest key that is stored. */
const maxKey = 255
/** Ids of one statement. */
const chunk = 300

export class DirectoryIds {
  readonly #store: Store
  readonly #clock: Clock
  /** What never changes of those seen. */
  readonly #known = new Lru<Pick<DirectoryIdRow, 'domain_id' | 'kind' | 'entry_key'>>(50_000)

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Null for what no directory has shown yet. */
  async find(id: string): Promise<Pick<DirectoryIdRow, 'domain_id' | 'kind' | 'entry_key'> | null> {
    if (!mayBeDirectoryId(id)) return null
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const row = await findDirectoryId(this.#store.db, id)
    if (row !== null) this.#known.set(id, row)
    return row
  }

  /** The rows of these entries, in their order, made where they are not there yet; null for a key that is no key. */
  async of(
    domainId: string,
    kind: Kind,
    keys: readonly (string | null)[],
  ): Promise<(DirectoryIdRow | null)[]> {
    const usable = keys.map((key) => (key === null || key === '' || key.length > maxKey ? null : key))
    const wanted = new Map(
      usable.flatMap((key) => (key === null ? [] : [[directoryId(domainId, kind, key), key] as const])),
    )
    const rows = new Map<string, DirectoryIdRow>()
    const ids = [...wanted.keys()]
    for (let at = 0; at < ids.length; at += chunk) {
      const part = ids.slice(at, at + chunk)
      for (const row of await this.#made(domainId, kind, part, wanted)) {
        rows.set(row.id, row)
        this.#known.set(row.id, row)
      }
    }
    return usable.map((key) => (key === null ? null : (rows.get(directoryId(domainId, kind, key)) ?? null)))
  }

  async #made(
    domainId: string,
    kind: Kind,
    ids: readonly string[],
    keys: ReadonlyMap<string, string>,
  ): Promise<DirectoryIdRow[]> {
    const { db, dialect } = this.#store
    for (let tries = 0; ; tries++) {
      const there = await listDirectoryIds(db, ids)
      const has = new Set(there.map(({ id }) => id))
      const missing = ids
        .filter((id) => !has.has(id))
        .map((id): DirectoryIdRow => {
          const common = { id, domain_id: domainId, kind, entry_key: keys.get(id) ?? '' }
          return { ...common, valid_after: 0, shut: 0, created_at: this.#clock.now() }
        })
      if (missing.length === 0) return there
      try {
        await insertDirectoryIds(db, missing)
        return [...there, ...missing]
      } catch (error) {
        // Another process saw the same ones: then they are there.
        if (!dialect.isDuplicate(error) || tries > 10) throw error
      }
    }
  }
}
