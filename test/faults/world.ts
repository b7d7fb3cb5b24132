/**
 * One deployment on disk that outlives the processes serving it: started, killed and stopped here, spoken to over REST, and
 * judged by `check.mjs` while nobody serves it.
 */
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Weather } from '../../src/bus/unreliable.fixture.ts'
import { placeOf } from '../helpers/place.ts'
import { openRows } from '../helpers/rows.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { freePort } from '../../src/exec/free-port.ts'

export type StorageKind = 'sim' | 'btrfs' | 'image'

export interface Reply {
  readonly status: number
  readonly body: Record<string, any>
  /** `x-openstack-request-id`: what the operation it caused is found by. */
  readonly requestId: string
}

export interface CheckReport {
  readonly wrong: number
  readonly accepted: number
  readonly finished: number
  readonly failedWithCause: number
  /** The three of each verb of the journal. */
  readonly byVerb: Readonly<
    Record<string, { readonly accepted: number; readonly finished: number; readonly failedWithCause: number }>
  >
  readonly shares: number
  readonly snapshots: number
  readonly counts: Readonly<Record<string, number>>
  readonly examples: Readonly<Record<string, readonly string[]>>
}

export interface World {
  readonly kind: StorageKind
  readonly dir: string
  /** The backend's own directory. */
  readonly backendDir: string
  /** Its URL. */
  readonly database: string
  /** `node@alpha#pool` */
  readonly pool: string
  /** Starts a process; with `failpoint` it kills itself there. `detach`: its stop unmounts. */
  start(options?: {
    readonly failpoint?: string
    /** True: new work is begun as the release before does. */
    readonly oldest?: boolean
    readonly detach?: boolean
    /** What becomes of messages. */
    readonly weather?: Weather
  }): Promise<ServiceProcess>
  /** Calls the API of whatever process serves now, as administrator. Throws when no answer comes. */
  call(method: string, path: string, body?: unknown, key?: string): Promise<Reply>
  /** What the process that serves tells Prometheus. */
  metrics(): Promise<string>
  /** Reads the database of a dead or stopped process. */
  query<Row>(sql: string, ...values: readonly (string | number)[]): Promise<Row[]>
  /** The independent checker's verdict. Only while no process serves. */
  check(journal?: string): Promise<CheckReport>
}

const backend = 'alpha'
const groupsUnlimited = { share_groups: -1, share_group_snapshots: -1 }
const checker = ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'check.mjs')]

/** `dir` must be new or hold an earlier world of the same kind. */
export async function openWorld(
  kind: StorageKind,
  dir: string,
  sizeGib = 400,
  /** Further tables of the configuration. */
  more: Readonly<Record<string, unknown>> = {},
): Promise<World> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const { database } = await placeOf(dir)
  const backendDir = join(dir, 'backends', backend)
  let token: string | null = null
  let metricsUrl = ''
  const inBackend = (path: string) => join(backendDir, path)
  const checkArguments =
    kind === 'sim'
      ? ['--sim', backendDir]
      : [
          `--${kind}=${inBackend('pool')}`,
          `--binds=${inBackend('exports')}`,
          `--exports=${inBackend('ganesha/exports.d')}`,
          `--bus=${inBackend('ganesha/bus')}`,
        ]
  return {
    kind,
    dir,
    backendDir,
    database,
    pool: `node@${backend}#pool`,
    async start({ failpoint, oldest = false, detach = false, weather } = {}) {
      const running = await startServiceProcess({
        dir,
        kind,
        brief: weather === undefined,
        settings: { ...settingsOf(kind, dir, port, sizeGib), ...more },
        env: {
          TEST_NO_WAIT: '1',
          TEST_DETACH: detach ? '1' : '',
          MANILA_FAILPOINT: failpoint ?? '',
          MANILA_PLANS: oldest ? 'oldest' : '',
          ...(weather === undefined ? {} : { TEST_WEATHER: JSON.stringify(weather) }),
        },
      })
      metricsUrl = running.metricsUrl
      token ??= await (await running.connect('manila-admin')).tokens.current()
      return running
    },
    async call(method, path, body, key) {
      const answer = await fetch(`${url}/v2${path}`, {
        method,
        headers: {
          'x-auth-token': token ?? '',
          'x-openstack-manila-api-version': '2.99',
          // A connection of a dead process must not be tried again by itself.
          connection: 'close',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(20_000),
      })
      const text = await answer.text()
      // What it says of that is in the log alone.
      if (answer.status === 500) console.error(lastErrors(join(dir, 'manila.log')))
      return {
        status: answer.status,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
        requestId: answer.headers.get('x-openstack-request-id') ?? '',
      }
    },
    metrics: async () => (await fetch(metricsUrl, { headers: { connection: 'close' } })).text(),
    async query<Row>(sql: string, ...values: readonly (string | number)[]) {
      await using rows = await openRows(database)
      return await rows.all<Row>(sql, ...values)
    },
    async check(journal) {
      const args = [...checker, '--db', database.replace(/^sqlite:/, ''), ...checkArguments]
      if (journal !== undefined) args.push('--journal', journal)
      return parseReport(args)
    },
  }
}

