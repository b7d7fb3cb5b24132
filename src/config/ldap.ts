/**
 * A directory server, as `[auth.ldap]` and `[auth.domains.NAME.ldap]` describe one. What a preset decides has no default here:
 * `src/auth/backends/ldap/presets.ts` holds it, and an option that is written wins over the preset.
 */
import Type, { type Static } from 'typebox'

const text = (description: string, value: string) => Type.String({ description, default: value })
const count = (description: string, value: number, minimum = 0, maximum = 1_000_000) =>
  Type.Integer({ description, default: value, minimum, maximum })
const flag = (description: string, value: boolean) => Type.Boolean({ description, default: value })
const preset = <T extends Parameters<typeof Type.Optional>[0]>(schema: T) => Type.Optional(schema)
const attribute = (description: string) =>
  preset(
    Type.String({
      description: `${description} By preset.`,
      pattern: '^([A-Za-z][A-Za-z0-9-]*|[0-9]+([.][0-9]+)*)?$',
      says: 'the name of an attribute',
    }),
  )
const scope = (description: string) =>
  Type.Enum(['one', 'sub'], {
    description: `${description}: one level, or the whole tree below.`,
    default: 'sub',
  })

export const presetNames = ['openldap', 'active-directory', 'freeipa', '389ds'] as const

export const MappedGroup = Type.Object({
  group: Type.String({ description: 'DN of the group, or its name.', minLength: 1 }),
  role: Type.String({ description: 'Name of a role.', minLength: 1 }),
  project: Type.Optional(
    Type.String({
      description: 'Name or id of a project; exactly one of project, domain and system is given.',
    }),
  ),
  project_domain: Type.Optional(
    Type.String({ description: "Name or id of the project's domain; left out, the domain of the users." }),
  ),
  domain: Type.Optional(Type.String({ description: 'Name or id of a domain the role is held on.' })),
  system: Type.Optional(Type.Boolean({ description: 'The role is held on the system.' })),
})

