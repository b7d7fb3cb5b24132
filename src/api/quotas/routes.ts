/** Quota sets and quota class sets over HTTP, under their present and their `os-` names. */
import type { Ctx } from '../../app/context.ts'
import { setClass, showClass } from '../../app/quotas/classes.ts'
import type { OwnerInput } from '../../app/quotas/owner.ts'
import { reset, set, show, showDefaults } from '../../app/quotas/sets.ts'
import { quotaDefaults, type QuotaResource } from '../../model/quota.ts'
import { quotaChanges } from '../../wire/quotas/changes.ts'
import * as wire from '../../wire/quotas/schema.ts'
import { truth } from '../../wire/types.ts'
import { route, type Input, type Route } from '../route.ts'
import { detailView, limitsView, quotaView } from './view.ts'

const options = { changes: quotaChanges }

type Asked = Pick<Input<unknown>, 'params'> & { readonly query: Readonly<Record<string, string>> }

const ownerIn = ({ params, query }: Asked): OwnerInput => ({
  projectId: params.id ?? '',
  userId: query.user_id || null,
  shareType: query.share_type || null,
})

type Sent = Partial<Readonly<Record<QuotaResource, number | string | null>>>

/** The limits among what was sent; null means "leave it alone". */
function limitsIn(sent: Sent): Partial<Record<QuotaResource, number>> {
  const limits: Partial<Record<QuotaResource, number>> = {}
  for (const resource of Object.keys(quotaDefaults) as QuotaResource[]) {
    const value = sent[resource]
    if (value !== undefined && value !== null) limits[resource] = Number(value)
  }
  return limits
}

const showSet = async (ctx: Ctx, input: Asked): Promise<object> => ({
  quota_set: quotaView(ctx, input.params.id ?? '', await show(ctx, ownerIn(input))),
})

const showDefaultSet = async (ctx: Ctx, input: Asked): Promise<object> => ({
  quota_set: limitsView(ctx, input.params.id ?? '', await showDefaults(ctx)),
})

async function updateSet(ctx: Ctx, input: Input<typeof wire.updateQuotaSet>): Promise<object> {
  const { quota_set: sent } = input.body
  const asked = { ...ownerIn(input), limits: limitsIn(sent), force: truth(sent.force ?? false) }
  return { quota_set: quotaView(ctx, null, await set(ctx, asked)) }
}

const resetSet = (ctx: Ctx, input: Asked): Promise<void> => reset(ctx, ownerIn(input))

const showClassSet = async (ctx: Ctx, { params }: Asked): Promise<object> => {
  const name = params.class_name ?? ''
  return { quota_class_set: limitsView(ctx, name, await showClass(ctx, name)) }
}

async function updateClassSet(ctx: Ctx, input: Input<typeof wire.updateQuotaClassSet>): Promise<object> {
  const limits = limitsIn(input.body.quota_class_set)
  return {
    quota_class_set: limitsView(ctx, null, await setClass(ctx, input.params.class_name ?? '', limits)),
  }
}

export const quotaRoutes: readonly Route[] = [
  route(wire.showQuotaSet, options, showSet),
  route(wire.showQuotaSetDetail, options, async (ctx, input) => ({
    quota_set: detailView(ctx, input.params.id ?? '', await show(ctx, ownerIn(input))),
  })),
  route(wire.showQuotaDefaults, options, showDefaultSet),
  route(wire.updateQuotaSet, options, updateSet),
  route(wire.deleteQuotaSet, options, resetSet),
  route(wire.showQuotaSetLegacy, options, showSet),
  route(wire.showQuotaDefaultsLegacy, options, showDefaultSet),
  route(wire.updateQuotaSetLegacy, options, updateSet),
  route(wire.deleteQuotaSetLegacy, options, resetSet),
  route(wire.showQuotaClassSet, options, showClassSet),
  route(wire.updateQuotaClassSet, options, updateClassSet),
  route(wire.showQuotaClassSetLegacy, options, showClassSet),
  route(wire.updateQuotaClassSetLegacy, options, updateClassSet),
]
