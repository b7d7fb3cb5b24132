/**
 * Reads `clouds.yaml` where every OpenStack client looks for it, and lays `secure.yaml` over it. Node only; browsers give
 * their settings themselves.
 */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'yaml'
import { localError } from './api-error.ts'
import type { CloudSettings } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>
type Table = Readonly<Record<string, unknown>>

export interface CloudsPlace {
  readonly env: Environment
  /** Default: the working directory. */
  readonly cwd?: string
  /** Default: the user's home. */
  readonly home?: string
}

/** Settings of the cloud called `name`; throws `badSettings` with the names there are, or the places searched. */
export function readCloud(name: string, place: CloudsPlace): CloudSettings {
  const { clouds, file } = readClouds(place)
  const cloud = Object.hasOwn(clouds, name) ? clouds[name] : undefined
  if (file === null) {
    throw bad(`There is no clouds.yaml for cloud ${quoted(name)}; looked at ${searched(place).join(', ')}.`)
  }
  if (cloud === undefined) {
    throw bad(
      `${file} has no cloud ${quoted(name)}; it has ${Object.keys(clouds).map(quoted).join(', ') || 'none'}.`,
    )
  }
  return settingsOf(table(cloud, `cloud ${quoted(name)} of ${file}`), `cloud ${quoted(name)} of ${file}`)
}

/** The name of the only cloud there is; null when there are none. Throws `badSettings` with the names of several. */
export function onlyCloud(place: CloudsPlace): string | null {
  const { clouds, file } = readClouds(place)
  const names = Object.keys(clouds)
  if (names.length > 1) {
    throw bad(
      `${file} has several clouds: name one with OS_CLOUD or --os-cloud: ${names.map(quoted).join(', ')}.`,
    )
  }
  return names[0] ?? null
}

// ---------------------------------------------------------------------------------------------------------- the files

function searched({ env, cwd = process.cwd(), home = homedir() }: CloudsPlace, name = 'clouds'): string[] {
  const explicit = env[name === 'clouds' ? 'OS_CLIENT_CONFIG_FILE' : 'OS_CLIENT_SECURE_FILE']
  const config = env.XDG_CONFIG_HOME ?? ''
  const folders = [
    cwd,
    join(config === '' ? join(home, '.config') : config, 'openstack'),
    '/etc/xdg/openstack',
    '/etc/openstack',
  ]
  return [
    ...(explicit === undefined || explicit === '' ? [] : [explicit]),
    ...folders.flatMap((folder) => [`${name}.yaml`, `${name}.yml`].map((file) => join(folder, file))),
  ]
}

function readClouds(place: CloudsPlace): { clouds: Table; file: string | null } {
  const file = searched(place).find((path) => existsSync(path)) ?? null
  if (file === null) return { clouds: {}, file }
  const secure = searched(place, 'secure').find((path) => existsSync(path))
  const open = table(table(readYaml(file), file).clouds ?? {}, `clouds of ${file}`)
  if (secure === undefined) return { clouds: open, file }
  const hidden = table(table(readYaml(secure), secure).clouds ?? {}, `clouds of ${secure}`)
  return { clouds: laidOver(open, hidden), file }
}

function readYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8')) ?? {}
  } catch (error) {
    throw bad(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

function laidOver(below: Table, above: Table): Table {
  const out: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const old = Object.hasOwn(out, key) ? out[key] : undefined
    out[key] = isTable(old) && isTable(value) ? laidOver(old, value) : value
  }
  return out
}

// --------------------------------------------------------------------------------------------------------- one cloud

function settingsOf(cloud: Table, where: string): CloudSettings {
  const auth = table(cloud.auth ?? {}, `auth of ${where}`)
  if (cloud.profile !== undefined && auth.auth_url === undefined) {
    throw bad(
      `${where} relies on the vendor profile ${quoted(String(cloud.profile))}: write its auth_url here.`,
    )
  }
  const text = reader(where)
  const regions = Array.isArray(cloud.regions) ? (cloud.regions as unknown[]) : []
  const firstRegion = isTable(regions[0]) ? regions[0].name : regions[0]
  return {
    ...text('authType', cloud.auth_type),
    ...text('authUrl', auth.auth_url),
    ...text('username', auth.username ?? auth.user_name),
    ...text('userId', auth.user_id),
    ...text('password', auth.password),
    ...text('userDomainName', auth.user_domain_name ?? auth.default_domain_name),
    ...text('userDomainId', auth.user_domain_id ?? auth.default_domain_id ?? auth.default_domain),
    ...text('projectName', auth.project_name ?? auth.tenant_name),
    ...text('projectId', auth.project_id ?? auth.tenant_id),
    ...text('projectDomainName', auth.project_domain_name ?? auth.default_domain_name),
    ...text('projectDomainId', auth.project_domain_id ?? auth.default_domain_id ?? auth.default_domain),
    ...text('domainName', auth.domain_name),
    ...text('domainId', auth.domain_id),
    ...text('systemScope', auth.system_scope ?? cloud.system_scope),
    ...text('token', auth.token),
    ...text('applicationCredentialId', auth.application_credential_id),
    ...text('applicationCredentialName', auth.application_credential_name),
    ...text('applicationCredentialSecret', auth.application_credential_secret),
    ...text('region', cloud.region_name ?? firstRegion),
    ...text('interface', cloud.interface ?? cloud.endpoint_type),
    ...text('cacert', cloud.cacert),
    ...(cloud.verify === false || cloud.insecure === true ? { insecure: true } : {}),
    ...text('endpoint', anyOf(cloud, 'endpoint_override')),
    ...text('apiVersion', anyOf(cloud, 'default_microversion') ?? anyOf(cloud, 'api_version')),
    ...(typeof cloud.api_timeout === 'number' ? { timeoutS: cloud.api_timeout } : {}),
  }
}

/** A setting of this service under any of the names its catalog entry has. */
const anyOf = (cloud: Table, setting: string): unknown =>
  cloud[`shared_file_system_${setting}`] ?? cloud[`sharev2_${setting}`] ?? cloud[`share_${setting}`]

/** YAML makes numbers of names like 1234, and loses zeros in front: harmless in ids, fatal in secrets. */
const reader =
  (where: string) =>
  (field: keyof CloudSettings, value: unknown): CloudSettings => {
    if (value === undefined || value === null) return {}
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw bad(`${where}: ${field} must be a string.`)
    }
    if (/password|secret|token/i.test(field) && typeof value !== 'string') {
      throw bad(`${where}: ${field} looks like a number; write it in quotes.`)
    }
    return { [field]: String(value) }
  }

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function table(value: unknown, what: string): Table {
  if (!isTable(value)) throw bad(`${what} must be a mapping.`)
  return value
}

const quoted = (text: string): string => JSON.stringify(text)
const bad = (message: string, cause?: unknown) => localError('badSettings', 'clouds.yaml', message, cause)
