/**
 * `--only scale`: how cost grows. The same requests to deployments of one size after another, of which each project is as large as in
 * the others: what a member asks for must cost the same in all of them, and what an administrator asks for across projects, too.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadSettings } from '../../src/config/load.ts'
import { purge } from '../../src/data/purge.ts'
import type { Store } from '../../src/db/open.ts'
import { KnownPools } from '../../src/scheduler/known-pools.ts'
import { after } from '../../src/runtime/after.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { claimPool } from '../../src/scheduler/ledger.ts'
import { placementRequest } from '../../src/scheduler/request.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { startMariadb } from '../../tools/programs/mariadb.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { allowed, clients, create, deleted, untilAvailable } from './cluster/steps.ts'
import { questionsAbout, type About } from '../plans/questions.ts'
import { fill, onStore } from './fill/fill.ts'
import { memberOfFilled } from './fill/member.ts'
import { caller, parsed, type Caller } from './http.ts'
import { makeAccounts, startMeasured, type Measured } from './service.ts'
import { inParallel, percentile, timed } from './timing.ts'

export interface ScalePlan {
  readonly dir: string
  readonly database: 'postgres' | 'mariadb' | 'sqlite'
  /** Shares of each deployment, ascending. */
  readonly sizes: readonly number[]
  readonly pools: number
}

/** Times that each question is asked and counted: as many as there is time for, so that the slowest hundredth is several of them. */
const calls = { least: 100, most: 1000, ms: 5000 }
/** Before those: plans and pages are there already where anybody works, and what answers is compiled. */
const warmUp = { least: 5, most: 100, ms: 500 }
/** Shares made, exported and deleted one after the other. */
const liveCount = 200
/** Passes of the purge, and the rows that each must have removed. */
const passes = 50
const fullPass = 500
/** Seconds. */
const year = 365 * 86_400
/** Shares that are made by all clients together. */
const crowdSize = 400
/** As many shares has each project. */
const perProject = 500
/** Megabytes that a database server may keep of its tables: as little as a small host has. */
const cacheMib = 2048

/** Milliseconds. */
interface Spent {
  readonly p50: number
  readonly p99: number
}
type Column = ReadonlyMap<string, Spent>

/** Says a table: a line for each question, two numbers for each size, and how it grows. */
export async function measureScale(plan: ScalePlan, say: (line: string) => void): Promise<void> {
  const columns: Column[] = []
  for (const shares of plan.sizes) columns.push(await measureOne(plan, shares))
  const heads = plan.sizes.map((size) => `${size.toLocaleString('en-US')} p50 | p99`)
  say(`| ${plan.database}, ms | ${heads.join(' | ')} | exponent | p99, last to first |`)
  say(`| --- ${'| --- | --- '.repeat(plan.sizes.length)}| --- | --- |`)
  for (const name of columns[0]?.keys() ?? []) {
    const cells = columns.map((column) => column.get(name) ?? { p50: Number.NaN, p99: Number.NaN })
    const shown = cells.map(({ p50, p99 }) => `${ms(p50)} | ${ms(p99)}`)
    say(`| ${name} | ${shown.join(' | ')} | ${exponentOf(plan.sizes, cells)} |`)
  }
}

const ms = (value: number): string => (Number.isNaN(value) ? '–' : value.toFixed(1))

/** `0.02 | 1.1 ×`: how p50 grows with the size, and what became of the slowest. */
function exponentOf(sizes: readonly number[], cells: readonly Spent[]): string {
  const [first, last] = [cells[0], cells.at(-1)]
  if (first === undefined || last === undefined || cells.length < 2) return '– | –'
  if (Number.isNaN(first.p50 + last.p50)) return '– | –'
  const grown = Math.log((sizes.at(-1) ?? 1) / (sizes[0] ?? 1))
  return `${(Math.log(last.p50 / first.p50) / grown).toFixed(2)} | ${(last.p99 / first.p99).toFixed(1)} ×`
}

