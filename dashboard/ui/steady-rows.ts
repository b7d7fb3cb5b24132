/**
 * Rows that stay where they are while one reads. What changed changes in place, what is gone goes; what is new waits above until it is
 * asked for, unless it follows behind everything that is shown.
 */
import { useState } from 'react'

interface Steady<Row> {
  readonly rows: readonly Row[]
  /** How many would come between. */
  readonly waiting: number
  readonly show: () => void
}

/** `place` names the page: with another one everything is shown. */
export function useSteadyRows<Row extends { readonly id: string }>(
  rows: readonly Row[] | undefined,
  place: string,
): Steady<Row> {
  const [kept, setKept] = useState<{ readonly place: string; readonly ids: readonly string[] } | null>(null)
  const all = rows ?? []
  const isNew = kept === null || kept.place !== place || kept.ids.length === 0
  const steady = isNew || rows === undefined ? { staying: all, waiting: 0 } : steadied(all, kept.ids)
  const ids = steady.staying.map(({ id }) => id)
  if (rows !== undefined && (isNew || ids.join() !== kept?.ids.join())) {
    if (kept?.place !== place || ids.join() !== kept.ids.join()) setKept({ place, ids })
  }
  return {
    rows: steady.staying,
    waiting: steady.waiting,
    show: () => setKept({ place, ids: all.map(({ id }) => id) }),
  }
}

/** Exported for its test. */
export function steadied<Row extends { readonly id: string }>(
  rows: readonly Row[],
  before: readonly string[],
): { readonly staying: readonly Row[]; readonly waiting: number } {
  const known = new Set(before)
  const last = rows.findLastIndex(({ id }) => known.has(id))
  const staying = rows.filter(({ id }, index) => known.has(id) || index > last)
  return { staying, waiting: rows.length - staying.length }
}
