/**
 * Every option: its default, its unit and a sentence. The configuration reference is printed from this, `load.ts` checks a
 * TOML file against it, and unknown keys are errors.
 */
import Type, { type Static } from 'typebox'
import { quotaDefaults } from '../model/quota.ts'
import { Dashboard } from './dashboard.ts'
import { ApiCors, ApiTls } from './edge.ts'
import { BackendExporters } from './exporters.ts'
import { Keystone } from './keystone.ts'
import { AuthDomain, Ldap } from './ldap.ts'
import { Passwords } from './passwords.ts'

const text = (description: string, value: string) => Type.String({ description, default: value })
const count = (description: string, value: number, minimum = 0) =>
  Type.Integer({ description, default: value, minimum })
const flag = (description: string, value: boolean) => Type.Boolean({ description, default: value })
const list = (description: string, value: readonly string[]) =>
  Type.Array(Type.String(), { description, default: [...value] })

/** IPv4 or IPv6, with or without the length of the network. */
const networkPattern =
  '^([0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f:.]{0,45}:[0-9A-Fa-f:.]{0,45})(/[0-9]{1,3})?$'
const networkSays = 'a network such as 192.0.2.0/24 or 2001:db8::/48'
const networks = (description: string, value: readonly string[]) =>
  Type.Array(Type.String({ pattern: networkPattern, says: networkSays }), {
    description,
    default: [...value],
  })

export const Api = Type.Object({
  host: text('Address the API listens on.', '127.0.0.1'),
  port: count('Port the API listens on; 0 takes a free one.', 8786),
  workers: count('Processes that manila-api serves the port with.', 1, 1),
  drain_s: count(
    'Seconds that an API which was told to stop goes on serving while /healthcheck answers 503, so that a load balancer turns to others first.',
    0,
  ),
  public_url: Type.String({
    description:
      'Base of the URLs in links and in the catalog: what clients call, when they come through a proxy or by name; empty takes the address and port at which the connection arrived, or what a trusted proxy says in X-Forwarded-Host.',
    default: '',
    pattern: '^(https?://[A-Za-z0-9._~:/\\[\\]-]+)?$',
    says: 'a URL such as https://manila.example.org:8786',
  }),
  changes_per_minute: count(
    'Requests that change something which one process takes from one project a minute; those of administrators are not counted; 0 = any number.',
    3000,
  ),
  max_body_bytes: count('Largest request body, bytes.', 114_688, 1024),
  max_limit: count('Largest page of a list.', 1000, 1),
  project_id_regex: text('What a project id in a URL may look like.', '[0-9a-f\\-]+'),
  trust_proxy: Type.Union(
    [
      Type.Boolean(),
      Type.Integer({ minimum: 0, maximum: 20 }),
      Type.Array(Type.String({ pattern: networkPattern, says: networkSays })),
    ],
    {
      description:
        'Whose X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host are believed: the networks of the proxies in front, or how many there are one behind the other (then nobody may reach the API around them); false is 0, true is 1.',
      default: false,
      says: 'true, false, a number of proxies from 0 to 20, or a list of networks',
    },
  ),
  usage_wait_s: count('Seconds a request for fresh usage figures waits for the share manager.', 10, 1),
  policy_file: text(
    'Policy overrides (YAML or JSON), read again when it changes; empty uses the defaults.',
    '',
  ),
  tls: ApiTls,
  cors: ApiCors,
})

export const Database = Type.Object({
  url: text(
    'Where the database is: sqlite:<path>, postgres://user:password@host:port/name or mariadb://user:password@host:port/name; ?sslmode=verify-full&sslrootcert=<file> for TLS, ?socket=<path> for a unix socket.',
    'sqlite:var/manila.db',
  ),
  pool_max: count('Connections a process keeps to a database server at most.', 10, 2),
  acquire_timeout_s: count(
    'Seconds to wait for a free connection, or for a server that is away, before a request is answered with 503.',
    5,
    1,
  ),
  statement_timeout_s: count('Seconds one statement may take on a database server.', 20, 1),
  count_use: flag(
    'For debugging: count the statements, transactions, round trips and bytes of each request and of each step of an operation, and tell them in the log and at /metrics.',
    false,
  ),
  allow_plaintext: flag(
    'Speak without TLS to a database server on another host: only where the network between them is protected otherwise.',
    false,
  ),
})

