/**
 * This tree in the shape that production has: manila-api, manila-scheduler and manila-share as they are installed, each a process
 * of its own, on a database server that flushes each commit and on RabbitMQ.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { AuthManager } from '../../../src/auth/manager.ts'
import { permissionsOf, services } from '../../../src/bus/amqp/permissions.ts'
import { migrate, openStore, type Store } from '../../../src/db/open.ts'
import { backendHealth } from '../../../src/db/store/health.ts'
import { freePorts } from '../../../src/exec/free-port.ts'
import { systemClock } from '../../../src/runtime/clock.ts'
import { connect } from '../../../src/sdk/connect.ts'
import { createDatabase, createServiceUsers } from '../../../tools/cluster/database.ts'
import { detachBackend } from '../../../tools/cluster/detach.ts'
import { ensureTypes } from '../../../tools/cluster/types.ts'
import { startMariadb } from '../../../tools/parts/mariadb.ts'
import { startPostgres } from '../../../tools/parts/postgres.ts'
import { startRabbitMq } from '../../../tools/parts/rabbitmq.ts'
import { ensureAccounts } from '../../../tools/quickstart/accounts.ts'
import { layOut } from '../../../tools/release/package.ts'
import { caller } from '../http.ts'
import { seedShares } from '../seed-shares.ts'
import { settingsIn, type Storage } from '../service.ts'
import { openCounters } from './counters.ts'
import type { Target } from './target.ts'

export interface DeploymentPlan {
  /** Made; holds everything but the data of database and broker. */
  readonly dir: string
  readonly database: 'postgres' | 'mariadb'
  readonly storage: Storage
  /** N of `2.N`. */
  readonly minor: number
  /** Shares that are there from the beginning. */
  readonly shares: number
}

export interface Deployment extends Target {
  readonly databaseUrl: string
  /** Starts the programs anew and counts what requests and steps ask of the database. */
  counting(): Promise<void>
  /** What they have counted since, as Prometheus reads it. */
  metrics(): Promise<string>
}

const roles = ['api', 'scheduler', 'share'] as const
type Role = (typeof roles)[number]
const patienceMs = 120_000

