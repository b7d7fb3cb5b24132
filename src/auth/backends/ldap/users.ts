/** Users of a directory: finding them, and what their entries say. */
import type { Entry, Filter } from 'ldapts'
import { markShut, type DirectoryIdRow } from '../../../db/store/directory-ids.ts'
import { fitsNames, isAfter } from '../../../db/store/names.ts'
import type { ActorQuery, UserRecord } from '../backend.ts'
import { readEntry, search, type LdapDirectory } from './directory.ts'
import { dnWith, foldedName } from './dn.ts'
import { bytesOf, keyOf, keyValue, valueOf, valuesOf } from './entry.ts'
import { all, any, belongs, equals } from './filter.ts'
import type { UserOptions } from './options.ts'
import { microsOf } from './times.ts'

/** A user with what only the directory needs to know of it. */
export interface LdapUser {
  readonly record: UserRecord
  readonly dn: string
  /** Of the primary group, which lists no members. */
  readonly primary: { readonly sid: Buffer | null; readonly rid: string | null; readonly gid: string | null }
}

/** Names as a directory compares them, but for blanks: ` bob` is not how anybody is called. */
const sameName = (a: string, b: string): boolean =>
  foldedName(a) === foldedName(b) && a.trim() === a && b.trim() === b

const attributesOf = ({ options: { users, groups } }: LdapDirectory): string[] => [
  ...new Set(
    [
      users.name,
      users.id,
      users.mail,
      users.description,
      users.enabled.attribute,
      users.passwordChanged,
      ...(groups?.primary === 'sid' ? ['primaryGroupID', 'objectSid'] : []),
      ...(groups?.primary === 'gid' ? ['gidNumber'] : []),
    ].filter((name) => name !== ''),
  ),
]

const filterOf = ({ options }: LdapDirectory, ...more: readonly Filter[]): Filter =>
  all([...belongs(options.users), ...more])

/** One search, whether or not there is such a user. */
export async function userByName(directory: LdapDirectory, name: string): Promise<LdapUser | null> {
  const { users } = directory.options
  const filter = filterOf(directory, equals(users.name, name))
  const attributes = attributesOf(directory)
  const found =
    users.dnTemplate === null
      ? await search(directory, { base: users.base, scope: users.scope, filter, attributes, limit: 3 })
      : [await readEntry(directory, dnWith(users.dnTemplate, name), filter, attributes)].filter(
          (one) => one !== null,
        )
  const named = found.filter((entry) => valuesOf(entry, users.name).some((value) => sameName(value, name)))
  if (named.length > 1) directory.trouble('has several users of one name: none of them can log in', '')
  const [entry] = named
  return entry === undefined || named.length > 1 ? null : userOf(directory, entry)
}

/** By the id's row. One that is gone is noted, so that tokens of before stay dead if it comes back. */
export async function userByKey(directory: LdapDirectory, key: string): Promise<LdapUser | null> {
  const { users } = directory.options
  const filter = filterOf(directory, equals(users.id, keyValue(key, users.id)))
  const where = { base: users.base, scope: users.scope }
  const found = await search(directory, { ...where, filter, attributes: attributesOf(directory), limit: 2 })
  const [entry] = found
  if (entry !== undefined && found.length === 1) return userOf(directory, entry)
  const [row] = await directory.ids.of(directory.domainId, 'user', [key])
  if (row !== null && row !== undefined) await note(directory, row, false)
  return null
}

/** By DN, if a user is there. */
export async function userByDn(directory: LdapDirectory, dn: string): Promise<LdapUser | null> {
  const entry = await readEntry(directory, dn, filterOf(directory), attributesOf(directory))
  return entry === null ? null : userOf(directory, entry)
}

/** By names, a search for each fifty. */
export async function usersByName(directory: LdapDirectory, names: readonly string[]): Promise<LdapUser[]> {
  const { users } = directory.options
  const entries: Entry[] = []
  for (let at = 0; at < names.length; at += 50) {
    const filter = filterOf(directory, any(names.slice(at, at + 50).map((name) => equals(users.name, name))))
    const where = { base: users.base, scope: users.scope, limit: directory.options.maxResults }
    entries.push(...(await search(directory, { ...where, filter, attributes: attributesOf(directory) })))
  }
  return usersOf(directory, entries)
}

