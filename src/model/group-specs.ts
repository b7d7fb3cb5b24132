/** Group specs: what an administrator says of share group types. Their keys and values are those of extra specs; one has a meaning. */
import { checkSpec, storedSpec, type ExtraSpecs, type SpecValue } from './extra-specs.ts'

/** How the snapshots of a group are consistent: taken at one moment within a pool, or on a whole host. */
export const consistentSnapshotSpec = 'consistent_snapshot_support'
const consistencies: readonly string[] = ['pool', 'host']
/** Stock clients take the spec for a boolean and send nothing else; as in the original no pool has it then. */
const ofStockClients: readonly string[] = ['True', 'False']

/** The sentence about the first that is wrong, as the client sent them; null when all may be stored. */
export function problemOfGroupSpecs(specs: Readonly<Record<string, unknown>>): string | null {
  for (const [key, value] of Object.entries(specs)) {
    const wrong = checkSpec(key, value)
    if (wrong !== null) return wrong.problem.replaceAll('extra spec', 'group spec')
    const known = [...consistencies, ...ofStockClients]
    if (key === consistentSnapshotSpec && !known.includes(storedSpec(value as SpecValue)))
      return `The value of group spec '${key}' must be one of ${consistencies.join(', ')}.`
  }
  return null
}

export const storedGroupSpecs = (specs: Readonly<Record<string, unknown>>): ExtraSpecs =>
  Object.fromEntries(Object.entries(specs).map(([key, value]) => [key, storedSpec(value as SpecValue)]))
