/** `user create` and `user password`: accounts without the API, and a way back in for who lost a password. */
import { defaultDomainId, ensureAccount } from '../auth/bootstrap.ts'
import type { IdentityFace } from '../auth/identity-face.ts'
import { withAuth } from './database.ts'
import { newPassword, passwordOption } from './password.ts'
import { Problem, Usage, type Verb } from './verb.ts'

export const userCreate: Verb = {
  name: 'user create',
  operands: ['NAME'],
  summary: 'make a user with a role in a project',
  help: `Makes the user NAME in the domain "Default" and gives it the roles in the project, which is made too when it is not
there. A user that exists keeps its password and gets the roles.`,
  options: [
    { name: 'project', value: 'P', help: 'name of the project' },
    { name: 'role', value: 'R', help: 'name of a role; repeat it for several' },
    passwordOption,
  ],
  async run(call) {
    const [userName = ''] = call.operands
    const { project: projectName, role: roles = [] } = call.options
    if (projectName === undefined || roles.length === 0) {
      throw new Usage('user create needs --project and --role: an account without a role can do nothing')
    }
    checkName('the user', userName)
    checkName('the project', projectName)
    const given = await newPassword(call)
    const ids = await withAuth(call.settings(), 'current', async (auth) => {
      await needRoles(auth, roles)
      return ensureAccount(auth, { userName, projectName, password: given.password, roles })
    })
    const password = ids.created && given.generated ? given.password : null
    const what = `${roles.join(', ')} in project ${projectName} (${ids.projectId})`
    return {
      code: 0,
      data: {
        user: userName,
        user_id: ids.userId,
        project: projectName,
        project_id: ids.projectId,
        roles,
        created: ids.created,
        ...(password === null ? {} : { password }),
      },
      text: ids.created
        ? `user ${userName} was made: ${what}\n${password === null ? '' : `password: ${password}\n`}`
        : `user ${userName} was there already and keeps its password: ${what}\n`,
    }
  },
}

export const userPassword: Verb = {
  name: 'user password',
  operands: ['NAME'],
  summary: 'set a new password',
  help: `Gives the user NAME of the domain "Default" a new password. Its tokens end, application credentials included. A lock after
too many failed logins stays until its time is over.`,
  options: [passwordOption],
  async run(call) {
    const [userName = ''] = call.operands
    const given = await newPassword(call)
    await withAuth(call.settings(), 'current', async (auth) => {
      const user = await auth.directory.users.findUser({ name: userName, domainId: defaultDomainId })
      if (user === null) throw new Problem(`there is no user ${userName}`)
      await auth.directory.setPassword(user.id, given.password)
    })
    return {
      code: 0,
      data: { user: userName, ...(given.generated ? { password: given.password } : {}) },
      text: `user ${userName} has a new password\n${given.generated ? `password: ${given.password}\n` : ''}`,
    }
  },
}

/** Before anything is made: an account without its role would be half an account. */
async function needRoles(auth: IdentityFace, roles: readonly string[]): Promise<void> {
  const known = await auth.roles.list({ limit: 1000 })
  if (known.length === 0) throw new Problem('there are no roles yet: run manila-manage bootstrap first')
  for (const role of roles) {
    if (known.some(({ name }) => name === role)) continue
    throw new Problem(`there is no role ${role}; there are ${known.map(({ name }) => name).join(', ')}`)
  }
}

/** What the API takes for a name (`api/identity/schemas.ts`). */
function checkName(what: string, name: string): void {
  if (name.trim() === '' || name.length > 255 || /\p{Cc}/u.test(name) || !name.isWellFormed()) {
    throw new Usage(`${what} must have a name of 1 to 255 characters without control characters`)
  }
}
