/**
 * `--only limit`: how near the service comes to what its database alone can do. The statements of a request are asked once with all that
 * is around them (HTTP, token, policy, JSON), and once by a program that asks only these, of the same server, in turns.
 */
import { mkdirSync } from 'node:fs'
import type { CompiledQuery } from 'kysely'
import { createPool } from 'mysql2/promise'
import { Pool } from 'pg'
import { serverAddress } from '../../src/db/dialects/server-url.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import { startMariadb } from '../../tools/programs/mariadb.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { statementsIn } from '../plans/plans-of.ts'
import { fill, onStore } from './fill/fill.ts'
import { memberOfFilled } from './fill/member.ts'
import { caller, parsed, type Caller } from './http.ts'
import { figure, perSecond, ratio, type Figure } from './report.ts'
import { makeAccounts, startMeasured } from './service.ts'
import { percentile } from './timing.ts'

/** Shares of the deployment; those of a project are the 500 of {@link fill}'s plan. */
const size = { shares: 10_000, projects: 20, pools: 100 }
/** At once, of both. */
const lanes = 8
const [rounds, roundMs] = [5, 3000]
/** Rounds before those that count: what is asked often is compiled, and statements are prepared. */
const warmUps = 5
/** Asks its statements one after the other, on any of a few connections. */
interface Bare {
  ask(statements: readonly CompiledQuery[]): Promise<void>
  close(): Promise<void>
}

export async function measureLimit(dir: string, database: 'postgres' | 'mariadb'): Promise<Figure[]> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const server = await { postgres: startPostgres, mariadb: startMariadb }[database]({ durable: true })
  try {
    const url = await createDatabase(server)
    await makeAccounts(dir, url)
    await fill(url, { ...size, now: Date.now() * 1000 }, () => {})
    const statements = await onStore(url, statementsIn)
    const of = (name: string) => [...statements].find(([question]) => question.name === name)?.[1] ?? []
    const bare = { postgres: barePostgres, mariadb: bareMariadb }[database](url)
    const service = await startMeasured(dir, 'sim', { database: url })
    const admin = caller(
      service.process.url,
      await (await service.process.connect('manila-admin')).tokens.current(),
    )
    const member = await memberOfFilled(service, admin)
    try {
      const list = '/v2/shares/detail?limit=100'
      const { shares } = parsed(await member('GET', list)) as { shares: { id: string }[] }
      return [
        ...(await compared('list of 100 with details', {
          service: () => answered(member, list),
          database: () => bare.ask(of('own shares, with details')),
        })),
        ...(await compared('show', {
          service: () => answered(member, `/v2/shares/${shares[50]?.id ?? ''}`),
          database: () => bare.ask(of('a share')),
        })),
      ]
    } finally {
      for (const one of [admin, member]) one.close()
      await bare.close()
      await service.stop()
    }
  } finally {
    await server.remove()
  }
}

/** Both in turns; medians of their rates. */
async function compared(
  name: string,
  ways: Readonly<Record<'service' | 'database', () => Promise<unknown>>>,
): Promise<Figure[]> {
  const rates: Record<keyof typeof ways, number[]> = { service: [], database: [] }
  for (let round = -warmUps; round < rounds; round++)
    for (const way of ['service', 'database'] as const) {
      const rate = await rateOf(ways[way])
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

function barePostgres(url: string): Bare {
  const { host, port, user, password, database, socket } = serverAddress(url, 5432)
  const pool = new Pool({ host: socket ?? host, port, user, password, database, max: lanes })
  const names = new Map<string, string>()
  return {
    async ask(statements) {
      for (const { sql: text, parameters } of statements) {
        if (!names.has(text)) names.set(text, `s${names.size}`)
        await pool.query({ name: names.get(text) ?? '', text, values: [...parameters] })
      }
    },
    close: () => pool.end(),
  }
}

function bareMariadb(url: string): Bare {
  const { host, port, user, password, database, socket } = serverAddress(url, 3306)
  const where = socket === null ? { host, port } : { socketPath: socket }
  const pool = createPool({ ...where, user, password, database, connectionLimit: lanes })
  return {
    async ask(statements) {
      for (const { sql: text, parameters } of statements) await pool.query(text, [...parameters])
    },
    close: () => pool.end(),
  }
}
