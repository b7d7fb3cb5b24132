/** People and groups as LDIF (RFC 2849) that OpenLDAP and its kind take: inetOrgPerson and groupOfNames. */
import { escapeDnValue } from '../../auth/backends/ldap/dn.ts'
import type { GroupRecord, UserRecord } from '../../auth/backends/backend.ts'

export interface LdifPeople {
  readonly users: readonly UserRecord[]
  readonly groups: readonly { readonly group: GroupRecord; readonly memberIds: readonly string[] }[]
}

/** Letters of a line; the rest goes on in the next one. */
const width = 76

/** Below `ou=people` and `ou=groups` of the base. Without passwords. Ends in a line end. */
export function ldifOf({ users, groups }: LdifPeople, base: string): string {
  const dns = new Map(users.map(({ id, name }) => [id, `uid=${escapeDnValue(name)},ou=people,${base}`]))
  const unit = (name: string): string =>
    entryOf(`ou=${name},${base}`, { objectClass: ['organizationalUnit'], ou: [name] })
  const people = users.map(({ id, name, email, description }) =>
    entryOf(dns.get(id) ?? '', {
      objectClass: ['inetOrgPerson'],
      uid: [name],
      cn: [name],
      sn: [name],
      mail: email === null || email === '' ? [] : [email],
      description: description === '' ? [] : [description],
    }),
  )
  const crews = groups.map(({ group, memberIds }) => {
    const dn = `cn=${escapeDnValue(group.name)},ou=groups,${base}`
    const members = memberIds.flatMap((id) => dns.get(id) ?? [])
    return entryOf(dn, {
      objectClass: ['groupOfNames'],
      cn: [group.name],
      description: group.description === '' ? [] : [group.description],
      // A group must have a member: an empty one has itself.
      member: members.length === 0 ? [dn] : members,
    })
  })
  return `version: 1\n\n${[unit('people'), unit('groups'), ...people, ...crews].join('\n')}`
}

function entryOf(dn: string, attributes: Readonly<Record<string, readonly string[]>>): string {
  const lines = [
    lineOf('dn', dn),
    ...Object.entries(attributes).flatMap(([name, values]) => values.map((value) => lineOf(name, value))),
  ]
  return lines.join('')
}

/** In base64 unless it is a SAFE-STRING. */
function lineOf(name: string, value: string): string {
  const isSafe = /^[\x21-\x39\x3b\x3d-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)
  const whole = isSafe ? `${name}: ${value}` : `${name}:: ${Buffer.from(value).toString('base64')}`
  const first = whole.slice(0, width)
  const rest = whole.slice(width).match(new RegExp(`.{1,${width - 1}}`, 'g')) ?? []
  return `${[first, ...rest].join('\n ')}\n`
}
