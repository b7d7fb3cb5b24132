/** The accounts, the share type and the clouds.yaml a first start makes. Later starts find them again. */
import { randomBytes } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  readFileSync,
  readlinkSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { parse, stringify } from 'yaml'
import { bootstrap, defaultDomainId, ensureAccount } from '../../src/auth/bootstrap.ts'
import type { IdentityFace } from '../../src/auth/identity-face.ts'

/** An entry of clouds.yaml. */
export interface Cloud {
  readonly auth: {
    readonly auth_url: string
    readonly username: string
    readonly password: string
    readonly project_name: string
    readonly user_domain_name?: string
    readonly project_domain_name?: string
  }
}

type Clouds = Readonly<Record<string, Cloud>>

const cloudsIn = (dir: string): Clouds => {
  const file = join(dir, 'clouds.yaml')
  return existsSync(file) ? ((parse(readFileSync(file, 'utf8')) as { clouds?: Clouds }).clouds ?? {}) : {}
}

/** Of an account of ours, and not of a directory. */
const isOwn = ({ username, user_domain_name: domain }: Cloud['auth'], user: string): boolean =>
  username === user && (domain === undefined || domain === 'Default')

/** What an earlier start wrote for this cloud; null without one. */
export const knownPassword = (dir: string, cloud: string): string | null =>
  cloudsIn(dir)[cloud]?.auth.password ?? null

/**
 * Makes administrator and demo user at the first start of a directory, and writes clouds.yaml; answers its path. A later start
 * finds the accounts as they are and leaves them so: who was removed stays away, and a new password is not written anywhere.
 * The first start has ended when clouds.yaml is there, or the caller knows it (`made`) and the database does, too.
 */
export async function ensureAccounts(
  auth: IdentityFace,
  dir: string,
  url: string,
  {
    link,
    made = false,
    more = {},
  }: { readonly link: boolean; readonly made?: boolean; readonly more?: Clouds },
): Promise<string> {
  const file = join(dir, 'clouds.yaml')
  const known = cloudsIn(dir)
  const before = (user: string): Cloud | undefined =>
    Object.values(known).find(({ auth: one }) => isOwn(one, user))
  const passwordOf = (user: string): string =>
    before(user)?.auth.password ?? randomBytes(15).toString('base64url')
  const adminPassword = passwordOf('admin')
  const demoPassword = passwordOf('demo')
  const isMade = made || before('admin') !== undefined
  // Another database in the place of the one of before has nobody yet.
  if (!isMade || (await auth.directory.findDomain({ id: defaultDomainId })) === null) {
    await bootstrap(auth, { password: adminPassword })
    const demo = { userName: 'demo', projectName: 'demo', password: demoPassword, roles: ['member'] }
    await ensureAccount(auth, demo)
  }
  const cloud = (username: string, secret: string) => ({
    auth: {
      auth_url: `${url}/identity/v3`,
      username,
      password: secret,
      project_name: username,
      user_domain_name: 'Default',
      project_domain_name: 'Default',
    },
    region_name: 'RegionOne',
    interface: 'public',
    identity_api_version: '3',
  })
  const text = stringify({
    clouds: {
      'manila-admin': cloud('admin', adminPassword),
      'manila-demo': cloud('demo', demoPassword),
      // Another start wants it again.
      ...('manila-demo' in more ? { 'manila-demo-user': cloud('demo', demoPassword) } : {}),
      ...more,
    },
  })
  // Beside it and then in its place: an old file's mode, and what is open of it, end with it.
  const draft = join(dir, `.clouds.yaml.${randomBytes(6).toString('hex')}`)
  writeFileSync(draft, text, { mode: 0o600, flag: 'wx' })
  renameSync(draft, file)
  if (link) linkHere(file)
  return file
}

/** Clients look for ./clouds.yaml: a link there saves typing, unless the user has one. */
function linkHere(file: string): void {
  const here = resolve('clouds.yaml')
  if (here === file || lstatSync(here, { throwIfNoEntry: false }) !== undefined) return
  symlinkSync(relative(process.cwd(), file), here)
}

/** True for the link {@link ensureAccounts} made to a file below `dir`. */
export function isOurLink(path: string, dir: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isSymbolicLink() === true && resolve(readlinkSync(path)) === join(dir, 'clouds.yaml')
}