export async function startDeployment(plan: DeploymentPlan): Promise<Deployment> {
  const { dir } = plan
  for (const name of ['', 'page']) mkdirSync(join(dir, name), { recursive: true, mode: 0o700 })
  const installed = join(dir, 'manila')
  // The programs are what counts: their pages are not asked for.
  writeFileSync(join(dir, 'page/index.html'), '')
  await layOut(installed, join(dir, 'page'))

  const server = await (plan.database === 'postgres'
    ? startPostgres({ durable: true, statistics: true })
    : startMariadb({ durable: true }))
  const broker = await startRabbitMq()
  const databaseUrl = await createDatabase(server)
  const store = await openStore(databaseUrl)
  await migrate(store)
  const logins = await createServiceUsers(server, store)
  const passwords = await broker.define(
    services.map((name) => ({ name, vhost: 'manila', ...permissionsOf('manila', name) })),
  )
  const [port = 0, ...metricsPorts] = await freePorts(1 + roles.length)
  const url = `http://127.0.0.1:${port}`
  const clouds = await accounts(store, dir, url)
  const fileOf = (role: Role): string => join(dir, `${role}.toml`)
  const configure = (count: boolean): void => {
    for (const [index, role] of roles.entries()) {
      const { backends, ...common } = settingsIn(dir, plan.storage, { database: logins[role] })
      const settings = {
        ...common,
        host: 'node',
        state_dir: join(dir, 'state'),
        database: { url: logins[role], count_use: count },
        bus: { url: broker.url(`manila-${role}`, passwords.get(`manila-${role}`) ?? '', 'manila') },
        shares: { default_share_type: 'default' },
        metrics: { port: metricsPorts[index] ?? 0 },
        ...(role === 'api' ? { api: { port, public_url: url, changes_per_minute: 0 } } : {}),
        ...(role === 'share' ? { backends } : {}),
      }
      writeFileSync(fileOf(role), stringify(settings), { mode: 0o600 })
    }
  }
  const running = new Map<Role, ChildProcess>()
  const start = async (): Promise<void> => {
    for (const role of roles) running.set(role, launch(installed, role, fileOf(role), dir))
    await ready(store, url, running, dir)
  }
  const end = async (): Promise<void> => {
    await Promise.all([...running.values()].map(ended))
    running.clear()
  }
  configure(false)
  await start()
  const { tokens } = await connect({ cloud: 'manila-demo', env: { OS_CLIENT_CONFIG_FILE: clouds } })
  const projectId = tokens.session?.projectId ?? ''
  await seed(store, plan.shares, projectId)
  const call = caller(url, await tokens.current(), plan.minor)
  const counters = await openCounters(server.url(server.kind === 'postgres' ? 'manila' : 'mysql'))

  return {
    name: 'this tree',
    call,
    counters,
    putOff: { times: 0 },
    databaseUrl,
    get pids() {
      return new Map([
        ...roles.map((role) => [role, [running.get(role)?.pid ?? 0]] as const),
        ['database', [server.pid]] as const,
        ['broker', [broker.pid]] as const,
      ])
    },
    async counting() {
      await end()
      configure(true)
      await start()
    },
    async metrics() {
      const pages = metricsPorts.map(async (one) => (await fetch(`http://127.0.0.1:${one}/metrics`)).text())
      return (await Promise.all(pages)).join('\n')
    },
    async stop() {
      call.close()
      await end()
      if (plan.storage !== 'sim') await detachBackend(fileOf('share'))
      await counters[Symbol.asyncDispose]()
      await store.close()
      await broker.end()
      await server.remove()
    },
  }
}

async function accounts(store: Store, dir: string, url: string): Promise<string> {
  const clock = systemClock()
  const keyFile = join(dir, 'token-key.json')
  const auth = await AuthManager.open({ store, clock, keyFile, tokenLifetimeS: 86_400 })
  await ensureTypes(store, clock.now())
  return ensureAccounts(auth, dir, url, { link: false })
}

async function seed(store: Store, count: number, projectId: string): Promise<void> {
  const type = await store.db.selectFrom('share_types').select('id').executeTakeFirstOrThrow()
  await seedShares(store, count, (index) => ({
    projectId,
    userId: 'bench',
    // In the past: what is made during the measurement comes first in a list.
    now: (Date.now() - 86_400_000) * 1000 + index,
    shareTypeId: type.id,
    share: { name: `seeded-${index}` },
    instance: { status: 'available', host: 'node@alpha#pool', progress: '100%' },
  }))
}

function launch(installed: string, role: Role, config: string, dir: string): ChildProcess {
  const logFile = join(dir, `${role}.log`)
  const log = openSync(logFile, 'a', 0o640)
  const program = join(installed, 'bin', `manila-${role}.mjs`)
  const child = spawn(process.execPath, [program, '--config', config, '--log', logFile], {
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  return child
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

async function ready(
  store: Store,
  url: string,
  running: ReadonlyMap<Role, ChildProcess>,
  dir: string,
): Promise<void> {
  for (const until = performance.now() + patienceMs; performance.now() < until;) {
    for (const [role, { exitCode }] of running)
      if (exitCode !== null)
        throw new Error(
          `manila-${role} ended: ${readFileSync(join(dir, `${role}.log`), 'utf8').slice(-1000)}`,
        )
    const backends = await backendHealth(store.db)
    const answers = await fetch(`${url}/healthcheck`).then(
      ({ status }) => status === 200,
      () => false,
    )
    if (answers && backends.some(({ health }) => health === 'ready')) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`the deployment in ${dir} did not come up within ${patienceMs / 1000} s`)
}
