/** What of a request for a share can be refused, as the wire calls it. */
export const newShareFields = [
  'is_public',
  'share_proto',
  'availability_zone',
  'share_group_id',
  'share_network_id',
  'snapshot_id',
  'size',
  'share_type',
  'encryption_key_ref',
  'mount_point_name',
  'metadata',
  'scheduler_hints',
] as const
export type NewShareField = (typeof newShareFields)[number]
