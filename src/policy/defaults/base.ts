/**
 * Manila's base rules and the personas that the resource files give to their rules. The personas in use are admin,
 * member, reader and service; "owner user" is the one who made the thing.
 */

/** A rule as it is without an operator's file, and what an operator needs to know of it. */
export interface RuleDefault {
  readonly check: string
  /** One sentence: what who passes it may do. */
  readonly about: string
  /** What it guards, as `GET /shares/{id}` below `/v2`; an action's name stands behind its path. Empty for base rules. */
  readonly routes: readonly string[]
  /** Nothing asks for it yet: the resource is still to come. An override of it is kept and does nothing. */
  readonly notYet?: true
  /** Why nothing of ours refers to it any more. */
  readonly deprecated?: string
}

/** Rule name → rule. */
export type Rules = Readonly<Record<string, RuleDefault>>

export const admin = 'rule:context_is_admin'
export const member = 'rule:context_is_admin or rule:project-member'
export const reader = 'rule:context_is_admin or rule:project-reader'
export const adminOrService = 'rule:admin_or_service_api'
export const adminOrServiceOrMember = 'rule:admin_or_service_api or rule:project-member'
export const adminOrServiceOrReader = 'rule:admin_or_service_api or rule:project-reader'
export const adminOrServiceOrOwnerUser = 'rule:admin_or_service_api or rule:owner-user'

const base = (check: string, about: string): RuleDefault => ({ check, about, routes: [] })
const old = (check: string, about: string): RuleDefault => ({
  ...base(check, about),
  deprecated: 'Defaults no longer refer to it; files may, because samples did for years.',
})

export const baseRules: Rules = {
  context_is_admin: base('role:admin', 'Who is an administrator; `is_admin` in other rules means this.'),
  context_is_host_admin: base(
    'role:admin and project_id:%(project_id)s',
    'Who sees the host and the share server of a share and may name them in scheduler hints.',
  ),
  'project-admin': base(
    'role:admin and project_id:%(project_id)s',
    'An administrator of the project itself.',
  ),
  'project-member': base('role:member and project_id:%(project_id)s', 'A member of the project.'),
  'project-reader': base('role:reader and project_id:%(project_id)s', 'A reader of the project.'),
  'owner-user': base(
    'user_id:%(user_id)s and project_id:%(project_id)s',
    'The very user who made the thing, in its project.',
  ),
  admin_or_service_api: base('role:admin or role:service', 'An administrator or another service.'),
  admin_api: old('is_admin:True', 'An administrator, in the words of old files.'),
  admin_or_owner: old(
    'is_admin:True or project_id:%(project_id)s',
    'An administrator or anybody of the project.',
  ),
  admin_or_owner_user: old(
    'is_admin:True or project_id:%(project_id)s and user_id:%(user_id)s',
    'An administrator or the user who made the thing.',
  ),
  default: old(
    'rule:admin_or_owner',
    'What rules without a definition once meant; here such a rule refuses.',
  ),
}

/** Action → its sentence and the routes it guards. */
export type Actions = Readonly<Record<string, readonly [about: string, ...routes: string[]]>>

/** `rules('share', member, { create: ['Create a share.', 'POST /shares'] })` → `share:create`. */
export function rules(prefix: string, check: string, actions: Actions): Rules {
  return Object.fromEntries(
    Object.entries(actions).map(([action, [about, ...routes]]) => [
      `${prefix}:${action}`,
      { check, about, routes },
    ]),
  )
}

/** The same rules, of a resource that is still to come. */
export const notYet = (all: Rules): Rules =>
  Object.fromEntries(Object.entries(all).map(([name, rule]) => [name, { ...rule, notYet: true as const }]))

/** The five routes of specs below a type: `specRoutes('/types/{type_id}/extra_specs', 'extra spec')`. */
export const specActions = (path: string, noun: string): Actions => ({
  create: [`Set ${noun}s of a type.`, `POST ${path}`],
  index: [`List the ${noun}s of a type.`, `GET ${path}`],
  show: [`Show one ${noun} of a type.`, `GET ${path}/{key}`],
  update: [`Change one ${noun} of a type.`, `PUT ${path}/{key}`],
  delete: [`Remove one ${noun} of a type.`, `DELETE ${path}/{key}`],
})

/** The routes of a metadata sub-tree, by what they need. */
export const metadataRoutes = (path: string) =>
  ({
    get: [`GET ${path}/metadata`, `GET ${path}/metadata/{key}`],
    update: [`POST ${path}/metadata`, `PUT ${path}/metadata`, `POST ${path}/metadata/{key}`],
    delete: [`DELETE ${path}/metadata/{key}`],
  }) as const
