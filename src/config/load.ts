/**
 * Reads the TOML file, lays environment overrides on top and checks the result: unknown keys are errors with a suggestion,
 * wrong types name the option and what it must be.
 */
import { readFileSync, statSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { parse } from 'smol-toml'
import type { TSchema } from 'typebox'
import { isNetwork } from '../model/networks.ts'
import { problemWith } from '../wire/validate.ts'
import { plaintextProblem } from './plaintext.ts'
import { exportersAsIn, exportersTwice } from './exporters.ts'
import { SettingsSchema, type BackendSettings, type Settings } from './schema.ts'
import { nearest } from '../model/nearest.ts'

type Table = Record<string, unknown>
interface Node {
  readonly type?: string
  readonly default?: unknown
  readonly anyOf?: readonly Node[]
  readonly items?: Node
  readonly properties?: Readonly<Record<string, Node>>
  readonly patternProperties?: Readonly<Record<string, Node>>
  /** What a name of {@link patternProperties} is, where that is no free choice. */
  readonly keysAre?: string
}

/** A file that can't be used; the message says which option and what to change. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

export interface LoadOptions {
  /** Laid under the file: what a program would choose itself. */
  readonly defaults?: Table
  readonly file?: string
  /** `MANILA_API__PORT=8080` sets `api.port`, `MANILA_AUTH__KEYSTONE__USERNAME` what is in `[auth.keystone]`. */
  readonly environment?: NodeJS.ProcessEnv
}

/** Settings with every default filled in and all paths absolute. */
export function loadSettings({ defaults = {}, file, environment = {} }: LoadOptions): Settings {
  let given: Table = {}
  if (file !== undefined) {
    try {
      given = parse(readFileSync(file, 'utf8')) as Table
    } catch (error) {
      throw new ConfigError(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      })
    }
  }
  for (const one of [defaults, given]) refuseExportersTwice(one)
  const above = merge(given, fromEnvironment(environment))
  const below = withoutOtherExporters(defaults, above)
  const merged = withSecrets(merge(below, above), environment, '')
  refuseUnknown(SettingsSchema as Node, merged, '')
  const settings = withDefaults(SettingsSchema as Node, merged) as Settings
  const problem = problemWith(SettingsSchema as TSchema, settings, 'the configuration')
  if (problem !== null) throw new ConfigError(problem)
  refuseNetworks('api.trust_proxy', settings.api.trust_proxy)
  refuseNetworks('auth.admin_networks', settings.auth.admin_networks)
  const lacks = keystoneLacks(settings)
  if (lacks !== null) throw new ConfigError(lacks)
  const halfTls = tlsLacks(settings)
  if (halfTls !== null) throw new ConfigError(halfTls)
  refusePattern('auth.passwords.regex', settings.auth.passwords.regex)
  const inClear = plaintextProblem(settings)
  if (inClear !== null) throw new ConfigError(inClear)
  return placed(settings, file === undefined ? process.cwd() : dirname(resolve(file)))
}

/** The tables of backends; what is no table is refused later, like any wrong type. */
const backendsOf = ({ backends }: Table): [string, Table][] =>
  isTable(backends)
    ? Object.entries(backends).flatMap(([name, one]) =>
        isTable(one) ? [[name, one] as [string, Table]] : [],
      )
    : []

function refuseExportersTwice(table: Table): void {
  for (const [name, one] of backendsOf(table)) {
    const twice = exportersTwice(name, one)
    if (twice !== null) throw new ConfigError(twice)
  }
}

/** What a program chose itself gives way to a file that says exporters in the other way. */
function withoutOtherExporters(defaults: Table, given: Table): Table {
  const file = new Map(backendsOf(given))
  const backends = backendsOf(defaults).map(([name, one]) => [name, exportersAsIn(file.get(name) ?? {}, one)])
  return backends.length === 0 ? defaults : { ...defaults, backends: Object.fromEntries(backends) }
}

/** What TLS of the API can't do without. */
function tlsLacks({ api: { tls }, auth }: Settings): string | null {
  if ((tls.cert_file === '') !== (tls.key_file === '')) {
    return 'api.tls.cert_file and api.tls.key_file go together'
  }
  if (tls.client_ca_file !== '' && tls.cert_file === '')
    return 'api.tls.client_ca_file needs api.tls.cert_file'
  if (tls.clients.length > 0 !== (tls.client_ca_file !== '')) {
    return 'api.tls.client_ca_file and [[api.tls.clients]] go together'
  }
  const names = tls.clients.map(({ name }) => name)
  if (new Set(names).size < names.length) return 'two of [[api.tls.clients]] have the same name'
  if (names.length > 0 && auth.backend === 'keystone') {
    return '[[api.tls.clients]] are accounts of this service, and those of a Keystone are not: [auth] backend'
  }
  return null
}

