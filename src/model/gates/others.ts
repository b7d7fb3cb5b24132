/** When access rules, locks, types, operations and share instances allow what. */
import type { Standing } from '../identity.ts'
import { barrier, first, type Barrier } from './barrier.ts'
import {
  dependents,
  softDeleted,
  unfitForRules,
  type Dependents,
  type InstanceFact,
  type ShareFact,
} from './shares.ts'

export interface RuleFacts {
  readonly rule: { readonly id: string; readonly state: string }
  readonly share: ShareFact
  readonly instances: readonly InstanceFact[]
}

export const ruleGates = {
  /** To another level than it has. */
  update: ({ rule, share, instances }: RuleFacts): Barrier | null =>
    first(
      () => softDeleted(share),
      () =>
        rule.state === 'queued_to_deny' || rule.state === 'denying'
          ? barrier(
              'state',
              'InvalidInput',
              `access rule ${rule.id} is ${rule.state}: its access_level can't be changed any more`,
            )
          : null,
      () => unfitForRules(share, instances, true),
    ),

  /** `locks` of others than who takes them away along with the rule; `known`: a backend may have heard of it. */
  deny: ({
    rule,
    share,
    instances,
    locks,
    known,
  }: RuleFacts & { readonly locks: number; readonly known: boolean }): Barrier | null =>
    first(
      () => softDeleted(share),
      () =>
        locks > 0
          ? barrier(
              'lock',
              'Refused',
              `Access rule ${rule.id} is locked against deletion: use unrestrict or remove the resource lock first.`,
            )
          : null,
      () => (known ? unfitForRules(share, instances, true) : null),
    ),
} as const

/** A lock is its maker's, and those above. */
export const lockOfOther = (
  lock: { readonly id: string; readonly lock_context: string },
  mayOverrule: boolean,
): Barrier | null =>
  mayOverrule
    ? null
    : barrier(
        'rank',
        'Refused',
        `Resource lock ${lock.id} was made by ${lock.lock_context === 'user' ? 'another user' : `a caller of context ${lock.lock_context}`}: it can't be changed by this one.`,
      )

export const typeGates = {
  delete: ({ type, inUse }: { readonly type: { readonly name: string }; readonly inUse: boolean }) =>
    inUse
      ? barrier(
          'dependents',
          'InvalidInput',
          `Share type ${type.name} is still in use by shares, share groups or share group types.`,
        )
      : null,
  changeAccess: ({ type }: { readonly type: { readonly is_public: 0 | 1 } }) =>
    type.is_public === 1
      ? barrier('unsupported', 'Conflict', 'Access by project does not apply to a public share type.')
      : null,
} as const

export const instanceGates = {
  /** The last instance takes the share along, so what stands in a share's way stands in its way too: snapshots, backups, locks. */
  forceDelete: (facts: {
    readonly share: ShareFact
    readonly dependents: Dependents
    readonly isLast: boolean
  }) => (facts.isLast ? dependents(facts, 'InvalidState') : null),
  resetStatus: ({ share }: { readonly share: ShareFact }) => softDeleted(share),
} as const

/** `outranked`: whoever began it stands above the caller. What is half gone can't be given back. */
export function cannotCancel({
  operation,
  outranked,
}: {
  readonly operation: {
    readonly id: string
    readonly kind: string
    readonly state: string
    readonly begun_as: Standing | null
    readonly parent_id?: string | null
  }
  readonly outranked: boolean
}): Barrier | null {
  const { id, kind, state, begun_as: maker, parent_id: parent = null } = operation
  if (outranked) {
    const who = maker === 'admin' ? 'an administrator' : 'a service'
    return barrier(
      'rank',
      'Refused',
      `Operation ${id} was begun by ${who}: it can't be cancelled by this caller.`,
    )
  }
  if (parent !== null && (state === 'queued' || state === 'running'))
    return barrier(
      'state',
      'Conflict',
      `Operation ${id} is a part of operation ${parent}: cancel that one, which takes all of it back.`,
    )
  if (kind.startsWith('delete-')) return barrier('state', 'Conflict', 'A deletion cannot be cancelled.')
  if (state === 'queued' || state === 'running') return null
  const why = state === 'undoing' ? 'is being undone already' : `is over: ${state}`
  return barrier('state', 'Conflict', `Operation ${id} ${why}.`)
}
