/**
 * Reads an existing `manila.conf` and says what it becomes here: our settings as far as there is an equal, and for every
 * other key why there is none. Nothing is dropped in silence.
 */
import { parseOslo, type OsloFile } from './oslo-ini.ts'

export interface ImportedKey {
  /** `[section] key` */
  readonly key: string
  readonly became: 'mapped' | 'no meaning here' | 'not supported' | 'unknown'
  /** Our option, or why there is none. */
  readonly note: string
}

export interface Imported {
  /** For a TOML file. */
  readonly settings: Record<string, unknown>
  readonly keys: readonly ImportedKey[]
}

type Convert = (value: string) => unknown
interface Rule {
  readonly to?: string
  readonly convert?: Convert
  /** Why it has no place here. */
  readonly needless?: string
}

const text: Convert = (value) => value
const whole: Convert = (value) => Number(value)
const flag: Convert = (value) => /^(1|true|yes|on)$/i.test(value)
const list: Convert = (value) =>
  value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
const to = (path: string, convert: Convert = text): Rule => ({ to: path, convert })
const none = (needless: string): Rule => ({ needless })

const keystone = (option: string, convert: Convert = text): Rule => to(`auth.keystone.${option}`, convert)
const ownMemory = 'each process remembers the tokens it has checked in its own memory'

const polls = none('periodic work has no options: it is done when there is something to do')

