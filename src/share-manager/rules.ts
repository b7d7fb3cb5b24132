/** Rules of the database as an exporter takes them. */
import type { MappedRule } from '../db/store/access-mappings.ts'
import type { ExportRule } from '../drivers/driver.ts'

/** `readOnly` lowers every level: a secondary replica, or the source of a migration. */
export function exportRules(
  rules: readonly MappedRule[],
  { readOnly }: { readonly readOnly: boolean },
): readonly ExportRule[] {
  return rules.map(({ id, type, to, level }) => ({
    id,
    type,
    to,
    level: readOnly || level !== 'rw' ? 'ro' : 'rw',
  }))
}
