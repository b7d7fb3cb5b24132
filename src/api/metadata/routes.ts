/** Binds the six metadata routes of a resource; `open` finds the resource and settles whether the caller may. */
import type { Ctx } from '../../app/context.ts'
import {
  merge,
  readAll,
  readOne,
  removeOne,
  replace,
  writeOne,
  type MetadataOwner,
} from '../../app/metadata/metadata.ts'
import type { MetadataEndpoints } from '../../wire/metadata/schema.ts'
import { route, type Route } from '../route.ts'

type Params = Readonly<Record<string, string>>

export function metadataRoutes(
  wire: MetadataEndpoints,
  open: (ctx: Ctx, params: Params, intent: 'get' | 'update' | 'delete') => Promise<MetadataOwner>,
): Route[] {
  const key = (params: Params): string => params.key ?? ''
  return [
    route(wire.index, {}, async (ctx, { params }) => ({
      metadata: await readAll(ctx, await open(ctx, params, 'get')),
    })),
    route(wire.merge, {}, async (ctx, { params, body }) => ({
      metadata: await merge(ctx, await open(ctx, params, 'update'), body.metadata),
    })),
    route(wire.replace, {}, async (ctx, { params, body }) => ({
      metadata: await replace(ctx, await open(ctx, params, 'update'), body.metadata),
    })),
    route(wire.show, {}, async (ctx, { params }) => ({
      meta: await readOne(ctx, await open(ctx, params, 'get'), key(params)),
    })),
    route(wire.write, {}, async (ctx, { params, body }) => ({
      meta: await writeOne(ctx, await open(ctx, params, 'update'), key(params), body.metadata ?? body.meta),
    })),
    route(wire.remove, {}, async (ctx, { params }) =>
      removeOne(ctx, await open(ctx, params, 'delete'), key(params)),
    ),
  ]
}
