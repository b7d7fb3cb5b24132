/**
 * One of two processes that serve a backend is killed, or paused and continued later; the other one finishes what it had under
 * way. Afterwards the books must be right: the one that came back changed nothing that was not its own any more.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Member } from '../../tools/cluster/member.ts'
import { seeded } from '../faults/load.ts'
import { until } from '../faults/world.ts'
import type { Field } from './field.ts'
import { at } from './table.ts'

export interface TakeOverPlan {
  readonly repeats: number
  readonly seed: number
  readonly say: (line: string) => void
}

/** Seconds within which the other process must have finished, in 95 of 100 cases. */
const boundS = 15
/** Operations asked for at once; both processes hold some when the fault strikes. */
const burst = 12
/** Milliseconds that a paused process sleeps: longer than any lease. */
const pauseMs = 16_000

export async function takeOver(field: Field, { repeats, seed, say }: TakeOverPlan): Promise<boolean> {
  const random = seeded(seed)
  const pairs = { a: byName(field, 'share-a'), b: byName(field, 'share-b') }
  const tookS: number[] = []
  for (let turn = 0; turn < repeats; turn++) {
    const type = turn % 2 === 0 ? 'b' : 'a'
    const victim = pairs[type][Math.floor(random() * 2)] as Member
    const paused = turn % 4 >= 2
    await until('both processes to run', 60_000, async () => pairs[type].every(({ pid }) => pid !== 0))
    const ids = await askForShares(field, type)
    await sleep(100 + random() * 300)
    const struckAt = Date.now()
    if (paused) victim.pause()
    else victim.kill()
    const awake = paused ? sleep(pauseMs).then(() => victim.resume()) : Promise.resolve()
    const ended = await endsOf(field, ids)
    tookS.push(...ended.map((finished) => Math.max(0, (finished - struckAt) / 1000)))
    await awake
    for (const id of ids) await field.call('DELETE', `/shares/${id}`)
    say(
      `  ${turn + 1}: ${victim.name} ${paused ? 'paused' : 'killed'}, ${ids.length} creates over after ${(Math.max(...ended.map((end) => end - struckAt)) / 1000).toFixed(1)} s`,
    )
  }
  await field.quiet(60_000)
  await field.cluster.stopMembers()
  const report = await field.check()
  const inOrder = tookS.sort((a, b) => a - b)
  const p95 = inOrder[Math.floor(inOrder.length * 0.95)] ?? Infinity
  say(`operations after the fault: p95 ${p95.toFixed(1)} s (at most ${boundS}), ${at(inOrder)}`)
  say(`afterwards ${report.wrong} differences between rows and backends`)
  if (report.wrong > 0) say(JSON.stringify(report.examples, null, 1))
  return p95 <= boundS && report.wrong === 0
}

const byName = ({ cluster }: Field, start: string): readonly Member[] =>
  cluster.members.filter(({ name }) => name.startsWith(start))

async function askForShares(field: Field, type: string): Promise<string[]> {
  const replies = await Promise.all(
    Array.from({ length: burst }, () =>
      field.call('POST', '/shares', { share: { share_proto: 'NFS', size: 1, share_type: type } }),
    ),
  )
  return replies.map(({ status, body }) => {
    if (status >= 300) throw new Error(`create answered ${status}: ${JSON.stringify(body)}`)
    return body.share.id as string
  })
}

/** Milliseconds since the epoch at which each share's creation was over; throws when one failed. */
async function endsOf({ cluster }: Field, shareIds: readonly string[]): Promise<number[]> {
  return until('every create to be over', 60_000, async () => {
    const rows = await cluster.store.db
      .selectFrom('operations')
      .select(['state', 'finished_at', 'cause_message'])
      .where('resource_id', 'in', shareIds)
      .where('kind', '=', 'create-share')
      .execute()
    const failed = rows.find(({ state }) => state === 'failed' || state === 'cancelled')
    if (failed !== undefined) throw new Error(`a create failed: ${failed.cause_message}`)
    if (rows.length < shareIds.length || rows.some(({ finished_at }) => finished_at === null)) return null
    return rows.map(({ finished_at }) => (finished_at ?? 0) / 1000)
  })
}
