/**
 * `--only restart`: a service whose backend has thousands of shares is started: how long until a share can be made on it, and what it
 * then goes on to do. Storage is pretended, in files: what is measured is what the service reads, compares and keeps.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Store } from '../../src/db/open.ts'
import type { Client } from '../../src/sdk/client.ts'
import { openStore } from '../../src/storage/sim/store.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import { startMariadb } from '../../tools/programs/mariadb.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { create, untilAvailable } from './creates.ts'
import { fill, onStore } from './fill/fill.ts'
import { bytes, figure, memoryOf, ms, processorOf, type Figure } from './report.ts'
import { makeAccounts, measuredAs, settingsIn, type Measured } from './service.ts'
import { percentile } from './timing.ts'

export interface RestartPlan {
  readonly dir: string
  readonly database: 'postgres' | 'mariadb'
  /** All on one backend. */
  readonly shares: number
}

/** Of its host and itself: `filled-0@store`, which has all pools of {@link fill} up to a hundred. */
const [host, name, pools] = ['filled-0', 'store', 1]
const rounds = 5
const mostMs = 1_800_000
/** Of rest. */
const afterwardsMs = 60_000

export async function measureRestart({ dir, database, shares }: RestartPlan): Promise<Figure[]> {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const server = await { postgres: startPostgres, mariadb: startMariadb }[database]({ durable: true })
  try {
    const url = await createDatabase(server)
    await makeAccounts(dir, url)
    await fill(url, { shares, projects: 20, pools, now: Date.now() * 1000 }, () => {})
    await onStore(url, (store) => pretend(store, join(dir, 'backends', name)))
    const first = performance.now()
    const checking = await started(dir, url)
    let checkedMs = 0
    try {
      checkedMs = await checked(url, first)
    } finally {
      await checking.stop()
    }
    const took: Record<'ready' | 'made' | 'processor', number[]> = { ready: [], made: [], processor: [] }
    for (let round = 0; round < rounds; round++) {
      const began = performance.now()
      const service = await started(dir, url)
      took.ready.push(performance.now() - began)
      try {
        await untilAvailable(service, await create(service))
        took.made.push(performance.now() - began)
        took.processor.push(processorOf(service.process.pid))
      } finally {
        await service.stop()
      }
    }
    const rests = await afterwards(await started(dir, url))
    const median = (what: keyof typeof took): string => ms(percentile(took[what], 50))
    const most = (what: keyof typeof took): string => `at most ${ms(Math.max(...took[what]))} of ${rounds}`
    const of = `, ${shares.toLocaleString('en-US')} shares on one backend`
    return [
      figure(`every share checked, as after a change of the configuration${of}`, ms(checkedMs)),
      figure(`start until the backend is ready${of}`, median('ready'), most('ready')),
      figure('start until a new share is available', median('made'), most('made')),
      figure('processor time until then', median('processor'), most('processor')),
      figure(`processor time in ${afterwardsMs / 1000} s afterwards`, ms(rests.processorMs)),
      figure('memory then', bytes(rests.rss)),
    ]
  } finally {
    await server.remove()
  }
}

/** Milliseconds until every share was checked. */
async function checked(url: string, began: number): Promise<number> {
  return onStore(url, async ({ db }) => {
    for (;;) {
      const row = await db
        .selectFrom('backends')
        .select('info_hash')
        .where('label', '=', `${host}@${name}`)
        .executeTakeFirst()
      if (typeof row?.info_hash === 'string') return performance.now() - began
      if (performance.now() > began + mostMs)
        throw new Error(`not every share was checked within ${mostMs / 60_000} min`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })
}

/** What a service does that nobody asks for anything, and what it weighs; it is stopped then. */
async function afterwards(
  service: Measured,
): Promise<{ readonly processorMs: number; readonly rss: number }> {
  try {
    await new Promise((resolve) => setTimeout(resolve, 10_000))
    const before = processorOf(service.process.pid)
    await new Promise((resolve) => setTimeout(resolve, afterwardsMs))
    return {
      processorMs: processorOf(service.process.pid) - before,
      rss: memoryOf(service.process.pid).now,
    }
  } finally {
    await service.stop()
  }
}

async function started(dir: string, url: string): Promise<Measured> {
  const { backends, ...settings } = settingsIn(dir, 'sim', { database: url }) as {
    backends: { alpha: object }
  }
  const pool = (n: number) => ({ name: `pool-${n}`, total_gib: 100_000, thin: true })
  const store = {
    ...backends.alpha,
    driver_options: { pools: Array.from({ length: pools }, (_, n) => pool(n)) },
    exporter_options: {},
  }
  const process: ServiceProcess = await startServiceProcess({
    dir,
    kind: 'sim',
    settings: { ...settings, host, backends: { [name]: store } },
    patienceMs: 600_000,
  })
  return measuredAs(process, await signedIn(process))
}

/** A process that reads much at its start may say at first that it is too busy: that is not serving yet. */
async function signedIn(process: ServiceProcess): Promise<Client> {
  for (const end = performance.now() + 60_000; ;) {
    try {
      return await process.connect('manila-demo')
    } catch (error) {
      if (performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** Whatever the rows say is there: shares, their snapshots and exports with rules. */
async function pretend(store: Store, dir: string): Promise<void> {
  const there = openStore(dir)
  there.prepare()
  const instances = await store.db
    .selectFrom('share_instances as i')
    .innerJoin('shares as s', 's.id', 'i.share_id')
    .select(['i.id', 'i.share_id', 'i.host', 's.project_id', 's.size', 's.share_proto'])
    .execute()
  const poolOf = new Map(instances.map(({ id, host: label }) => [id, label.slice(label.indexOf('#') + 1)]))
  const common = { token: 'filled', fence: null }
  for (const { id, share_id, project_id, size, share_proto } of instances) {
    const tree = `/sim/${name}/${id}`
    const about = { id, protocol: share_proto, tree }
    there.put('shares', id, {
      ...common,
      ...about,
      share_id,
      project_id,
      pool: poolOf.get(id) ?? '',
      size_gib: size,
      used_bytes: 0,
      complete: true,
      cloned_from: null,
      reverted_by: null,
    })
    there.put('exports', id, { ...about, name: id, read_only: false, rules: [] })
  }
  const snapshots = await store.db
    .selectFrom('snapshot_instances as i')
    .innerJoin('snapshots as s', 's.id', 'i.snapshot_id')
    .select(['i.id', 'i.snapshot_id', 'i.share_instance_id', 's.size'])
    .execute()
  for (const { id, snapshot_id, share_instance_id, size } of snapshots)
    there.put('snapshots', id, {
      ...common,
      id,
      snapshot_id,
      share_instance_id,
      pool: poolOf.get(share_instance_id) ?? '',
      size_gib: size,
      used_bytes: 0,
      tree: `/sim/${name}/${id}`,
      attached: false,
    })
  there.close()
}
