/**
 * `npm run bench`: what the service costs, in one run of some minutes. Each measurement is a file; figures of one run may
 * be compared with one another, of several machines not. `--only creates|storage|reads|lists|logins|auth|audit|dashboard|start|command-line|noisy|noisy-nfs` runs a part; `--seconds 60` and
 * `--before <commit>` is what `lists` compares with (default the tree before lists were made cheap; a clone must have it);
 * `--database sqlite|postgres|mariadb` (default all three) are for `noisy` and `noisy-nfs`; `audit` takes one of them, SQLite by default. `--only many-shares` (with `--shares 1000`) takes many minutes
 * and runs only so, and so does `--only cluster`: the programs as processes of their own on a database server and a broker, with `--database mariadb|postgres`,
 * `--storage sim|image|btrfs`, `--rounds 5`, `--creates 300`, `--shares 1000`, `--json FILE`; `--peer URL` measures another endpoint of the same API in turns, whose
 * credentials are in the environment (`--peer-auth keystone`: OS_*, `token`: MANILA_PEER_TOKEN; MANILA_PEER_DATABASE: the URL of its database server) and whose
 * processes `--peer-pids 'api=1,2 share=3'` names. `--only alone` measures the same of `manila-all` on SQLite, with its start. `--only plots --json FILE --plots DIR`
 * draws what either wrote. `--only limit` asks manila-api of `--workers 1` and, without it, as many processes its statements in turns, on `--database`. `--only restart` starts a service
 * whose backend has `--shares 10000`. `--only scale` asks deployments of `--sizes 1000,10000,100000` shares and `--pools 10000` the same questions, on `--database`.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { obstacleOf, pools, type Pool } from '../system/nfs-bench.ts'
import { measureAlone } from './cluster/alone.ts'
import { asJson, measureCluster } from './cluster/measure.ts'
import { writePlots, type Kept } from './cluster/plots.ts'
import type { Load } from './cluster/steps.ts'
import { tablesOf } from './cluster/told.ts'
import { measureAudit } from './audit.ts'
import { measureAuth } from './auth.ts'
import { measureLogins } from './logins.ts'
import { measureCommandLine } from './command-line.ts'
import { measureCreates } from './creates.ts'
import { before, measureLists } from './lists.ts'
import { forget, measureReads } from './reads.ts'
import { measureMany } from './many-shares.ts'
import { measureNoisyWriter } from './noisy-writer.ts'
import { figure, machine, print, type Figure } from './report.ts'
import { measureNoise, onDatabase } from './noisy.ts'
import { measureLimit } from './limit.ts'
import { measureRestart } from './restart.ts'
import { measureScale } from './scale.ts'
import type { Storage } from './service.ts'
import { measureStart } from './start.ts'
import { measureStorage } from './storage.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    before: { type: 'string', default: before },
    seconds: { type: 'string', default: '10' },
    database: { type: 'string' },
    shares: { type: 'string', default: '1000' },
    sizes: { type: 'string', default: '1000,10000,100000' },
    pools: { type: 'string', default: '10000' },
    storage: { type: 'string', default: 'sim' },
    rounds: { type: 'string', default: '5' },
    creates: { type: 'string', default: '300' },
    workers: { type: 'string', default: '1' },
    json: { type: 'string' },
    plots: { type: 'string' },
    peer: { type: 'string' },
    'peer-auth': { type: 'string', default: 'keystone' },
    'peer-pids': { type: 'string', default: '' },
  },
})
/** Where the host can't, it says why. */
async function real(storage: Pool, measure: () => Promise<Figure[]>): Promise<Figure[]> {
  const lacks = obstacleOf(storage)
  return lacks === null ? measure() : [figure('not measured', '', lacks)]
}
/** `npm run bench -- auth` is `--only auth`. */
const only = values.only ?? positionals[0]
const wanted = (part: string): boolean => only === undefined || only === part
const databases = (['sqlite', 'postgres', 'mariadb'] as const).filter(
  (one) => values.database === undefined || values.database === one,
)
/** What one API process must check in a second. */
const fewestSignatures = 1000
const dir = mkdtempSync(join(tmpdir(), 'manila-b-'))
const began = performance.now()

