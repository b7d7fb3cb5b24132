/** A history as a curve: where nobody knows there is a gap, not a line across. */
import { instant } from '../../ui/format.ts'

interface History {
  readonly step_s: number
  readonly points: readonly {
    readonly at: string
    readonly size_bytes: number | null
    readonly used_bytes: number | null
  }[]
}

export interface Curve {
  /** Milliseconds since 1970, growing. */
  readonly times: readonly number[]
  readonly used: readonly (number | null)[]
  readonly sizes: readonly (number | null)[]
}

/** A point of nothing between two that are further apart than a step and a half. */
export function curveOf(history: History | undefined): Curve {
  const times: number[] = []
  const used: (number | null)[] = []
  const sizes: (number | null)[] = []
  const stepMs = (history?.step_s ?? 1) * 1000
  for (const point of history?.points ?? []) {
    const at = instant(point.at)
    const last = times.at(-1)
    if (last !== undefined && at - last > 1.5 * stepMs) {
      times.push(last + stepMs)
      used.push(null)
      sizes.push(null)
    }
    times.push(at)
    used.push(point.used_bytes)
    sizes.push(point.size_bytes)
  }
  return { times, used, sizes }
}
