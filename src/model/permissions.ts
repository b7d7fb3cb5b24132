/** The resources whose actions `GET /v2/permissions` knows. */
export const permittedResources = [
  'share',
  'snapshot',
  'access_rule',
  'resource_lock',
  'share_type',
  'share_instance',
  'snapshot_instance',
  'message',
  'operation',
  'share_group',
  'share_group_snapshot',
  'share_group_type',
] as const
export type PermittedResource = (typeof permittedResources)[number]

/** Objects that are answered about at once. */
export const mostPermissions = 100
