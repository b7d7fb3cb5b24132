import {
  admin,
  adminOrService,
  adminOrServiceOrMember,
  adminOrServiceOrOwnerUser,
  adminOrServiceOrReader,
  member,
  reader,
  rules,
  type Rules,
} from './base.ts'

/** What is about the service itself: services, zones, pools, quotas, messages, locks. */
export const serviceRules: Rules = {
  ...rules('availability_zone', reader, ['index']),
  ...rules('message', reader, ['get', 'get_all']),
  ...rules('message', member, ['delete']),
  ...rules('quota_class_set', admin, ['update']),
  ...rules('quota_class_set', reader, ['show']),
  ...rules('quota_set', admin, ['update', 'delete']),
  ...rules('quota_set', reader, ['show']),
  ...rules('resource_lock', adminOrServiceOrReader, ['get', 'get_all']),
  ...rules('resource_lock', adminOrService, ['get_all_projects']),
  ...rules('resource_lock', adminOrServiceOrMember, ['create']),
  ...rules('resource_lock', adminOrServiceOrOwnerUser, ['update', 'delete', 'bypass_locked_show_action']),
  ...rules('scheduler_stats', admin, ['pools:index', 'pools:detail']),
  ...rules('service', admin, ['index', 'update', 'ensure_shares']),
}

/** Ours beyond Manila; see the paths of `GET /v2/capabilities`. */
export const extensionRules: Rules = {
  ...rules('operation', reader, ['get', 'get_all']),
  ...rules('operation', member, ['cancel']),
  ...rules('operation', admin, ['get_all_projects', 'get_cause_detail']),
  ...rules('audit', admin, ['get_all']),
  ...rules('event', reader, ['follow']),
  ...rules('event', admin, ['follow_all_projects']),
  ...rules('share_usage', reader, ['get']),
  ...rules('share_usage', admin, ['get_all_projects', 'get_detail']),
  ...rules('capabilities', reader, ['get']),
  ...rules('health', admin, ['detail']),
}
