/** Metadata of an access rule: merged and deleted only, as in the original. */
import type { Ctx } from '../context.ts'
import type { MetadataOwner } from '../metadata/metadata.ts'
import { findRuleToChange } from './find.ts'

export async function ruleMetadata(ctx: Ctx, ruleId: string, policy: string): Promise<MetadataOwner> {
  const { rule, share } = await findRuleToChange(ctx, ruleId, policy)
  return {
    table: 'access_rule_metadata',
    id: rule.id,
    projectId: share.project_id,
    resource: 'access_rules',
    adminKeys: [],
    adminRule: null,
  }
}