export const Bus = Type.Object({
  url: text(
    'Where messages go: memory: inside one process, amqp://user:password@host:port/vhost, or amqps://… with TLS.',
    'memory:',
  ),
  hosts: list(
    'host:port of every node of the broker, when there are several; empty takes the one of the URL.',
    [],
  ),
  prefix: text('Begins the name of every exchange and queue: letters, digits, - and _.', 'manila'),
  ca_file: text(
    "Certificates (PEM) that may have signed the broker's; empty trusts those of the system.",
    '',
  ),
  cert_file: text('Own certificate (PEM) for a broker that asks for one; empty = none.', ''),
  key_file: text('Key (PEM) of cert_file.', ''),
  allow_plaintext: flag(
    'Speak without TLS to a broker on another host: only where the network between them is protected otherwise.',
    false,
  ),
  heartbeat_s: count('Seconds between heartbeats; a broker silent for twice as long counts as dead.', 5, 1),
  reconnect_s: Type.Integer({
    description: 'Longest pause between two tries to reach the broker, seconds.',
    default: 3,
    minimum: 1,
    maximum: 60,
  }),
  prefetch: count('Messages of one queue that a process takes before it has acknowledged them.', 50, 1),
  buffer: count(
    'Messages kept for a broker that is down; older ones are dropped, the database knows the work.',
    1000,
  ),
  work_queues: Type.Enum(['auto', 'classic', 'quorum'], {
    description:
      'How the broker keeps work that waits: classic, in memory of one of its nodes; quorum, on the disks of several; auto: quorum when hosts names several.',
    default: 'auto',
  }),
  queue_max_length: count('Messages a queue holds; the oldest go first.', 10_000, 100),
  message_ttl_s: count(
    'Seconds a message waits for its receiver, who finds the work without it too.',
    600,
    1,
  ),
  queue_expires_s: count('Seconds after which a queue that nobody serves is removed.', 604_800, 60),
  dead_letters_max: count('Messages kept that nobody understood; the oldest go first.', 1000, 1),
})

export const Notifications = Type.Object({
  enabled: flag('Tell listeners outside, such as billing, what happens to shares; needs a broker.', false),
  url: text('Broker of the listeners, amqp:// or amqps://; empty takes that of [bus].', ''),
  allow_plaintext: flag(
    'With a url of its own: speak without TLS to a broker on another host: only where the network between them is protected otherwise.',
    false,
  ),
  exchange: text('Topic exchange they listen to; empty takes <bus.prefix>.notifications.', ''),
  format: Type.Enum(['manila', 'oslo'], {
    description:
      "manila: the event type is the routing key. oslo: the envelope of oslo.messaging, for OpenStack's listeners.",
    default: 'manila',
  }),
  topic: text('With oslo: begins the routing key, which ends in .info.', 'notifications'),
  queues: list(
    'Durable queues made and kept full for listeners, so that they miss nothing while they are away.',
    [],
  ),
  queue_max_length: count('Notifications such a queue holds; further ones wait in the database.', 100_000, 1),
  backlog_s: count('Seconds of the past that are told when notifications are turned on the first time.', 0),
  exists_interval_s: count('Seconds between two share.exists of a share; 0 sends none.', 3600),
})

