/** Rules of the database as an exporter takes them. */
import type { MappedRule } from '../db/store/access-mappings.ts'
import type { ExportRule, RuleOutcome } from '../drivers/driver.ts'

/**
 * One rule for each client, whatever the number of rules that let it in: it may write where one of them says so. `readOnly` lowers
 * every level: a secondary replica, or the source of a migration.
 */
export function exportRules(
  rules: readonly MappedRule[],
  { readOnly }: { readonly readOnly: boolean },
): readonly ExportRule[] {
  const byClient = new Map<string, ExportRule>()
  for (const { id, type, to, level } of rules) {
    const first = byClient.get(clientOf({ type, to }))
    const writes = (level === 'rw' || first?.level === 'rw') && !readOnly
    byClient.set(clientOf({ type, to }), { id: first?.id ?? id, type, to, level: writes ? 'rw' : 'ro' })
  }
  return [...byClient.values()]
}

/** What became of a client's rule became of all its rules. */
export function outcomesOf(
  rules: readonly MappedRule[],
  told: readonly ExportRule[],
  outcomes: readonly RuleOutcome[],
): readonly RuleOutcome[] {
  return rules.flatMap((rule) => {
    const sent = told.find((one) => clientOf(one) === clientOf(rule))
    const outcome = outcomes.find(({ id }) => id === sent?.id)
    return outcome === undefined ? [] : [{ ...outcome, id: rule.id }]
  })
}

const clientOf = ({ type, to }: { readonly type: string; readonly to: string }): string => `${type} ${to}`
