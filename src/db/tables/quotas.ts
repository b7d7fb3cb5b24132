/** How much is allowed and how much is used. */
/** `scope_id` is '' for a whole project, a user id or a share type id otherwise. */
export interface QuotaLimitsTable {
  project_id: string
  scope: 'project' | 'user' | 'share_type'
  scope_id: string
  resource: string
  hard_limit: number
}
export interface QuotaClassesTable {
  class_name: string
  resource: string
  hard_limit: number
}
export interface QuotaUsagesTable {
  project_id: string
  scope: 'project' | 'user' | 'share_type'
  scope_id: string
  resource: string
  in_use: number
}

/** Locked by who is about to reach a limit of the project; `taken` only counts how often. */
export interface ProjectTurnsTable {
  id: string
  taken: number
}

export interface QuotaTables {
  quota_limits: QuotaLimitsTable
  quota_classes: QuotaClassesTable
  quota_usages: QuotaUsagesTable
  project_turns: ProjectTurnsTable
}
