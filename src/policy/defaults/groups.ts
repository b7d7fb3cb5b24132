import { admin, member, reader, rules, type Rules } from './base.ts'

const group = (prefix: string): Rules => ({
  ...rules(prefix, member, ['create', 'update', 'delete']),
  ...rules(prefix, reader, ['get', 'get_all']),
  ...rules(prefix, admin, ['force_delete', 'reset_status']),
})

/** Share groups, their snapshots and their types. */
export const groupRules: Rules = {
  ...group('share_group'),
  ...group('share_group_snapshot'),
  ...rules('share_group_type', admin, [
    'create',
    'delete',
    'list_project_access',
    'add_project_access',
    'remove_project_access',
  ]),
  ...rules('share_group_type', reader, ['index', 'show', 'default']),
  ...rules('share_group_types_spec', admin, ['create', 'index', 'show', 'update', 'delete']),
}