export const Auth = Type.Object({
  backend: Type.Enum(['db', 'ldap', 'keystone'], {
    description:
      'Who says what a token is worth, and where the users and groups of the domain Default are: this service with its database, this service with the directory of [auth.ldap], or the Keystone of [auth.keystone]. Other domains are in the database unless [auth.domains.NAME] says otherwise.',
    default: 'db',
  }),
  key_file: text('Signing key of tokens; made at the first start, mode 0600.', 'var/token-key.json'),
  key_overlap_s: count(
    'Seconds from manila-manage identity rotate-keys until the new key signs: by then the file must be on every node.',
    600,
    5,
  ),
  token_lifetime_s: count('Seconds a token is valid.', 3600, 60),
  max_login_failures: count(
    'Failed logins of one account from one address within the window before they are locked for one another; ten times as many lock the address for all, or slow the account for addresses it did not come from in the last 30 days.',
    5,
    1,
  ),
  login_pause_s: count(
    'Seconds of the first lock of an account and an address; each further failure doubles it up to login_window_s.',
    60,
    1,
  ),
  login_window_s: count(
    'Seconds of the failed-login window, of the longest lock, and of the lock of an address.',
    900,
    1,
  ),
  login_records: count(
    'Pairs of account and address, accounts and addresses that failed logins are remembered of, and as many of good ones; those used longest ago are forgotten first.',
    100_000,
    100,
  ),
  admin_networks: networks(
    'Networks from which accounts with the role admin come in however many failures others cause: 192.0.2.0/24, 2001:db8::/48.',
    ['127.0.0.0/8', '::1/128'],
  ),
  tokens_per_minute: count('Tokens that one process gives one user a minute; 0 = any number.', 240),
  allow_rescope: flag(
    'Whether a token with a scope may be exchanged for one with another scope of its user. Unscoped tokens always may; those of application credentials never.',
    true,
  ),
  passwords: Passwords,
  keystone: Keystone,
  ldap: Ldap,
  domains: Type.Record(Type.String({ pattern: '^[A-Za-z0-9_-]{1,60}$' }), AuthDomain, {
    description:
      'One table per domain, by its name, whose users and groups are not where [auth] backend says.',
    default: {},
  }),
})

export const Audit = Type.Object({
  enabled: flag(
    'Write down who did what: every login, every change and every refusal, for GET /v2/audit and for log_file.',
    true,
  ),
  log_file: text(
    'File that each event is also appended to as one line of JSON (CADF), mode 0640; it is opened anew at SIGHUP. A named pipe or /dev/stdout will do, too. Empty = none.',
    '',
  ),
  retention_s: count('Seconds that events are kept in the database; 0 = for ever.', 7_776_000),
  queue: count(
    'Logins that a process keeps for a database that is away; further ones are not written, but counted. Changes never wait here: without their event they are not made.',
    10_000,
    100,
  ),
})

export const Shares = Type.Object({
  default_share_type: text('Share type of requests that name none; empty = none.', ''),
  default_share_group_type: text('Share group type of requests that name none; empty = none.', ''),
  enabled_share_protocols: list('Protocols that may be asked for.', ['NFS', 'CIFS']),
  storage_availability_zone: text('Zone of backends that name none.', 'nova'),
  use_scheduler_creating_share_from_snapshot: flag(
    'Let the scheduler choose the pool of a share from a snapshot instead of taking the same pool.',
    false,
  ),
  default_mount_point_prefix: text('Prefix of mount point names.', '{project_id}_'),
  is_deferred_deletion_enabled: flag('Give quota back at once and delete in the background.', false),
  soft_deleted_share_retention_time_s: count('Seconds a share stays in the recycle bin.', 604_800),
  admin_only_metadata: list('Share metadata keys that only administrators write.', [
    '__affinity_same_host',
    '__affinity_different_host',
    '__managed_at',
  ]),
  admin_only_el_metadata: list('Export location metadata keys that only administrators write.', [
    'preferred',
  ]),
  message_ttl_s: count('Seconds a user message is kept.', 2_592_000, 60),
  service_down_time_s: count('Seconds without a heartbeat before a service counts as down.', 60, 1),
  operation_retention_s: count('Seconds finished operations and tombstones are kept.', 2_592_000, 60),
})

