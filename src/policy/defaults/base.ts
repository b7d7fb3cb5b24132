/**
 * Manila's base rules and the personas that the resource files give to their rules. The personas in use are admin,
 * member, reader and service; "owner user" is the one who made the thing.
 */

/** Rule name → rule text. */
export type Rules = Readonly<Record<string, string>>

export const admin = 'rule:context_is_admin'
export const member = 'rule:context_is_admin or rule:project-member'
export const reader = 'rule:context_is_admin or rule:project-reader'
export const adminOrService = 'rule:admin_or_service_api'
export const adminOrServiceOrMember = 'rule:admin_or_service_api or rule:project-member'
export const adminOrServiceOrReader = 'rule:admin_or_service_api or rule:project-reader'
export const adminOrServiceOrOwnerUser = 'rule:admin_or_service_api or rule:owner-user'

export const baseRules: Rules = {
  context_is_admin: 'role:admin',
  context_is_host_admin: 'role:admin and project_id:%(project_id)s',
  'project-admin': 'role:admin and project_id:%(project_id)s',
  'project-member': 'role:member and project_id:%(project_id)s',
  'project-reader': 'role:reader and project_id:%(project_id)s',
  'owner-user': 'user_id:%(user_id)s and project_id:%(project_id)s',
  admin_or_service_api: 'role:admin or role:service',
  // Nothing of ours refers to these; an operator's file may, because Manila's samples did for years.
  admin_api: 'is_admin:True',
  admin_or_owner: 'is_admin:True or project_id:%(project_id)s',
  admin_or_owner_user: 'is_admin:True or project_id:%(project_id)s and user_id:%(user_id)s',
  default: 'rule:admin_or_owner',
}

/** `rules('share', member, ['create', …])` → `share:create: …`. */
export function rules(prefix: string, text: string, actions: readonly string[]): Rules {
  return Object.fromEntries(actions.map((action) => [`${prefix}:${action}`, text]))
}
