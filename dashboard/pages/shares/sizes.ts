/** Which sizes a share can be given, from what is known here: the service and its backend have the last word. */
import { gib } from '../../ui/format.ts'

interface Bounds {
  /** GiB, both included. */
  readonly least: number
  /** Null = nothing known that forbids more. */
  readonly most: number | null
}

/** Smaller than it is, and never smaller than what it holds. `usedBytes` null = nobody knows what it holds. */
export function shrinkBounds(size: number, usedBytes: number | null): Bounds {
  return { least: Math.max(1, usedBytes === null ? 1 : Math.ceil(usedBytes / gib)), most: size - 1 }
}

/** Larger than it is, by what is left of the quota. `left` null = without limit. */
export function extendBounds(size: number, left: number | null): Bounds {
  return { least: size + 1, most: left === null ? null : size + left }
}

export const within = (size: number, { least, most }: Bounds): boolean =>
  Number.isInteger(size) && size >= least && (most === null || size <= most)

/** Nothing fits between the two. */
export const isEmpty = ({ least, most }: Bounds): boolean => most !== null && most < least