export const Ldap = Type.Object(
  {
    preset: Type.Enum([...presetNames], {
      description: 'Kind of server, which decides what is left out below (docs/guide/identity.md).',
      default: 'openldap',
    }),
    urls: Type.Array(
      Type.String({
        pattern: '^ldaps?://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?/?$',
        says: 'a URL such as ldaps://ldap.example.org',
      }),
      {
        description:
          'Servers of one directory, the preferred one first: ldaps://host, or ldap://host with start_tls.',
        default: [],
      },
    ),
    start_tls: flag('Go over to TLS on ldap:// connections before anything is said.', false),
    verify: flag("Check the server's certificate and its name.", true),
    ca_file: text('PEM file of the authorities that are believed; empty = those the system believes.', ''),
    cert_file: text(
      'PEM file of a certificate to show. Without bind_dn it is also how the service logs in (SASL EXTERNAL).',
      '',
    ),
    cert_key_file: text('PEM file of its key.', ''),
    allow_plaintext: flag(
      'Speak without TLS to a server on another host: only where the network between them is protected otherwise.',
      false,
    ),
    bind_dn: text('Whom the service logs in as to search; empty = nobody (or the certificate).', ''),
    bind_password: text('Its password; better { file = "…" } or { env = "…" }.', ''),
    timeout_s: count(
      'Seconds one server may take to answer one call before the next one is asked.',
      2,
      1,
      60,
    ),
    connections: count('Connections to each server for searches, and as many for logins.', 8, 1, 200),
    page_size: count('Entries asked for at once.', 500, 10, 10_000),
    max_results: count('Entries of a search that are looked at; a list beyond is cut.', 10_000, 10),
    cache_s: count(
      'Seconds that a found user, and the groups of one, are believed: so long tokens of somebody who is gone or disabled live on.',
      60,
      1,
      3600,
    ),
    outage_s: count('Seconds that they are believed while no server can be reached.', 300, 1, 86_400),
    cache_size: count('Users, and as many memberships, that are remembered.', 10_000, 10),
    writable: flag('Users and groups may be made, changed and removed through the service.', false),

    user_base: text('DN below which users are.', ''),
    user_scope: scope('Where below user_base'),
    user_filter: text(
      'Filter that every user satisfies besides, such as (memberOf=cn=nas,dc=example,dc=org).',
      '',
    ),
    user_object_classes: preset(
      Type.Array(Type.String(), {
        description: 'Classes of users: all are asked for, and given to a user that is made. By preset.',
      }),
    ),
    user_dn_template: text(
      'DN of a user by name, such as uid={name},ou=people,dc=example,dc=org: logins then search for nothing; empty = search.',
      '',
    ),
    user_name_attribute: attribute('What users log in with.'),
    user_id_attribute: attribute(
      'What never changes of a user, and is never given to another: user ids are made of it.',
    ),
    user_mail_attribute: attribute('Address of a user.'),
    user_description_attribute: attribute('Description of a user; empty = none.'),
    user_enabled_attribute: attribute('Whether a user is enabled; empty = all are.'),
    user_enabled_mask: preset(
      Type.Integer({
        minimum: 0,
        description:
          'Bits of user_enabled_attribute of which none may be set in an enabled user (2 in userAccountControl); 0 = the attribute is TRUE or FALSE. By preset.',
      }),
    ),
    user_enabled_invert: preset(
      Type.Boolean({
        description:
          'The attribute says that a user is disabled: a lock rather than a permission. By preset.',
      }),
    ),
    user_enabled_group: text('DN of the group of which enabled users are members; empty = none.', ''),
    user_password_changed_attribute: attribute(
      'When the password was changed: a new one ends the tokens; empty = not known.',
    ),

    group_base: text('DN below which groups are; empty = there are none.', ''),
    group_scope: scope('Where below group_base'),
    group_filter: text('Filter that every group satisfies besides.', ''),
    group_object_classes: preset(
      Type.Array(Type.String(), { description: 'Classes of groups: all are asked for. By preset.' }),
    ),
    group_name_attribute: attribute('Name of a group.'),
    group_id_attribute: attribute('What never changes of a group.'),
    group_description_attribute: attribute('Description of a group; empty = none.'),
    group_member_attribute: attribute('Members of a group.'),
    group_members_are: preset(
      Type.Enum(['dn', 'name'], {
        description: 'What a member is written as: its DN (member), or its name (memberUid). By preset.',
      }),
    ),
    nested_groups: preset(
      Type.Enum(['no', 'walk', 'in-chain'], {
        description:
          'Groups that are members of groups: not looked at, found step by step, or by the server (matching rule in chain, Active Directory). By preset.',
      }),
    ),
    nested_depth: count('Steps of a walk.', 8, 1, 50),
    primary_group: preset(
      Type.Enum(['no', 'sid', 'gid'], {
        description:
          "A user's primary group, which lists no members: of primaryGroupID and objectSid, or of gidNumber. By preset.",
      }),
    ),

    map: Type.Array(MappedGroup, {
      description: 'Roles by membership, besides those assigned in the database: [[auth.ldap.map]].',
      default: [],
    }),
  },
  {
    description:
      'The directory of the domain Default, where [auth] backend is "ldap". docs/guide/identity.md explains it.',
  },
)

export type LdapSettings = Static<typeof Ldap>
export type MappedGroupSettings = Static<typeof MappedGroup>

/** One `[auth.domains.NAME]` table. */
export const AuthDomain = Type.Object({
  backend: Type.Enum(['db', 'ldap'], {
    description:
      'Where the users and groups of this domain are: the database, or the directory of [auth.domains.NAME.ldap].',
    default: 'db',
  }),
  ldap: Type.Object(Ldap.properties, { description: 'What [auth.ldap] has, for this domain.' }),
})
