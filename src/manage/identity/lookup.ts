/** Finds what a word of the command line means: an id, or a name within a domain. Says what was not found in the API's own words. */
import type { GroupRecord, UserRecord } from '../../auth/backends/backend.ts'
import { defaultDomainId } from '../../auth/bootstrap.ts'
import { notFound } from '../../auth/directory.ts'
import type { IdentityFace } from '../../auth/identity-face.ts'
import type { DomainRow, ProjectRow } from '../../db/store/identity.ts'
import type { RoleActor, RoleRow, RoleTarget } from '../../db/store/roles.ts'
import { Usage, type Given } from '../verb.ts'

/** `default` where none is named. */
export async function domainOf(auth: IdentityFace, word: string = defaultDomainId): Promise<DomainRow> {
  const { directory } = auth
  const row = (await directory.findDomain({ id: word })) ?? (await directory.findDomain({ name: word }))
  if (row === null) throw notFound('domain', word)
  return row
}

export async function userOf(auth: IdentityFace, word: string, domain?: string): Promise<UserRecord> {
  const { users } = auth.directory
  const found =
    (await users.findUser({ id: word })) ??
    (await users.findUser({ name: word, domainId: (await domainOf(auth, domain)).id }))
  if (found === null) throw notFound('user', word)
  return found
}

export async function groupOf(auth: IdentityFace, word: string, domain?: string): Promise<GroupRecord> {
  const { users } = auth.directory
  const found =
    (await users.findGroup({ id: word })) ??
    (await users.findGroup({ name: word, domainId: (await domainOf(auth, domain)).id }))
  if (found === null) throw notFound('group', word)
  return found
}

export async function projectOf(auth: IdentityFace, word: string, domain?: string): Promise<ProjectRow> {
  const { directory } = auth
  const found =
    (await directory.findProject({ id: word })) ??
    (await directory.findProject({ name: word, domainId: (await domainOf(auth, domain)).id }))
  if (found === null) throw notFound('project', word)
  return found
}

export async function roleOf(auth: IdentityFace, word: string): Promise<RoleRow> {
  const found = (await auth.roles.find({ id: word })) ?? (await auth.roles.find({ name: word }))
  if (found === null) throw notFound('role', word)
  return found
}

/** `--user` or `--group`; null when neither is there. */
export async function actorOf(auth: IdentityFace, options: Given): Promise<RoleActor | null> {
  const { user, group } = options
  if (user !== undefined && group !== undefined) throw new Usage('name --user or --group, not both')
  if (user !== undefined) return { type: 'user', id: (await userOf(auth, user, options['user-domain'])).id }
  if (group === undefined) return null
  return { type: 'group', id: (await groupOf(auth, group, options['group-domain'])).id }
}

/** `--project`, `--domain` or `--system`; null when none of them is there. */
export async function targetOf(auth: IdentityFace, options: Given): Promise<RoleTarget | null> {
  const { project, domain, system } = options
  if ([project, domain, system].filter((one) => one !== undefined).length > 1) {
    throw new Usage('name one of --project, --domain and --system')
  }
  if (project !== undefined) {
    return { type: 'project', id: (await projectOf(auth, project, options['project-domain'])).id }
  }
  if (domain !== undefined) return { type: 'domain', id: (await domainOf(auth, domain)).id }
  return system === undefined ? null : { type: 'system', id: 'all' }
}
