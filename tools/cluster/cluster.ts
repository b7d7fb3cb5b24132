/**
 * A private deployment in the shape of a real one, on one machine: a database server, a broker, two APIs behind a balancer, two
 * schedulers, two share processes on one file system, two more as two hosts on one network backend, one data process. For
 * trying, for tests and for chaos.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'smol-toml'
import { AuthManager } from '../../src/auth/manager.ts'
import { permissionsOf, services } from '../../src/bus/amqp/permissions.ts'
import { migrate, openStore, type Store } from '../../src/db/open.ts'
import { backendHealth } from '../../src/db/store/health.ts'
import { startMariadb } from '../programs/mariadb.ts'
import { startPostgres } from '../programs/postgres.ts'
import type { DatabaseServer } from '../programs/database-server.ts'
import { startRabbitMq, type RabbitMq } from '../programs/rabbitmq.ts'
import { ensureAccounts } from '../quickstart/accounts.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { freePorts } from '../../src/exec/free-port.ts'
import { startBalancer, type Balancer } from './balancer.ts'
import { createDatabase, createServiceUsers } from './database.ts'
import { detachBackend } from './detach.ts'
import { member, type Member } from './member.ts'
import type { DatabaseKind } from './options.ts'
import { labels, memberSettings, metricsPortCount, type Shared } from './settings.ts'
import { ensureTypes } from './types.ts'

export interface ClusterPlan {
  /** Absolute; holds everything but the data of database and broker. */
  readonly dir: string
  readonly database: DatabaseKind
  readonly port: number
  /** Null: no btrfs, both backends are pretended. */
  readonly btrfsGib: number | null
  /** Told as it goes. */
  readonly step: <T>(title: string, body: () => Promise<T>) => Promise<T>
  /** Code of another release to start with; its migrations make the schema. */
  readonly root?: string
  /** For each process. */
  readonly env?: Readonly<Record<string, string>>
}

export interface Cluster {
  /** Where clients go. */
  readonly url: string
  /** Path of clouds.yaml. */
  readonly clouds: string
  readonly databaseUrl: string
  readonly database: DatabaseServer
  readonly broker: RabbitMq
  readonly members: readonly Member[]
  /** In front of the APIs. */
  readonly balancer: Balancer
  /** The administrator's own look at the rows. */
  readonly store: Store
  /** Of `share-a1` and `share-a2`: the directory of the backend. */
  readonly poolADir: string
  readonly poolBDir: string
  readonly nfsPort: number | null
  /** Resolves when both backends serve. */
  ready(): Promise<void>
  /** Ends the programs and leaves database, broker, mounts and Ganesha. */
  stopMembers(): Promise<void>
  /** Stops everything and unmounts what was mounted. */
  stop(): Promise<void>
}

const patienceMs = 90_000

export async function startCluster(plan: ClusterPlan): Promise<Cluster> {
  const { dir, step } = plan
  for (const name of ['', 'config', 'log', 'nodes', 'pool-b'])
    mkdirSync(join(dir, name), { recursive: true, mode: 0o700 })
  const database = await step(`start ${plan.database === 'postgres' ? 'PostgreSQL' : 'MariaDB'}`, () =>
    plan.database === 'postgres' ? startPostgres() : startMariadb(),
  )
  let broker: RabbitMq | null = null
  try {
    broker = await step('start RabbitMQ', () => startRabbitMq())
    return await assemble(plan, database, broker)
  } catch (error) {
    await broker?.end()
    await database.remove()
    throw error
  }
}

