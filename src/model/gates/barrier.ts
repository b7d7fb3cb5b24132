/**
 * What stands in the way of an action, as data: the verbs refuse with it, and `GET /v2/permissions` tells it beforehand. A gate is a pure
 * function of what was read; it answers the first thing in the way, in the order in which the original looks.
 */
import type { FaultCode } from '../errors.ts'

/** For programs: what kind of thing it is. */
export const barrierKinds = [
  /** The status, or the state of what hangs on it. */
  'state',
  'recycle_bin',
  /** A task state: it migrates. */
  'busy',
  /** Something that must go first. */
  'dependents',
  /** A resource lock. */
  'lock',
  /** The type, or the kind of thing, has no such ability. */
  'unsupported',
  /** There is no size it could get. */
  'size',
  /** Its maker stands above the caller. */
  'rank',
] as const
export type BarrierKind = (typeof barrierKinds)[number]

export interface Barrier {
  readonly kind: BarrierKind
  /** What the verb answers. */
  readonly fault: FaultCode
  readonly message: string
  /** Of what belongs to a share: the owner may not see them, and whose they are is worth a sentence more. */
  readonly hidden?: 'snapshots' | 'locks'
}

export type Gate<Facts> = (facts: Facts) => Barrier | null

export const barrier = (kind: BarrierKind, fault: FaultCode, message: string): Barrier => ({
  kind,
  fault,
  message,
})

/** The first of them that is there. Later ones are not even looked for. */
export function first(...checks: readonly (() => Barrier | null)[]): Barrier | null {
  for (const check of checks) {
    const found = check()
    if (found !== null) return found
  }
  return null
}
