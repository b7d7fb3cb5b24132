/** The cast of the suite as three kinds of directory have it, and the options that read it. */
import { createHash } from 'node:crypto'
import type { LdapSettings } from '../../src/config/ldap.ts'
import { saltedPassword, type LdifEntry } from '../../tools/programs/slapd.ts'
import { groups, held, passwordOf, people } from './suite.ts'

export const suffix = 'dc=lab,dc=test'
export const peopleBase = `ou=people,${suffix}`
export const groupBase = `ou=groups,${suffix}`

/** Who the service logs in as to search. */
export const reader = { dn: `cn=reader,${suffix}`, password: 'reader secret' }

export interface Layout {
  readonly name: string
  readonly entries: readonly LdifEntry[]
  readonly schemas: readonly string[]
  readonly definitions?: readonly string[]
  /** The members of blue-team are in a group within it, `inner`. */
  readonly hasInner?: boolean
  readonly options: Partial<LdapSettings>
  /** Changes an administrator of the directory makes: attribute → its values afterwards; none removes it. */
  readonly disabled: Readonly<Record<string, readonly string[]>>
  readonly dnOf: (person: string) => string
  /** What a member is written as. */
  readonly memberOf: (person: string) => { readonly attribute: string; readonly value: string }
  /** The attribute of a new password; null where it leaves a trace by itself or none. */
  readonly passwordTrace: Readonly<Record<string, readonly string[]>>
  /** Of a new name. */
  readonly renamed: (name: string) => {
    readonly rdn: string
    readonly values: Readonly<Record<string, readonly string[]>>
  }
}

const frame: readonly LdifEntry[] = [
  { dn: suffix, attributes: { objectClass: ['dcObject', 'organization'], dc: 'lab', o: 'lab' } },
  { dn: peopleBase, attributes: { objectClass: 'organizationalUnit', ou: 'people' } },
  { dn: groupBase, attributes: { objectClass: 'organizationalUnit', ou: 'groups' } },
  {
    dn: reader.dn,
    attributes: {
      objectClass: ['organizationalRole', 'simpleSecurityObject'],
      cn: 'reader',
      userPassword: saltedPassword(reader.password),
    },
  },
]

const membersOf = (group: string): string[] =>
  held.filter((one) => one.through === group).map((one) => one.person)

/** People by uid, groups by DN, one of them nested in another and in a ring with it. */
export const groupOfNames = (): Layout => {
  const dnOf = (person: string): string => `uid=${person},${peopleBase}`
  return {
    name: 'inetOrgPerson and groupOfNames',
    schemas: [],
    hasInner: true,
    dnOf,
    entries: [
      ...frame,
      ...people.map((name) => ({
        dn: dnOf(name),
        attributes: {
          objectClass: ['inetOrgPerson'],
          uid: name,
          cn: `${name} of the lab`,
          sn: name,
          mail: `${name}@lab.test`,
          // Here a title stands for the lock: what says so is configurable.
          ...(name === 'dave' ? { employeeType: 'TRUE' } : {}),
          userPassword: saltedPassword(passwordOf(name)),
        },
      })),
      ...groups.map((name) => ({
        dn: `cn=${name},${groupBase}`,
        attributes: {
          objectClass: 'groupOfNames',
          cn: name,
          // The members of blue-team are in it by way of two groups that contain each other.
          member: [
            ...(name === 'blue-team' ? [`cn=inner,${groupBase}`] : membersOf(name).map(dnOf)),
            `cn=${name},${groupBase}`,
          ],
        },
      })),
      {
        dn: `cn=inner,${groupBase}`,
        attributes: {
          objectClass: 'groupOfNames',
          cn: 'inner',
          // Written as people write them.
          member: [
            ...membersOf('blue-team').map((name) => `UID=${name.toUpperCase()}, OU=People,  DC=lab,dc=TEST`),
            `cn=blue-team,${groupBase}`,
          ],
        },
      },
    ],
    options: {
      preset: 'openldap',
      user_enabled_attribute: 'employeeType',
      user_password_changed_attribute: '',
    },
    disabled: { employeeType: ['TRUE'] },
    memberOf: (person) => ({ attribute: 'member', value: dnOf(person) }),
    passwordTrace: {},
    renamed: (name) => ({ rdn: `uid=${name}`, values: {} }),
  }
}