/** `section.key` of the original → what becomes of it. Names are those of Manila 15 to 19. */
const rules: Readonly<Record<string, Rule>> = {
  'DEFAULT.host': to('host'),
  'DEFAULT.state_path': to('state_dir'),
  'DEFAULT.debug': { to: 'log_level', convert: (value) => (flag(value) === true ? 'debug' : 'info') },
  'DEFAULT.osapi_share_listen': to('api.host'),
  'DEFAULT.osapi_share_listen_port': to('api.port', whole),
  'DEFAULT.osapi_share_workers': to('api.workers', whole),
  'DEFAULT.osapi_max_limit': to('api.max_limit', whole),
  'DEFAULT.osapi_max_request_body_size': to('api.max_body_bytes', whole),
  'DEFAULT.osapi_share_base_URL': to('api.public_url'),
  'DEFAULT.default_share_type': to('shares.default_share_type'),
  'DEFAULT.default_share_group_type': to('shares.default_share_group_type'),
  'DEFAULT.enabled_share_protocols': to('shares.enabled_share_protocols', list),
  'DEFAULT.storage_availability_zone': to('shares.storage_availability_zone'),
  'DEFAULT.service_down_time': to('shares.service_down_time_s', whole),
  'DEFAULT.use_scheduler_creating_share_from_snapshot': to(
    'shares.use_scheduler_creating_share_from_snapshot',
    flag,
  ),
  'DEFAULT.is_deferred_deletion_enabled': to('shares.is_deferred_deletion_enabled', flag),
  'DEFAULT.soft_deleted_share_retention_time': to('shares.soft_deleted_share_retention_time_s', whole),
  'DEFAULT.default_mount_point_prefix': to('shares.default_mount_point_prefix'),
  'DEFAULT.message_ttl': to('shares.message_ttl_s', whole),
  'DEFAULT.admin_only_metadata': to('shares.admin_only_metadata', list),
  'DEFAULT.scheduler_default_filters': to('scheduler.default_filters', list),
  'DEFAULT.scheduler_default_weighers': to('scheduler.default_weighers', list),
  'DEFAULT.capacity_weight_multiplier': to('scheduler.capacity_weight_multiplier', whole),
  'DEFAULT.pool_weight_multiplier': to('scheduler.pool_weight_multiplier', whole),
  'DEFAULT.transport_url': { to: 'bus.url', convert: brokerUrl },
  'DEFAULT.api_paste_config': none('there is no paste pipeline'),
  'DEFAULT.auth_strategy': {
    to: 'auth.backend',
    convert: (value) => (value === 'keystone' ? 'keystone' : null),
  },
  'DEFAULT.rootwrap_config': none('manila-share runs as root and builds no shell strings'),
  'DEFAULT.log_dir': none('programs log to standard output or --log FILE'),
  'DEFAULT.log_file': none('programs log to standard output or --log FILE'),
  'DEFAULT.use_syslog': none('programs log to standard output or --log FILE'),
  'DEFAULT.lock_path': none('locks are rows, and files beside each backend'),
  'DEFAULT.wsgi_keep_alive': none('connections are kept alive'),
  'DEFAULT.rpc_backend': none('[bus] url says it'),
  'DEFAULT.control_exchange': none('names in the broker begin with [bus] prefix'),
  'DEFAULT.report_interval': polls,
  'DEFAULT.periodic_interval': polls,
  'DEFAULT.periodic_hooks_interval': polls,
  'DEFAULT.unmanage_remove_access_rules': none('rules go with the share'),
  'DEFAULT.share_name_template': none('names on the backend are ids'),
  'DEFAULT.share_snapshot_name_template': none('names on the backend are ids'),
  'database.connection': { to: 'database.url', convert: databaseUrl },
  'database.max_pool_size': to('database.pool_max', whole),
  'oslo_policy.policy_file': to('api.policy_file'),
  'keystone_authtoken.auth_url': keystone('auth_url'),
  'keystone_authtoken.identity_uri': keystone('auth_url'),
  'keystone_authtoken.www_authenticate_uri': keystone('www_authenticate_uri'),
  'keystone_authtoken.auth_uri': keystone('www_authenticate_uri'),
  'keystone_authtoken.username': keystone('username'),
  'keystone_authtoken.password': keystone('password'),
  'keystone_authtoken.project_name': keystone('project_name'),
  'keystone_authtoken.user_domain_name': keystone('user_domain_name'),
  'keystone_authtoken.project_domain_name': keystone('project_domain_name'),
  'keystone_authtoken.interface': keystone('interface', (value) => value.replace(/URL$/, '')),
  'keystone_authtoken.region_name': keystone('region_name'),
  'keystone_authtoken.service_type': keystone('service_type'),
  'keystone_authtoken.service_token_roles': keystone('service_token_roles', list),
  'keystone_authtoken.service_token_roles_required': keystone('service_token_roles_required', flag),
  'keystone_authtoken.token_cache_time': keystone('token_cache_time_s', (value) =>
    Math.max(0, Number(value)),
  ),
  'keystone_authtoken.http_connect_timeout': keystone('timeout_s', whole),
  'keystone_authtoken.http_request_max_retries': keystone('retries', whole),
  'keystone_authtoken.cafile': keystone('ca_file'),
  'keystone_authtoken.certfile': keystone('cert_file'),
  'keystone_authtoken.keyfile': keystone('key_file'),
  'keystone_authtoken.insecure': keystone('insecure', flag),
  'keystone_authtoken.auth_type': none('the account logs in with its password'),
  'keystone_authtoken.auth_plugin': none('the account logs in with its password'),
  'keystone_authtoken.auth_version': none('it is version 3'),
  'keystone_authtoken.user_domain_id': keystone('user_domain_id'),
  'keystone_authtoken.project_domain_id': keystone('project_domain_id'),
  'keystone_authtoken.default_domain_id': none('set user_domain_id and project_domain_id in [auth.keystone]'),
  'keystone_authtoken.delay_auth_decision': none('whoever has no valid token is refused'),
  'keystone_authtoken.include_service_catalog': none('no neighbour is looked up in the catalog of a user'),
  'keystone_authtoken.cache': none(ownMemory),
  'keystone_authtoken.memcached_servers': none(ownMemory),
  'keystone_authtoken.memcache_security_strategy': none(ownMemory),
  'keystone_authtoken.memcache_secret_key': none(ownMemory),
  'keystone_authtoken.enforce_token_bind': none('tokens are not bound'),
  'oslo_concurrency.lock_path': none('locks are rows, and files beside each backend'),
  'oslo_middleware.enable_proxy_headers_parsing': to('api.trust_proxy', flag),
  'oslo_messaging_notifications.driver': none('see [notifications] in the reference'),
}

