/** Share networks, share servers and what they need. */
import type { Flag, Json, Stamp } from './values.ts'

export interface ShareNetworksTable {
  id: string
  project_id: string
  user_id: string
  name: string | null
  description: string | null
  status: string
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareNetworkSubnetsTable {
  id: string
  share_network_id: string
  availability_zone_id: string | null
  neutron_net_id: string | null
  neutron_subnet_id: string | null
  network_type: string | null
  segmentation_id: number | null
  cidr: string | null
  ip_version: number | null
  gateway: string | null
  mtu: number | null
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareNetworkSubnetMetadataTable {
  share_network_subnet_id: string
  meta_key: string
  meta_value: string
}
export interface SecurityServicesTable {
  id: string
  project_id: string
  type: string
  name: string | null
  description: string | null
  dns_ip: string | null
  server: string | null
  domain: string | null
  username: string | null
  /** Encrypted under the key file. */
  password_sealed: string | null
  ou: string | null
  default_ad_site: string | null
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareNetworkSecurityServicesTable {
  share_network_id: string
  security_service_id: string
}
export interface ShareServersTable {
  id: string
  project_id: string
  host: string
  backend_id: string | null
  status: string
  task_state: string | null
  identifier: string | null
  is_auto_deletable: Flag
  source_share_server_id: string | null
  encryption_key_ref: string | null
  security_service_update_support: Flag
  network_allocation_update_support: Flag
  backend_details: Json
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareServerSubnetsTable {
  share_server_id: string
  share_network_subnet_id: string
}
export interface NetworkAllocationsTable {
  id: string
  share_server_id: string
  share_network_subnet_id: string | null
  label: string
  ip_address: string
  ip_version: number
  cidr: string
  gateway: string | null
  mtu: number | null
  network_type: string | null
  segmentation_id: number | null
  mac_address: string | null
  created_at: Stamp
}

export interface NetworkTables {
  share_networks: ShareNetworksTable
  share_network_subnets: ShareNetworkSubnetsTable
  share_network_subnet_metadata: ShareNetworkSubnetMetadataTable
  security_services: SecurityServicesTable
  share_network_security_services: ShareNetworkSecurityServicesTable
  share_servers: ShareServersTable
  share_server_subnets: ShareServerSubnetsTable
  network_allocations: NetworkAllocationsTable
}
