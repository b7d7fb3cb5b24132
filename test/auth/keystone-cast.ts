/** The cast of the suite in a private Keystone, and what its people and its administrator do there. */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { startKeystone, type Keystone, type KeystoneOptions } from '../../tools/programs/keystone.ts'
import { fault } from '../../src/model/errors.ts'
import {
  groups,
  held,
  passwordOf,
  people,
  projects,
  serviceAccount,
  type Credential,
  type Person,
} from './suite.ts'

export interface Cast {
  readonly keystone: Keystone
  /** Throws `Unauthorized` for what Keystone refuses. */
  login(name: string, password: string, scope: object | 'unscoped'): Promise<string>
  loginBySecret(credential: Credential): Promise<string>
  makeCredential(
    person: string,
    project: string,
    limits?: { readonly roles?: readonly string[]; readonly calls?: readonly string[] },
  ): Promise<Credential>
  revoke(token: string): Promise<void>
  idOf(kind: 'users' | 'groups' | 'projects' | 'roles', name: string): string
}

const domain = { id: 'default' }
export const inProject = (name: string): object => ({ project: { name, domain } })

type Named = { readonly id: string; readonly name: string }

export async function openCast(options: KeystoneOptions = {}): Promise<Cast> {
  const keystone = await startKeystone(options)
  const { admin } = keystone
  const ids = new Map<string, string>()
  const know = async (kind: string, query = ''): Promise<void> => {
    const found: Record<string, Named[]> = await admin('GET', `/${kind}${query}`)
    for (const { id, name } of found[kind] ?? []) ids.set(`${kind} ${name}`, id)
  }
  const idOf: Cast['idOf'] = (kind, name) => {
    const id = ids.get(`${kind} ${name}`)
    if (id === undefined) throw new Error(`Keystone has no ${name} among its ${kind}`)
    return id
  }
  for (const name of ['manager', 'service']) await admin('POST', '/roles', { role: { name } })
  await know('roles')
  // As Keystones of today are made; Debian's is older than the manager.
  await admin('PUT', `/roles/${idOf('roles', 'admin')}/implies/${idOf('roles', 'manager')}`)
  await admin('PUT', `/roles/${idOf('roles', 'manager')}/implies/${idOf('roles', 'member')}`)
  for (const name of projects) await admin('POST', '/projects', { project: { name, domain_id: 'default' } })
  for (const name of groups) await admin('POST', '/groups', { group: { name, domain_id: 'default' } })
  for (const name of [...people, serviceAccount]) {
    const user = { name, domain_id: 'default', password: passwordOf(name), enabled: name !== 'dave' }
    await admin('POST', '/users', { user })
  }
  for (const kind of ['users', 'groups', 'projects']) await know(kind)
  const grant = (kind: 'users' | 'groups', who: string, role: string, project: string): Promise<unknown> =>
    admin(
      'PUT',
      `/projects/${idOf('projects', project)}/${kind}/${idOf(kind, who)}/roles/${idOf('roles', role)}`,
    )
  for (const { person, role, project, through } of held) {
    if (through === null) await grant('users', person, role, project)
    else {
      await admin('PUT', `/groups/${idOf('groups', through)}/users/${idOf('users', person)}`)
      await grant('groups', through, role, project)
    }
  }
  await grant('users', serviceAccount, 'service', 'service')

  const tokenFor = async (auth: unknown): Promise<string> => {
    const reply = await fetch(`${keystone.url}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth }),
    })
    const token = reply.headers.get('x-subject-token')
    const said = await reply.text()
    if (token !== null && reply.status === 201) return token
    // It refuses what can't be a password before it looks, does not find a credential that is gone, and falls over a NUL.
    const stumbles = reply.status === 500 && JSON.stringify(auth).includes('\\u0000')
    if (stumbles || [400, 401, 403, 404].includes(reply.status)) throw fault('Unauthorized')
    throw new Error(`Keystone answered a login with ${reply.status} ${said}`)
  }
  const cast: Cast = {
    keystone,
    idOf,
    login: (name, password, scope) =>
      tokenFor({
        identity: { methods: ['password'], password: { user: { name, domain, password } } },
        scope,
      }),
    loginBySecret: ({ id, secret }) =>
      tokenFor({ identity: { methods: ['application_credential'], application_credential: { id, secret } } }),
    async makeCredential(person, project, { roles, calls } = {}) {
      const token = await cast.login(person, passwordOf(person), inProject(project))
      const application_credential = {
        name: `credential ${Math.random()}`,
        // The one it makes itself is longer than what it compares: bcrypt looks at 72 bytes.
        secret: randomBytes(24).toString('hex'),
        ...(roles === undefined ? {} : { roles: roles.map((name) => ({ name })) }),
        ...(calls === undefined ? {} : { access_rules: calls.map(ruleOf) }),
      }
      const path = `/users/${idOf('users', person)}/application_credentials`
      const reply = await fetch(`${keystone.url}${path}`, {
        method: 'POST',
        headers: { 'x-auth-token': token, 'content-type': 'application/json' },
        body: JSON.stringify({ application_credential }),
      })
      if (reply.status !== 201) throw new Error(`no credential: ${reply.status} ${await reply.text()}`)
      const made = (await reply.json()) as { application_credential: Credential }
      return { id: made.application_credential.id, secret: made.application_credential.secret }
    },
    async revoke(token) {
      const headers = { 'x-auth-token': token, 'x-subject-token': token }
      const reply = await fetch(`${keystone.url}/auth/tokens`, { method: 'DELETE', headers })
      if (reply.status !== 204) throw new Error(`not revoked: ${reply.status} ${await reply.text()}`)
    },
  }
  return cast
}

/** `GET /v2/shares`, or with a service type: `GET /v2/shares sharev2`. */
function ruleOf(call: string): object {
  const [method = '', path = '', service = 'shared-file-system'] = call.split(' ')
  return { method, path, service }
}

/** A change that ends tokens ends those of the rest of its second, too: Keystone's stamps have no finer. */
export const nextSecond = (): Promise<void> => sleep(1000 - (Date.now() % 1000) + 20)

export function administratorOf({ keystone: { admin }, idOf }: Cast) {
  const change = (person: Person, user: object): Promise<void> =>
    admin('PATCH', `/users/${idOf('users', person)}`, { user })
  return {
    disable: (person: Person) => change(person, { enabled: false }),
    remove: (person: Person): Promise<void> => admin('DELETE', `/users/${idOf('users', person)}`),
    async leave(person: Person, group: string): Promise<void> {
      await admin('DELETE', `/groups/${idOf('groups', group)}/users/${idOf('users', person)}`)
      await nextSecond()
    },
    async setPassword(person: Person, password: string): Promise<void> {
      await change(person, { password })
      await nextSecond()
    },
    rename: (person: Person, name: string) => change(person, { name }),
  }
}
