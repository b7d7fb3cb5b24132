/** The broker is killed and stays away under load: no request may be refused for it, and all work is over soon after its return. */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startLoad } from '../faults/load.ts'
import type { Field } from './field.ts'

export interface BrokerPlan {
  readonly outageS: number
  readonly clients: number
  readonly seed: number
  readonly say: (line: string) => void
}

/** Seconds after its return within which everything must be over. */
const boundS = 30

export async function brokerAway(field: Field, plan: BrokerPlan): Promise<boolean> {
  const { outageS, clients, seed, say } = plan
  const journal = join(field.dir, 'journal.jsonl')
  let refused = 0
  let slowestMs = 0
  const load = startLoad(field, journal, {
    clients,
    seed,
    shareTypes: ['a', 'b'],
    answered(status, ms) {
      if (status === 0 || status >= 500) refused += 1
      slowestMs = Math.max(slowestMs, ms)
    },
  })
  const accepted = (): number => Object.values(load.accepted()).reduce((sum, count) => sum + count, 0)
  await sleep(3000)
  const before = accepted()
  await field.cluster.broker.kill()
  await sleep(outageS * 1000)
  const during = accepted() - before
  await load.stop()
  await field.cluster.broker.start()
  const began = performance.now()
  await field.quiet(120_000)
  const quietS = (performance.now() - began) / 1000
  await field.cluster.stopMembers()
  const report = await field.check(journal)
  say(
    `broker away for ${outageS} s: ${during} requests accepted meanwhile, ${refused} refused or unanswered, slowest ${(slowestMs / 1000).toFixed(1)} s; all over ${quietS.toFixed(1)} s after its return (at most ${boundS})`,
  )
  say(
    `${report.finished} finished, ${report.failedWithCause} failed with a cause, ${report.wrong} differences`,
  )
  if (report.wrong > 0) say(JSON.stringify(report.examples, null, 1))
  return refused === 0 && during > 0 && quietS <= boundS && report.wrong === 0
}
