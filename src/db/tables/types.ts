/** What a share may ask for. */
import type { Flag, Stamp } from './values.ts'

export interface ShareTypesTable {
  id: string
  name: string
  description: string | null
  is_public: Flag
  created_at: Stamp
  updated_at: Stamp | null
}
export interface ShareTypeExtraSpecsTable {
  share_type_id: string
  spec_key: string
  spec_value: string
}
export interface ShareTypeProjectsTable {
  share_type_id: string
  project_id: string
}
export interface QosTypesTable {
  id: string
  name: string
  description: string | null
  created_at: Stamp
  updated_at: Stamp | null
}
export interface QosTypeSpecsTable {
  qos_type_id: string
  spec_key: string
  spec_value: string
}

export interface TypeTables {
  share_types: ShareTypesTable
  share_type_extra_specs: ShareTypeExtraSpecsTable
  share_type_projects: ShareTypeProjectsTable
  qos_types: QosTypesTable
  qos_type_specs: QosTypeSpecsTable
}
