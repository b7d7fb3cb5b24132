/**
 * This tree in the shape that production has: manila-api, manila-scheduler and manila-share as they are installed, each a process
 * of its own, on a database server that flushes each commit and on RabbitMQ.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { permissionsOf, services } from '../../../src/bus/amqp/permissions.ts'
import { migrate, openStore } from '../../../src/db/open.ts'
import { backendHealth } from '../../../src/db/store/health.ts'
import { freePorts } from '../../../src/exec/free-port.ts'
import { createDatabase, createServiceUsers } from '../../../tools/cluster/database.ts'
import { detachBackend } from '../../../tools/cluster/detach.ts'
import { startMariadb } from '../../../tools/programs/mariadb.ts'
import { startPostgres } from '../../../tools/programs/postgres.ts'
import { startRabbitMq } from '../../../tools/programs/rabbitmq.ts'
import { caller } from '../http.ts'
import { settingsIn, type Storage } from '../service.ts'
import { openCounters } from './counters.ts'
import { accounts, demoToken, end, install, launch, seed, serving, type Started } from './programs.ts'
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

export async function startDeployment(plan: DeploymentPlan): Promise<Deployment> {
  const { dir } = plan
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const installed = await install(dir)
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
  const running = new Map<Role, Started>()
  const start = async (): Promise<void> => {
    for (const role of roles) running.set(role, launch(installed, `manila-${role}`, fileOf(role), dir))
    await serving(url, [...running.values()], async () =>
      (await backendHealth(store.db)).some(({ health }) => health === 'ready'),
    )
  }
  const endAll = async (): Promise<void> => {
    await Promise.all([...running.values()].map(end))
    running.clear()
  }
  configure(false)
  await start()
  const { token, projectId } = await demoToken(clouds)
  await seed(store, plan.shares, projectId)
  const call = caller(url, token, plan.minor)
  const counters = await openCounters(server.url(server.kind === 'postgres' ? 'manila' : 'mysql'))

  return {
    name: 'this tree',
    call,
    counters,
    putOff: { times: 0 },
    databaseUrl,
    get pids() {
      return new Map([
        ...roles.map((role) => [role, [running.get(role)?.child.pid ?? 0]] as const),
        ['database', [server.pid]] as const,
        ['broker', [broker.pid]] as const,
      ])
    },
    async counting() {
      await endAll()
      configure(true)
      await start()
    },
    async metrics() {
      const pages = metricsPorts.map(async (one) => (await fetch(`http://127.0.0.1:${one}/metrics`)).text())
      return (await Promise.all(pages)).join('\n')
    },
    async stop() {
      call.close()
      await endAll()
      if (plan.storage !== 'sim') await detachBackend(fileOf('share'))
      await counters[Symbol.asyncDispose]()
      await store.close()
      await broker.end()
      await server.remove()
    },
  }
}
