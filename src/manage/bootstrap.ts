/** `bootstrap`: the first administrator. */
import { bootstrap } from '../auth/bootstrap.ts'
import { standardRoles } from '../auth/role-book.ts'
import { withAuth } from './database.ts'
import { newPassword, passwordOption } from './password.ts'
import type { Verb } from './verb.ts'

export const bootstrapVerb: Verb = {
  name: 'bootstrap',
  summary: 'make the domain, the roles and the administrator "admin"',
  help: `Makes what a new installation needs: the database with its tables, the domain "Default", the roles ${standardRoles.join(', ')},
and the user admin with role admin in the project admin. What is there already stays as it is, so it may be
run again; it never changes a password.`,
  options: [passwordOption],
  async run(call) {
    const given = await newPassword(call)
    const ids = await withAuth(call.settings(), 'made', (auth) => bootstrap(auth, given))
    const shown = ids.created && given.generated ? given.password : null
    return {
      code: 0,
      data: {
        user: 'admin',
        user_id: ids.userId,
        project: 'admin',
        project_id: ids.projectId,
        created: ids.created,
        ...(shown === null ? {} : { password: shown }),
      },
      text: ids.created
        ? `user admin in project admin (${ids.projectId}) was made\n${shown === null ? '' : `password: ${shown}\n`}`
        : 'user admin was there already; its password is what it was\n',
    }
  },
}
