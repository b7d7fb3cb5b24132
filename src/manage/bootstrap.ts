/** `bootstrap`: the first administrator. */
import {
  bootstrap,
  defaultDomainId,
  prepare,
  prepareDirectories,
  type AccountIds,
} from '../auth/bootstrap.ts'
import type { IdentityFace } from '../auth/identity-face.ts'
import { standardRoles } from '../auth/role-book.ts'
import type { Settings } from '../config/schema.ts'
import { withAuth } from './database.ts'
import { newPassword, passwordOption } from './password.ts'
import { Problem, type Answer, type Verb } from './verb.ts'

export const bootstrapVerb: Verb = {
  name: 'bootstrap',
  summary: 'make the domain, the roles and the administrator "admin"',
  help: `Makes what a new installation needs: the database with its tables, the domain "Default", the roles ${standardRoles.join(', ')},
and the user admin with role admin in the project admin. What is there already stays as it is, so it may be
run again; it never changes a password. Domains whose users are in a directory and the projects of mapped groups are made, too.
Where the users of "Default" are in a directory ([auth] backend = "ldap"), --user names the one of them who becomes
administrator; without it, a group must be mapped to the role admin ([[auth.ldap.map]]).`,
  options: [{ name: 'user', value: 'NAME', help: 'the administrator (default: admin)' }, passwordOption],
  async run(call) {
    const settings = call.settings()
    const { user } = call.options
    if (settings.auth.backend === 'ldap') {
      return withAuth(settings, 'made', (auth) => fromDirectory(auth, settings, user))
    }
    const given = await newPassword(call)
    const userName = user ?? 'admin'
    const ids = await withAuth(settings, 'made', async (auth) => {
      const made = await bootstrap(auth, { ...given, userName })
      await prepareDirectories(auth, settings.auth)
      return made
    })
    const password = ids.created && given.generated ? given.password : null
    return {
      code: 0,
      data: { ...told(userName, ids), ...(password === null ? {} : { password }) },
      text: ids.created
        ? `user ${userName} in project admin (${ids.projectId}) was made\n${password === null ? '' : `password: ${password}\n`}`
        : `user ${userName} was there already; its password is what it was\n`,
    }
  },
}

/** Nobody is made: somebody of the directory, or a group, is given the role. */
async function fromDirectory(
  auth: IdentityFace,
  settings: Settings,
  userName: string | undefined,
): Promise<Answer> {
  const groups = settings.auth.ldap.map.filter(({ role }) => role === 'admin')
  if (userName === undefined && groups.length === 0) {
    throw new Problem(
      'nobody would be administrator: name a user of the directory with --user, or map a group of it to the role admin ([[auth.ldap.map]])',
    )
  }
  await prepare(auth)
  await prepareDirectories(auth, settings.auth)
  if (userName !== undefined) {
    const found = await auth.directory.users.findUser({ name: userName, domainId: defaultDomainId })
    if (found === null) throw new Problem(`there is no user ${userName} in the directory`)
    const ids = await bootstrap(auth, { password: '', userName })
    return {
      code: 0,
      data: told(userName, ids),
      text: `user ${userName} of the directory is admin in project admin (${ids.projectId})\n`,
    }
  }
  return {
    code: 0,
    data: { groups: groups.map(({ group }) => group), created: false },
    text: groups
      .map(
        ({ group, project, domain }) =>
          `members of ${group} are admin in ${project ?? domain ?? 'the system'}\n`,
      )
      .join(''),
  }
}

const told = (user: string, { userId, projectId, created }: AccountIds) => ({
  user,
  user_id: userId,
  project: 'admin',
  project_id: projectId,
  created,
})
