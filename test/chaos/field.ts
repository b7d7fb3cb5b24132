/** A cluster with everything chaos needs around it: an administrator's token, a way to ask, a way to know that it is quiet. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startCluster, type Cluster } from '../../tools/cluster/cluster.ts'
import { labels } from '../../tools/cluster/settings.ts'
import { connect } from '../../src/sdk/connect.ts'
import { poolObstacle } from '../../tools/quickstart/host.ts'
import type { DatabaseKind } from '../../tools/cluster/options.ts'
import { openWork, saidOf } from './open-work.ts'
import { until, type CheckReport, type Reply, type World } from '../faults/world.ts'
import { pidIn } from '../../src/storage/exporters/ganesha/pid.fixture.ts'

export interface Field extends Pick<World, 'call'> {
  readonly dir: string
  readonly cluster: Cluster
  /** Process id of pool-a's NFS-Ganesha; null while there is none. */
  ganesha(): number | null
  /** Resolves when nothing is under way any more. Throws after `withinMs`. */
  quiet(withinMs: number): Promise<void>
  /** The independent checker's verdict; only when no member runs. */
  check(journal?: string): Promise<CheckReport>
  /** Stops everything. */
  end(options: { readonly leavesFiles: boolean }): Promise<void>
}

/** A start is mostly the compiling of the same files. */
const compiled = join(import.meta.dirname, '../../node_modules/.cache/compiled')
const checker = join(import.meta.dirname, '../faults/check.mjs')
/** Sum of all sizes that the load may ask for at once, with room for snapshots. */
const poolGib = 16

export async function openField(
  database: DatabaseKind,
  say: (line: string) => void,
  options: { readonly env?: Readonly<Record<string, string>>; readonly root?: string } = {},
): Promise<Field> {
  const dir = mkdtempSync(join(tmpdir(), 'manila-chaos-'))
  const obstacle = poolObstacle({ dir, sizeGib: poolGib })
  if (obstacle !== null) say(`no btrfs here: ${obstacle}`)
  const cluster = await startCluster({
    dir,
    database,
    port: 0,
    btrfsGib: obstacle === null ? poolGib : null,
    step: (_title, body) => body(),
    env: { NODE_COMPILE_CACHE: compiled, ...options.env },
    ...(options.root === undefined ? {} : { root: options.root }),
  })
  try {
    await cluster.ready()
    const client = await connect({ cloud: 'manila-admin', env: { OS_CLIENT_CONFIG_FILE: cluster.clouds } })
    const token = await client.tokens.current()
    return field(dir, cluster, token)
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

function field(dir: string, cluster: Cluster, token: string): Field {
  return {
    dir,
    cluster,
    ganesha: () => ganeshaPid(cluster.poolADir),
    call: (method, path, body, key) => ask(cluster.url, token, method, path, body, key),
    async quiet(withinMs) {
      let left: readonly string[] = []
      const quiet = async (): Promise<boolean> => {
        // A database that was ended may refuse the first questions.
        left = await openWork(cluster).catch((error: unknown) => [String(error)])
        return left.length === 0
      }
      await until('the end of all work', withinMs, quiet).catch(async (error: unknown) => {
        throw new Error([String(error), ...left, ...(await saidOf(dir, left))].join('\n'), { cause: error })
      })
    },
    async check(journal) {
      const btrfs =
        cluster.nfsPort === null
          ? [`--sim=${cluster.poolADir}`, `--sim-label=${labels.a}`]
          : [
              `--btrfs=${join(cluster.poolADir, 'pool')}`,
              `--binds=${join(cluster.poolADir, 'exports')}`,
              `--exports=${join(cluster.poolADir, 'ganesha/exports.d')}`,
              `--bus=${join(cluster.poolADir, 'ganesha/bus')}`,
              `--btrfs-label=${labels.a}`,
              `--sim=${cluster.poolBDir}`,
              `--sim-label=${labels.b}`,
            ]
      const log = journal === undefined ? [] : ['--journal', journal]
      const argv = ['--disable-warning=ExperimentalWarning', checker, '--db', cluster.databaseUrl]
      return verdict([...argv, ...btrfs, ...log])
    },
    async end({ leavesFiles }) {
      await cluster.stop()
      if (!leavesFiles) rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function verdict(argv: readonly string[]): Promise<CheckReport> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, argv, { maxBuffer: 64 * 1024 * 1024 })
    return JSON.parse(stdout) as CheckReport
  } catch (error) {
    // 1 means "something is wrong", and says what; anything else is the checker's own failure.
    const { code, stdout } = error as { code?: number; stdout?: string }
    if (code !== 1 || stdout?.startsWith('{') !== true) throw error
    return JSON.parse(stdout) as CheckReport
  }
}

async function ask(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
  key?: string,
): Promise<Reply> {
  const answer = await fetch(`${url}/v2${path}`, {
    method,
    headers: {
      'x-auth-token': token,
      'x-openstack-manila-api-version': '2.99',
      // The balancer balances connections: each request goes to the next API.
      connection: 'close',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    body: text === '' ? {} : JSON.parse(text),
    requestId: answer.headers.get('x-openstack-request-id') ?? '',
  }
}

function ganeshaPid(dir: string): number | null {
  try {
    const pid = pidIn(join(dir, 'ganesha'))
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    return command.includes(join(dir, 'ganesha')) ? pid : null
  } catch {
    return null
  }
}
