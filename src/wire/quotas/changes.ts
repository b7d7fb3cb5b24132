/** History of quotas on the wire. A resource that a version does not know is not shown and can't be set. */
import { quotaDefaults } from '../../model/quota.ts'
import { rule, shown, type Change } from '../changes.ts'
import { resourceSince } from './schema.ts'

/** Each resource has a flag `quota:<resource>` that says it may be set. */
export const quotaChanges: readonly Change[] = [
  ...Object.keys(quotaDefaults).flatMap((resource) => {
    const since = (resourceSince as Partial<Record<string, number>>)[resource] ?? 0
    return [rule(since, `quota:${resource}`, `${resource} can be limited`), shown(since, resource)]
  }),
  rule(39, 'quotasPerType', 'share types have quotas'),
]
