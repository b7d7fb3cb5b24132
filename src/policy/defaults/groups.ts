import { admin, member, reader, rules, specActions, type Rules } from './base.ts'

const group = (prefix: string, path: string, noun: string, shownBelow: readonly string[] = []): Rules => ({
  ...rules(prefix, member, {
    create: [`Create a ${noun}.`, `POST ${path}`],
    update: [`Change the name or description of a ${noun}.`, `PUT ${path}/{id}`],
    delete: [`Delete a ${noun}.`, `DELETE ${path}/{id}`],
  }),
  ...rules(prefix, reader, {
    get: [`Show a ${noun}.`, `GET ${path}/{id}`, ...shownBelow.map((below) => `GET ${path}/{id}/${below}`)],
    get_all: [`List ${noun}s.`, `GET ${path}`, `GET ${path}/detail`],
  }),
  ...rules(prefix, admin, {
    force_delete: [`Delete a ${noun} whatever its state.`, `POST ${path}/{id}/action force_delete`],
    reset_status: [`Write the status of a ${noun} by hand.`, `POST ${path}/{id}/action reset_status`],
  }),
})

/** Share groups, their snapshots and their types. */
export const groupRules: Rules = {
  ...group('share_group', '/share-groups', 'share group'),
  ...group('share_group_snapshot', '/share-group-snapshots', 'share group snapshot', ['members']),
  ...rules('share_group_type', admin, {
    create: ['Create a share group type.', 'POST /share-group-types'],
    delete: ['Delete a share group type.', 'DELETE /share-group-types/{id}'],
    list_project_access: [
      'See which projects may use a private share group type.',
      'GET /share-group-types/{id}/access',
    ],
    add_project_access: [
      'Let a project use a private share group type.',
      'POST /share-group-types/{id}/action addProjectAccess',
    ],
    remove_project_access: [
      'Take a private share group type from a project.',
      'POST /share-group-types/{id}/action removeProjectAccess',
    ],
  }),
  ...rules('share_group_type', reader, {
    index: ['List share group types.', 'GET /share-group-types'],
    show: ['Show a share group type.', 'GET /share-group-types/{id}'],
    default: ['Show the default share group type.', 'GET /share-group-types/default'],
  }),
  ...rules(
    'share_group_types_spec',
    admin,
    specActions('/share-group-types/{type_id}/group-specs', 'group spec'),
  ),
}