function lastErrors(log: string): string {
  const lines = readFileSync(log, 'utf8').split('\n')
  return lines
    .filter((line) => /"level":(50|60|"error")/.test(line))
    .slice(-3)
    .join('\n')
}

async function parseReport(args: readonly string[]): Promise<CheckReport> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 })
    return JSON.parse(stdout) as CheckReport
  } catch (error) {
    // 1 means "something is wrong", and says what; anything else is the checker's own failure.
    const { code, stdout } = error as { code?: number; stdout?: string }
    if (code !== 1 || !stdout?.startsWith('{')) throw error
    return JSON.parse(stdout) as CheckReport
  }
}

function settingsOf(kind: StorageKind, dir: string, port: number, sizeGib: number): Record<string, unknown> {
  const common = { share_backend_name: backend, report_interval_s: 2, slots: 8 }
  const storage =
    kind === 'sim'
      ? {
          driver: 'sim',
          exporter: 'sim',
          driver_options: { pools: [{ name: 'pool', total_gib: sizeGib, thin: true }] },
        }
      : {
          driver: kind,
          trusted_clients: kind === 'btrfs',
          // More than the file has room for is promised and little of it is used.
          max_over_subscription_ratio: 20,
          exporter: 'ganesha',
          driver_options: { loop_file: join(dir, 'pool.img'), size_gib: 16, pool_name: 'pool' },
          exporter_options: { port: 0 },
        }
  const unlimited = { shares: -1, gigabytes: -1, snapshots: -1, snapshot_gigabytes: -1, ...groupsUnlimited }
  return {
    api: { port },
    auth: { key_file: join(dir, 'token-key.json'), token_lifetime_s: 86_400 },
    quota: unlimited,
    // How long a database may take is another test's question: here several deployments are killed and started at once.
    limits: { request_ms: 60_000 },
    backends: { [backend]: { ...common, ...storage } },
  }
}

/** Mounts and loop devices below `dir`: nothing of either may be left after a stop that detaches. */
export function leftOnHost(dir: string): string[] {
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((path) => path.startsWith(`${dir}/`))
  const loops = spawnSync('losetup', ['--list', '--noheadings', '--output', 'BACK-FILE'], {
    encoding: 'utf8',
  })
  const files = (loops.stdout ?? '').split('\n').filter((file) => file.trim().startsWith(`${dir}/`))
  return [...mounted, ...files]
}

/** Polls until `look` answers something; throws `what` after `withinMs`. */
export async function until<T>(
  what: string,
  withinMs: number,
  look: () => Promise<T | null | undefined | false>,
): Promise<T> {
  const began = performance.now()
  for (;;) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    const elapsedMs = performance.now() - began
    if (elapsedMs > withinMs) throw new Error(`${what}: not within ${withinMs} ms`)
    // What takes long is asked after less often: looking is work as well.
    await new Promise((resolve) => setTimeout(resolve, Math.min(250, 40 + elapsedMs / 10)))
  }
}