/** Sections that speak of neighbours which this service does not need. */
const neighbours: Readonly<Record<string, string>> = {
  neutron: 'share servers are not there yet',
  nova: 'no machines are started for shares',
  cinder: 'no volumes are attached',
  glance: 'no images are needed',
  oslo_messaging_rabbit: '[bus] of the reference has the options of the broker',
  cors: 'the API sends no CORS headers',
  coordination: 'leases are rows of the database',
}

/** Options of a backend's section, whatever its driver. */
const backendRules: Readonly<Record<string, Rule>> = {
  share_backend_name: to('share_backend_name'),
  backend_host: to('host'),
  backend_availability_zone: to('availability_zone'),
  reserved_share_percentage: to('reserved_share_percentage', whole),
  reserved_share_from_snapshot_percentage: to('reserved_share_from_snapshot_percentage', whole),
  reserved_share_extend_percentage: to('reserved_share_extend_percentage', whole),
  max_over_subscription_ratio: to('max_over_subscription_ratio', whole),
  filter_function: to('filter_function'),
  goodness_function: to('goodness_function'),
  driver_handles_share_servers: none('drivers here have no share servers yet'),
}

const cephfs: Readonly<Record<string, Rule>> = {
  cephfs_conf_path: to('driver_options.conf_file'),
  cephfs_auth_id: to('driver_options.client_id'),
  cephfs_filesystem_name: to('driver_options.filesystem'),
  cephfs_volume_mode: to('driver_options.share_mode'),
  cephfs_ganesha_server_ip: to('exporter_options.bind_address'),
  cephfs_protocol_helper_type: none('NFS and CEPHFS are both offered'),
  cephfs_ganesha_server_is_remote: none('NFS-Ganesha runs beside manila-share'),
  cephfs_enable_snapshots: none('snapshots are always offered'),
}

/** By the last part of `share_driver`. */
const drivers: Readonly<
  Record<string, { readonly driver: string; readonly rules: Readonly<Record<string, Rule>> }>
> = {
  CephFSDriver: { driver: 'cephfs', rules: cephfs },
}

/** `text` of a manila.conf. Throws a sentence when it is none. */
export function importOslo(conf: string): Imported {
  const file = parseOslo(conf)
  const settings: Record<string, unknown> = {}
  const keys: ImportedKey[] = []
  const backends = enabled(file)
  for (const [section, options] of file) {
    for (const [key, values] of options) {
      const name = `[${section}] ${key}`
      if (section === 'DEFAULT' && key === 'enabled_share_backends') {
        keys.push({ key: name, became: 'mapped', note: 'one [backends.…] table each' })
      } else if (backends.includes(section)) {
        keys.push({ key: name, ...backendOption(settings, section, key, values.at(-1) ?? '', file) })
      } else {
        keys.push({ key: name, ...option(settings, section, key, values.at(-1) ?? '') })
      }
    }
  }
  // A Keystone that is told about is the one that is meant: auth_strategy says so by default.
  const auth = settings.auth as { backend?: string; keystone?: { auth_url?: string } } | undefined
  if (auth?.keystone?.auth_url !== undefined) auth.backend ??= 'keystone'
  return { settings, keys }
}

const enabled = (file: OsloFile): readonly string[] =>
  list(file.get('DEFAULT')?.get('enabled_share_backends')?.at(-1) ?? '') as string[]

type Became = Omit<ImportedKey, 'key'>

