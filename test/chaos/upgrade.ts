/**
 * A rolling upgrade: the schema first, then process by process from the release before to this one, under load. Both run beside
 * each other all the while, and no request may fail.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Member } from '../../tools/cluster/member.ts'
import { migrate, type Store } from '../../src/db/open.ts'
import { schemaVersion } from '../../src/db/store/schema-version.ts'
import { startLoad } from '../faults/load.ts'
import { until } from '../faults/world.ts'
import type { Field } from './field.ts'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

export interface OldRelease {
  readonly dir: string
  remove(): Promise<void>
}

/** The code at a revision, with this checkout's libraries. */
export async function checkOut(revision: string | null): Promise<OldRelease> {
  if (revision === null) throw new Error('--from REV names the release to come from')
  const dir = mkdtempSync(join(tmpdir(), 'manila-before-'))
  await run('git', ['-C', root, 'worktree', 'add', '--detach', '--force', dir, revision])
  symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
  return {
    dir,
    async remove() {
      await run('git', ['-C', root, 'worktree', 'remove', '--force', dir]).catch(() => {})
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

export interface UpgradePlan {
  readonly clients: number
  readonly seed: number
  readonly say: (line: string) => void
  /** As of the load. */
  readonly restMs?: number
  /** Milliseconds that a process of the new release runs beside the old ones before the next is replaced. */
  readonly besideMs?: number
  /** Which are replaced; the others go on as they are. */
  readonly members?: (member: Member) => boolean
  /** Changes the schema as the new release does. */
  readonly expand?: (store: Store) => Promise<void>
}

/** Members are stopped afterwards. */
export async function rollingUpgrade(field: Field, plan: UpgradePlan): Promise<boolean> {
  const { clients, seed, say, besideMs = 3000, restMs, members = () => true, expand = migrate } = plan
  const { cluster } = field
  const journal = join(field.dir, 'journal.jsonl')
  const failed: number[] = []
  const load = startLoad(field, journal, {
    clients,
    seed,
    restMs,
    shareTypes: ['a', 'b'],
    answered: (status) => void (status === 0 || status >= 500 ? failed.push(status) : 0),
  })
  await sleep(besideMs)
  const before = await schemaVersion(cluster.store.db)
  await expand(cluster.store)
  say(
    `schema: ${before.at} to ${before.newest} (${before.pending.length} migrations) beside the running release`,
  )
  await sleep(besideMs)
  for (const one of cluster.members.filter(members)) {
    if (one.apiPort !== null) cluster.balancer.enable(one.apiPort, false)
    await sleep(500)
    await one.restart(root)
    await until(`${one.name} to run`, 60_000, () =>
      fetch(one.metricsUrl).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    if (one.apiPort !== null) cluster.balancer.enable(one.apiPort, true)
    say(`  ${one.name} runs the new release`)
    await sleep(besideMs)
  }
  await load.stop()
  await field.quiet(120_000)
  await cluster.stopMembers()
  const report = await field.check(journal)
  say(
    `${report.accepted} requests accepted, ${report.finished} finished, ${report.failedWithCause} failed with a cause; ${failed.length} answers missing or 5xx; ${report.wrong} differences`,
  )
  if (report.wrong > 0) say(JSON.stringify(report.examples, null, 1))
  return failed.length === 0 && report.wrong === 0 && report.accepted > 0
}
