/** A way in for an operator who stands at the host and whom the API lets in no more. */
import type { Store } from '../db/open.ts'
import { enableDomain } from '../db/store/administrators.ts'
import { defaultDomainId, ensureAccount, prepare, type AccountIds } from './bootstrap.ts'
import type { IdentityFace } from './identity-face.ts'

/**
 * Makes the user administrator whatever became of him: domain, project and account are there and enabled, he has the role, and
 * `password` is his; null leaves that to his directory. Nothing else of the accounts is touched. Throws `NotFound` with a null
 * password for nobody.
 */
export async function recoverAdministrator(
  auth: IdentityFace,
  store: Store,
  { userName, password }: { readonly userName: string; readonly password: string | null },
): Promise<AccountIds> {
  const { directory } = auth
  await prepare(auth)
  await enableDomain(store.db, defaultDomainId)
  const ids = await ensureAccount(auth, {
    userName,
    projectName: 'admin',
    password: password ?? '',
    roles: ['admin'],
  })
  await directory.updateProject(ids.projectId, { enabled: true })
  if (password !== null && !ids.created) {
    await directory.updateUser(ids.userId, { enabled: true })
    await directory.setPassword(ids.userId, password)
  }
  return ids
}
