/** Share group types over HTTP. */
import { addAccess, listAccess, removeAccess } from '../../app/share-group-types/access.ts'
import { create } from '../../app/share-group-types/create.ts'
import { remove } from '../../app/share-group-types/delete.ts'
import { findGroupType } from '../../app/share-group-types/find.ts'
import {
  listSpecs,
  removeSpec,
  showSpec,
  writeSpec,
  writeSpecs,
} from '../../app/share-group-types/group-specs.ts'
import { list, showDefault } from '../../app/share-group-types/list.ts'
import { groupTypeChanges } from '../../wire/share-group-types/changes.ts'
import * as wire from '../../wire/share-group-types/schema.ts'
import { truth } from '../../wire/types.ts'
import { dictQuery, visibilityQuery } from '../lists.ts'
import { route, type Route } from '../route.ts'
import { groupTypeView } from './view.ts'

const options = { changes: groupTypeChanges }

type WithParams = { readonly params: Readonly<Record<string, string>> }
const id = ({ params }: WithParams): string => params.id ?? ''
const typeId = ({ params }: WithParams): string => params.type_id ?? ''
const key = ({ params }: WithParams): string => params.key ?? ''

export const shareGroupTypeRoutes: readonly Route[] = [
  route(wire.listShareGroupTypes, options, async (ctx, { query }) => {
    const specs = query.group_specs ?? ''
    const groupSpecs = specs === '' ? null : dictQuery('group_specs', specs)
    const types = await list(ctx, { visibility: visibilityQuery(query), groupSpecs })
    return { share_group_types: types.map((type) => groupTypeView(ctx, type)) }
  }),
  route(wire.showDefaultShareGroupType, options, async (ctx) => ({
    share_group_type: groupTypeView(ctx, await showDefault(ctx)),
  })),
  route(wire.showShareGroupType, options, async (ctx, input) => ({
    share_group_type: groupTypeView(ctx, await findGroupType(ctx, id(input))),
  })),
  route(wire.createShareGroupType, options, async (ctx, { body: { share_group_type: type } }) => ({
    share_group_type: groupTypeView(
      ctx,
      await create(ctx, {
        name: type.name,
        shareTypes: type.share_types,
        groupSpecs: type.group_specs ?? {},
        isPublic: truth(type.is_public ?? true),
      }),
    ),
  })),
  route(wire.deleteShareGroupType, options, (ctx, input) => remove(ctx, id(input))),
  route(wire.listShareGroupTypeAccess, options, async (ctx, input) => {
    const { typeId: of, projectIds } = await listAccess(ctx, id(input))
    return {
      share_group_type_access: projectIds.map((project) => ({
        share_group_type_id: of,
        project_id: project,
      })),
    }
  }),
  route(wire.addShareGroupTypeAccess, {}, (ctx, input) => addAccess(ctx, id(input), input.body.project)),
  route(wire.removeShareGroupTypeAccess, {}, (ctx, input) =>
    removeAccess(ctx, id(input), input.body.project),
  ),
  route(wire.listGroupSpecs, {}, async (ctx, input) => ({
    group_specs: await listSpecs(ctx, typeId(input)),
  })),
  route(wire.createGroupSpecs, {}, async (ctx, input) => {
    await writeSpecs(ctx, typeId(input), input.body.group_specs)
    return { group_specs: input.body.group_specs }
  }),
  route(wire.showGroupSpec, {}, (ctx, input) => showSpec(ctx, typeId(input), key(input))),
  route(wire.updateGroupSpec, {}, async (ctx, input) => {
    await writeSpec(ctx, typeId(input), key(input), input.body)
    return input.body
  }),
  route(wire.deleteGroupSpec, {}, (ctx, input) => removeSpec(ctx, typeId(input), key(input))),
]
