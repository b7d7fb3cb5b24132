/** A world of the suite whose identity is the Auth Manager: everything but the accounts themselves is the same for each backend. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap, defaultDomainId } from '../../src/auth/bootstrap.ts'
import type { AuthManager } from '../../src/auth/manager.ts'
import { held, projects, serviceAccount, passwordOf, type AuthWorld, type Credential } from './suite.ts'

/** Where the suite's logins come from; in nobody's admin network. */
export const address = '10.0.0.1'

export interface FaceParts {
  readonly auth: AuthManager
  /** Where people live. */
  readonly domainId: string
  readonly administrator: AuthWorld['administrator']
  age(): Promise<void>
  close(): Promise<void>
}

export const scratchDir = (): { dir: string; remove: () => void } => {
  const dir = mkdtempSync(join(tmpdir(), 'auth-suite-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** Administrator, projects and service account, in the domain `Default`. */
export async function furnish(auth: AuthManager, domainId: string = defaultDomainId): Promise<void> {
  await bootstrap(auth, { password: passwordOf('admin') })
  if ((await auth.directory.findDomain({ id: domainId })) === null) {
    await auth.directory.createDomain({ id: domainId, name: domainId })
  }
  for (const name of projects) await auth.directory.createProject({ name, domainId })
  const made = await auth.directory.createUser({
    name: serviceAccount,
    domainId: defaultDomainId,
    password: passwordOf(serviceAccount),
  })
  await grant(auth, { type: 'user', id: made.id }, 'service', 'service', domainId)
}

export async function grant(
  auth: AuthManager,
  actor: { readonly type: 'user' | 'group'; readonly id: string },
  roleName: string,
  projectName: string,
  domainId: string,
): Promise<void> {
  const role = await auth.roles.find({ name: roleName })
  const project = await auth.directory.findProject({ name: projectName, domainId })
  if (role === null || project === null) throw new Error(`no ${roleName} in ${projectName}`)
  await auth.roles.grant(role.id, actor, { type: 'project', id: project.id })
}

/** Gives everybody of the cast what they hold; `through` a group only where `groupsAre` says that the database assigns it. */
export async function grantHeld(
  auth: AuthManager,
  domainId: string,
  groupsAre: 'assigned' | 'mapped',
): Promise<void> {
  for (const { person, role, project, through } of held) {
    const named = { name: through ?? person, domainId }
    if (through !== null && groupsAre === 'mapped') continue
    const actor =
      through === null
        ? await auth.directory.users.findUser(named)
        : await auth.directory.users.findGroup(named)
    if (actor === null) throw new Error(`there is no ${named.name}`)
    await grant(auth, { type: through === null ? 'user' : 'group', id: actor.id }, role, project, domainId)
  }
}

export function faceWorld({ auth, domainId, administrator, age, close }: FaceParts): AuthWorld {
  const domainOf = (name: string): string => (name === serviceAccount ? defaultDomainId : domainId)
  return {
    verifier: auth,
    face: auth,
    administrator,
    age,
    close,
    async login(name, password, project) {
      const issued = await auth.loginWithPassword({
        user: { name, domain: { id: domainOf(name) } },
        password,
        address,
        scope: project === null ? 'unscoped' : { project: { name: project, domain: { id: domainId } } },
      })
      return issued.token
    },
    async loginBySecret({ id, secret }) {
      const issued = await auth.loginWithApplicationCredential({ ref: { id }, secret, address })
      return issued.token
    },
    async makeCredential(person, projectName, { roles, calls } = {}): Promise<Credential> {
      const user = await auth.directory.users.findUser({ name: person, domainId })
      const project = await auth.directory.findProject({ name: projectName, domainId })
      if (user === null || project === null) throw new Error(`no ${person} in ${projectName}`)
      const all = await auth.roles.list({ limit: 100 })
      const mine = held.filter((one) => one.person === person).map(({ role }) => role as string)
      const names = roles ?? mine
      const { row, secret } = await auth.credentials.create({
        userId: user.id,
        projectId: project.id,
        name: `credential ${Math.random()}`,
        roles: all.filter(({ name }) => names.includes(name)),
        ...(calls === undefined
          ? {}
          : {
              accessRules: calls.map((one) => {
                const [method = '', path = ''] = one.split(' ')
                return { method, path, service: 'shared-file-system' }
              }),
            }),
      })
      return { id: row.id, secret }
    },
    async revoke(token) {
      const valid = await auth.validate(token)
      if (valid !== null) await auth.revoke(valid)
    },
  }
}
