/** Whose events the caller may follow: of what it could show, and no more. */
import type { EventFilter } from '../../db/store/event-order.ts'
import type { EventResource } from '../../db/store/records.ts'
import type { Identity } from '../../model/identity.ts'
import type { Policy } from '../../policy/enforce.ts'

/** The rule by which one sees the resource itself. */
const shownBy: Readonly<Record<EventResource, string>> = {
  share: 'share:get',
  snapshot: 'share_snapshot:get_snapshot',
  share_group: 'share_group:get',
  share_group_snapshot: 'share_group_snapshot:get',
  backend: 'scheduler_stats:pools:detail',
  service: 'service:index',
}

/** Backends and services are no project's: only whoever sees every project's events is told of them. */
const nobodys: readonly EventResource[] = ['backend', 'service']

export const eventResources = Object.keys(shownBy) as readonly EventResource[]

export interface FollowEvents {
  /** Null = all that there are. */
  readonly types: readonly EventResource[] | null
  readonly resourceIds: readonly string[] | null
  /** Honoured where the policy allows it, ignored elsewhere, as on Manila's lists. */
  readonly allTenants: boolean
  /** Of one project, with `allTenants`. */
  readonly projectId: string | null
}

/** Asked again while a stream lasts: rights may go. Throws 403 when nothing is left. */
export function sightOf(policy: Policy, identity: Identity, wanted: FollowEvents): EventFilter {
  policy.authorize('event:follow', identity)
  const all = wanted.allTenants && policy.check('event:follow_all_projects', identity)
  const types = (wanted.types ?? eventResources).filter(
    (type) => policy.check(shownBy[type], identity) && (all || !nobodys.includes(type)),
  )
  return { projectId: all ? wanted.projectId : identity.projectId, types, resourceIds: wanted.resourceIds }
}
