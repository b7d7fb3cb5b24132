/** Which shares a first look shows. Pure. */
import type { UsageFacts } from './attention.ts'

interface Sized {
  readonly id: string
  readonly size: number
}

export interface Fullness<Share> {
  readonly share: Share
  /** Null = not known. */
  readonly usedBytes: number | null
}

export interface Fullest<Share> {
  readonly rows: readonly Fullness<Share>[]
  /** Nothing is known of any of them: they are the newest. */
  readonly areNewest: boolean
}

/** Of `shares`, newest first: the fullest, by parts of their size; those of which nothing is known after them, still newest first. */
export function fullest<Share extends Sized>(
  shares: readonly Share[],
  usages: readonly UsageFacts[],
  most: number,
): Fullest<Share> {
  const used = new Map(usages.map(({ id, used_bytes }) => [id, used_bytes]))
  const all = shares.map((share) => ({ share, usedBytes: used.get(share.id) ?? null }))
  const part = ({ share, usedBytes }: Fullness<Share>): number =>
    usedBytes === null ? -1 : usedBytes / Math.max(1, share.size)
  const rows = all.toSorted((a, b) => part(b) - part(a)).slice(0, most)
  return { rows, areNewest: rows.every(({ usedBytes }) => usedBytes === null) }
}
