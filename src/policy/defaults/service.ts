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
  ...rules('availability_zone', reader, {
    index: ['List availability zones.', 'GET /availability-zones'],
  }),
  ...rules('message', reader, {
    get: ['Show a user message.', 'GET /messages/{id}'],
    get_all: ['List user messages.', 'GET /messages'],
  }),
  ...rules('message', member, { delete: ['Delete a user message.', 'DELETE /messages/{id}'] }),
  ...rules('quota_class_set', admin, {
    update: ['Change the quotas that projects have without their own.', 'PUT /quota-class-sets/{class_name}'],
  }),
  ...rules('quota_class_set', reader, {
    show: ['Show the quotas of a class.', 'GET /quota-class-sets/{class_name}'],
  }),
  ...rules('quota_set', admin, {
    update: ['Change the quotas of a project, user or share type.', 'PUT /quota-sets/{id}'],
    delete: ['Set the quotas of a project back to the defaults.', 'DELETE /quota-sets/{id}'],
  }),
  ...rules('quota_set', reader, {
    show: [
      'Show the quotas of a project.',
      'GET /quota-sets/{id}',
      'GET /quota-sets/{id}/detail',
      'GET /quota-sets/{id}/defaults',
    ],
  }),
  ...rules('resource_lock', adminOrServiceOrReader, {
    get: ['Show a resource lock.', 'GET /resource-locks/{id}'],
    get_all: ['List resource locks.', 'GET /resource-locks'],
  }),
  ...rules('resource_lock', adminOrService, {
    get_all_projects: [
      'See the resource locks of all projects.',
      'GET /resource-locks',
      'GET /resource-locks/{id}',
    ],
  }),
  ...rules('resource_lock', adminOrServiceOrMember, {
    create: ['Lock a share or an access rule.', 'POST /resource-locks'],
  }),
  ...rules('resource_lock', adminOrServiceOrOwnerUser, {
    update: ['Change a resource lock.', 'PUT /resource-locks/{id}'],
    delete: [
      'Remove a resource lock.',
      'DELETE /resource-locks/{id}',
      'POST /shares/{id}/action deny_access',
    ],
    bypass_locked_show_action: [
      'See an access rule whose visibility is locked.',
      'GET /share-access-rules',
      'GET /share-access-rules/{id}',
    ],
  }),
  ...rules('scheduler_stats', admin, {
    'pools:index': ['List storage pools.', 'GET /scheduler-stats/pools'],
    'pools:detail': [
      'List storage pools with what they can, and see how full they were.',
      'GET /scheduler-stats/pools/detail',
      'GET /scheduler-stats/pools/history',
    ],
  }),
  ...rules('service', admin, {
    index: ['List the services.', 'GET /services'],
    update: ['Let the scheduler use a host, or not.', 'PUT /services/enable', 'PUT /services/disable'],
    ensure_shares: ['Have a backend look at all its shares again.', 'POST /services/ensure-shares'],
  }),
}

/** Ours beyond Manila; see the paths of `GET /v2/capabilities`. */
export const extensionRules: Rules = {
  ...rules('operation', reader, {
    get: ['Show an operation with its steps.', 'GET /operations/{id}'],
    get_all: ['List operations.', 'GET /operations'],
  }),
  ...rules('operation', member, {
    cancel: ['Ask that an operation be undone.', 'POST /operations/{id}/action cancel'],
    retry: [
      'Ask once more for what an operation could not do; whose rule that is, is asked too.',
      'POST /operations/{id}/action retry',
    ],
  }),
  ...rules('operation', admin, {
    get_all_projects: ['List the operations of all projects.', 'GET /operations'],
    get_cause_detail: [
      "See a failure's cause in the words of the backend.",
      'GET /operations',
      'GET /operations/{id}',
    ],
  }),
  ...rules('event', reader, {
    follow: ['Follow what changes in the own project.', 'GET /events'],
  }),
  ...rules('event', admin, {
    follow_all_projects: ['Follow what changes in all projects.', 'GET /events'],
  }),
  ...rules('placement', member, {
    try: ['Ask whether a share could be created, and what it would cost.', 'POST /placements'],
  }),
  ...rules('placement', admin, {
    try_all_projects: ['Ask that for another project.', 'POST /placements'],
    see_pools: ['See each pool in the answer, and where a size beyond quota would fit.', 'POST /placements'],
  }),
  ...rules('audit', admin, { get_all: ['See who did what.', 'GET /audit'] }),
  ...rules('share_usage', reader, {
    get: [
      'See how full a share or snapshot is.',
      'GET /shares/{id}/usage',
      'GET /shares/{id}/usage/history',
      'GET /usage/shares',
      'GET /snapshots/{id}/usage',
      'GET /usage/history',
    ],
  }),
  ...rules('share_usage', admin, {
    get_all_projects: ['See how full other projects were.', 'GET /usage/history'],
    get_detail: [
      'See why there is no figure, in the words of the backend.',
      'GET /shares/{id}/usage',
      'GET /usage/shares',
      'GET /snapshots/{id}/usage',
    ],
  }),
  ...rules('capabilities', reader, {
    get: [
      'See what this server can beyond Manila, and at which address it sees the caller.',
      'GET /capabilities',
      'GET /whoami',
    ],
  }),
  ...rules('permission', reader, {
    get: ['Ask what may be done with resources that the caller sees.', 'GET /permissions'],
  }),
  ...rules('health', admin, { detail: ['See each backend in the health check.', 'GET /healthcheck'] }),
}