export const Scheduler = Type.Object({
  default_filters: list('Filter chain of new shares; empty uses the built-in order.', []),
  default_weighers: list('Weighers; empty uses the built-in list.', []),
  capacity_weight_multiplier: Type.Number({
    description: 'Negative stacks instead of spreading.',
    default: 1,
  }),
  pool_weight_multiplier: Type.Number({ description: 'Weight of the pool weigher.', default: 1 }),
  slots: count('Placements at once.', 8, 1),
})

const limit = (resource: keyof typeof quotaDefaults) =>
  Type.Integer({
    description: `Default limit of ${resource}; -1 = unlimited.`,
    default: quotaDefaults[resource],
    minimum: -1,
  })

export const Quota = Type.Object({
  shares: limit('shares'),
  gigabytes: limit('gigabytes'),
  snapshots: limit('snapshots'),
  snapshot_gigabytes: limit('snapshot_gigabytes'),
  share_networks: limit('share_networks'),
  share_groups: limit('share_groups'),
  share_group_snapshots: limit('share_group_snapshots'),
  share_replicas: limit('share_replicas'),
  replica_gigabytes: limit('replica_gigabytes'),
  per_share_gigabytes: limit('per_share_gigabytes'),
  backups: limit('backups'),
  backup_gigabytes: limit('backup_gigabytes'),
  encryption_keys: limit('encryption_keys'),
})

/** One `[backends.<name>]` table. `driver_options` and `exporter_options` are checked by the driver's own schema. */
export const Backend = Type.Object({
  driver: text('Name in drivers/index.ts, or package:<name> of an outside driver.', 'image'),
  exporter: text(
    'Name in exporters/index.ts of the one exporter for every protocol that it speaks; empty where the driver publishes by itself or nothing is published. Several: `exporters`.',
    'ganesha',
  ),
  trusted_clients: flag(
    'The clients of all its shares trust one another. Needed by a driver that keeps several shares on one file system (btrfs, directory) when a server exports them: whoever may mount one share there reaches the others. Pools of such a backend report isolated_clients = false.',
    false,
  ),
  share_backend_name: text('Name that extra specs select; empty = the table name.', ''),
  host: text(
    'Name in host@backend that all nodes serving this backend share (backends reached over the network only); empty = the host of this node.',
    '',
  ),
  availability_zone: text('Zone; empty = [shares] storage_availability_zone.', ''),
  reserved_share_percentage: count('Per cent of a pool kept free of new shares.', 0),
  reserved_share_from_snapshot_percentage: count('Per cent kept free of shares from snapshots.', 0),
  reserved_share_extend_percentage: count('Per cent kept free of extends.', 0),
  max_over_subscription_ratio: Type.Optional(
    Type.Number({
      description:
        'How often the space of a thin pool may be promised; left out, what is usual for the driver: 1 for image, 20 for the others.',
      minimum: 1,
    }),
  ),
  filter_function: text('Expression a request must satisfy; empty = none.', ''),
  goodness_function: text('Expression 0–100 that ranks the pool; empty = none.', ''),
  slots: count('Operations at once on this backend.', 8, 1),
  call_timeout_s: count('Seconds one step on the backend may take.', 600, 1),
  report_interval_s: count('Seconds between capacity reports.', 10, 1),
  storage_audit_interval_s: count(
    'Seconds between comparisons of what the backend holds with the database (`manila-manage storage audit`).',
    600,
    1,
  ),
  driver_options: Type.Record(Type.String(), Type.Unknown(), { description: 'See the driver.', default: {} }),
  exporter_options: Type.Record(Type.String(), Type.Unknown(), {
    description: 'See the exporter.',
    default: {},
  }),
  exporters: BackendExporters,
})

