/** `identity user …`: the same verbs of the Auth Manager as the API's, for whoever stands at the host. */
import type { UserRecord } from '../../auth/backends/backend.ts'
import { EmailText, LongText, UserName } from '../../wire/identity-fields.ts'
import { Usage, type Given, type Verb } from '../verb.ts'
import {
  ableOptions,
  checkFields,
  chosenPassword,
  descriptionOption,
  domainOption,
  enabledOf,
  given,
  limitOf,
  listed,
  listOptions,
  nameOption,
  needChange,
  onAccounts,
  said,
  shownOne,
} from './common.ts'
import { domainOf, projectOf, userOf } from './lookup.ts'

const passwordOptions: NonNullable<Verb['options']> = [
  {
    name: 'password-file',
    value: 'FILE',
    help: 'take the password from the first line of FILE (- is standard input)',
  },
  { name: 'password-prompt', help: 'ask for the password at the terminal' },
]
const projectOptions: NonNullable<Verb['options']> = [
  { name: 'project', value: 'P', help: 'name or id of its default project' },
  { name: 'project-domain', value: 'D', help: 'domain of that project (default: Default)' },
]
const emailOption = { name: 'email', value: 'ADDRESS', help: 'mail address' } as const

const fieldsOf = ({ description, email }: Given, name: string | undefined) => ({
  name: [UserName, name] as [typeof UserName, unknown],
  description: [LongText, description] as [typeof LongText, unknown],
  email: [EmailText, email] as [typeof EmailText, unknown],
})

export const userVerbs: readonly Verb[] = [
  {
    name: 'identity user list',
    summary: 'list users',
    help: `Prints users, of the database and of directories, by name.`,
    options: listOptions,
    run: (call) => {
      const { domain, name } = call.options
      const limit = limitOf(call.options)
      return onAccounts(call, async (auth) => {
        const domainId = domain === undefined ? undefined : (await domainOf(auth, domain)).id
        const query = { ...given('name', name), ...given('domainId', domainId), limit: limit + 1 }
        const users = await auth.directory.users.listUsers(query)
        return listed(users.map(viewOf), ['id', 'name', 'domain_id', 'enabled'], limit)
      })
    },
  },
  {
    name: 'identity user show',
    operands: ['USER'],
    summary: 'show a user',
    help: `USER is an id, or a name of the domain.`,
    options: [domainOption],
    run: (call) =>
      onAccounts(call, async (auth) =>
        shownOne(viewOf(await userOf(auth, call.operands[0] ?? '', call.options.domain))),
      ),
  },
  {
    name: 'identity user create',
    operands: ['NAME'],
    summary: 'make a user',
    help: `Makes the user NAME. Without --password-file or --password-prompt it has no password and can't log in until it gets one. A password is
never taken from the command line and never printed. In a domain of a directory it is made there, where that is writable.`,
    options: [
      domainOption,
      descriptionOption,
      emailOption,
      ...projectOptions,
      ...ableOptions,
      ...passwordOptions,
    ],
    async run(call) {
      const [name = ''] = call.operands
      const { options } = call
      const enabled = enabledOf(options)
      checkFields('user', fieldsOf(options, name))
      const password = await chosenPassword(call)
      return onAccounts(call, async (auth) => {
        const user = await auth.directory.createUser({
          name,
          domainId: (await domainOf(auth, options.domain)).id,
          ...given('description', options.description),
          ...given('email', options.email),
          ...given('enabled', enabled),
          ...given('password', password),
          ...given(
            'defaultProjectId',
            options.project === undefined
              ? undefined
              : (await projectOf(auth, options.project, options['project-domain'])).id,
          ),
        })
        return shownOne(viewOf(user))
      })
    },
  },
  {
    name: 'identity user set',
    operands: ['USER'],
    summary: 'change a user',
    help: `Changes what the options name and nothing else. With a new password, or disabled, all its tokens end. A user of a directory that is not
writable is changed there: it is refused here.`,
    options: [
      domainOption,
      nameOption,
      descriptionOption,
      emailOption,
      ...projectOptions,
      ...ableOptions,
      ...passwordOptions,
    ],
    async run(call) {
      const [word = ''] = call.operands
      const { options } = call
      const enabled = enabledOf(options)
      const { name, description, email, project } = options
      if (options['password-file'] === undefined && options['password-prompt'] === undefined) {
        needChange('identity user set', { name, description, email, project, enabled })
      }
      checkFields('user', fieldsOf(options, name))
      const password = await chosenPassword(call)
      return onAccounts(call, async (auth) => {
        const { id } = await userOf(auth, word, options.domain)
        const changed = await auth.directory.updateUser(id, {
          ...given('name', name),
          ...given('description', description),
          ...given('email', email),
          ...given('enabled', enabled),
          ...given('password', password),
          ...given(
            'defaultProjectId',
            project === undefined
              ? undefined
              : (await projectOf(auth, project, options['project-domain'])).id,
          ),
        })
        return shownOne(viewOf(changed))
      })
    },
  },
  {
    name: 'identity user delete',
    operands: ['USER'],
    summary: 'delete a user',
    help: `Its memberships, role assignments and application credentials go along; its tokens end. Say --yes.`,
    options: [domainOption, { name: 'yes', help: 'do it' }],
    run(call) {
      if (call.options.yes !== true) throw new Usage('identity user delete: say --yes')
      return onAccounts(call, async (auth) => {
        const user = await userOf(auth, call.operands[0] ?? '', call.options.domain)
        await auth.directory.deleteUser(user.id)
        return said(`user ${user.name} (${user.id}) was deleted`, { deleted: user.id })
      })
    },
  },
]

const viewOf = (user: UserRecord) => ({
  id: user.id,
  name: user.name,
  domain_id: user.domainId,
  description: user.description,
  email: user.email,
  enabled: user.enabled,
  default_project_id: user.defaultProjectId,
})