/** What a Keystone can't be asked without. */
function keystoneLacks({ auth: { backend, keystone, domains } }: Settings): string | null {
  if (backend !== 'keystone') return null
  if (Object.keys(domains).length > 0) {
    return "auth.domains says where this service's own accounts are, and those of a Keystone are there: [auth] backend"
  }
  if (keystone.auth_url === '')
    return 'auth.keystone.auth_url must say where Keystone is: [auth] backend is keystone'
  if (keystone.username === '' || keystone.password === '') {
    return 'auth.keystone needs username and password of an account that may check tokens: [auth] backend is keystone'
  }
  if ((keystone.cert_file === '') === (keystone.key_file === '')) return null
  return 'auth.keystone.cert_file and auth.keystone.key_file go together'
}

function refusePattern(option: string, text: string): void {
  try {
    RegExp(text, 'u')
  } catch (error) {
    throw new ConfigError(`${option}: ${(error as Error).message}`, { cause: error })
  }
}

/** A pattern can't tell 192.0.2.0/33 from a network. */
function refuseNetworks(option: string, value: unknown): void {
  const wrong = Array.isArray(value) ? value.find((text) => !isNetwork(String(text))) : undefined
  if (wrong !== undefined) throw new ConfigError(`${option}: ${JSON.stringify(wrong)} is no network`)
}

/**
 * Any text may be kept elsewhere: `url = { file = "/etc/manila/database-url" }` or `{ env = "DATABASE_URL" }`. A file must be
 * its owner's alone, and ends without its last line break.
 */
function withSecrets(table: Table, environment: NodeJS.ProcessEnv, path: string): Table {
  const entries = Object.entries(table).map(([key, value]): [string, unknown] => {
    const here = path === '' ? key : `${path}.${key}`
    if (!isTable(value)) return [key, value]
    const [[kind, name] = [], ...others] = Object.entries(value)
    if (others.length > 0 || typeof name !== 'string') return [key, withSecrets(value, environment, here)]
    if (kind === 'file') return [key, secretFile(name, here)]
    if (kind !== 'env') return [key, withSecrets(value, environment, here)]
    const found = environment[name]
    if (found === undefined) throw new ConfigError(`${here}: the environment has no ${name}`)
    return [key, found]
  })
  return Object.fromEntries(entries)
}

