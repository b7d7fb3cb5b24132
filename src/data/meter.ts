/** Writes down how full shares, projects and pools are, from what their backends measured last. */
import {
  claimUsagePoints,
  purgeUsagePoints,
  writePoolPoints,
  writeProjectPoints,
  writeSharePoints,
} from '../db/store/usage-points.ts'
import { usageSteps } from '../model/usage-steps.ts'
import { paced, withoutRest } from './paced.ts'
import type { DataParts } from './parts.ts'

/** Seconds: backends measure every minute; what is older than ten of them is not known any more. */
const knownS = 600

/** Looks which moments have come; any number of processes may. */
export async function meter(
  { store, clock }: Pick<DataParts, 'store' | 'clock'>,
  pace = withoutRest,
): Promise<void> {
  const now = clock.now()
  for (const { seconds, standsS } of usageSteps) {
    const stepUs = seconds * 1_000_000
    const at = Math.floor(now / stepUs) * stepUs
    if (!(await claimUsagePoints(store, seconds, at))) continue
    const point = { stepS: seconds, standsS, at, measuredSince: now - knownS * 1_000_000 }
    await writePoolPoints(store.db, point)
    let after = ''
    const whole = await paced(async () => {
      const last = await writeSharePoints(store.db, point, after)
      after = last ?? after
      return last === null ? 'done' : 'more'
    }, pace)
    // Last: where a project has its point, its shares have theirs, or had nothing new to say.
    if (whole) await writeProjectPoints(store.db, point)
  }
}

/** Removes points that have served their time, one moment of each step; answers how many. */
export async function purgeMeter({ store, clock }: Pick<DataParts, 'store' | 'clock'>): Promise<number> {
  let rows = 0
  for (const { seconds, keptS } of usageSteps) {
    rows += await purgeUsagePoints(store.db, seconds, clock.now() - keptS * 1_000_000)
  }
  return rows
}
