/**
 * When a pool is full, soberly: the middle of the slopes between its moments (so that one burst, or one clean-up, does not decide), and
 * nothing where too little is known. Of bytes and of promises the one that comes first.
 */

export interface Moment {
  /** Milliseconds since 1970, growing. */
  readonly at: number
  readonly used: number | null
  readonly placed: number | null
}
export interface Bounds {
  /** Null = unbounded. */
  readonly used: number | null
  readonly placed: number | null
}

export type Forecast =
  | { readonly is: 'in'; readonly days: number; readonly of: 'bytes' | 'promises' }
  | { readonly is: 'full'; readonly of: 'bytes' | 'promises' }
  /** It does not grow, or so slowly that nobody can say. */
  | { readonly is: 'far' }
  | { readonly is: 'unknown' }

const dayMs = 86_400_000
/** Less says nothing about days to come. */
const [leastSpanMs, leastMoments] = [dayMs, 8]
/** Slopes are between pairs: of more moments every n-th is taken. */
const mostMoments = 96
/** Farther than this is no forecast any more. */
const farDays = 730

export function forecast(moments: readonly Moment[], bounds: Bounds): Forecast {
  const each = [
    one(
      'bytes',
      bounds.used,
      moments.map(({ at, used }) => [at, used]),
    ),
    one(
      'promises',
      bounds.placed,
      moments.map(({ at, placed }) => [at, placed]),
    ),
  ]
  const full = each.find(({ is }) => is === 'full')
  if (full !== undefined) return full
  const coming = each.filter((answer) => answer.is === 'in')
  const soonest = coming.toSorted((a, b) => a.days - b.days)[0]
  if (soonest !== undefined) return soonest
  return each.some(({ is }) => is === 'far') ? { is: 'far' } : { is: 'unknown' }
}

function one(
  of: 'bytes' | 'promises',
  bound: number | null,
  moments: readonly (readonly [at: number, value: number | null])[],
): Forecast {
  const known = moments.filter((moment): moment is readonly [number, number] => moment[1] !== null)
  const [first, last] = [known[0], known.at(-1)]
  if (bound === null || first === undefined || last === undefined) return { is: 'unknown' }
  const left = bound - last[1]
  if (left <= 0) return { is: 'full', of }
  if (known.length < leastMoments || last[0] - first[0] < leastSpanMs) return { is: 'unknown' }
  const perMs = middleSlope(thinned(known))
  const days = perMs <= 0 ? Infinity : left / perMs / dayMs
  return days > farDays ? { is: 'far' } : { is: 'in', days, of }
}

function thinned<T>(all: readonly T[]): readonly T[] {
  const every = Math.ceil(all.length / mostMoments)
  // Counted from the end: what was last is always there.
  return all.filter((_one, index) => (all.length - 1 - index) % every === 0)
}

/** Theil and Sen's: half of all pairs rise faster, half slower. */
function middleSlope(points: readonly (readonly [at: number, value: number])[]): number {
  const slopes: number[] = []
  for (const [index, [at, value]] of points.entries())
    for (const [later, other] of points.slice(index + 1)) slopes.push((other - value) / (later - at))
  slopes.sort((a, b) => a - b)
  const middle = Math.floor(slopes.length / 2)
  const [low = 0, high = 0] = [slopes[Math.ceil(slopes.length / 2) - 1], slopes[middle]]
  return (low + high) / 2
}