async function measureOne({ dir: base, database, pools }: ScalePlan, shares: number): Promise<Column> {
  const dir = join(base, String(shares))
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const server = await serverFor(database)
  const url = server === null ? `sqlite:${join(dir, 'manila.db')}` : await createDatabase(server)
  const note = (line: string): void => void process.stderr.write(`${shares} shares: ${line}\n`)
  try {
    await makeAccounts(dir, url)
    const projects = Math.max(2, Math.ceil(shares / perProject))
    await fill(url, { shares, projects, pools, now: Date.now() * 1000 }, note)
    const column = new Map<string, Spent>()
    await onStore(url, async (store) => {
      column.set(placing(pools), await placements(store))
      await stopFilled(store)
      column.set('purge, one pass of 500 rows a table', await purges(store))
    })
    // What is a year old stays: a deployment that keeps less has purged it day by day, and not while it is asked here.
    const service = await startMeasured(dir, 'sim', { database: url, retentionS: 2 * year })
    try {
      await askAll(service, column)
    } finally {
      await service.stop()
    }
    return column
  } finally {
    await server?.remove()
  }
}

function serverFor(database: ScalePlan['database']): Promise<DatabaseServer | null> {
  if (database === 'sqlite') return Promise.resolve(null)
  const options = { durable: true, cacheMib }
  return database === 'postgres' ? startPostgres(options) : startMariadb(options)
}

// ------------------------------------------------------------------------------------------------------- questions

const placing = (pools: number): string => `placing a share on one of ${pools.toLocaleString('en-US')} pools`

/** The scheduler's choice and claim, taken back again; all the pools are taken for living ones. */
async function placements(store: Store): Promise<Spent> {
  const type = { id: 'filled', name: 'filled', extraSpecs: { driver_handles_share_servers: 'False' } }
  const owner = await store.db.selectFrom('share_instances').select('id').limit(1).executeTakeFirstOrThrow()
  const enough = new Error('only to be measured')
  const known = new KnownPools({ db: store.db, upSince: () => 0, after })
  const once = async (): Promise<void> => {
    const whole = store.transaction(async (tx) => {
      const request = placementRequest({ kind: 'create', sizeGib: 1, shareProto: 'NFS', shareType: type })
      await claimPool(tx, request, owner.id, {
        known,
        upSince: 0,
        now: Date.now() * 1000,
        random: Math.random,
        last: null,
      })
      throw enough
    })
    await whole.catch((error: unknown) => {
      if (error !== enough) throw error
    })
  }
  // The first one reads the fleet, the next ones are compiled. What is measured is a hundred a second for more than a round, in which
  // all of it is read again.
  await timed(100, once)
  const took: number[] = []
  while (took.length < 1200) {
    await new Promise((resolve) => setTimeout(resolve, 10))
    took.push(...(await timed(1, once)))
  }
  known.forget()
  return spentIn(took)
}

/** What is removed is a year old; each pass finds the next of it. One that finds little is none: a small deployment has few. */
async function purges(store: Store): Promise<Spent> {
  const parts = { store, clock: systemClock(), settings: loadSettings({}) }
  const took: number[] = []
  for (let pass = 0; pass < passes; pass++) {
    let removed = 0
    const [ms = 0] = await timed(1, async () => void (removed = await purge(parts)))
    if (removed < fullPass) break
    took.push(ms)
  }
  return took.length === 0 ? { p50: Number.NaN, p99: Number.NaN } : spentIn(took)
}

/** Nothing stands behind the hosts that were filled in: shares made from here on go to the one that lives. */
async function stopFilled({ db }: Store): Promise<void> {
  await db.updateTable('services').set({ heartbeat_at: 1 }).where('host', 'like', 'filled-%').execute()
}

interface Times {
  readonly least: number
  readonly most: number
  readonly ms: number
}

/** Milliseconds of each run: `most`, or as many as fit into `ms`, but no fewer than `least`. */
async function timedFor({ least, most, ms }: Times, run: () => Promise<unknown>): Promise<number[]> {
  const until = performance.now() + ms
  const took: number[] = []
  while (took.length < least || (took.length < most && performance.now() < until))
    took.push(...(await timed(1, run)))
  return took
}

