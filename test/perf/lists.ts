/**
 * What a page of a list costs in processor time, and what the same page cost in an older tree of this repository: both services run
 * at once and are asked in turns, so that whatever else the machine does, it does to both. Processor time and its ratio are what to
 * read; a rate on a busy machine says little. Of many short rounds the cheap ones count: others who use the same caches only ever
 * make a round dearer.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { figure, ratio, type Figure } from './report.ts'
import { caller, parsed, type Caller } from './http.ts'
import { percentile } from './timing.ts'

const repository = join(import.meta.dirname, '../..')
/** The last tree that took each row apart again for every change that a version does not know. */
export const before = 'b19ca17'

const rows = 1000
const rounds = 56
const warming = 8
/** Of the rounds, per cent, that were as cheap as what is told. */
const cheap = 10

interface Asked {
  readonly what: string
  readonly path: (ids: readonly string[], turn: number) => string
  readonly minor: number
  readonly calls: number
}

const asked: readonly Asked[] = [
  { what: 'list of 100 detail', path: () => '/v2/shares/detail?limit=100', minor: 99, calls: 25 },
  { what: 'list of 100 detail at 2.30', path: () => '/v2/shares/detail?limit=100', minor: 30, calls: 25 },
  { what: 'list of 1,000 detail, streamed', path: () => '/v2/shares/detail', minor: 99, calls: 3 },
  { what: 'list of 100, names only', path: () => '/v2/shares?limit=100', minor: 99, calls: 40 },
  { what: 'show', path: (ids, turn) => `/v2/shares/${ids[turn % ids.length]}`, minor: 99, calls: 60 },
]

interface Tree {
  readonly pid: number
  readonly ids: readonly string[]
  readonly at: (minor: number) => Caller
  stop(): Promise<void>
}

/** Each of {@link asked} in both trees; with `commit` null, or one that this clone does not have, only in this one. */
export async function measureLists(dir: string, commit: string | null = before): Promise<Figure[]> {
  mkdirSync(dir, { recursive: true })
  const old = commit === null ? null : checkedOut(commit, join(dir, 'before'))
  const now = await startTree(repository, join(dir, 'now'))
  const then = old === null ? null : await startTree(old, join(dir, 'then'))
  try {
    const figures: Figure[] = []
    for (const one of asked) figures.push(await compared(one, now, then, commit ?? ''))
    return figures
  } finally {
    await now.stop()
    await then?.stop()
    if (old !== null) execFileSync('git', ['-C', repository, 'worktree', 'remove', '--force', old])
  }
}

/** A worktree of its own; null when this clone has no such commit. */
function checkedOut(commit: string, path: string): string | null {
  const git = (...args: string[]) => execFileSync('git', ['-C', repository, ...args], { stdio: 'pipe' })
  try {
    git('cat-file', '-e', `${commit}^{commit}`)
  } catch {
    return null
  }
  // What a run that was killed left of its own is forgotten once its folder is gone.
  git('worktree', 'prune')
  git('worktree', 'add', '--detach', path, commit)
  symlinkSync(join(repository, 'node_modules'), join(path, 'node_modules'))
  return path
}

/** Starts the tree's own service, on a store that the tree itself has filled. */
async function startTree(tree: string, dir: string): Promise<Tree> {
  const part = <T>(file: string): Promise<T> => import(join(tree, file)) as Promise<T>
  const { databaseIn, startMeasured } = await part<typeof import('./service.ts')>('test/perf/service.ts')
  const { seedShares } = await part<typeof import('./seed-shares.ts')>('test/perf/seed-shares.ts')
  const { openStore } = await part<typeof import('../../src/db/open.ts')>('src/db/open.ts')
  const first = await startMeasured(dir, 'sim')
  const { projectId } = first
  await first.stop()
  const store = await openStore(databaseIn(dir))
  const type = await store.db.selectFrom('share_types').select('id').executeTakeFirstOrThrow()
  await seedShares(store, rows, (index) => ({
    projectId,
    userId: 'bench',
    now: Date.now() * 1000 + index,
    shareTypeId: type.id,
    share: { name: `share-${index}`, description: 'one of a thousand', is_public: 0 },
    instance: { status: 'available', host: 'node@alpha#pool', progress: '100%' },
  }))
  const shares = await store.db.selectFrom('shares').select('id').execute()
  await store.transaction(async (tx) => {
    for (const { id } of shares) {
      const pair = (meta_key: string) => ({ share_id: id, meta_key, meta_value: 'a value' })
      await tx
        .insertInto('share_metadata')
        .values([pair('owner'), pair('purpose')])
        .execute()
    }
  })
  await store.close()
  const service = await startMeasured(dir, 'sim')
  const { tokens } = await service.process.connect('manila-demo')
  const token = await tokens.current()
  const callers = new Map<number, Caller>()
  const at = (minor: number): Caller => {
    const known = callers.get(minor) ?? caller(service.process.url, token, minor)
    callers.set(minor, known)
    return known
  }
  return {
    pid: service.process.pid,
    ids: shares.map(({ id }) => id),
    at,
    async stop() {
      for (const one of callers.values()) one.close()
      await service.stop()
    },
  }
}

/** Milliseconds of processor time and of waiting for one request, round by round. */
interface Spent {
  readonly cpu: number[]
  readonly took: number[]
}

async function compared(one: Asked, now: Tree, then: Tree | null, commit: string): Promise<Figure> {
  const mine: Spent = { cpu: [], took: [] }
  const theirs: Spent = { cpu: [], took: [] }
  for (let round = -warming; round < rounds; round++) {
    // Who is first changes, and the first rounds pay for compiling.
    const turns: (readonly [Tree, Spent])[] = [[now, mine]]
    if (then !== null) turns.push([then, theirs])
    if (round % 2 === 0) turns.reverse()
    for (const [tree, spent] of turns) {
      const { cpu, took } = await asking(one, tree)
      if (round < 0) continue
      spent.cpu.push(cpu)
      spent.took.push(took)
    }
  }
  const middle = (spent: Spent) => {
    const cpu = percentile(spent.cpu, cheap)
    return `${cpu.toFixed(2)} CPU-s per 1,000   ${(1000 / percentile(spent.took, cheap)).toFixed(0)} /s`
  }
  if (then === null) return figure(one.what, middle(mine), `this clone has no ${commit} to compare with`)
  const share = ratio(percentile(mine.cpu, cheap), percentile(theirs.cpu, cheap))
  return figure(one.what, middle(mine), `${share} of ${commit}: ${middle(theirs)}`)
}

async function asking({ path, minor, calls }: Asked, tree: Tree): Promise<{ cpu: number; took: number }> {
  const call = tree.at(minor)
  const [cpu, began] = [cpuMs(tree.pid), performance.now()]
  for (let turn = 0; turn < calls; turn++) parsed(await call('GET', path(tree.ids, turn)))
  return { cpu: (cpuMs(tree.pid) - cpu) / calls, took: (performance.now() - began) / calls }
}

/** Milliseconds that the process's threads have run: the collector's and the compiler's are its costs, too. */
function cpuMs(pid: number): number {
  const tasks = `/proc/${pid}/task`
  return readdirSync(tasks).reduce((sum, thread) => {
    const [ns = '0'] = readFileSync(join(tasks, thread, 'schedstat'), 'utf8').split(' ')
    return sum + Number(ns) / 1e6
  }, 0)
}
