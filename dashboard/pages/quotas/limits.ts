/** What a form of limits changes, and what is to be said of each. */
import type { QuotaResource } from '../../../src/model/quota.ts'
import type { QuotaLine } from './queries.ts'

/** As typed; empty = as it is. */
export type Typed = Readonly<Partial<Record<QuotaResource, number | ''>>>

/** Only what differs is sent. */
export const changedLimits = (lines: readonly QuotaLine[], typed: Typed): Readonly<Record<string, number>> =>
  Object.fromEntries(
    lines.flatMap(({ id, limit }) => {
      const value = typed[id]
      return typeof value === 'number' && value !== limit ? [[id, value]] : []
    }),
  )

/** Whether what is used and being made is more than a limit would allow. */
export const isBelow = (line: QuotaLine, limit: number): boolean =>
  limit >= 0 && line.used !== null && line.used + line.reserved > limit

/** -1 is more than everything. */
export const isAbove = (limit: number, bound: number): boolean => bound >= 0 && (limit < 0 || limit > bound)

export const isGib = (resource: string): boolean => resource.includes('gigabytes')
