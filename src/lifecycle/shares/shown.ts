import type { InstanceRow, ShareRow } from '../../db/store/share-instances.ts'

/** What a share shows of an instance. */
export function shownOf(
  instance: InstanceRow,
): Pick<
  ShareRow,
  | 'instance_id'
  | 'status'
  | 'host'
  | 'availability_zone_id'
  | 'share_type_id'
  | 'share_network_id'
  | 'share_server_id'
  | 'access_rules_status'
  | 'progress'
> {
  return {
    instance_id: instance.id,
    status: instance.status,
    host: instance.host,
    availability_zone_id: instance.availability_zone_id,
    share_type_id: instance.share_type_id,
    share_network_id: instance.share_network_id,
    share_server_id: instance.share_server_id,
    access_rules_status: instance.access_rules_status,
    progress: instance.progress,
  }
}