const spentIn = (took: readonly number[]): Spent => ({
  p50: percentile(took, 50),
  p99: percentile(took, 99),
})

/** Somebody who belongs to a project that was filled in, and an administrator. */
async function askAll(service: Measured, column: Map<string, Spent>): Promise<void> {
  const { tokens } = await service.process.connect('manila-admin')
  const admin = caller(service.process.url, await tokens.current())
  const member = await memberOfFilled(service.process, admin)
  try {
    for (const { name, as, path } of questionsAbout(await aboutOne(admin, member))) {
      const call = { admin, member }[as]
      const ask = async (): Promise<unknown> => {
        const answer = await call('GET', path)
        if (answer.status !== 200)
          throw new Error(`GET ${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
        return answer
      }
      await timedFor(warmUp, ask)
      column.set(name, spentIn(await timedFor(calls, ask)))
    }
    for (const [name, took] of await lives(member)) column.set(name, spentIn(took))
    column.set(`create, ${clients} of one project at once`, spentIn(await crowd(member)))
  } finally {
    for (const one of [admin, member]) one.close()
  }
}

/** Something in the middle of the member's project. */
async function aboutOne(admin: Caller, member: Caller): Promise<About> {
  const { shares } = parsed(await member('GET', '/v2/shares/detail?limit=300')) as {
    shares: About['marker'][]
  }
  const [id, marker] = [shares[100]?.id, shares.at(-1)]
  if (id === undefined || marker === undefined) throw new Error('the project has too few shares')
  const { share } = parsed(await admin('GET', `/v2/shares/${id}`)) as { share: About['share'] }
  const places = parsed(await member('GET', `/v2/shares/${id}/export_locations`)) as {
    export_locations: About['location'][]
  }
  const snapshotsOf = async (shareId: string): Promise<string> => {
    const { snapshots } = parsed(await member('GET', `/v2/snapshots?share_id=${shareId}`)) as {
      snapshots: { id: string }[]
    }
    return snapshots[0]?.id ?? ''
  }
  const { share_instances: instances } = parsed(await admin('GET', `/v2/shares/${marker.id}/instances`)) as {
    share_instances: { id: string }[]
  }
  const location = places.export_locations[0]
  if (location === undefined) throw new Error(`share ${id} is exported nowhere`)
  return {
    share,
    location,
    snapshotId: await snapshotsOf(id),
    marker,
    instanceMarker: instances[0]?.id ?? '',
    snapshotMarker: await snapshotsOf(marker.id),
  }
}

/** All book in the same rows of quota. Until the request is answered; what it made goes again. */
async function crowd(call: Caller): Promise<readonly number[]> {
  const target = { name: 'this tree', call, putOff: { times: 0 } }
  const took: number[] = []
  const ids: string[] = []
  await inParallel(crowdSize, clients, async () => {
    took.push(...(await timed(1, async () => void ids.push(await create(target)))))
  })
  await inParallel(ids.length, clients, async (index) => {
    const id = ids[index] ?? ''
    await untilAvailable(target, id)
    await deleted(target, id)
  })
  return took
}

/** Whole lives of shares in the filled project, one after the other. */
async function lives(call: Caller): Promise<ReadonlyMap<string, readonly number[]>> {
  const target = { name: 'this tree', call, putOff: { times: 0 } }
  const took = new Map<string, number[]>()
  const measure = async (what: string, work: () => Promise<void>): Promise<void> => {
    took.set(what, [...(took.get(what) ?? []), ...(await timed(1, work))])
  }
  for (let n = 0; n < liveCount; n++) {
    let id = ''
    await measure('create → available', async () => {
      id = await create(target)
      await untilAvailable(target, id)
    })
    await measure('access rule → active', () => allowed(target, id, '192.0.2.1'))
    await measure('delete → gone', () => deleted(target, id))
  }
  return took
}
