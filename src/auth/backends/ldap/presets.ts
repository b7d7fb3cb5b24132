/**
 * What is usual for each kind of server. An option that the configuration writes wins. Each says against what it was run, because
 * a default that nobody tried is a guess.
 */
import type { LdapSettings } from '../../../config/ldap.ts'

export type PresetName = LdapSettings['preset']

/** What a preset decides. */
export type PresetValues = Required<
  Pick<
    LdapSettings,
    | 'user_object_classes'
    | 'user_name_attribute'
    | 'user_id_attribute'
    | 'user_mail_attribute'
    | 'user_description_attribute'
    | 'user_enabled_attribute'
    | 'user_enabled_mask'
    | 'user_enabled_invert'
    | 'user_password_changed_attribute'
    | 'group_object_classes'
    | 'group_name_attribute'
    | 'group_id_attribute'
    | 'group_description_attribute'
    | 'group_member_attribute'
    | 'group_members_are'
    | 'nested_groups'
    | 'primary_group'
  >
>

const common = {
  user_mail_attribute: 'mail',
  user_description_attribute: 'description',
  group_name_attribute: 'cn',
  group_description_attribute: 'description',
  group_member_attribute: 'member',
  group_members_are: 'dn',
  nested_groups: 'walk',
  primary_group: 'no',
} as const

/** Run against slapd 2.5.13 (Debian 12): inetOrgPerson with groupOfNames as it is; posixAccount with the options of the guide. */
const openldap: PresetValues = {
  ...common,
  user_object_classes: ['inetOrgPerson'],
  user_name_attribute: 'uid',
  user_id_attribute: 'entryUUID',
  // Of the overlay ppolicy: there while the account is locked.
  user_enabled_attribute: 'pwdAccountLockedTime',
  user_enabled_mask: 0,
  user_enabled_invert: true,
  user_password_changed_attribute: 'pwdChangedTime',
  group_object_classes: ['groupOfNames'],
  group_id_attribute: 'entryUUID',
}

/** Run against the domain controller of Samba 4.17.12 (Debian 12) as it is, and against slapd 2.5.13 with these attributes and `walk`. */
const activeDirectory: PresetValues = {
  ...common,
  // Computers are users, too, of the category computer.
  user_object_classes: ['user'],
  user_name_attribute: 'sAMAccountName',
  user_id_attribute: 'objectGUID',
  user_enabled_attribute: 'userAccountControl',
  user_enabled_mask: 2,
  user_enabled_invert: false,
  user_password_changed_attribute: 'pwdLastSet',
  group_object_classes: ['group'],
  group_name_attribute: 'sAMAccountName',
  group_id_attribute: 'objectGUID',
  nested_groups: 'in-chain',
  primary_group: 'sid',
}

/** Written from FreeIPA's documentation; not run against a FreeIPA server. */
const freeipa: PresetValues = {
  ...common,
  user_object_classes: ['person', 'posixAccount'],
  user_name_attribute: 'uid',
  user_id_attribute: 'ipaUniqueID',
  user_enabled_attribute: 'nsAccountLock',
  user_enabled_mask: 0,
  user_enabled_invert: true,
  user_password_changed_attribute: 'krbLastPwdChange',
  group_object_classes: ['ipausergroup'],
  group_id_attribute: 'ipaUniqueID',
}

/** Written from the documentation of 389 Directory Server; not run against one. */
const dirsrv389: PresetValues = {
  ...common,
  user_object_classes: ['inetOrgPerson'],
  user_name_attribute: 'uid',
  user_id_attribute: 'nsUniqueId',
  user_enabled_attribute: 'nsAccountLock',
  user_enabled_mask: 0,
  user_enabled_invert: true,
  user_password_changed_attribute: 'pwdUpdateTime',
  group_object_classes: ['groupOfNames'],
  group_id_attribute: 'nsUniqueId',
}

export const presets: Readonly<Record<PresetName, PresetValues>> = {
  openldap,
  'active-directory': activeDirectory,
  freeipa,
  '389ds': dirsrv389,
}