/** In the order of names, as lists of the database are. */
export async function listUsers(directory: LdapDirectory, query: ActorQuery): Promise<LdapUser[]> {
  const { users, maxResults } = directory.options
  const filter = filterOf(directory, ...(query.name === undefined ? [] : [equals(users.name, query.name)]))
  const where = { base: users.base, scope: users.scope, limit: maxResults }
  const entries = await search(directory, { ...where, filter, attributes: attributesOf(directory) })
  const wanted = await usersOf(directory, entries)
  return wanted
    .filter(({ record }) => query.name === undefined || sameName(record.name, query.name))
    .filter(({ record }) => query.enabled === undefined || record.enabled === query.enabled)
    .filter(({ record }) => fitsNames(record.name, query.nameParts) && isAfter(record, query.after))
    .toSorted((a, b) => byName(a.record, b.record))
    .slice(0, query.limit)
}

const byName = (a: UserRecord, b: UserRecord): number =>
  a.name < b.name ? -1 : a.name > b.name ? 1 : a.id < b.id ? -1 : 1

/** Noted, when it is found disabled: tokens of before end for good, also when it is enabled again. */
async function userOf(directory: LdapDirectory, entry: Entry): Promise<LdapUser | null> {
  const [user] = await usersOf(directory, [entry])
  if (user === undefined) return null
  const row = rows.get(user)
  if (row === undefined || (row.shut === 0) === user.record.enabled) return user
  const validAfter = await note(directory, row, user.record.enabled)
  return { ...user, record: { ...user.record, generation: Math.max(user.record.generation, validAfter) } }
}

const rows = new WeakMap<LdapUser, DirectoryIdRow>()

/** The stamp before which tokens are refused now. */
async function note({ store, clock }: LdapDirectory, row: DirectoryIdRow, isThere: boolean): Promise<number> {
  const validAfter = isThere || row.shut === 1 ? row.valid_after : clock.now()
  await markShut(store.db, row.id, isThere ? 0 : 1, isThere ? null : validAfter)
  return validAfter
}

/** Those that can be told apart for ever; an entry without the id attribute or a name is nobody. */
async function usersOf(directory: LdapDirectory, entries: readonly Entry[]): Promise<LdapUser[]> {
  const { domainId, options } = directory
  const { users } = options
  const keys = entries.map((entry) => keyOf(entry, users.id))
  const found = await directory.ids.of(domainId, 'user', keys)
  if (entries.length > 0 && keys.every((key) => key === null)) {
    directory.trouble(`shows no ${users.id} (user_id_attribute): its users are nobody`, '')
  }
  const members = users.enabled.group === null ? null : await enabledAmong(directory, entries)
  return entries.flatMap((entry, at): LdapUser[] => {
    const row = found[at] ?? null
    const name = valueOf(entry, users.name)
    if (row === null || name === null) return []
    const enabled = isEnabled(entry, users.enabled) && (members?.has(entry.dn) ?? true)
    const user: LdapUser = {
      dn: entry.dn,
      primary: {
        sid: bytesOf(entry, 'objectSid'),
        rid: valueOf(entry, 'primaryGroupID'),
        gid: valueOf(entry, 'gidNumber'),
      },
      record: {
        id: row.id,
        name,
        domainId,
        description: valueOf(entry, users.description) ?? '',
        email: valueOf(entry, users.mail),
        enabled,
        defaultProjectId: null,
        generation: Math.max(microsOf(valueOf(entry, users.passwordChanged)), row.valid_after),
      },
    }
    rows.set(user, row)
    return [user]
  })
}

/** What the attribute says; whoever has none is enabled. */
export function isEnabled(entry: Entry, enabled: Omit<UserOptions['enabled'], 'group'>): boolean {
  const { attribute, mask, invert } = enabled
  const value = attribute === '' ? null : valueOf(entry, attribute)
  if (value === null) return true
  if (mask > 0) {
    const bits = /^-?\d{1,10}$/.test(value) ? Number(value) : null
    // What is no number is no permission.
    return bits !== null && ((bits & mask) === 0) !== invert
  }
  const isTrue = !/^(false|0|no|off|)$/i.test(value.trim())
  return isTrue !== invert
}

/** DNs of those entries that are members of the group of enabled users. */
async function enabledAmong(
  directory: LdapDirectory,
  entries: readonly Entry[],
): Promise<ReadonlySet<string>> {
  const { users, groups } = directory.options
  const group = users.enabled.group ?? ''
  const member = groups?.member ?? 'member'
  const found = new Set<string>()
  // One question each, but one for all of a list would be the whole group.
  for (const entry of entries) {
    const value = groups?.membersAre === 'name' ? (valueOf(entry, users.name) ?? '') : entry.dn
    if ((await readEntry(directory, group, equals(member, value), ['1.1'])) !== null) found.add(entry.dn)
  }
  return found
}
