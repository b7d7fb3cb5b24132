/** Who may mount what, and what is locked. */
import type { Stamp } from './values.ts'

export interface AccessRulesTable {
  id: string
  share_id: string
  access_type: string
  access_to: string
  /**
   * One notation for each meaning (`10.0.0.1/32` → `10.0.0.1`), unique per share and type: a second rule of the same
   * meaning has another spelling of it (`model/access-twins.ts`).
   */
  canonical_to: string
  access_level: string
  access_key: string | null
  /** Worst of the mappings, kept in the same transaction. */
  state: string
  created_at: Stamp
  updated_at: Stamp | null
}
export interface AccessRuleMetadataTable {
  access_rule_id: string
  meta_key: string
  meta_value: string
}
export interface AccessRuleMappingsTable {
  access_rule_id: string
  share_instance_id: string
  state: string
}
export interface ResourceLocksTable {
  id: string
  user_id: string
  project_id: string
  lock_context: string
  resource_type: string
  resource_id: string
  resource_action: string
  lock_reason: string | null
  created_at: Stamp
  updated_at: Stamp | null
}

export interface AccessTables {
  access_rules: AccessRulesTable
  access_rule_metadata: AccessRuleMetadataTable
  access_rule_mappings: AccessRuleMappingsTable
  resource_locks: ResourceLocksTable
}
