/** What may be done with share types, share instances, user messages and operations. */
import {
  dependentsOfShares,
  instancesById,
  instancesOfShares,
  messagesInScope,
  operationsInScope,
  overtakenOperations,
  statusesOf,
  typesInScope,
  usedTypes,
  visibleSharesOf,
} from '../../db/store/permission-facts.ts'
import { everything } from '../../db/store/scope.ts'
import { cannotCancel, instanceGates, typeGates } from '../../model/gates/others.ts'
import { cannotRetry, ruleOfRetry } from '../../model/gates/retry.ts'
import { scopeOf, standsAbove, type Ctx } from '../context.ts'
import { judge, own, type Judged } from './verdict.ts'

export const typeActions = {
  update: own('updateShareType', 'share_type:update'),
  delete: own('deleteShareType', 'share_type:delete'),
  set_extra_specs: own('createExtraSpecs', 'share_types_extra_spec:create'),
  add_access: own('addShareTypeAccess', 'share_type:add_project_access'),
  remove_access: own('removeShareTypeAccess', 'share_type:remove_project_access'),
} as const

export async function judgeTypes(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const types = await typesInScope(ctx.db, scopeOf(ctx), ids)
  if (types.length === 0) return []
  const used = await usedTypes(
    ctx.db,
    types.map(({ id }) => id),
  )
  return types.map((type) => {
    const access = { barrier: typeGates.changeAccess({ type }) }
    return {
      id: type.id,
      verdicts: judge(ctx, typeActions, {
        update: {},
        delete: { barrier: typeGates.delete({ type, inUse: used.has(type.id) }) },
        set_extra_specs: {},
        add_access: access,
        remove_access: access,
      }),
    }
  })
}

export const instanceActions = {
  force_delete: own('forceDeleteShareInstance', 'share_instance:force_delete'),
  reset_status: own('resetShareInstanceStatus', 'share_instance:reset_status'),
} as const

export async function judgeInstances(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const rows = await instancesById(ctx.db, ids)
  if (rows.length === 0) return []
  const shareIds = [...new Set(rows.map((row) => row.share_id))]
  const shares = new Map((await visibleSharesOf(ctx.db, everything, shareIds)).map((row) => [row.id, row]))
  const all = Map.groupBy(await instancesOfShares(ctx.db, shareIds), (row) => row.share_id)
  const dependentsOf = await dependentsOfShares(ctx.db, shareIds)
  return rows.flatMap((row) => {
    const share = shares.get(row.share_id)
    if (share === undefined) return []
    const isLast = all.get(share.id)?.length === 1
    return {
      id: row.id,
      verdicts: judge(ctx, instanceActions, {
        force_delete: {
          barrier: instanceGates.forceDelete({ share, dependents: dependentsOf(share.id), isLast }),
        },
        reset_status: { barrier: instanceGates.resetStatus({ share }) },
      }),
    }
  })
}

export const messageActions = { delete: own('deleteMessage', 'message:delete') } as const

export async function judgeMessages(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const rows = await messagesInScope(ctx.db, scopeOf(ctx), ids)
  return rows.map(({ id }) => ({ id, verdicts: judge(ctx, messageActions, { delete: {} }) }))
}

export const operationActions = {
  cancel: own('cancelOperation', 'operation:cancel'),
  retry: own('retryOperation', 'operation:retry'),
} as const

export async function judgeOperations(ctx: Ctx, ids: readonly string[]): Promise<Judged[]> {
  const rows = await operationsInScope(ctx.db, scopeOf(ctx), ids)
  if (rows.length === 0) return []
  const overtaken = await overtakenOperations(
    ctx.db,
    rows.map(({ id }) => id),
  )
  const statuses = await statusesOf(ctx.db, [...new Set(rows.map((row) => row.resource_id))])
  return rows.map((operation) => {
    const { id, kind, resource_id: resource } = operation
    const outranked = !standsAbove(ctx, operation.begun_as ?? 'user')
    const facts = { overtaken: overtaken.has(id), status: statuses.get(resource) ?? null }
    const also = ruleOfRetry(kind)
    const actions = {
      ...operationActions,
      retry: { ...operationActions.retry, ...(also === null ? {} : { also }) },
    }
    return {
      id,
      verdicts: judge(ctx, actions, {
        cancel: { barrier: cannotCancel({ operation, outranked }) },
        retry: { barrier: cannotRetry({ operation, outranked, ...facts }) },
      }),
    }
  })
}