/** What one tenant can't use up. Each default is beyond what a client does that means well. */
export const Limits = Type.Object({
  request_ms: count(
    'Milliseconds that all statements of one API request, or of one piece of a long list, may keep the database busy; past them the answer is 503.',
    2000,
    100,
  ),
  project_requests_per_minute: count(
    'Requests that one process takes from one project a minute, whatever they ask; further ones are answered 429. GET /limits tells what is left. 0 = any number.',
    0,
  ),
  address_requests_per_minute: count(
    'The same from one client address, logins included, before anything else of the request is looked at. 0 = any number.',
    0,
  ),
  requests_per_project: count(
    'Requests of one project that one API process works on at once; further ones wait, and behind 256 of them the answer is 429. On SQLite, which has one connection, it is 1.',
    4,
    1,
  ),
  streams_per_project: count(
    'Long lists that one project reads at once from one API process; further ones are answered 429.',
    16,
    1,
  ),
  streams: count('Long lists of all projects at once; further ones are answered 503.', 256, 1),
  event_streams_per_user: count(
    'Streams of events (GET /events) that one user follows at once in one API process; further ones are answered 429.',
    16,
    1,
  ),
  event_streams: count('Streams of events of all users at once; further ones are answered 503.', 1000, 1),
  write_timeout_s: count(
    'Seconds in which a client has to take something of its answer, or its connection is ended.',
    30,
    1,
  ),
  head_timeout_s: count(
    'Seconds in which the head of a request has to arrive, or its connection is ended.',
    20,
    1,
  ),
  request_timeout_s: count(
    'Seconds in which the whole of a request has to arrive, its body too, or its connection is ended.',
    60,
    1,
  ),
  connections_per_address: count(
    'Connections that one address may have open to one API process; 0 = any number, as it is behind a proxy ([api] trust_proxy).',
    1000,
  ),
  access_rules_per_share: count('Access rules that one share, or one snapshot, may have.', 500, 1),
  shares_per_group: count(
    'Shares that one share group may have: each snapshot of it is one of each.',
    100,
    1,
  ),
  locks_per_resource: count('Locks that one share or access rule may have.', 1000, 1),
  locks_per_project: count('Locks that the members of one project may have placed.', 10_000, 1),
  operations_per_project: count('Operations of one project that are not finished yet.', 2000, 1),
  metadata_per_resource: count('Metadata items that one resource may have.', 200, 1),
  metadata_per_project: count(
    'Metadata items that the shares, snapshots and access rules of one project may have together.',
    50_000,
    1,
  ),
})

export const MetricsListener = Type.Object({
  host: text('Address on which each process serves /metrics and its own /healthcheck.', '127.0.0.1'),
  port: count('Their port; 0 takes a free one, which the log names.', 0),
  on_api_port: flag(
    "Serve /metrics on the API's port, too, where every client of the API can read them without a token.",
    false,
  ),
})

export const Traces = Type.Object({
  otlp_url: text(
    'Where spans are sent, OTLP over HTTP: http://collector:4318/v1/traces; empty = nothing is traced.',
    '',
  ),
  sample_ratio: Type.Number({
    description: 'Share of the traces begun here that is kept.',
    minimum: 0,
    maximum: 1,
    default: 1,
  }),
})

export const SettingsSchema = Type.Object({
  state_dir: text('Directory of everything the service keeps outside the database.', 'var'),
  host: text('Name of this node in host@backend#pool; empty = the host name.', ''),
  log_level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    description: 'What is logged: lines of this level and worse.',
    default: 'info',
  }),
  api: Api,
  dashboard: Dashboard,
  database: Database,
  bus: Bus,
  notifications: Notifications,
  metrics: MetricsListener,
  traces: Traces,
  auth: Auth,
  audit: Audit,
  shares: Shares,
  scheduler: Scheduler,
  quota: Quota,
  limits: Limits,
  backends: Type.Record(Type.String({ pattern: '^[A-Za-z0-9_-]{1,60}$' }), Backend, {
    description: 'One table per backend.',
    default: {},
  }),
})

export type Settings = Static<typeof SettingsSchema>
export type BusSettings = Static<typeof Bus>
export type NotificationSettings = Static<typeof Notifications>
export type BackendSettings = Static<typeof Backend>