try {
  for (const line of machine(dir)) console.log(line)

  if (wanted('creates')) {
    const sim = await measureCreates(join(dir, 'sim'), { storage: 'sim', single: 200, many: 1000 })
    print('Creating shares, simulated storage: what the service itself costs', sim)
    for (const storage of pools) {
      const heading = `Creating shares, ${storage} with NFS-Ganesha: the real thing`
      const load = { storage, single: 20, many: 60 }
      print(heading, await real(storage, () => measureCreates(join(dir, storage), load)))
    }
  }
  if (wanted('storage')) {
    for (const storage of pools) {
      const heading = `What ${storage} costs its users`
      print(heading, await real(storage, () => measureStorage(join(dir, `storage-${storage}`), storage)))
    }
  }
  if (only === 'many-shares') {
    const count = Number(values.shares)
    print('One host with many shares', await real('image', () => measureMany(join(dir, 'many'), count)))
  }
  const creates = Number(values.creates)
  const load: Load = {
    alone: Math.min(30, creates),
    many: creates,
    rules: 30,
    churned: Math.ceil(creates / 5),
    lists: 300,
    shows: 2000,
  }
  const common = { rounds: Number(values.rounds), shares: Number(values.shares), load }
  if (only === 'alone') {
    const { figures, measured } = await measureAlone({ dir: join(dir, 'a'), ...common }, (line) =>
      process.stderr.write(`${line}\n`),
    )
    print('Everything in one process, on a SQLite file', figures)
    for (const line of ['', ...tablesOf(measured)]) console.log(line)
    if (values.json !== undefined) {
      const about = { ...common, machine: machine(dir), database: 'sqlite', storage: 'sim' }
      writeFileSync(values.json, asJson({ ...about, figures }, [measured]))
    }
  }
  if (only === 'scale') {
    for (const database of databases) {
      const sizes = values.sizes.split(',').map(Number)
      if (sizes.some((size) => !Number.isSafeInteger(size) || size < 300))
        throw new Error('--sizes are whole numbers from 300 on, with commas between them')
      const plan = { dir: join(dir, `scale-${database}`), database, sizes, pools: Number(values.pools) }
      await measureScale(plan, (line) => console.log(line))
    }
  }
  if (only === 'restart') {
    const shares = Number(values.shares)
    for (const database of databases) {
      if (database === 'sqlite') continue
      print(
        `A start on ${database}`,
        await measureRestart({ dir: join(dir, `re-${database}`), database, shares }),
      )
    }
  }
  if (only === 'limit') {
    const workers = Number(values.workers)
    if (![1, 2, 4, 8].includes(workers)) throw new Error('--workers is 1, 2, 4 or 8')
    for (const database of databases) {
      if (database === 'sqlite') continue
      print(
        `How near ${database} alone the service comes`,
        await measureLimit({ dir: join(dir, `limit-${database}`), database, workers }),
      )
    }
  }
  if (only === 'plots') {
    const kept = JSON.parse(readFileSync(values.json ?? '', 'utf8')) as Kept
    const name = basename(values.json ?? '', '.json')
    for (const path of writePlots(kept, values.plots ?? '.', name)) console.log(path)
  }
  if (only === 'cluster') {
    const storage = values.storage as Storage
    const lacks = storage === 'sim' ? null : obstacleOf(storage)
    if (lacks !== null) throw new Error(`no ${storage} here: ${lacks}`)
    await measureCluster(
      {
        dir: join(dir, 'c'),
        database: values.database === 'postgres' ? 'postgres' : 'mariadb',
        storage,
        ...common,
        peer: values.peer,
        peerAuth: values['peer-auth'],
        peerPids: values['peer-pids'],
        json: values.json,
      },
      (line) => console.log(line),
    )
  }
  if (wanted('reads') || wanted('start')) {
    const small = await measureReads(join(dir, 'small'), 1000, null)
    const large = await measureReads(join(dir, 'large'), 100_000, small)
    print('Reading', [...small.figures, ...large.figures])
  }
  if (wanted('lists')) {
    const heading = `What lists cost, in processor time, now and at ${values.before}`
    print(heading, await measureLists(join(dir, 'lists'), values.before))
  }
  if (wanted('logins')) {
    print('Logging in', await measureLogins(join(dir, 'logins'), { seconds: 15, flood: 120 }))
  }
  if (wanted('auth')) {
    const { figures, signaturesPerSecond } = await measureAuth(join(dir, 'auth'))
    print('Knowing who asks', figures)
    if (signaturesPerSecond < fewestSignatures) {
      console.log(`  fewer than ${fewestSignatures} signatures a second`)
      process.exitCode = 1
    }
  }
  if (wanted('audit')) {
    print('Writing down who did what', await measureAudit(join(dir, 'audit'), values.database ?? 'sqlite'))
  }
  if (wanted('dashboard')) {
    // Its types are a browser's, and have a project of their own.
    const { measureDashboard } = (await import(new URL('../dashboard/measure.ts', import.meta.url).href)) as {
      measureDashboard: () => Promise<Figure[]>
    }
    print('The dashboard in Chromium', await measureDashboard())
  }
  if (wanted('start')) {
    print('Starting', await measureStart((run) => join(dir, `empty-${run}`), join(dir, 'large')))
  }
  if (wanted('command-line')) {
    const heading = 'Starting programs, before and after they are bundled'
    print(heading, await measureCommandLine(join(dir, 'command-line')))
  }
  if (wanted('noisy')) {
    for (const database of databases) {
      const { figures } = await measureNoise(join(dir, database), database, Number(values.seconds))
      print(`One member does its worst, on ${database}`, figures)
    }
  }
  if (wanted('noisy-nfs')) {
    for (const database of databases) {
      const heading = `One member writes flat out over NFS, image with servers per project, on ${database}`
      // A short name: a socket below it has one of some hundred letters at most.
      const measure = () =>
        onDatabase(database, () =>
          measureNoisyWriter(join(dir, database.slice(0, 1)), Number(values.seconds)),
        )
      print(heading, await real('image', measure))
    }
  }
  console.log(`\n${((performance.now() - began) / 1000).toFixed(0)} s in all`)
} finally {
  forget(dir)
}
