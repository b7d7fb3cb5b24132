import { admin, reader, rules, type Rules } from './base.ts'

const allFive = ['create', 'index', 'show', 'update', 'delete']

/** Share types, QoS types and their specs. */
export const typeRules: Rules = {
  ...rules('share_type', admin, [
    'create',
    'update',
    'delete',
    'list_project_access',
    'add_project_access',
    'remove_project_access',
  ]),
  ...rules('share_type', reader, ['index', 'show', 'default']),
  ...rules('share_types_extra_spec', admin, allFive),
  ...rules('qos_type', admin, ['create', 'update', 'delete']),
  ...rules('qos_type', reader, ['show', 'index']),
  ...rules('qos_type_specs', admin, allFive),
}
