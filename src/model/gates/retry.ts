/** When work that failed may be asked again. */
import type { Standing } from '../identity.ts'
import { planOf, type OperationKind } from '../operations.ts'
import { shareAllowsAgain, snapshotAllowsAgain, type Allows } from '../states.ts'
import { barrier, first, type Barrier } from './barrier.ts'

interface Again {
  /** The rule of the verb that is asked again. */
  readonly rule: string
  readonly allows: Allows<string>
}

/** Kinds that can be asked again. Those that made a row from nothing but their arguments can't: the row is in the way. */
const again: Readonly<Partial<Record<OperationKind, Again>>> = {
  'create-share': { rule: 'share:create', allows: shareAllowsAgain.create },
  'delete-share': { rule: 'share:delete', allows: shareAllowsAgain.delete },
  'extend-share': { rule: 'share:extend', allows: shareAllowsAgain.extend },
  'shrink-share': { rule: 'share:shrink', allows: shareAllowsAgain.shrink },
  'revert-share': { rule: 'share:revert_to_snapshot', allows: shareAllowsAgain.revert },
  'revert-and-extend-share': { rule: 'share:revert_to_snapshot', allows: shareAllowsAgain.revert },
  'unmanage-share': { rule: 'share:unmanage', allows: shareAllowsAgain.unmanage },
  'create-snapshot': { rule: 'share:create_snapshot', allows: snapshotAllowsAgain.create },
  'delete-snapshot': { rule: 'share:delete_snapshot', allows: snapshotAllowsAgain.delete },
  'unmanage-snapshot': { rule: 'share_snapshot:unmanage_snapshot', allows: snapshotAllowsAgain.unmanage },
}

const instead: Readonly<Record<string, string>> = {
  'manage-share': 'unmanage the share and manage it again',
  'manage-snapshot': 'unmanage the snapshot and manage it again',
  'create-share-group': 'delete the share group and make it anew',
  'delete-share-group': 'delete the share group again',
  'create-share-group-snapshot': 'delete the group snapshot and take it anew',
  'delete-share-group-snapshot': 'delete the group snapshot again',
  'ensure-shares': 'ask for ensure_shares of the host again',
}

/** What ended at an administrator's word: what the backend holds then, nobody but he knows. */
const overruled: readonly (string | null)[] = ['status-reset', 'force-deleted']

const againOf = (kind: string): Again | undefined =>
  Object.hasOwn(again, kind) ? again[kind as OperationKind] : undefined

/** The rule of the verb behind it; null where it can't be asked again. */
export const ruleOfRetry = (kind: string): string | null => againOf(kind)?.rule ?? null

export interface RetryFacts {
  readonly operation: {
    readonly id: string
    readonly kind: string
    readonly version: number
    readonly state: string
    readonly resource_type: string
    readonly resource_id: string
    readonly begun_as: Standing | null
    readonly cause_code: string | null
  }
  /** Whoever began it stands above the caller. */
  readonly outranked: boolean
  /** Work of another request on the same resource was begun after it. */
  readonly overtaken: boolean
  /** Of the share or snapshot; null when it is gone. */
  readonly status: string | null
}

export function cannotRetry({ operation, outranked, overtaken, status }: RetryFacts): Barrier | null {
  const { id, kind, state, version, begun_as: maker } = operation
  const no = (why: string): Barrier => barrier('state', 'Conflict', why)
  const what = `${operation.resource_type === 'snapshot' ? 'Snapshot' : 'Share'} ${operation.resource_id}`
  const found = againOf(kind)
  return first(
    () => {
      if (!outranked) return null
      const who = maker === 'admin' ? 'an administrator' : 'a service'
      return barrier(
        'rank',
        'Refused',
        `Operation ${id} was begun by ${who}: it can't be retried by this caller.`,
      )
    },
    () => {
      if (state === 'failed' || state === 'cancelled') return null
      return state === 'done'
        ? no(`Operation ${id} is done: there is nothing to retry.`)
        : no(`Operation ${id} is ${state}: wait for its end, or cancel it first.`)
    },
    () =>
      found === undefined
        ? barrier(
            'unsupported',
            'Conflict',
            `An operation ${kind} can't be retried: ${instead[kind] ?? 'ask for what it was to do anew'}.`,
          )
        : null,
    () =>
      planOf(kind, version) !== null
        ? null
        : no(`Operation ${id} is of another release: ask for what it was to do anew.`),
    () =>
      overruled.includes(operation.cause_code)
        ? no(`An administrator ended operation ${id}: see how ${what} is, and ask for what it needs.`)
        : null,
    () => (status === null ? no(`${what} is gone: ask for a new one.`) : null),
    () => (overtaken ? no(`Operation ${id} is not the last one of ${what}: look at that one.`) : null),
    () =>
      found === undefined || status === null || found.allows({ status })
        ? null
        : no(
            `${what} is ${status}: operation ${id} can be retried when it is ${found.allows.states.join(' or ')}. Ask for what it needs now.`,
          ),
  )
}
