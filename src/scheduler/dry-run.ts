/**
 * "Where would it go?" without going there: what a placement would find at this moment, read as a placement reads it, and nothing
 * claimed. Between pools of equal weight a placement draws lots; here they come by their labels.
 */
import { randomUUID } from 'node:crypto'
import type { Answers, Requests } from '../bus/messages.ts'
import { poolRecords } from '../db/store/pools.ts'
import { placedType } from '../db/store/share-types.ts'
import { recordedUnmet } from '../model/causes.ts'
import { detailIdOf } from './detail-ids.ts'
import { whyNoClaim } from './ledger.ts'
import { requestFor } from './new-share-request.ts'
import { claimOptions, type SchedulerParts } from './operations/parts.ts'
import { place } from './place.ts'
import { poolView } from './pool-views.ts'

type Question = Requests['placement.try']
type Answer = Answers['placement.try']
type Told = NonNullable<Answer['pools']>[number]

/** Two statements, and one for each share that a hint names. */
export async function tryPlacement(
  parts: Pick<SchedulerParts, 'store' | 'clock' | 'settings'>,
  question: Question,
): Promise<Answer> {
  const { db } = parts.store
  const { random: _, ...options } = claimOptions({ ...parts, random: () => 0 })
  const request = await requestFor(db, parts.settings, {
    ...question,
    shareType: await placedType(db, question.shareTypeId),
    share: {
      id: randomUUID(),
      projectId: question.projectId,
      fields: { name: question.name, size: question.sizeGib },
    },
    excludedPools: [],
  })
  const pools = (await poolRecords(db)).map((record) => poolView(record, options.upSince))
  const placed = place(request, pools, options)
  const chosen = placed.ranked.map((pool, index): Told => {
    // Filters may be configured that do not look at the room; the claim does.
    const why = whyNoClaim(pool, request)
    const weight = placed.weights[index] ?? 0
    return why === null
      ? { pool: pool.label, fits: true, filter: null, why, weight }
      : { pool: pool.label, fits: false, filter: 'CapacityFilter', why, weight: null }
  })
  const refused = placed.refusals.map(({ pool, filter, why }): Told => ({
    pool,
    fits: false,
    filter,
    why,
    weight: null,
  }))
  const told = [...chosen.filter(({ fits }) => fits), ...chosen.filter(({ fits }) => !fits), ...refused]
  const fitting = told.filter(({ fits }) => fits).length
  const counts = Map.groupBy(
    told.flatMap(({ filter }) => filter ?? []),
    (filter) => filter,
  )
  return {
    fitting,
    refused: [...counts].map(([filter, all]) => ({ filter, count: all.length })),
    detailId: fitting > 0 ? null : (placed.detailId ?? detailIdOf('CapacityFilter')),
    unmet: recordedUnmet(placed.unmet),
    pools: question.withPools ? told : null,
  }
}