/** Accounts of Unix machines: groups list names, ids are the numbers, and the days of the last change are kept. */
export const posix = (): Layout => {
  const dnOf = (person: string): string => `cn=${person} of the lab,${peopleBase}`
  const numberOf = (name: string): string => String(2000 + people.findIndex((one) => one === name))
  const gidOf = (name: string): string => String(3000 + groups.findIndex((one) => one === name))
  return {
    name: 'posixAccount and memberUid',
    schemas: [],
    dnOf,
    entries: [
      ...frame,
      ...people.map((name) => ({
        dn: dnOf(name),
        attributes: {
          objectClass: ['person', 'posixAccount', 'shadowAccount'],
          uid: name,
          cn: `${name} of the lab`,
          sn: name,
          uidNumber: numberOf(name),
          // Bob is in the group by his own number, and listed nowhere.
          gidNumber: name === 'bob' ? gidOf('blue-team') : '100',
          homeDirectory: `/home/${name}`,
          shadowLastChange: '20000',
          ...(name === 'dave' ? { shadowFlag: '1' } : {}),
          userPassword: saltedPassword(passwordOf(name)),
        },
      })),
      ...groups.map((name) => ({
        dn: `cn=${name},${groupBase}`,
        attributes: {
          objectClass: 'posixGroup',
          cn: name,
          gidNumber: gidOf(name),
          memberUid: membersOf(name).filter((person) => person !== 'bob'),
        },
      })),
    ],
    options: {
      preset: 'openldap',
      user_object_classes: ['posixAccount'],
      user_id_attribute: 'uidNumber',
      user_enabled_attribute: 'shadowFlag',
      user_password_changed_attribute: 'shadowLastChange',
      group_object_classes: ['posixGroup'],
      group_id_attribute: 'gidNumber',
      group_member_attribute: 'memberUid',
      group_members_are: 'name',
      primary_group: 'gid',
    },
    disabled: { shadowFlag: ['1'] },
    memberOf: (person) => ({ attribute: 'memberUid', value: person }),
    passwordTrace: { shadowLastChange: ['20001'] },
    renamed: (name) => ({ rdn: `cn=${name} of the lab`, values: { uid: [name] } }),
  }
}

/** Debian's file of Microsoft's schema has no matching rules, so that nothing in it can be searched for. */
const windows: readonly string[] = [
  ['sAMAccountName', '4.221', 'caseIgnoreMatch', '15'],
  ['objectGUID', '4.2', 'octetStringMatch', '40'],
  ['objectSid', '4.146', 'octetStringMatch', '40'],
  ['userAccountControl', '4.8', 'integerMatch', '27'],
  ['primaryGroupID', '4.98', 'integerMatch', '27'],
  ['pwdLastSet', '4.96', 'integerMatch', '27'],
  ['groupType', '4.750', 'integerMatch', '27'],
]
  .map(
    ([name, number, rule, syntax]) =>
      `attributetype ( 1.2.840.113556.1.${number} NAME '${name}' EQUALITY ${rule} SYNTAX 1.3.6.1.4.1.1466.115.121.1.${syntax} SINGLE-VALUE )`,
  )
  .concat(
    "objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP organizationalPerson STRUCTURAL MAY ( mail $ sAMAccountName $ objectGUID $ objectSid $ userAccountControl $ primaryGroupID $ pwdLastSet ) )",
    "objectclass ( 1.2.840.113556.1.5.8 NAME 'group' SUP top STRUCTURAL MUST cn MAY ( member $ description $ sAMAccountName $ objectGUID $ objectSid $ groupType ) )",
  )

/** As Active Directory has them: bytes for ids, a bit for the lock, a number for the primary group. */
export const activeDirectory = (): Layout => {
  const dnOf = (person: string): string => `cn=${person},${peopleBase}`
  const guidOf = (name: string): string => `base64:${createHash('md5').update(name).digest('base64')}`
  const ridOf = (name: string): number => 1100 + [...people, ...groups].findIndex((one) => one === name)
  const common = (name: string) => ({
    cn: name,
    objectGUID: guidOf(name),
    objectSid: `base64:${sid(ridOf(name)).toString('base64')}`,
    sAMAccountName: name,
  })
  return {
    name: "Active Directory's attributes",
    schemas: [],
    definitions: windows,
    dnOf,
    entries: [
      ...frame,
      ...people.map((name) => ({
        dn: dnOf(name),
        attributes: {
          objectClass: 'user',
          ...common(name),
          sn: name,
          mail: `${name}@lab.test`,
          userAccountControl: name === 'dave' ? '514' : '512',
          // Everybody's is the same number, but for bob's.
          primaryGroupID: String(name === 'bob' ? ridOf('blue-team') : 513),
          pwdLastSet: '134000000000000000',
          userPassword: saltedPassword(passwordOf(name)),
        },
      })),
      ...groups.map((name) => ({
        dn: `cn=${name},${groupBase}`,
        attributes: {
          objectClass: 'group',
          ...common(name),
          groupType: '-2147483646',
          member: membersOf(name)
            .filter((person) => person !== 'bob')
            .map(dnOf),
        },
      })),
    ],
    // slapd has no matching rule in chain.
    options: { preset: 'active-directory', nested_groups: 'walk' },
    disabled: { userAccountControl: ['514'] },
    memberOf: (person) => ({ attribute: 'member', value: dnOf(person) }),
    passwordTrace: { pwdLastSet: ['134100000000000000'] },
    renamed: (name) => ({ rdn: `cn=${name}`, values: { sAMAccountName: [name] } }),
  }
}

/** S-1-5-21-1-2-3-rid. */
function sid(rid: number): Buffer {
  const bytes = Buffer.alloc(8 + 5 * 4)
  bytes.set([1, 5, 0, 0, 0, 0, 0, 5])
  for (const [at, part] of [21, 1, 2, 3, rid].entries()) bytes.writeUInt32LE(part, 8 + at * 4)
  return bytes
}
