/** `identity recover`: in again, when nobody who could let anybody in is left. */
import { defaultDomainId } from '../auth/bootstrap.ts'
import { recoverAdministrator } from '../auth/recover.ts'
import { withAuth } from './database.ts'
import { newPassword, passwordOption } from './password.ts'
import { Problem, type Verb } from './verb.ts'

export const identityRecover: Verb = {
  name: 'identity recover',
  summary: 'make an administrator again when nobody can log in as one',
  help: `Makes the user NAME (admin without --user) of the domain "Default" administrator whatever became of him: the domain, the project
admin and the account are made or enabled, he gets the role admin in the project, and a new password. All else stays as it is.
The API refuses to take the last administrator away; this is for what happened all the same: a password nobody knows, a
database edited by hand, a directory that is gone. From the host itself (127.0.0.1) locks of failed logins do not keep him out.
Where the users of "Default" are in a directory ([auth] backend = "ldap"), --user must name one of them, who keeps his password.`,
  options: [{ name: 'user', value: 'NAME', help: 'the administrator (default: admin)' }, passwordOption],
  async run(call) {
    const settings = call.settings()
    const { user: userName = 'admin' } = call.options
    const isDirectory = settings.auth.backend === 'ldap'
    if (isDirectory && call.options.user === undefined) {
      throw new Problem('name a user of the directory with --user: nobody is made there')
    }
    const given = isDirectory ? null : await newPassword(call)
    const ids = await withAuth(settings, 'current', async (auth) => {
      if (
        isDirectory &&
        (await auth.directory.users.findUser({ name: userName, domainId: defaultDomainId })) === null
      ) {
        throw new Problem(`there is no user ${userName} in the directory`)
      }
      return recoverAdministrator(auth, { userName, password: given?.password ?? null })
    })
    const password = given?.generated === true ? given.password : null
    return {
      code: 0,
      data: {
        user: userName,
        user_id: ids.userId,
        project: 'admin',
        project_id: ids.projectId,
        created: ids.created,
        ...(password === null ? {} : { password }),
      },
      text: `user ${userName} is administrator in project admin (${ids.projectId})\n${password === null ? '' : `password: ${password}\n`}`,
    }
  },
}
