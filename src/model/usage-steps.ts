/** How usage over time is kept: finely for a short while, coarsely for long. */

export interface UsageStep {
  readonly name: '5min' | 'hour' | 'day'
  readonly seconds: number
  /** Seconds after which a point of this step is removed: one step more than is shown, so that none is missing at the edge. */
  readonly keptS: number
  /** Seconds for which a share's point stands when no other follows: what has not changed is not written more often. */
  readonly standsS: number
}

const [minute, hour, day] = [60, 3600, 86_400]

/** Finest first. A share that changes all the time has 289 + 745 + 731 points, one that never does 25 + 32 + 25. */
export const usageSteps: readonly UsageStep[] = [
  { name: '5min', seconds: 5 * minute, keptS: day + 5 * minute, standsS: hour },
  { name: 'hour', seconds: hour, keptS: 31 * day + hour, standsS: day },
  { name: 'day', seconds: day, keptS: 731 * day, standsS: 30 * day },
]

/** The finest step that is kept as far back as `spanS` seconds. */
export const stepFor = (spanS: number): UsageStep =>
  usageSteps.find(({ keptS }) => spanS <= keptS) ?? (usageSteps.at(-1) as UsageStep)
