/** `--only cluster`: the shape that production has, measured by itself or beside a peer in turns. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { machine } from '../report.ts'
import type { Storage } from '../service.ts'
import { openCounters } from './counters.ts'
import { startDeployment, type Deployment } from './deployment.ts'
import { measureRounds, type Measured } from './rounds.ts'
import { steps, type Load } from './steps.ts'
import { endpointCaller, newestMinor, peerToken, pidsIn, shareCount, type Target } from './target.ts'
import { ratiosOf, tablesOf, useTable } from './told.ts'

export interface ClusterPlan {
  readonly dir: string
  readonly database: 'postgres' | 'mariadb'
  readonly storage: Storage
  readonly rounds: number
  readonly load: Load
  /** What lists have to look through. */
  readonly shares: number
  /** Base URL up to and including `/v2`, or the project behind it. */
  readonly peer?: string | undefined
  readonly peerAuth: string
  readonly peerPids: string
  /** File that everything measured is written to. */
  readonly json?: string | undefined
}

const newest = 99

/** Prints tables as it goes; answers what it measured, this tree first. */
export async function measureCluster(plan: ClusterPlan, say: (line: string) => void): Promise<Measured[]> {
  const minor = plan.peer === undefined ? newest : Math.min(newest, await newestMinor(plan.peer))
  const ours = await startDeployment({ ...plan, dir: join(plan.dir, 'ours'), minor })
  const targets: Target[] = [ours]
  try {
    if (plan.peer !== undefined) targets.push(await openPeer(plan, plan.peer, minor))
    for (const target of targets)
      say(`${target.name}: ${await shareCount(target)} shares, microversion 2.${minor}`)
    const measured = await measureRounds(targets, plan.load, plan.rounds, (line) =>
      process.stderr.write(`${line}\n`),
    )
    for (const one of measured) for (const line of ['', ...tablesOf(one)]) say(line)
    const [mine, theirs] = measured
    if (mine !== undefined && theirs !== undefined)
      for (const line of ['', ...ratiosOf(mine, theirs)]) say(line)
    const use = await countedUse(ours, plan.load)
    for (const line of ['', 'this tree, what each asks of the database', ...use]) say(line)
    const { dir, database, storage, rounds, load, shares, json } = plan
    const about = { machine: machine(dir), database, storage, rounds, load, shares, minor, use }
    if (json !== undefined) writeFileSync(json, asJson(about, measured))
    return measured
  } finally {
    for (const target of targets.toReversed()) await target.stop()
  }
}

async function openPeer(plan: ClusterPlan, url: string, minor: number): Promise<Target> {
  const token = await peerToken(plan.peerAuth, process.env)
  const database = process.env.MANILA_PEER_DATABASE ?? ''
  const counters = database === '' ? null : await openCounters(database)
  const call = endpointCaller(url, token, minor)
  return {
    name: 'the peer',
    call,
    pids: pidsIn(plan.peerPids),
    counters,
    putOff: { times: 0 },
    async stop() {
      call.close()
      await counters?.[Symbol.asyncDispose]()
    },
  }
}

/** Some of everything on programs that count. */
async function countedUse(ours: Deployment, load: Load): Promise<string[]> {
  await ours.counting()
  const few: Load = { ...load, alone: 20, many: 0, rules: 20, churned: 20, lists: 20, shows: 20 }
  const tidying: (() => Promise<void>)[] = []
  for (const step of steps)
    if (step.operations(few) > 0) await step.run(ours, few, (tidy) => void tidying.push(tidy))
  const page = await ours.metrics()
  for (const tidy of tidying) await tidy()
  return useTable(page)
}

/** A file for machines: what it was measured on, medians, and each round. */
export function asJson(about: object, measured: readonly Measured[]): string {
  const plain = measured.map(({ target, rest, cells, rounds: all }) => ({
    target,
    rest,
    medians: Object.fromEntries(cells),
    rounds: Object.fromEntries(all),
  }))
  return `${JSON.stringify({ about: { at: new Date().toISOString(), ...about }, measured: plain }, null, 2)}\n`
}
