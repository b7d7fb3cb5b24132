/**
 * `--only limit`: how near the service comes to what its database alone can do. The statements of a request are asked once with all that
 * is around them (HTTP, token, policy, JSON) of manila-api with some workers, and once by as many processes that ask only these, of the same
 * server, in turns.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { permissionsOf } from '../../src/bus/amqp/permissions.ts'
import { migrate } from '../../src/db/open.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { connect } from '../../src/sdk/connect.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import { startMariadb } from '../../tools/programs/mariadb.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { startRabbitMq } from '../../tools/programs/rabbitmq.ts'
import { statementsIn } from '../plans/plans-of.ts'
import type { BareRound, Statement } from './bare-statements.ts'
import { accounts, end, install, launch, serving } from './cluster/programs.ts'
import { fill, onStore } from './fill/fill.ts'
import { memberOfFilled } from './fill/member.ts'
import { caller, parsed, type Caller } from './http.ts'
import { figure, perSecond, ratio, type Figure } from './report.ts'
import { settingsIn } from './service.ts'
import { percentile } from './timing.ts'

/** Shares of the deployment; those of a project are the 500 of {@link fill}'s plan. */
const size = { shares: 10_000, projects: 20, pools: 100 }
/** At once, of both. */
const lanes = 8
const [rounds, roundMs] = [5, 3000]
/** Rounds before those that count: what is asked often is compiled, and statements are prepared. */
const warmUps = 5

export interface LimitPlan {
  /** Holds everything but the data of database and broker. */
  readonly dir: string
  readonly database: 'postgres' | 'mariadb'
  /** Processes of manila-api, and of what asks the database alone. */
  readonly workers: number
}

export async function measureLimit({ dir, database, workers }: LimitPlan): Promise<Figure[]> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  await using all = new AsyncDisposableStack()
  const server = await { postgres: startPostgres, mariadb: startMariadb }[database]({ durable: true })
  all.defer(() => server.remove())
  const broker = await startRabbitMq()
  all.defer(() => broker.end())
  const name = 'manila-api'
  const passwords = await broker.define([{ name, vhost: 'manila', ...permissionsOf('manila', name) }])
  const databaseUrl = await createDatabase(server)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const clouds = await onStore(databaseUrl, async (store) => {
    await migrate(store)
    return accounts(store, dir, url)
  })
  await fill(databaseUrl, { ...size, now: Date.now() * 1000 }, () => {})
  const statements = await onStore(databaseUrl, statementsIn)
  const of = (question: string): readonly Statement[] =>
    [...statements].find(([one]) => one.name === question)?.[1] ?? []

  const { backends: _, ...settings } = settingsIn(dir, 'sim', { database: databaseUrl })
  const file = join(dir, `${name}.toml`)
  const bus = { url: broker.url(name, passwords.get(name) ?? '', 'manila') }
  const api = { port, public_url: url, workers, changes_per_minute: 0 }
  writeFileSync(file, stringify({ ...settings, host: 'node', bus, api }), { mode: 0o600 })
  const service = launch(await install(dir), name, file, dir)
  all.defer(() => end(service))
  await serving(url, [service])

  const bare = Array.from({ length: workers }, () => fork(join(import.meta.dirname, 'bare-statements.ts')))
  all.defer(() => bare.forEach((one) => one.disconnect()))
  const bareRound = { url: databaseUrl, database, lanes: lanes / workers, ms: roundMs }
  const as = (cloud = 'manila-demo') => connect({ cloud, env: { OS_CLIENT_CONFIG_FILE: clouds } })
  const admin = caller(url, await (await as('manila-admin')).tokens.current())
  all.defer(() => admin.close())
  const member = await memberOfFilled({ url, connect: as }, admin)
  all.defer(() => member.close())

  const list = '/v2/shares/detail?limit=100'
  const { shares } = parsed(await member('GET', list)) as { shares: { id: string }[] }
  const asked = [
    ['list of 100 with details', list, 'own shares, with details'],
    ['show', `/v2/shares/${shares[50]?.id ?? ''}`, 'a share'],
  ] as const
  const figures: Figure[] = []
  for (const [what, path, question] of asked)
    figures.push(
      ...(await compared(`${what}, ${workers} at work`, {
        service: () => rateOf(() => answered(member, path)),
        database: () => bareRate(bare, { ...bareRound, statements: of(question) }),
      })),
    )
  return figures
}

/** Both in turns; medians of their rates. */
async function compared(
  name: string,
  ways: Readonly<Record<'service' | 'database', () => Promise<number>>>,
): Promise<Figure[]> {
  const rates: Record<keyof typeof ways, number[]> = { service: [], database: [] }
  for (let round = -warmUps; round < rounds; round++)
    for (const way of ['service', 'database'] as const) {
      const rate = await ways[way]()
      if (round >= 0) rates[way].push(rate)
    }
  const [service, database] = [percentile(rates.service, 50), percentile(rates.database, 50)]
  const about = `median of ${rounds} rounds, ${lanes} at once`
  return [
    figure(`${name}, the service`, perSecond(service, 1000), about),
    figure(`${name}, its statements alone`, perSecond(database, 1000), about),
    figure(`${name}, of what the statements alone reach`, ratio(service, database), 'in the same run'),
  ]
}

/** A second. */
async function rateOf(ask: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  let answers = 0
  const lane = async (): Promise<void> => {
    for (; performance.now() - began < roundMs; answers++) await ask()
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return (answers * 1000) / (performance.now() - began)
}

async function answered(call: Caller, path: string): Promise<void> {
  const { status, text } = await call('GET', path)
  if (status !== 200) throw new Error(`GET ${path}: ${status} ${text.slice(0, 300)}`)
}

/** A second, all of them together. */
async function bareRate(asking: readonly ChildProcess[], round: BareRound): Promise<number> {
  const statements = round.statements.map(({ sql, parameters }) => ({ sql, parameters }))
  const began = performance.now()
  const counts = await Promise.all(
    asking.map(async (one) => {
      const answer = once(one, 'message')
      one.send({ ...round, statements })
      const [count] = (await answer) as [number]
      return count
    }),
  )
  return (counts.reduce((sum, count) => sum + count, 0) * 1000) / (performance.now() - began)
}
