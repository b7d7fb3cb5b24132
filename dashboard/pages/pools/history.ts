/** Points of a pool's history as lines: what is missing between them is a gap. */

export const spans = {
  day: { seconds: 86_400, step: '5min' },
  month: { seconds: 30 * 86_400, step: 'hour' },
  years: { seconds: 730 * 86_400, step: 'day' },
} as const
export type SpanName = keyof typeof spans

export const spanOf = (name: string): (typeof spans)[SpanName] =>
  Object.hasOwn(spans, name) ? spans[name as SpanName] : spans.day

interface Point {
  readonly at: string
  readonly size_bytes: number | null
  readonly used_bytes: number | null
  readonly placed_bytes: number | null
}

export interface Lines {
  readonly times: readonly number[]
  readonly size: readonly (number | null)[]
  readonly used: readonly (number | null)[]
  readonly placed: readonly (number | null)[]
}

/** Two steps without a point are a gap. */
export function linesOf(points: readonly Point[], stepS: number): Lines {
  const times: number[] = []
  const rows: (Point | null)[] = []
  for (const point of points) {
    const at = Date.parse(`${point.at.replace(/Z$/, '')}Z`)
    const last = times.at(-1)
    if (last !== undefined && at - last > stepS * 2500) {
      times.push(last + stepS * 1000)
      rows.push(null)
    }
    times.push(at)
    rows.push(point)
  }
  const line = (of: 'size_bytes' | 'used_bytes' | 'placed_bytes') => rows.map((row) => row?.[of] ?? null)
  return { times, size: line('size_bytes'), used: line('used_bytes'), placed: line('placed_bytes') }
}
