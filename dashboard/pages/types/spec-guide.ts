/** The extra specs that the service gives a meaning, and what may stand there; what each means is in the words. */
import { booleanSpecs, checkSpecs, type SpecProblem } from '../../../src/model/extra-specs.ts'

export interface KnownSpec {
  readonly key: string
  /** What may be chosen; absent = any text. */
  readonly values?: readonly string[]
  /** A text that shows how it is written. */
  readonly example?: string
}

const yesNo = ['True', 'False'] as const

export const knownSpecs: readonly KnownSpec[] = [
  ...booleanSpecs.map((key) => ({ key, values: yesNo })),
  { key: 'share_backend_name', example: 'fast' },
  { key: 'pool_name', example: 'pool' },
  { key: 'storage_protocol', example: '<in> NFS' },
  { key: 'thin_provisioning', values: yesNo },
  { key: 'availability_zones', example: 'zone-a,zone-b' },
  { key: 'provisioning:min_share_size', example: '1' },
  { key: 'provisioning:max_share_size', example: '1000' },
  { key: 'provisioning:max_share_extend_size', example: '2000' },
  { key: 'provisioning:mount_point_prefix', example: 'team-a' },
  { key: 'replication_type', values: ['writable', 'readable', 'dr'] },
  { key: 'encryption_support', values: ['share', 'share_server'] },
  { key: 'dedupe', values: yesNo },
  { key: 'compression', values: yesNo },
  { key: 'qos', values: yesNo },
]

export const knownSpec = (key: string): KnownSpec | null => knownSpecs.find((one) => one.key === key) ?? null

/** A line of the form. */
export interface SpecLine {
  readonly key: string
  readonly value: string
}

/** The first thing that is wrong, by the line it is at; the law is the service's. */
export function problemOfLines(lines: readonly SpecLine[]): (SpecProblem & { readonly line: number }) | null {
  const seen = new Set<string>()
  for (const [line, { key, value }] of lines.entries()) {
    if (seen.has(key)) return { line, key, problem: 'twice' }
    seen.add(key)
    const problem = checkSpecs({ [key]: value }, { complete: false })
    if (problem !== null) return { ...problem, line }
  }
  const together = checkSpecs(specsOfLines(lines), { complete: false })
  return together === null ? null : { ...together, line: lines.findIndex(({ key }) => key === together.key) }
}

export const specsOfLines = (lines: readonly SpecLine[]): Readonly<Record<string, string>> =>
  Object.fromEntries(lines.map(({ key, value }) => [key, value]))

export interface SpecChanges {
  readonly write: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

export function changesOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): SpecChanges {
  return {
    write: Object.fromEntries(Object.entries(after).filter(([key, value]) => before[key] !== value)),
    remove: Object.keys(before).filter((key) => !Object.hasOwn(after, key)),
  }
}
