/** An access rule as the newest microversion shows it, then as the caller's does. */
import type { Ctx } from '../../app/context.ts'
import type { ShownRule } from '../../app/access-rules/find.ts'
import { isoMicros } from '../../runtime/clock.ts'
import { accessRuleChanges } from '../../wire/access-rules/changes.ts'
import { lower, without, type JsonObject } from '../../wire/changes.ts'

/** What stands where a visibility lock hides something. */
const masked = '******'

export function accessRuleView(ctx: Ctx, rule: ShownRule): JsonObject {
  const newest: JsonObject = {
    id: rule.id,
    share_id: rule.share_id,
    access_level: rule.access_level,
    access_to: rule.hidden ? masked : rule.access_to,
    access_type: rule.access_type,
    access_key: rule.hidden ? masked : rule.access_key,
    state: rule.state,
    created_at: isoMicros(rule.created_at),
    updated_at: rule.updated_at === null ? null : isoMicros(rule.updated_at),
    metadata: rule.metadata,
    ...(ctx.minor < 28 ? { __rules_status: rule.rulesStatus } : {}),
  }
  return lower(accessRuleChanges, ctx.minor, newest)
}

/** In lists the share is known already. */
export function listedRuleView(ctx: Ctx, rule: ShownRule): JsonObject {
  return without(accessRuleView(ctx, rule), ['share_id'])
}
