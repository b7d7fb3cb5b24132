/** Share group types as the newest microversion shows them. */
import type { Ctx } from '../../app/context.ts'
import type { ShareGroupType } from '../../db/store/share-group-types.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { groupTypeChanges } from '../../wire/share-group-types/changes.ts'

export function groupTypeView(ctx: Ctx, type: ShareGroupType): JsonObject {
  const chosen = ctx.settings.shares.default_share_group_type
  return lower(groupTypeChanges, ctx.minor, {
    id: type.id,
    name: type.name,
    is_public: type.is_public === 1,
    group_specs: type.group_specs,
    share_types: type.share_types,
    is_default: chosen !== '' && (chosen === type.name || chosen === type.id),
  })
}
