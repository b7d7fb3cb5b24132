/** Groups of a directory, and who is in them: listed by DN or by name, nested, or as somebody's primary group. */
import type { Entry, Filter } from 'ldapts'
import { fitsNames, isAfter } from '../../../db/store/names.ts'
import type { ActorQuery, GroupRecord } from '../backend.ts'
import { readEntry, search, type LdapDirectory } from './directory.ts'
import { foldedName, normalDn, parseDn } from './dn.ts'
import { keyOf, keyValue, rangeOf, valueOf, valuesOf } from './entry.ts'
import { all, any, belongs, equals, inChain } from './filter.ts'
import type { GroupOptions } from './options.ts'
import { userByDn, usersByName, type LdapUser } from './users.ts'

export interface LdapGroup {
  readonly record: GroupRecord
  readonly dn: string
}

/** DNs in one filter. */
const batch = 50
/** Parts of one attribute; 1,500 values each in Active Directory. */
const maxParts = 1000

const attributesOf = (groups: GroupOptions, ...more: readonly string[]): string[] => [
  ...new Set([groups.name, groups.id, groups.description, ...more].filter((name) => name !== '')),
]

/** By the id's row. */
export async function groupByKey(directory: LdapDirectory, key: string): Promise<LdapGroup | null> {
  const { groups } = directory.options
  if (groups === null) return null
  const found = await below(directory, groups, [equals(groups.id, keyValue(key, groups.id))])
  return found.length === 1 ? (found[0] ?? null) : null
}

/** A name that several groups have is nobody's. */
export async function groupByName(directory: LdapDirectory, name: string): Promise<LdapGroup | null> {
  const { groups } = directory.options
  if (groups === null) return null
  const found = await below(directory, groups, [equals(groups.name, name)])
  const named = found.filter(({ record }) => foldedName(record.name) === foldedName(name))
  return named.length === 1 ? (named[0] ?? null) : null
}

export async function groupByDn(directory: LdapDirectory, dn: string): Promise<LdapGroup | null> {
  const { groups } = directory.options
  if (groups === null) return null
  const entry = await readEntry(directory, dn, all(belongs(groups)), attributesOf(groups))
  return entry === null ? null : ((await groupsOf(directory, groups, [entry]))[0] ?? null)
}

/** In the order of names. */
export async function listGroups(directory: LdapDirectory, query: ActorQuery): Promise<LdapGroup[]> {
  const { groups } = directory.options
  if (groups === null) return []
  const { name } = query
  const found = await below(directory, groups, name === undefined ? [] : [equals(groups.name, name)])
  const key = ({ record }: LdapGroup): string => `${record.name}\0${record.id}`
  return found
    .filter(({ record }) => name === undefined || foldedName(record.name) === foldedName(name))
    .filter(({ record }) => fitsNames(record.name, query.nameParts) && isAfter(record, query.after))
    .toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    .slice(0, query.limit)
}

/** All groups somebody is in, by whichever way. */
export async function groupsOfUser(directory: LdapDirectory, user: LdapUser): Promise<LdapGroup[]> {
  const { groups } = directory.options
  if (groups === null) return []
  const value = groups.membersAre === 'dn' ? user.dn : user.record.name
  const direct =
    groups.membersAre === 'dn' && groups.nested === 'in-chain'
      ? inChain(groups.member, value)
      : equals(groups.member, value)
  const primary = primaryOf(groups, user)
  const found = new Map<string, LdapGroup>()
  const filters = primary === null ? [direct] : [any([direct, primary])]
  const first = added(found, await below(directory, groups, filters))
  if (groups.membersAre === 'dn' && groups.nested !== 'no') {
    // Where the server goes along chains by itself, it does not for the primary group.
    await climb(directory, groups, found, groups.nested === 'walk' || primary !== null ? first : [])
  }
  return [...found.values()]
}

/** Adds the groups that those are members of, and so on. Each is asked about once, so that a ring ends. */
async function climb(
  directory: LdapDirectory,
  groups: GroupOptions,
  found: Map<string, LdapGroup>,
  first: readonly LdapGroup[],
): Promise<void> {
  let frontier = first
  for (let depth = 0; frontier.length > 0; depth++) {
    if (depth >= groups.depth) {
      directory.trouble(
        `nests groups deeper than ${groups.depth} (nested_depth): those above are not seen`,
        '',
      )
      return
    }
    const next: LdapGroup[] = []
    for (let at = 0; at < frontier.length; at += batch) {
      const asMembers = frontier.slice(at, at + batch).map(({ dn }) => equals(groups.member, dn))
      next.push(...added(found, await below(directory, groups, [any(asMembers)])))
      if (found.size >= directory.options.maxResults) return
    }
    frontier = next
  }
}