async function assemble(plan: ClusterPlan, database: DatabaseServer, broker: RabbitMq): Promise<Cluster> {
  const { dir, step } = plan
  const databaseUrl = await createDatabase(database)
  const store = await openStore(databaseUrl)
  const [apiOne, apiTwo, nfsPort, ...metricsPorts] = await freePorts(3 + metricsPortCount)
  const balancer: Balancer = await startBalancer(plan.port, [apiOne ?? 0, apiTwo ?? 0])
  const url = `http://127.0.0.1:${balancer.port}`
  const passwords = await step('make a broker user for each service', () =>
    broker.define(services.map((name) => ({ name, vhost: 'manila', ...permissionsOf('manila', name) }))),
  )
  await step('make the schema', () =>
    plan.root === undefined ? migrate(store) : migrateWith(plan.root, databaseUrl),
  )
  const logins = await step('make a database user for each service', () =>
    createServiceUsers(database, store),
  )
  const shared: Shared = {
    dir,
    databaseUrl: (program) => logins[program.replace('manila-', '') as keyof typeof logins],
    busUrl: (program) => broker.url(program, passwords.get(program) ?? '', 'manila'),
    publicUrl: url,
    apiPorts: [apiOne ?? 0, apiTwo ?? 0],
    metricsPorts,
    btrfs: plan.btrfsGib === null ? null : { sizeGib: plan.btrfsGib, nfsPort: nfsPort ?? 0 },
  }
  const clouds = await step('make accounts and share types', () => prepare(store, shared))
  const members = memberSettings(shared).map(({ name, program, settings, apiPort, metricsUrl }) => {
    const configFile = join(dir, 'config', `${name}.toml`)
    writeFileSync(configFile, stringify(settings), { mode: 0o600 })
    const logFile = join(dir, 'log', `${name}.log`)
    return member({
      name,
      program,
      configFile,
      logFile,
      apiPort,
      metricsUrl,
      ...(plan.env === undefined ? {} : { env: plan.env }),
      ...(plan.root === undefined ? {} : { root: plan.root }),
    })
  })
  for (const one of members) one.start()
  const poolADir = join(dir, 'nodes', 'storage', 'backends', 'pool-a')

  const stopMembers = async (): Promise<void> => {
    await Promise.all(members.map((one) => one.stop()))
  }
  return {
    url,
    clouds,
    databaseUrl,
    database,
    broker,
    members,
    balancer,
    store,
    poolADir,
    poolBDir: join(dir, 'pool-b'),
    nfsPort: shared.btrfs?.nfsPort ?? null,
    ready: () => ready(store, url),
    stopMembers,
    async stop() {
      await stopMembers()
      await balancer.close()
      if (shared.btrfs !== null) await detachBackend(join(dir, 'config', 'share-a1.toml'))
      await store.close()
      await broker.end()
      await database.remove()
    },
  }
}

/** As the release in `root` would. */
async function migrateWith(root: string, databaseUrl: string): Promise<void> {
  const argv = [join(root, 'src/bin/manila-manage.mjs'), 'db', 'sync']
  await promisify(execFile)(process.execPath, argv, {
    env: { ...process.env, MANILA_DATABASE__URL: databaseUrl },
  })
}

async function prepare(store: Store, shared: Shared): Promise<string> {
  const clock = systemClock()
  const auth = await AuthManager.open({
    store,
    clock,
    keyFile: join(shared.dir, 'token-key.json'),
    tokenLifetimeS: 86_400,
  })
  await ensureTypes(store, clock.now())
  return ensureAccounts(auth, shared.dir, shared.publicUrl, { link: false })
}

async function ready(store: Store, url: string): Promise<void> {
  const until = performance.now() + patienceMs
  const wanted: readonly string[] = Object.values(labels)
  for (;;) {
    const rows = await backendHealth(store.db).catch(() => [])
    const up = rows.filter(({ label, health }) => wanted.includes(label) && health === 'ready')
    const answers = await fetch(`${url}/healthcheck`).then(
      ({ status }) => status === 200,
      () => false,
    )
    if (up.length === wanted.length && answers) return
    if (performance.now() > until) {
      const why = rows.map(
        ({ label, health, health_reason }) => `${label} is ${health}: ${health_reason ?? ''}`,
      )
      throw new Error(`the cluster did not come up within ${patienceMs / 1000} s; ${why.join('; ')}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
