/** Where points of time stand on a line: in order, never over one another, inside of the picture. */

export interface Moment {
  readonly id: string
  /** Milliseconds since 1970. */
  readonly at: number
  /** Bytes; null = not known. */
  readonly weight: number | null
}

export interface Point {
  readonly id: string
  readonly x: number
  readonly r: number
  /** Its name has room beside those of the others. */
  readonly isNamed: boolean
}

interface Space {
  readonly width: number
  readonly from: number
  readonly to: number
  /** Room for a name. */
  readonly namePx: number
}

export const smallest = 5
export const largest = 13
/** Between the edges of two points. */
const gap = 2

/** The area of a point grows with its weight: twice as much looks twice as much. */
export function radius(weight: number | null, heaviest: number): number {
  if (weight === null || heaviest <= 0) return smallest
  return smallest + (largest - smallest) * Math.sqrt(Math.min(1, Math.max(0, weight) / heaviest))
}

export function place(moments: readonly Moment[], { width, from, to, namePx }: Space): readonly Point[] {
  const heaviest = Math.max(0, ...moments.map(({ weight }) => weight ?? 0))
  const span = Math.max(1, to - from)
  const inOrder = [...moments].sort((a, b) => a.at - b.at)
  const r = inOrder.map(({ weight }) => radius(weight, heaviest))
  const needed = r.reduce((sum, one) => sum + 2 * one + gap, 0)
  // More than fit side by side shrink; nothing leaves the picture.
  const scale = Math.min(1, width / Math.max(1, needed))
  const rs = r.map((one) => one * scale)
  const x = inOrder.map(({ at }, index) => {
    const free = (Math.min(to, Math.max(from, at)) - from) / span
    return Math.min(width - rs[index]!, Math.max(rs[index]!, free * width))
  })
  const apart = (index: number): number => rs[index - 1]! + rs[index]! + gap * scale
  // To the right where one would lie upon another, then back from the end.
  for (let i = 1; i < x.length; i++) x[i] = Math.max(x[i]!, x[i - 1]! + apart(i))
  for (let i = x.length - 1; i >= 0; i--) {
    const most = i === x.length - 1 ? width - rs[i]! : x[i + 1]! - apart(i + 1)
    x[i] = Math.min(x[i]!, most)
  }
  // Names from the newest on: it is the one that is looked for.
  const named = new Set<number>()
  let free = Number.POSITIVE_INFINITY
  for (let i = x.length - 1; i >= 0; i--) {
    if (x[i]! + namePx / 2 > free) continue
    named.add(i)
    free = x[i]! - namePx / 2
  }
  return inOrder.map(({ id }, index) => ({ id, x: x[index]!, r: rs[index]!, isNamed: named.has(index) }))
}

/** Times for the axis, evenly, first and last included. */
export const ticks = (from: number, to: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_one, index) => from + ((to - from) * index) / Math.max(1, count - 1))
