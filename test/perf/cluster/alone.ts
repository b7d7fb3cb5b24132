/** `--only alone`: everything in one process, `manila-all` on a SQLite file, as on a single host. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { migrate, openStore } from '../../../src/db/open.ts'
import { freePort } from '../../../src/exec/free-port.ts'
import { caller } from '../http.ts'
import { figure, ms, type Figure } from '../report.ts'
import { databaseIn, settingsIn } from '../service.ts'
import { startOnce } from '../start.ts'
import { percentile } from '../timing.ts'
import { accounts, demoToken, end, install, launch, seed, serving } from './programs.ts'
import { measureRounds, type Measured } from './rounds.ts'
import type { Load } from './steps.ts'
import type { Target } from './target.ts'
import { cpuOf } from './told.ts'

export interface AlonePlan {
  readonly dir: string
  readonly rounds: number
  readonly shares: number
  readonly load: Load
}

const starts = 5

/** Figures that stand for themselves; those of the rounds too. */
export async function measureAlone(
  plan: AlonePlan,
  say: (line: string) => void,
): Promise<{ readonly figures: Figure[]; readonly measured: Measured }> {
  const installed = await install(plan.dir)
  const target = await startAlone(plan, installed)
  let measured: Measured | undefined
  try {
    ;[measured] = await measureRounds([target], plan.load, plan.rounds, say)
  } finally {
    await target.stop()
  }
  if (measured === undefined) throw new Error('nothing was measured')
  const began: Awaited<ReturnType<typeof startOnce>>[] = []
  const program = join(installed, 'bin/manila-all.cjs')
  // What was measured is there: a start on a used directory is what a supervisor waits for.
  for (let run = 0; run < starts; run++) began.push(await startOnce(stateDir(plan.dir), program))
  const middle = (of: (one: (typeof began)[number]) => number): number => percentile(began.map(of), 50)
  const perCpu = [...measured.cells].map(([step, cell]) =>
    figure(`${step}, for one CPU-second`, `${(1000 / cpuOf(cell)).toFixed(1)}`, `p50 ${ms(cell.p50)}`),
  )
  return {
    measured,
    figures: [
      ...perCpu,
      figure('start to first 200', ms(middle(({ tookMs }) => tookMs)), `median of ${starts}`),
      figure('  of it processor time', ms(middle(({ processorMs }) => processorMs))),
    ],
  }
}

const stateDir = (dir: string): string => join(dir, 'state')

async function startAlone(plan: AlonePlan, installed: string): Promise<Target> {
  const dir = stateDir(plan.dir)
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const config = join(dir, 'manila.toml')
  const settings = settingsIn(dir, 'sim')
  const shares = { default_share_type: 'default' }
  writeFileSync(
    config,
    stringify({ ...settings, host: 'node', shares, api: { port, public_url: url, changes_per_minute: 0 } }),
    { mode: 0o600 },
  )
  // The file belongs to one process at a time.
  const store = await openStore(databaseIn(dir))
  await migrate(store)
  const clouds = await accounts(store, dir, url)
  const demo = await store.db
    .selectFrom('projects')
    .select('id')
    .where('name', '=', 'demo')
    .executeTakeFirstOrThrow()
  await seed(store, plan.shares, demo.id)
  await store.close()
  const started = launch(installed, 'manila-all', config, dir)
  await serving(url, [started])
  const { token } = await demoToken(clouds)
  const call = caller(url, token)
  return {
    name: 'manila-all',
    call,
    pids: new Map([['all of it', [started.child.pid ?? 0]]]),
    counters: null,
    putOff: { times: 0 },
    async stop() {
      call.close()
      await end(started)
    },
  }
}
