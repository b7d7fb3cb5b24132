/**
 * Who asks. Eleven callers with real tokens of a real Auth Manager; each stands for a persona of Manila's rules, or for somebody who
 * is none. P and Q are two projects of the domain `default`; what is asked for belongs to one of them.
 */
import { ensureAccount, bootstrap } from '../../../src/auth/bootstrap.ts'
import type { AuthManager } from '../../../src/auth/manager.ts'

/** In the order of the table's columns. */
export const personas = [
  'admin',
  'manager',
  'member',
  'reader',
  'service',
  'other',
  'elsewhere',
  'auditor',
  'unscoped',
  'domain',
  'nobody',
] as const
export type Persona = (typeof personas)[number]

/** As the document explains the columns. */
export const sayings: Readonly<Record<Persona, string>> = {
  admin: 'administrator, in a project of its own',
  manager: 'manager of project P',
  member: 'member of project P',
  reader: 'reader of project P',
  service: 'another service: the role `service` in a project of services',
  other: 'member of project Q',
  elsewhere: 'administrator of a project of another domain',
  auditor: 'of project P with a role of the operator’s own that no rule names',
  unscoped: 'the member of P with a token that is scoped to no project',
  domain: 'the administrator with a token that is scoped to the domain',
  nobody: 'nobody: no token',
}

export interface Cast {
  readonly tokens: Readonly<Record<Persona, string | null>>
  readonly userIds: Readonly<Record<Exclude<Persona, 'nobody'>, string>>
  readonly projects: { readonly p: string; readonly q: string }
  /** Of every account. */
  readonly password: string
}

const password = 'one for all of them'

/** Makes them all. */
export async function openCast(auth: AuthManager): Promise<Cast> {
  const boss = await bootstrap(auth, { password, projectName: 'operators' })
  await auth.roles.create('auditor')
  const account = (userName: string, projectName: string, role: string) =>
    ensureAccount(auth, { userName, projectName, password, roles: [role] })
  const manager = await account('manager', 'p', 'manager')
  const member = await account('member', 'p', 'member')
  const reader = await account('reader', 'p', 'reader')
  const auditor = await account('auditor', 'p', 'auditor')
  const service = await account('nova', 'services', 'service')
  const other = await account('other', 'q', 'member')
  const elsewhere = await administratorElsewhere(auth)
  const role = await auth.roles.find({ name: 'admin' })
  await auth.roles.grant(role?.id ?? '', { type: 'user', id: boss.userId }, { type: 'domain', id: 'default' })
  const userIds = {
    admin: boss.userId,
    manager: manager.userId,
    member: member.userId,
    reader: reader.userId,
    service: service.userId,
    other: other.userId,
    elsewhere: elsewhere.userId,
    auditor: auditor.userId,
    unscoped: member.userId,
    domain: boss.userId,
  }
  const inProject = (userId: string, id: string) => tokenOf(auth, userId, { project: { id } })
  return {
    userIds,
    projects: { p: member.projectId, q: other.projectId },
    password,
    tokens: {
      admin: await inProject(boss.userId, boss.projectId),
      manager: await inProject(manager.userId, manager.projectId),
      member: await inProject(member.userId, member.projectId),
      reader: await inProject(reader.userId, reader.projectId),
      service: await inProject(service.userId, service.projectId),
      other: await inProject(other.userId, other.projectId),
      elsewhere: await inProject(elsewhere.userId, elsewhere.projectId),
      auditor: await inProject(auditor.userId, auditor.projectId),
      unscoped: await tokenOf(auth, member.userId, 'unscoped'),
      domain: await tokenOf(auth, boss.userId, { domain: { id: 'default' } }),
      nobody: null,
    },
  }
}

/** Logs in with {@link Cast.password}. */
export async function tokenOf(
  auth: AuthManager,
  id: string,
  scope: Parameters<AuthManager['loginWithPassword']>[0]['scope'],
): Promise<string> {
  const login = { user: { id }, password, address: '127.0.0.1', scope }
  return (await auth.loginWithPassword(login)).token
}

async function administratorElsewhere(auth: AuthManager): Promise<{ userId: string; projectId: string }> {
  const { directory, roles } = auth
  const { id: domainId } = await directory.createDomain({ name: 'elsewhere' })
  const project = await directory.createProject({ name: 'elsewhere', domainId })
  const user = await directory.createUser({ name: 'boss', domainId, password })
  const role = await roles.find({ name: 'admin' })
  await roles.grant(role?.id ?? '', { type: 'user', id: user.id }, { type: 'project', id: project.id })
  return { userId: user.id, projectId: project.id }
}
