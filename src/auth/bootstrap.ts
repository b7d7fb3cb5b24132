/** What a new installation starts with. Safe to run at every start: whatever is there stays as it is. */
import type { IdentityFace } from './identity-face.ts'
import { standardRoles } from './role-book.ts'

export const defaultDomainId = 'default'

export interface AccountInProject {
  readonly userName: string
  readonly projectName: string
  /** Used only when the user is made now. */
  readonly password: string
  readonly roles: readonly string[]
}
export interface AccountIds {
  readonly userId: string
  readonly projectId: string
  /** False when the user existed; its password is then whatever it was. */
  readonly created: boolean
}

/** The domain `default`, the standard roles, and an administrator in a project of its own. */
export async function bootstrap(
  auth: IdentityFace,
  admin: { readonly password: string; readonly userName?: string; readonly projectName?: string },
): Promise<AccountIds> {
  const domain = { id: defaultDomainId, name: 'Default', description: 'The default domain' }
  await unlessThere(
    () => auth.directory.findDomain({ id: defaultDomainId }),
    () => auth.directory.createDomain(domain),
  )
  for (const name of standardRoles) {
    await unlessThere(
      () => auth.roles.find({ name }),
      () => auth.roles.create(name),
    )
  }
  const { password, userName = 'admin', projectName = 'admin' } = admin
  return ensureAccount(auth, { userName, projectName, password, roles: ['admin'] })
}

/** A user with these roles in a project, both made in the default domain when absent: the demo tenant, service accounts. */
export async function ensureAccount(auth: IdentityFace, wanted: AccountInProject): Promise<AccountIds> {
  const domainId = defaultDomainId
  const { directory } = auth
  const project = await unlessThere(
    () => directory.findProject({ name: wanted.projectName, domainId }),
    () => directory.createProject({ name: wanted.projectName, domainId }),
  )
  let created = false
  const user = await unlessThere(
    () => directory.users.findUser({ name: wanted.userName, domainId }),
    async () => {
      const made = await directory.createUser({
        name: wanted.userName,
        domainId,
        password: wanted.password,
        defaultProjectId: project.id,
      })
      created = true
      return made
    },
  )
  for (const name of wanted.roles) {
    const role = await auth.roles.find({ name })
    if (role === null) throw new Error(`there is no role ${name}`)
    await auth.roles.grant(role.id, { type: 'user', id: user.id }, { type: 'project', id: project.id })
  }
  return { userId: user.id, projectId: project.id, created }
}

/** Two processes may start at once: whoever loses finds what the other made. */
async function unlessThere<T>(find: () => Promise<T | null>, make: () => Promise<T>): Promise<T> {
  const found = await find()
  if (found !== null) return found
  try {
    return await make()
  } catch (error) {
    const again = (error as { code?: string }).code === 'Conflict' ? await find() : null
    if (again === null) throw error
    return again
  }
}
