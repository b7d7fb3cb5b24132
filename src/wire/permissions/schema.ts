/** What a caller may do with resources: ours, beyond Manila, at every microversion. */
import Type from 'typebox'
import { permittedResources } from '../../model/permissions.ts'
import { endpoint } from '../endpoint.ts'
import { Links, Nullable, Optional } from '../types.ts'

const Action = Type.Object({
  action: Type.String({ description: 'The name of the action.' }),
  allowed: Type.Boolean({
    description: 'False: asked for now, it would be refused, whatever its arguments.',
  }),
  code: Nullable(
    Type.String({
      description:
        'Why not: policy, state, recycle_bin, busy, dependents, lock, unsupported, size, rank or quota.',
    }),
  ),
  status: Nullable(Type.Integer({ description: 'The HTTP status that asking would be answered with.' })),
  reason: Nullable(Type.String({ description: 'Why not, in a sentence.' })),
})

export const listPermissions = endpoint({
  id: 'listPermissions',
  method: 'GET',
  path: '/permissions',
  policy: 'permission:get',
  status: 200,
  repeated: ['id'],
  query: Type.Object({
    resource: Type.Union(
      permittedResources.map((name) => Type.Literal(name)),
      { says: `one of ${permittedResources.join(', ')}` },
    ),
    id: Optional(Type.String({ description: 'Of a resource; may be repeated, or a list with commas.' })),
    share_id: Optional(Type.String({ description: 'Whose access rules a page is of.' })),
    all_projects: Optional(Type.String()),
    limit: Optional(Type.String()),
    marker: Optional(Type.String()),
  }),
  reply: Type.Object({
    permissions: Type.Array(
      Type.Object({ resource: Type.String(), id: Type.String(), actions: Type.Array(Action) }),
    ),
    permissions_links: Optional(Links),
  }),
  summary: 'Tells what the caller may do with resources of one kind, by their ids or a page of them.',
})