function secretFile(file: string, option: string): string {
  try {
    if ((statSync(file).mode & 0o077) !== 0) {
      throw new ConfigError(`${option}: others may read ${file}; chmod 600 it`)
    }
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`${option}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
}

/** Arrays and scalars replace, tables merge. */
function merge(below: Table, above: Table): Table {
  // A map, because a key may be called __proto__; it is refused later, like any unknown one.
  const result = new Map(Object.entries(below))
  for (const [key, value] of Object.entries(above)) {
    const lower = result.get(key)
    result.set(key, isTable(value) && isTable(lower) ? merge(lower, value) : value)
  }
  return Object.fromEntries(result)
}

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function fromEnvironment(environment: NodeJS.ProcessEnv): Table {
  const result: Table = {}
  for (const [name, text] of Object.entries(environment)) {
    if (text === undefined || !/^MANILA_[A-Z0-9]+(__[A-Z0-9_]+)+$/.test(name)) continue
    const path = name.slice('MANILA_'.length).toLowerCase().split('__')
    let schema: Node | undefined = SettingsSchema as Node
    let table = result
    for (const key of path.slice(0, -1)) {
      schema = schema?.properties?.[key]
      table = (table[key] ??= {}) as Table
    }
    const option = path.at(-1) ?? ''
    const known = schema?.properties?.[option]
    table[option] = known === undefined ? text : typed(known, text)
  }
  return result
}

function typed(schema: Node, text: string): unknown {
  if (schema.anyOf !== undefined) return typedAsOne(schema.anyOf, text)
  if (schema.type === 'integer' || schema.type === 'number') return text.trim() === '' ? text : Number(text)
  if (schema.type === 'boolean') {
    if (/^(1|true|yes|on)$/i.test(text)) return true
    // What is neither stays text, which the schema refuses.
    return /^(0|false|no|off|)$/i.test(text) ? false : text
  }
  if (schema.type === 'array')
    return text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  return text
}

/** Where several types are allowed: a whole number, then a flag, then a list. */
function typedAsOne(choices: readonly Node[], text: string): unknown {
  const has = (type: string): Node | undefined => choices.find((one) => one.type === type)
  const [integer, flag, array] = [has('integer'), has('boolean'), has('array')]
  if (integer !== undefined && /^\d+$/.test(text)) return Number(text)
  const asFlag = flag === undefined ? text : typed(flag, text)
  return typeof asFlag === 'boolean' || array === undefined ? asFlag : typed(array, text)
}

function refuseUnknown(schema: Node, value: Table, path: string): void {
  const known = schema.properties
  const free = schema.patternProperties
  for (const [key, inner] of Object.entries(value)) {
    const here = path === '' ? key : `${path}.${key}`
    const child = ownOf(known, key) ?? matching(free, key)
    if (child === undefined && free !== undefined) {
      const are = schema.keysAre ?? 'letters, digits, _ and -, at most 60'
      throw new ConfigError(`${here}: a name is ${are}`)
    }
    if (child === undefined) {
      const near = nearest(key, Object.keys(known ?? {}))
      throw new ConfigError(`unknown option ${here}${near === null ? '' : `; did you mean ${near}?`}`)
    }
    if (child.items?.properties !== undefined && Array.isArray(inner)) {
      for (const [at, one] of inner.entries()) {
        if (!isTable(one)) throw new ConfigError(`${here}[${at}] must be a table: [[${here}]]`)
        refuseUnknown(child.items, one, `${here}[${at}]`)
      }
    }
    if (child.properties === undefined && child.patternProperties === undefined) continue
    if (!isTable(inner)) throw new ConfigError(`${here} must be a table: [${here}]`)
    refuseUnknown(child, inner, here)
  }
}

/** `constructor` is nobody's option although every object has one. */
const ownOf = (table: Readonly<Record<string, Node>> | undefined, key: string): Node | undefined =>
  table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined

const matching = (patterns: Readonly<Record<string, Node>> | undefined, key: string): Node | undefined =>
  Object.entries(patterns ?? {}).find(([pattern]) => new RegExp(pattern).test(key))?.[1]

function withDefaults(schema: Node, value: unknown): unknown {
  if (schema.properties !== undefined) {
    const table = isTable(value) ? value : {}
    return Object.fromEntries(
      Object.entries(schema.properties).map(([key, child]) => [key, withDefaults(child, table[key])]),
    )
  }
  const each = schema.patternProperties === undefined ? undefined : Object.values(schema.patternProperties)[0]
  if (each?.properties !== undefined && isTable(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDefaults(each, inner)]))
  }
  return value === undefined ? schema.default : value
}

/** Relative paths become absolute: data below `state_dir`, code (`driver = "path:…"`) from the folder of the file. */
function placed(settings: Settings, folder: string): Settings {
  const dir = resolve(settings.state_dir)
  const below = (path: string): string =>
    path === '' || isAbsolute(path) ? path : join(dir, path.replace(/^var\//, ''))
  const url = settings.database.url.replace(
    /^sqlite:(?!\/|:)(?:var\/)?(.+)$/,
    (_, path: string) => `sqlite:${join(dir, path)}`,
  )
  return {
    ...settings,
    state_dir: dir,
    host: settings.host === '' ? hostname() : settings.host,
    database: { ...settings.database, url },
    auth: { ...settings.auth, key_file: below(settings.auth.key_file) },
    audit: { ...settings.audit, log_file: below(settings.audit.log_file) },
    backends: Object.fromEntries(
      Object.entries(settings.backends).map(([name, one]) => [
        name,
        { ...one, driver: codeFrom(folder, one.driver), ...exportersFrom(folder, one) },
      ]),
    ),
  }
}

/** The old way to say them has a default, which tables make void. */
function exportersFrom(
  folder: string,
  { exporter, exporters }: BackendSettings,
): Pick<BackendSettings, 'exporter' | 'exporters'> {
  const tables = Object.entries(exporters)
  return {
    exporter: tables.length > 0 ? '' : codeFrom(folder, exporter),
    exporters: Object.fromEntries(
      tables.map(([key, one]) => [key, { ...one, exporter: codeFrom(folder, one.exporter) }]),
    ),
  }
}

const codeFrom = (folder: string, name: string): string =>
  name.startsWith('path:') ? `path:${resolve(folder, name.slice('path:'.length))}` : name
