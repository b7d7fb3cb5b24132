/** Changes of users and groups in a directory, where the configuration allows them (`writable = true`). */
import { Attribute, Change } from 'ldapts'
import { endDirectoryTokens } from '../../../db/store/directory-ids.ts'
import { fault } from '../../../model/errors.ts'
import type { UserAdmin, UserChange } from '../backend.ts'
import type { Connection } from './connection.ts'
import type { LdapDirectory } from './directory.ts'
import { dnWith, escapeDnValue } from './dn.ts'
import { codeOf } from './errors.ts'
import { groupByKey, groupByName, groupsOfUser, type LdapGroup } from './groups.ts'
import type { GroupOptions } from './options.ts'
import { userByName, type LdapUser } from './users.ts'

/** `userOf` finds by id; `changed` forgets what was remembered. */
export function ldapAdmin(
  directory: LdapDirectory,
  userOf: (id: string) => Promise<LdapUser | null>,
  changed: () => void,
): UserAdmin {
  const { servers, options, store, clock } = directory
  const { users } = options

  /** Said as the service's own refusals are. One that was cut off is done again, perhaps on another server, and may meet itself there. */
  async function write(work: (connection: Connection) => Promise<void>): Promise<void> {
    try {
      await servers.run('search', work)
    } catch (error) {
      const code = codeOf(error)
      if (code === null) throw error
      if (code === 68)
        throw fault('Conflict', { message: 'The directory has an entry of that name already.' })
      const why = code === 50 ? 'does not let the service change that' : `refuses the change (code ${code})`
      throw fault('Refused', { message: `The directory ${why}.` }, { cause: error })
    } finally {
      changed()
    }
  }

  const user = async (id: string): Promise<LdapUser> => {
    const found = await userOf(id)
    if (found === null) throw fault('NotFound')
    return found
  }
  const needGroups = (): GroupOptions => {
    if (options.groups !== null) return options.groups
    throw fault('Refused', { message: 'The directory of this domain has no groups (group_base).' })
  }
  const group = async (id: string): Promise<LdapGroup> => {
    needGroups()
    const row = await directory.ids.find(id)
    const found = row === null ? null : await groupByKey(directory, row.entry_key)
    if (found === null) throw fault('NotFound')
    return found
  }
  const memberValue = (groups: GroupOptions, of: LdapUser): string =>
    groups.membersAre === 'dn' ? of.dn : of.record.name

  async function setPassword(id: string, password: string): Promise<void> {
    const { dn } = await user(id)
    await write((connection) => connection.modify(dn, [replace('userPassword', [password])]))
    await endDirectoryTokens(store.db, id, clock.now())
    changed()
  }

  return {
    async createUser(wanted, password) {
      refuseDefaultProject(wanted.defaultProjectId)
      if (!wanted.enabled && !canDisable(directory)) throw cannotDisable()
      const dn =
        users.dnTemplate === null
          ? `${users.name}=${escapeDnValue(wanted.name)},${users.base}`
          : dnWith(users.dnTemplate, wanted.name)
      await write((connection) =>
        connection.add(
          dn,
          attributesOf({
            objectClass: users.classes,
            [users.name]: [wanted.name],
            // What every person must have.
            cn: [wanted.name],
            sn: [wanted.name],
            [users.description]: wanted.description === '' ? [] : [wanted.description],
            [users.mail]: wanted.email === null ? [] : [wanted.email],
            userPassword: password === null ? [] : [password],
            ...(wanted.enabled ? {} : enabledAttribute(directory, false)),
          }),
        ),
      )
      const made = await userByName(directory, wanted.name)
      if (made === null)
        throw fault('Refused', { message: 'The user was made, but is not found: see user_filter.' })
      return made.record.id
    },
    async updateUser(id, change: UserChange) {
      refuseDefaultProject(change.defaultProjectId ?? null)
      const { dn, record } = await user(id)
      if (change.enabled !== undefined && change.enabled !== record.enabled && !canDisable(directory)) {
        throw cannotDisable()
      }
      const changes = [
        ...(change.description === undefined || users.description === ''
          ? []
          : [replace(users.description, change.description === '' ? [] : [change.description])]),
        ...(change.email === undefined || users.mail === ''
          ? []
          : [replace(users.mail, change.email === null ? [] : [change.email])]),
        ...(change.enabled === undefined || change.enabled === record.enabled
          ? []
          : Object.entries(enabledAttribute(directory, change.enabled)).map(([type, values]) =>
              replace(type, values),
            )),
      ]
      if (changes.length > 0) await write((connection) => connection.modify(dn, changes))
      const { name } = change
      if (name !== undefined && name !== record.name) {
        await write((connection) => connection.rename(dn, `${users.name}=${escapeDnValue(name)}`))
      }
      if (change.enabled === false) await endDirectoryTokens(store.db, id, clock.now())
    },
    setPassword,
    async replacePassword({ id, generation }, password) {
      const found = await userOf(id)
      if (found === null || found.record.generation !== generation) return false
      await setPassword(id, password)
      return true
    },
    async deleteUser(id) {
      const found = await user(id)
      // Not every server takes them out of their groups by itself.
      const groups = await groupsOfUser(directory, found)
      for (const { dn } of groups) {
        const values = [memberValue(needGroups(), found)]
        await write((connection) => connection.modify(dn, [without(needGroups().member, values)])).catch(
          () => {},
        )
      }
      await write((connection) => connection.remove(found.dn))
    },
    async createGroup(wanted) {
      const groups = needGroups()
      const dn = `${groups.name}=${escapeDnValue(wanted.name)},${groups.base}`
      await write((connection) =>
        connection.add(
          dn,
          attributesOf({
            objectClass: groups.classes,
            [groups.name]: [wanted.name],
            [groups.description]: wanted.description === '' ? [] : [wanted.description],
            // A groupOfNames is never empty: itself stands for nobody.
            [groups.member]: groups.classes.some((one) => /^groupOf/i.test(one)) ? [dn] : [],
          }),
        ),
      )
      const made = await groupByName(directory, wanted.name)
      if (made === null)
        throw fault('Refused', { message: 'The group was made, but is not found: see group_filter.' })
      return made.record.id
    },
    async updateGroup(id, { name, description }) {
      const groups = needGroups()
      const { dn, record } = await group(id)
      if (description !== undefined && groups.description !== '') {
        const values = description === '' ? [] : [description]
        await write((connection) => connection.modify(dn, [replace(groups.description, values)]))
      }
      if (name !== undefined && name !== record.name) {
        await write((connection) => connection.rename(dn, `${groups.name}=${escapeDnValue(name)}`))
      }
    },
    async deleteGroup(id) {
      const { dn } = await group(id)
      await write((connection) => connection.remove(dn))
    },
    async addMember(groupId, userId) {
      const [{ dn }, member] = [await group(groupId), await user(userId)]
      const attribute = new Attribute({
        type: needGroups().member,
        values: [memberValue(needGroups(), member)],
      })
      try {
        await servers.run('search', (connection) =>
          connection.modify(dn, [new Change({ operation: 'add', modification: attribute })]),
        )
      } catch (error) {
        // Whoever is a member already.
        if (codeOf(error) !== 20) await write(() => Promise.reject(error as Error))
      }
      changed()
    },
    async removeMember(groupId, userId) {
      const [{ dn }, member] = [await group(groupId), await user(userId)]
      try {
        await servers.run('search', (connection) =>
          connection.modify(dn, [without(needGroups().member, [memberValue(needGroups(), member)])]),
        )
      } catch (error) {
        if (codeOf(error) === 16) return false
        await write(() => Promise.reject(error as Error))
      } finally {
        changed()
      }
      return true
    },
  }
}

