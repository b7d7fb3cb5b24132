/** Share types over HTTP. */
import { addAccess, listAccess, removeAccess } from '../../app/share-types/access.ts'
import { create } from '../../app/share-types/create.ts'
import { remove } from '../../app/share-types/delete.ts'
import { listSpecs, removeSpec, showSpec, writeSpec, writeSpecs } from '../../app/share-types/extra-specs.ts'
import { findType } from '../../app/share-types/find.ts'
import { list, showDefault, type ListTypes } from '../../app/share-types/list.ts'
import { update } from '../../app/share-types/update.ts'
import type { Ctx } from '../../app/context.ts'
import { invalid } from '../../model/errors.ts'
import { extraSpecChanges, shareTypeChanges } from '../../wire/share-types/changes.ts'
import * as wire from '../../wire/share-types/schema.ts'
import { truth } from '../../wire/types.ts'
import { dictQuery, visibilityQuery } from '../lists.ts'
import { route, type Route } from '../route.ts'
import { manyTypes, oneType } from './view.ts'

const changes = { changes: shareTypeChanges }
const specs = { changes: extraSpecChanges }

/** What was sent under `share_type` or, by old clients, `volume_type`; 400 without either. */
function inner<T>(body: { readonly share_type?: T | undefined; readonly volume_type?: T | undefined }): T {
  const type = body.share_type ?? body.volume_type
  if (type === undefined) throw invalid('The body must have an object under "share_type".')
  return type
}

/** The old name of the visibility wins where both are sent, as in the original. */
function visibilityIn(type: Readonly<Record<string, unknown>>): boolean | undefined {
  const sent = type['os-share-type-access:is_public'] ?? type['share_type_access:is_public']
  return sent === undefined ? undefined : truth(sent)
}

function listInput(query: Readonly<Record<string, string>>): ListTypes {
  const specsText = query.extra_specs ?? ''
  const extraSpecs = specsText === '' ? null : dictQuery('extra_specs', specsText)
  return { visibility: visibilityQuery(query), extraSpecs }
}

async function accessList(ctx: Ctx, id: string): Promise<object> {
  const { typeId, projectIds } = await listAccess(ctx, id)
  return { share_type_access: projectIds.map((id) => ({ share_type_id: typeId, project_id: id })) }
}

const id = (input: { readonly params: Readonly<Record<string, string>> }): string => input.params.id ?? ''
const typeId = (input: { readonly params: Readonly<Record<string, string>> }): string =>
  input.params.type_id ?? ''
const key = (input: { readonly params: Readonly<Record<string, string>> }): string => input.params.key ?? ''

export const shareTypeRoutes: readonly Route[] = [
  route(wire.listShareTypes, changes, async (ctx, { query }) =>
    manyTypes(ctx, await list(ctx, listInput(query))),
  ),
  route(wire.showDefaultShareType, changes, async (ctx) => oneType(ctx, await showDefault(ctx))),
  route(wire.showShareType, changes, async (ctx, input) => oneType(ctx, await findType(ctx, id(input)))),
  route(wire.createShareType, changes, async (ctx, input) => {
    const type = inner(input.body)
    const { name, description = null, extra_specs: extraSpecs } = type
    const isPublic = visibilityIn(type) ?? true
    return oneType(ctx, await create(ctx, { name, description, extraSpecs, isPublic }))
  }),
  route(wire.updateShareType, changes, async (ctx, input) => {
    const type = inner(input.body)
    const { name, description } = type
    const changed = { name: name ?? undefined, description, isPublic: visibilityIn(type) }
    return oneType(ctx, await update(ctx, id(input), changed))
  }),
  route(wire.deleteShareType, changes, (ctx, input) => remove(ctx, id(input))),
  route(wire.listShareTypeAccess, changes, (ctx, input) => accessList(ctx, id(input))),
  route(wire.listShareTypeAccessAlias, changes, (ctx, input) => accessList(ctx, id(input))),
  route(wire.addShareTypeAccess, {}, (ctx, input) => addAccess(ctx, id(input), input.body.project)),
  route(wire.removeShareTypeAccess, {}, (ctx, input) => removeAccess(ctx, id(input), input.body.project)),
  route(wire.listExtraSpecs, specs, async (ctx, input) => ({
    extra_specs: await listSpecs(ctx, typeId(input)),
  })),
  route(wire.createExtraSpecs, specs, async (ctx, input) => {
    await writeSpecs(ctx, typeId(input), input.body.extra_specs)
    return { extra_specs: input.body.extra_specs }
  }),
  route(wire.showExtraSpec, specs, (ctx, input) => showSpec(ctx, typeId(input), key(input))),
  route(wire.updateExtraSpec, specs, async (ctx, input) => {
    await writeSpec(ctx, typeId(input), key(input), input.body)
    return input.body
  }),
  route(wire.deleteExtraSpec, specs, (ctx, input) => removeSpec(ctx, typeId(input), key(input))),
]
