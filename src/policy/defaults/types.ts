import { admin, notYet, reader, rules, specActions, type Rules } from './base.ts'

/** Share types, QoS types and their specs. */
export const typeRules: Rules = {
  ...rules('share_type', admin, {
    create: ['Create a share type.', 'POST /types'],
    update: ['Change a share type.', 'PUT /types/{id}'],
    delete: ['Delete a share type.', 'DELETE /types/{id}'],
    list_project_access: [
      'See which projects may use a private share type.',
      'GET /types/{id}/share_type_access',
      'GET /types/{id}/os-share-type-access',
    ],
    add_project_access: [
      'Let a project use a private share type.',
      'POST /types/{id}/action addProjectAccess',
    ],
    remove_project_access: [
      'Take a private share type from a project.',
      'POST /types/{id}/action removeProjectAccess',
    ],
  }),
  ...rules('share_type', reader, {
    index: ['List share types.', 'GET /types'],
    show: ['Show a share type.', 'GET /types/{id}'],
    default: ['Show the default share type.', 'GET /types/default'],
  }),
  ...rules('share_types_extra_spec', admin, specActions('/types/{type_id}/extra_specs', 'extra spec')),
  ...notYet({
    ...rules('qos_type', admin, {
      create: ['Create a QoS type.', 'POST /qos-types'],
      update: ['Change a QoS type.', 'PUT /qos-types/{id}'],
      delete: ['Delete a QoS type.', 'DELETE /qos-types/{id}'],
    }),
    ...rules('qos_type', reader, {
      show: ['Show a QoS type.', 'GET /qos-types/{id}'],
      index: ['List QoS types.', 'GET /qos-types'],
    }),
    ...rules('qos_type_specs', admin, specActions('/qos-types/{id}/specs', 'QoS spec')),
  }),
}
