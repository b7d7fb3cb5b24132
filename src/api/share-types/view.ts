/** Share types as the newest microversion shows them. */
import { isAdmin, type Ctx } from '../../app/context.ts'
import type { ShareType } from '../../db/store/share-types.ts'
import { inferredDefaults, requiredSpecs, tenantView, type InferredSpec } from '../../model/extra-specs.ts'
import { lower, type JsonObject } from '../../wire/changes.ts'
import { shareTypeChanges } from '../../wire/share-types/changes.ts'

const inferred = Object.keys(inferredDefaults) as InferredSpec[]

/** Administrators see every spec as stored, tenants the ones that concern them, with their defaults. */
export function typeView(ctx: Ctx, type: ShareType): JsonObject {
  const specs = type.extra_specs
  const chosen = ctx.settings.shares.default_share_type
  return lower(shareTypeChanges, ctx.minor, {
    id: type.id,
    name: type.name,
    extra_specs: isAdmin(ctx) ? specs : tenantView(specs, { infer: inferred }),
    required_extra_specs: Object.fromEntries(
      requiredSpecs.flatMap((key) => (Object.hasOwn(specs, key) ? [[key, specs[key]]] : [])),
    ),
    'share_type_access:is_public': type.is_public === 1,
    description: type.description,
    is_default: chosen !== '' && (chosen === type.name || chosen === type.id),
  })
}

/** Under both of its names. */
export function oneType(ctx: Ctx, type: ShareType): JsonObject {
  const view = typeView(ctx, type)
  return { share_type: view, volume_type: view }
}

export function manyTypes(ctx: Ctx, types: readonly ShareType[]): JsonObject {
  const views = types.map((type) => typeView(ctx, type))
  return { share_types: views, volume_types: views }
}
