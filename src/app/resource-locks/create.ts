/** A lock on a share or an access rule. */
import { randomUUID } from 'node:crypto'
import { standingOf, type Ctx } from '../context.ts'
import { insertLock, locksOn, type LockRow } from '../../db/store/resource-locks.ts'
import { ruleById } from '../../db/store/access-rules.ts'
import { takeShareOfRule, takeVisibleShare } from '../../db/store/share-turns.ts'
import { fault, invalid } from '../../model/errors.ts'
import { tooLateForLock } from '../../model/gates/shares.ts'
import { refuseAtOnce } from '../barriers.ts'
import { roomForLock } from '../limits.ts'
import { lockScope } from './find.ts'

export type ResourceType = 'share' | 'access_rule'
export type ResourceAction = 'delete' | 'show'

export interface CreateLockInput {
  readonly resourceId: string
  readonly resourceType: ResourceType
  readonly resourceAction: ResourceAction
  readonly reason: string | null
}

const nouns: Readonly<Record<string, string>> = { share: 'a share', access_rule: 'an access rule' }

/** Answers the lock as written. */
export async function createLock(ctx: Ctx, input: CreateLockInput): Promise<LockRow> {
  const resource = await lockable(ctx, input.resourceType, input.resourceId)
  if (resource === null) {
    throw invalid(
      `resource_lock.resource_id must be the id of ${nouns[input.resourceType] ?? 'a resource'} that the caller can see`,
    )
  }
  ctx.policy.authorize('resource_lock:create', ctx.identity, { project_id: resource.projectId })
  refuseAction(input.resourceType, input.resourceAction)
  refuseTooLate(input, resource)
  await refuseSecondShowLock(ctx, input.resourceId, input.resourceAction)
  return putLock(ctx, input)
}

/** Writes a lock of the caller's; everything has been checked. */
export async function putLock(ctx: Ctx, input: CreateLockInput): Promise<LockRow> {
  const lock: LockRow = {
    id: randomUUID(),
    user_id: ctx.identity.userId,
    project_id: ctx.identity.projectId,
    lock_context: standingOf(ctx),
    resource_type: input.resourceType,
    resource_id: input.resourceId,
    resource_action: input.resourceAction,
    lock_reason: input.reason,
    created_at: ctx.clock.now(),
    updated_at: null,
  }
  await roomForLock(ctx, input.resourceId)
  await insertLock(ctx.tx, lock)
  return lock
}

export function refuseAction(type: string, action: ResourceAction): void {
  if (type === 'share' && action !== 'delete') {
    throw invalid('resource_lock.resource_action must be delete for a share')
  }
}

export interface Lockable {
  readonly projectId: string
  /** Status of a share, state of a rule. */
  readonly state: string
  readonly softDeleted: boolean
}

/** What is to be locked, if the caller can see it; it is this request's until the end, so it isn't deleted meanwhile. */
export async function lockable(ctx: Ctx, type: string, id: string): Promise<Lockable | null> {
  const owner = type === 'access_rule' ? (await takeShareOfRule(ctx.tx, id))?.id : id
  const rule = type === 'access_rule' ? await ruleById(ctx.tx, id) : undefined
  if (owner === undefined || (type === 'access_rule' && rule === undefined)) return null
  const share = await takeVisibleShare(ctx.tx, lockScope(ctx), owner)
  if (share === undefined) return null
  return {
    projectId: share.project_id,
    state: rule?.state ?? share.status,
    softDeleted: rule === undefined && share.is_soft_deleted === 1,
  }
}

export function refuseTooLate(
  lock: { readonly resourceType: ResourceType; readonly resourceAction: ResourceAction },
  resource: Lockable,
): void {
  const { resourceType: type, resourceAction: action } = lock
  refuseAtOnce(tooLateForLock({ type, action, ...resource }))
}

/** The second one could let somebody else see what the first one hides. */
export async function refuseSecondShowLock(
  ctx: Ctx,
  resourceId: string,
  action: ResourceAction,
): Promise<void> {
  if (action !== 'show') return
  if ((await locksOn(ctx.tx, [resourceId], 'show')).length > 0) {
    throw fault('Conflict', { message: `Resource ${resourceId} has a visibility lock already.` })
  }
}
