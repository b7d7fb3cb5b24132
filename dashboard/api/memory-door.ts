/** The session of a page that is served from elsewhere: a token from Keystone, in this page's memory and nowhere else. */
import { exchange, type Wire } from '../../src/sdk/exchange.ts'
import { identityUrl, signIn } from '../../src/sdk/keystone.ts'
import type { CloudSettings } from '../../src/sdk/settings.ts'
import type { Credentials, ProjectRef, SessionDoor, SessionView } from './session.ts'

const timeoutMs = 30_000

interface TokenBody {
  readonly token: {
    readonly user: SessionView['user']
    readonly project?: NonNullable<SessionView['project']>
    readonly roles?: readonly { readonly name: string }[]
    readonly expires_at: string
  }
}

export function memoryDoor(authUrl: string): SessionDoor {
  const wire: Wire = { fetch: (url, init) => fetch(url, { ...init, credentials: 'omit' }) }
  const base = identityUrl(authUrl)
  let token = ''

  const ask = async (
    method: string,
    path: string,
    extra: Readonly<Record<string, string>> = {},
  ): Promise<unknown> =>
    (
      await exchange(wire, {
        method,
        url: `${base}${path}`,
        headers: { 'x-auth-token': token, ...extra },
        timeoutMs,
      })
    ).body
  const projects = async (): Promise<readonly ProjectRef[]> =>
    ((await ask('GET', '/auth/projects')) as { readonly projects: readonly ProjectRef[] }).projects
  const view = async (): Promise<SessionView> => {
    const told = (await ask('GET', '/auth/tokens', { 'x-subject-token': token })) as TokenBody
    const { user, project, roles, expires_at } = told.token
    const names = (roles ?? []).map(({ name }) => name)
    return {
      user,
      project: project ?? null,
      roles: names,
      expires_at,
      projects: await projects(),
      is_admin: names.includes('admin'),
    }
  }
  const open = async (settings: CloudSettings): Promise<void> => {
    token = (await signIn(wire, { authUrl, ...settings }, timeoutMs)).token
  }
  return {
    resume: () => Promise.resolve(null),
    async signIn(credentials) {
      await open(settingsOf(credentials))
      const first = await view()
      const project = first.project ?? [...first.projects].sort((a, b) => a.name.localeCompare(b.name))[0]
      if (first.project !== null || project === undefined) return first
      await open({ token, authType: 'token', projectId: project.id })
      return view()
    },
    async toProject(id) {
      await open({ token, authType: 'token', projectId: id })
      return view()
    },
    async signOut() {
      await ask('DELETE', '/auth/tokens', { 'x-subject-token': token })
      token = ''
    },
    token: () => token,
  }
}

const settingsOf = (credentials: Credentials): CloudSettings =>
  'application_credential' in credentials
    ? {
        authType: 'v3applicationcredential',
        applicationCredentialId: credentials.application_credential.id,
        applicationCredentialSecret: credentials.application_credential.secret,
      }
    : {
        authType: 'password',
        username: credentials.name,
        password: credentials.password,
        userDomainName: credentials.domain,
        ...(credentials.project === undefined ? {} : { projectId: credentials.project.id }),
      }