function option(settings: Record<string, unknown>, section: string, key: string, value: string): Became {
  const quota = section === 'quota' ? key : /^quota_(.+)$/.exec(section === 'DEFAULT' ? key : '')?.[1]
  if (quota !== undefined && /^[a-z_]+$/.test(quota)) {
    put(settings, `quota.${quota}`, Number(value))
    return { became: 'mapped', note: `quota.${quota}` }
  }
  const rule = rules[`${section}.${key}`]
  if (rule !== undefined) return apply(settings, '', rule, value)
  const neighbour = neighbours[section]
  if (neighbour !== undefined) return { became: 'no meaning here', note: neighbour }
  return { became: 'unknown', note: 'no option of that name is known: look it up in the reference' }
}

function backendOption(
  settings: Record<string, unknown>,
  section: string,
  key: string,
  value: string,
  file: OsloFile,
): Became {
  const at = `backends.${section.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`
  const original = file.get(section)?.get('share_driver')?.at(-1) ?? ''
  const known = drivers[original.split('.').at(-1) ?? '']
  if (key === 'share_driver') {
    if (known === undefined) {
      return {
        became: 'not supported',
        note: `there is no driver for ${original}: choose one of ours for ${at}`,
      }
    }
    put(settings, `${at}.driver`, known.driver)
    put(settings, `${at}.exporter`, 'ganesha')
    return { became: 'mapped', note: `${at}.driver = ${known.driver}` }
  }
  const rule = backendRules[key] ?? known?.rules[key]
  if (rule !== undefined) return apply(settings, `${at}.`, rule, value)
  return {
    became: known === undefined ? 'not supported' : 'unknown',
    note:
      known === undefined ? `an option of ${original || 'its driver'}` : 'no option of that name is known',
  }
}

function apply(settings: Record<string, unknown>, prefix: string, rule: Rule, value: string): Became {
  if (rule.to === undefined) return { became: 'no meaning here', note: rule.needless ?? '' }
  const converted = (rule.convert ?? text)(value)
  if (converted === null || (typeof converted === 'number' && !Number.isFinite(converted))) {
    return { became: 'unknown', note: `its value can not be read as ${prefix}${rule.to}` }
  }
  put(settings, `${prefix}${rule.to}`, converted)
  return { became: 'mapped', note: `${prefix}${rule.to}` }
}

function put(settings: Record<string, unknown>, path: string, value: unknown): void {
  const names = path.split('.')
  let table = settings
  for (const name of names.slice(0, -1)) table = (table[name] ??= {}) as Record<string, unknown>
  table[names.at(-1) ?? ''] = value
}

/** PyMySQL's words and libpq's for certificates, and ours. */
const tlsParameters: Readonly<Record<string, string>> = {
  ssl_ca: 'sslrootcert',
  ssl_cert: 'sslcert',
  ssl_key: 'sslkey',
  sslrootcert: 'sslrootcert',
  sslcert: 'sslcert',
  sslkey: 'sslkey',
}

/** `mysql+pymysql://u:p@h/db?ssl_ca=/ca.pem&charset=utf8` → `mariadb://u:p@h/db?sslrootcert=/ca.pem`; null for what is neither of the two. */
function databaseUrl(connection: string): string | null {
  const found = /^(mysql|mariadb|postgresql|postgres)(?:\+\w+)?:\/\/([^?]+)(?:\?(.*))?/.exec(connection)
  if (found === null) return null
  const tls = [...new URLSearchParams(found[3] ?? '')].flatMap(([name, value]) => {
    const ours = Object.hasOwn(tlsParameters, name) ? tlsParameters[name] : undefined
    return ours === undefined ? [] : [`${ours}=${value}`]
  })
  const base = `${(found[1] ?? '').startsWith('p') ? 'postgres' : 'mariadb'}://${found[2]}`
  return tls.length === 0 ? base : `${base}?${tls.join('&')}`
}

/** `rabbit://u:p@h1:5672,u:p@h2:5672/vhost` → the first of them; the others go into [bus] hosts by hand. */
function brokerUrl(transport: string): string | null {
  const found = /^rabbit:\/\/([^/,]+)[^/]*(\/[^?]*)?/.exec(transport)
  return found === null ? null : `amqp://${found[1]}${found[2] ?? '/'}`
}
