/** Access rules over HTTP: the share's actions and the resource. */
import { allow } from '../../app/access-rules/allow.ts'
import { deny, updateLevel } from '../../app/access-rules/change.ts'
import { showRule, type ShownRule } from '../../app/access-rules/find.ts'
import { listByQuery, listOfShare } from '../../app/access-rules/list.ts'
import { ruleMetadata } from '../../app/access-rules/metadata.ts'
import type { Ctx } from '../../app/context.ts'
import { merge, readAll, removeOne } from '../../app/metadata/metadata.ts'
import { accessRuleChanges } from '../../wire/access-rules/changes.ts'
import * as wire from '../../wire/access-rules/schema.ts'
import { truth } from '../../wire/types.ts'
import { listReply, oldestFirst, wholeList } from '../list-reply.ts'
import { dictQuery } from '../lists.ts'
import { actionRoutes, route, type Input, type Route } from '../route.ts'
import { accessRuleView, listedRuleView } from './view.ts'

const options = { changes: accessRuleChanges }

async function show(ctx: Ctx, id: string): Promise<object> {
  return { access: accessRuleView(ctx, await showRule(ctx, id)) }
}

const rules = (ctx: Ctx) => ({
  key: 'access_list',
  page: oldestFirst,
  view: (rule: ShownRule) => listedRuleView(ctx, rule),
})

async function listed(ctx: Ctx, { params }: Pick<Input<unknown>, 'params'>): Promise<object> {
  // An action changes something in the original's eyes and runs in a transaction; the rules of a share have a limit.
  const read = await listOfShare(ctx, params.id ?? '')
  return wholeList({ ...rules(ctx), read })
}

export const accessRuleRoutes: readonly Route[] = [
  ...actionRoutes(wire.allowAccess, accessRuleChanges, async (ctx, { params, body }) => {
    const rule = await allow(ctx, params.id ?? '', {
      type: body.access_type,
      to: body.access_to,
      level: body.access_level === '' ? null : (body.access_level ?? null),
      metadata: body.metadata ?? {},
      lockVisibility: truth(body.lock_visibility ?? false),
      lockDeletion: truth(body.lock_deletion ?? false),
      lockReason: body.lock_reason ?? null,
    })
    return { access: accessRuleView(ctx, rule) }
  }),
  ...actionRoutes(wire.denyAccess, accessRuleChanges, (ctx, { params, body }) =>
    deny(ctx, params.id ?? '', { ruleId: body.access_id, unrestrict: truth(body.unrestrict ?? false) }),
  ),
  route(wire.listAccessAction, options, listed),
  route(wire.listAccessActionLegacy, options, listed),
  route(wire.listAccessRules, options, async (ctx, { query }) => {
    const metadata = query.metadata === undefined ? null : dictQuery('metadata', query.metadata)
    const { read, hides } = await listByQuery(ctx, { query, metadata })
    return listReply({ ...rules(ctx), read, keeps: (rule) => !hides || !rule.hidden })
  }),
  route(wire.showAccessRule, options, (ctx, { params }) => show(ctx, params.id ?? '')),
  route(wire.updateAccessRule, options, async (ctx, { params, body }) => {
    await updateLevel(ctx, params.id ?? '', body.update_access.access_level)
    return show(ctx, params.id ?? '')
  }),
  route(wire.updateAccessMetadata, {}, async (ctx, { params, body }) => {
    const owner = await ruleMetadata(ctx, params.id ?? '', 'share_access_metadata:update')
    await merge(ctx, owner, body.metadata)
    return { metadata: await readAll(ctx, owner) }
  }),
  route(wire.deleteAccessMetadata, {}, async (ctx, { params }) => {
    const owner = await ruleMetadata(ctx, params.id ?? '', 'share_access_metadata:delete')
    return removeOne(ctx, owner, params.key ?? '')
  }),
]
