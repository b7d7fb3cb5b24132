/**
 * People and groups of an LDIF file, read as a directory of that kind is (`auth/backends/ldap/presets.ts`), so that they get the ids which the
 * service gave them, or would give them, as users of that directory. The file is read twice: people and names of groups first, members
 * then. Of each person a digest of the DN and the id are kept; whatever else the file holds is never in memory.
 */
import { createHash, hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { foldedName, normalDn, parseDn } from '../../auth/backends/ldap/dn.ts'
import { bytesOf, keyOf, valueOf, valuesOf } from '../../auth/backends/ldap/entry.ts'
import { sidOf } from '../../auth/backends/ldap/groups.ts'
import { directoryId } from '../../auth/backends/ldap/ids.ts'
import { presets, type PresetName, type PresetValues } from '../../auth/backends/ldap/presets.ts'
import { isEnabled } from '../../auth/backends/ldap/users.ts'
import { storedOfPhc } from '../../auth/passwords.ts'
import { readLdif, textOf, type LdifRecord } from './ldif.ts'
import type { Note, Source, WantedDomain, WantedGroup, WantedMember, WantedUser } from './wanted.ts'

/** Unix accounts, as docs/guide/identity.md has them for a directory. */
const posix: PresetValues = {
  ...presets.openldap,
  user_object_classes: ['posixAccount'],
  user_id_attribute: 'uidNumber',
  user_enabled_attribute: '',
  user_password_changed_attribute: 'shadowLastChange',
  group_object_classes: ['posixGroup'],
  group_id_attribute: 'gidNumber',
  group_member_attribute: 'memberUid',
  group_members_are: 'name',
  primary_group: 'gid',
}

export const ldifPresets: Readonly<Record<PresetName | 'posix', PresetValues>> = { ...presets, posix }

/** The rest of a directory's options that a file can be read by. */
export interface LdifReading extends PresetValues {
  /** DNs; empty = everywhere. */
  readonly user_base: string
  readonly group_base: string
}

/** As the library for LDAP has entries. */
type Entry = Parameters<typeof valueOf>[0]

/** Steps from a group to groups in it. */
const maxDepth = 64

interface GroupHead {
  readonly id: string
  readonly dn: string
  readonly gid: string | null
  readonly sid: string | null
}

export class LdifSource implements Source {
  readonly #file: string
  readonly #domain: WantedDomain
  readonly #reading: LdifReading
  readonly #wanted: ReadonlySet<string>
  readonly domains: readonly WantedDomain[]
  readonly roles = []
  readonly implications = []
  readonly projects = []
  readonly assignments = []
  readonly users: AsyncIterable<WantedUser>
  readonly groups: Iterable<WantedGroup>
  readonly members: AsyncIterable<WantedMember>
  /** Ids by what members are written as: digests of DNs, or names. */
  readonly #byDn = new Map<string, string>()
  readonly #byName = new Map<string, string>()
  readonly #heads: GroupHead[] = []
  readonly #wantedGroups: WantedGroup[] = []
  readonly #primary = new Map<string, string[]>()
  readonly #notes = new Map<string, { why: string; count: number }>()
  #entries = 0
  #people = 0

  constructor(file: string, domain: WantedDomain, reading: LdifReading) {
    this.#file = file
    this.#domain = domain
    this.#reading = reading
    this.domains = [domain]
    this.#wanted = new Set(
      [
        'objectclass',
        'userpassword',
        'gidnumber',
        'objectsid',
        'primarygroupid',
        reading.user_name_attribute,
        reading.user_id_attribute,
        reading.user_mail_attribute,
        reading.user_description_attribute,
        reading.user_enabled_attribute,
        reading.group_name_attribute,
        reading.group_id_attribute,
        reading.group_description_attribute,
      ]
        .filter((name) => name !== '')
        .map((name) => name.toLowerCase()),
    )
    this.users = this.#readPeople()
    // Known when the people were read.
    this.groups = this.#wantedGroups
    this.members = this.#readMembers()
  }

  /** Entries and people of the file, when it was read. */
  get size(): { readonly entries: number; readonly people: number } {
    return { entries: this.#entries, people: this.#people }
  }

  notes(): readonly Note[] {
    return [...this.#notes].map(([what, { why, count }]) => ({
      what: count === 1 ? what : `${what} and ${count - 1} more`,
      why,
    }))
  }

  // -------------------------------------------------------------------------------------------------- first reading

  async *#readPeople(): AsyncGenerator<WantedUser> {
    for await (const record of this.#records((name) => this.#wanted.has(name))) {
      this.#entries++
      const entry = entryOf(record)
      if (this.#is(entry, 'user')) {
        const user = this.#userOf(record, entry)
        if (user !== null) {
          this.#people++
          yield user
        }
      } else if (this.#is(entry, 'group')) this.#noteGroup(record, entry)
    }
  }

  #userOf(record: LdifRecord, entry: Entry): WantedUser | null {
    const reading = this.#reading
    const name = valueOf(entry, reading.user_name_attribute)
    if (name === null) {
      this.#note(`the entry ${record.dn}`, `it has no ${reading.user_name_attribute}`)
      return null
    }
    const id = this.#idOf('user', record, entry, reading.user_id_attribute)
    const folded = foldedName(name)
    // Of two entries of one name the first is brought, so that the name is its.
    if (reading.group_members_are === 'name') {
      if (!this.#byName.has(folded)) this.#byName.set(folded, id)
    } else this.#byDn.set(digestOf(record.dn), id)
    this.#notePrimary(entry, id)
    const enabled = isEnabled(entry, {
      attribute: reading.user_enabled_attribute,
      mask: reading.user_enabled_mask,
      invert: reading.user_enabled_invert,
    })
    const hashes = valuesOf(entry, 'userPassword').map((text) => storedOfPhc(text))
    return {
      id,
      name,
      domainId: this.#domain.id,
      description: valueOf(entry, reading.user_description_attribute) ?? '',
      email: valueOf(entry, reading.user_mail_attribute),
      enabled,
      defaultProjectId: null,
      passwordHash: hashes.find((hash) => hash !== null) ?? null,
    }
  }

  #noteGroup(record: LdifRecord, entry: Entry): void {
    const reading = this.#reading
    const name = valueOf(entry, reading.group_name_attribute)
    if (name === null) {
      this.#note(`the entry ${record.dn}`, `it has no ${reading.group_name_attribute}`)
      return
    }
    const id = this.#idOf('group', record, entry, reading.group_id_attribute)
    this.#heads.push({
      id,
      dn: digestOf(record.dn),
      gid: valueOf(entry, 'gidNumber'),
      sid: bytesOf(entry, 'objectSid')?.toString('hex') ?? null,
    })
    this.#wantedGroups.push({
      id,
      name,
      domainId: this.#domain.id,
      description: valueOf(entry, reading.group_description_attribute) ?? '',
    })
  }

  /** As the directory's users have it; where the entry lacks what it is made of, of the DN. */
  #idOf(kind: 'user' | 'group', record: LdifRecord, entry: Entry, attribute: string): string {
    const key = keyOf(entry, attribute)
    if (key !== null && key !== '' && key.length <= 255) return directoryId(this.#domain.id, kind, key)
    return createHash('sha256')
      .update(JSON.stringify([this.#domain.id, kind, 'dn', normalDn(record.dn)]))
      .digest('hex')
      .slice(0, 32)
  }

  #notePrimary(entry: Entry, id: string): void {
    const key = (() => {
      if (this.#reading.primary_group === 'gid') return valueOf(entry, 'gidNumber')
      if (this.#reading.primary_group === 'no') return null
      const sid = bytesOf(entry, 'objectSid')
      const rid = valueOf(entry, 'primaryGroupID')
      return sid === null || rid === null ? null : sidOf(sid, rid).toString('hex')
    })()
    if (key === null) return
    const users = this.#primary.get(key)
    if (users === undefined) this.#primary.set(key, [id])
    else users.push(id)
  }

  // -------------------------------------------------------------------------------------------------- second reading

  /** Groups in groups become their members: the database knows no groups in groups. */
  async *#readMembers(): AsyncGenerator<WantedMember> {
    const attribute = this.#reading.group_member_attribute.toLowerCase()
    const byDn = new Map(this.#heads.map((head) => [head.dn, head]))
    const users = new Map<GroupHead, Set<string>>()
    const inner = new Map<GroupHead, Set<GroupHead>>()
    if (this.#heads.length > 0) {
      for await (const record of this.#records((name) => name === attribute)) {
        const head = byDn.get(digestOf(record.dn))
        if (head === undefined) continue
        const own = new Set<string>()
        const groups = new Set<GroupHead>()
        for (const value of record.attributes.get(attribute) ?? []) {
          const text = textOf(record.line, value)
          if (this.#reading.group_members_are === 'name') {
            const user = this.#byName.get(foldedName(text))
            if (user === undefined) this.#note(`the member ${text} of ${record.dn}`, 'no user is called so')
            else own.add(user)
            continue
          }
          const digest = digestOf(text)
          const user = this.#byDn.get(digest)
          const group = byDn.get(digest)
          if (user !== undefined) own.add(user)
          else if (group !== undefined) groups.add(group)
          else this.#note(`the member ${text} of ${record.dn}`, 'no user and no group has that DN')
        }
        users.set(head, own)
        inner.set(head, groups)
      }
    }
    for (const head of this.#heads) {
      const key = this.#reading.primary_group === 'gid' ? head.gid : head.sid
      for (const user of (key === null ? undefined : this.#primary.get(key)) ?? []) {
        const own = users.get(head) ?? new Set()
        users.set(head, own.add(user))
      }
    }
    for (const head of this.#heads) {
      const all = new Set<string>()
      for (const group of this.#withInner(head, inner)) {
        for (const user of users.get(group) ?? []) all.add(user)
      }
      for (const userId of all) yield { groupId: head.id, userId }
    }
  }

  #withInner(head: GroupHead, inner: ReadonlyMap<GroupHead, ReadonlySet<GroupHead>>): ReadonlySet<GroupHead> {
    const found = new Set([head])
    if (this.#reading.nested_groups === 'no') return found
    let frontier = [head]
    for (let depth = 0; frontier.length > 0 && depth < maxDepth; depth++) {
      frontier = frontier.flatMap((group) => [...(inner.get(group) ?? [])]).filter((one) => !found.has(one))
      for (const one of frontier) found.add(one)
    }
    return found
  }

  // ------------------------------------------------------------------------------------------------------- the file

  async *#records(wants: (name: string) => boolean): AsyncGenerator<LdifRecord> {
    const stream = createReadStream(this.#file, { highWaterMark: 262_144 })
    yield* readLdif(stream as AsyncIterable<Buffer>, { wants })
  }

  /** Has all classes that the options name, and lies where they say. */
  #is(entry: Entry, kind: 'user' | 'group'): boolean {
    const reading = this.#reading
    const classes = new Set(valuesOf(entry, 'objectClass').map((one) => one.toLowerCase()))
    const named = kind === 'user' ? reading.user_object_classes : reading.group_object_classes
    if (!named.every((one) => classes.has(one.toLowerCase()))) return false
    // Computers have the class of users, too.
    if (kind === 'user' && classes.has('computer')) return false
    return isBelow(entry.dn, kind === 'user' ? reading.user_base : reading.group_base)
  }

  #note(what: string, why: string): void {
    const there = [...this.#notes].find(([, note]) => note.why === why)
    if (there === undefined) this.#notes.set(what, { why, count: 1 })
    else there[1].count++
  }
}

/** Short, and the same for all spellings of a DN. */
const digestOf = (dn: string): string => hash('sha256', normalDn(dn), 'base64').slice(0, 24)

function isBelow(dn: string, base: string): boolean {
  if (base === '') return true
  const [entry, above] = [normalDn(dn), normalDn(base)]
  return parseDn(dn) !== null && (entry === above || entry.endsWith(`,${above}`))
}

/** As the library for LDAP hands entries over. */
function entryOf(record: LdifRecord): Entry {
  const entry: Record<string, string | Buffer[]> = Object.create(null) as Record<string, Buffer[]>
  for (const [name, values] of record.attributes) {
    if (name !== 'dn') entry[name] = [...values]
  }
  entry.dn = record.dn
  return entry as unknown as Entry
}