const replace = (type: string, values: readonly string[]): Change =>
  new Change({ operation: 'replace', modification: new Attribute({ type, values: [...values] }) })

const without = (type: string, values: readonly string[]): Change =>
  new Change({ operation: 'delete', modification: new Attribute({ type, values: [...values] }) })

const attributesOf = (of: Readonly<Record<string, readonly string[]>>): Attribute[] =>
  Object.entries(of)
    .filter(([type, values]) => type !== '' && values.length > 0)
    .map(([type, values]) => new Attribute({ type, values: [...values] }))

/** Operational attributes are the server's own. */
const canDisable = ({ options }: LdapDirectory): boolean =>
  options.users.enabled.attribute !== '' && !/^pwd/i.test(options.users.enabled.attribute)

const cannotDisable = (): Error =>
  fault('Refused', { message: 'Users of this directory are enabled and disabled in the directory itself.' })

function enabledAttribute({ options }: LdapDirectory, enabled: boolean): Record<string, readonly string[]> {
  const { attribute, mask, invert } = options.users.enabled
  // 512 is a normal account of Active Directory.
  if (mask > 0) return { [attribute]: [String(enabled === invert ? 512 | mask : 512)] }
  return { [attribute]: [enabled !== invert ? 'TRUE' : 'FALSE'] }
}

function refuseDefaultProject(id: string | null): void {
  if (id === null) return
  throw fault('Refused', { message: 'Users of a directory have no default project; name one at the login.' })
}