/** Those that were not there yet. */
function added(found: Map<string, LdapGroup>, more: readonly LdapGroup[]): LdapGroup[] {
  return more.filter((group) => {
    const dn = normalDn(group.dn)
    if (found.has(dn)) return false
    found.set(dn, group)
    return true
  })
}

/** The group whose number the user has; Windows makes its SID of the user's own and that number. */
function primaryOf(groups: GroupOptions, { primary }: LdapUser): Filter | null {
  if (groups.primary === 'gid') return primary.gid === null ? null : equals('gidNumber', primary.gid)
  if (groups.primary === 'no' || primary.sid === null || primary.rid === null) return null
  return equals('objectSid', sidOf(primary.sid, primary.rid))
}

/** Of the same authority (MS-DTYP, 2.4.2.2): the last number of a SID is the account's own, in 32 bits, the lowest first. */
export function sidOf(ofAccount: Buffer, rid: string): Buffer {
  const sid = Buffer.from(ofAccount)
  if (sid.length >= 12 && /^\d{1,10}$/.test(rid)) sid.writeUInt32LE(Number(rid) >>> 0, sid.length - 4)
  return sid
}

/** Users in a group, its own and those of groups in it. */
export async function membersOf(directory: LdapDirectory, key: string): Promise<LdapUser[]> {
  const { groups, maxResults } = directory.options
  if (groups === null) return []
  const filter = [equals(groups.id, keyValue(key, groups.id))]
  const [entry] = await entriesBelow(directory, groups, filter, [groups.member])
  if (entry === undefined) return []
  if (groups.membersAre === 'name') {
    return usersByName(directory, await valuesOfAll(directory, groups, entry))
  }
  const users = new Map<string, LdapUser>()
  const seen = new Set<string>([normalDn(entry.dn)])
  let frontier = [entry]
  for (let depth = 0; frontier.length > 0 && depth <= groups.depth; depth++) {
    const next: Entry[] = []
    for (const group of frontier) {
      for (const dn of await valuesOfAll(directory, groups, group)) {
        if (seen.has(normalDn(dn)) || users.size >= maxResults) continue
        seen.add(normalDn(dn))
        // Servers keep values that lead nowhere.
        if (parseDn(dn) === null) continue
        const user = await userByDn(directory, dn)
        if (user !== null) users.set(user.record.id, user)
        else if (groups.nested !== 'no') {
          const inner = await readEntry(directory, dn, all(belongs(groups)), [groups.member])
          if (inner !== null) next.push(inner)
        }
      }
    }
    frontier = next
  }
  return [...users.values()]
}

/** All values of the members' attribute, part by part where the server gives no more at once. */
async function valuesOfAll(directory: LdapDirectory, groups: GroupOptions, entry: Entry): Promise<string[]> {
  const values = [...valuesOf(entry, groups.member)]
  let part = rangeOf(entry, groups.member)
  for (let turn = 0; part !== null && turn < maxParts; turn++) {
    values.push(...part.values)
    if (part.end === null || values.length >= directory.options.maxResults) break
    const name = `${groups.member};range=${part.end + 1}-*`
    const next = await readEntry(directory, entry.dn, all(belongs(groups)), [name])
    part = next === null ? null : rangeOf(next, groups.member)
  }
  return values
}

function entriesBelow(
  directory: LdapDirectory,
  groups: GroupOptions,
  filters: readonly Filter[],
  more: readonly string[] = [],
): Promise<Entry[]> {
  const filter = all([...belongs(groups), ...filters])
  const where = { base: groups.base, scope: groups.scope, limit: directory.options.maxResults }
  return search(directory, { ...where, filter, attributes: attributesOf(groups, ...more) })
}

async function below(
  directory: LdapDirectory,
  groups: GroupOptions,
  filters: readonly Filter[],
): Promise<LdapGroup[]> {
  return groupsOf(directory, groups, await entriesBelow(directory, groups, filters))
}

/** Those that can be told apart for ever. */
async function groupsOf(
  { domainId, ids }: LdapDirectory,
  groups: GroupOptions,
  entries: readonly Entry[],
): Promise<LdapGroup[]> {
  const rows = await ids.of(
    domainId,
    'group',
    entries.map((entry) => keyOf(entry, groups.id)),
  )
  return entries.flatMap((entry, at): LdapGroup[] => {
    const id = rows[at]?.id
    const name = valueOf(entry, groups.name)
    if (id === undefined || name === null) return []
    const description = valueOf(entry, groups.description) ?? ''
    return [{ dn: entry.dn, record: { id, name, domainId, description } }]
  })
}
