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
import { bootstrap, ensureAccount } from '../auth/bootstrap.ts'
import type { IdentityFace } from '../auth/identity-face.ts'

interface Cloud {
  readonly auth: {
    readonly auth_url: string
    readonly username: string
    readonly password: string
    readonly project_name: string
  }
}

/** Makes administrator and demo user if they are not there; answers the path of clouds.yaml. */
export async function ensureAccounts(
  auth: IdentityFace,
  dir: string,
  url: string,
  { link }: { readonly link: boolean },
): Promise<string> {
  const file = join(dir, 'clouds.yaml')
  const known = existsSync(file)
    ? (parse(readFileSync(file, 'utf8')) as { clouds?: Record<string, Cloud> }).clouds
    : undefined
  const password = (cloud: string): string =>
    known?.[cloud]?.auth.password ?? randomBytes(15).toString('base64url')
  const adminPassword = password('manila-admin')
  const demoPassword = password('manila-demo')
  await bootstrap(auth, { password: adminPassword })
  await ensureAccount(auth, {
    userName: 'demo',
    projectName: 'demo',
    password: demoPassword,
    roles: ['member'],
  })
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
    clouds: { 'manila-admin': cloud('admin', adminPassword), 'manila-demo': cloud('demo', demoPassword) },
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
