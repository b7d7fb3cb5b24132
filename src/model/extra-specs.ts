/**
 * Extra specs of share types: which ones Manila gives a meaning, what values those may have, and how to read them.
 *
 * Everything is stored as a string, as Manila does. This module refuses to know about pools: whether a spec is
 * satisfied somewhere is the scheduler's question. It never throws; the API turns a {@link SpecProblem} into a 400.
 */

/** The share type's extra specs as stored. */
export type ExtraSpecs = Readonly<Record<string, string>>

/** What placing a share asks of its type. */
export interface PlacedType {
  readonly id: string
  readonly name: string
  readonly extraSpecs: ExtraSpecs
}

/** Why a spec can't be stored. `problem` is a sentence that names the key. */
export interface SpecProblem {
  readonly key: string
  readonly problem: string
}

/** Every share type has these, and they can't be deleted (403 on the wire). */
export const requiredSpecs = ['driver_handles_share_servers'] as const

/** Specs whose value is a boolean, plain (`True`) or as a requirement (`<is> True`). */
export const booleanSpecs = [
  'driver_handles_share_servers',
  'snapshot_support',
  'create_share_from_snapshot_support',
  'revert_to_snapshot_support',
  'mount_snapshot_support',
  'snapshot_inherit_share_access_support',
  'mount_point_name_support',
  'isolated_clients',
] as const

/** The specs a tenant may see; administrators see all. */
export const tenantVisibleSpecs = [
  ...booleanSpecs,
  'replication_type',
  'availability_zones',
  'encryption_support',
  'provisioning:max_share_size',
  'provisioning:min_share_size',
  'provisioning:max_share_extend_size',
  'provisioning:mount_point_prefix',
  'default_qos_type',
] as const

/**
 * What a tenant is told of unset boolean specs, with the microversion that first says so. The value on the wire is the
 * JSON boolean `false`, unlike stored values, which are strings.
 */
export const inferredDefaults = {
  snapshot_support: '2.24',
  create_share_from_snapshot_support: '2.24',
  revert_to_snapshot_support: '2.24',
  mount_snapshot_support: '2.24',
  mount_point_name_support: '2.24',
  snapshot_inherit_share_access_support: '2.99',
} as const

export type InferredSpec = keyof typeof inferredDefaults

/** Lengths of a key and a value in the `share_type_extra_specs` table. */
const longestKey = 255
const longestValue = 255

const keyPattern = /^[\p{L}\p{N}_.\-:]+$/u
const replicationTypes: readonly string[] = ['writable', 'readable', 'dr']
const encryptionLevels: readonly string[] = ['share', 'share_server']
const sizeSpecs: readonly string[] = [
  'provisioning:min_share_size',
  'provisioning:max_share_size',
  'provisioning:max_share_extend_size',
]

const trueWords = new Set(['1', 't', 'true', 'on', 'y', 'yes'])
const falseWords = new Set(['0', 'f', 'false', 'off', 'n', 'no'])

/** `true` or `false` for the words OpenStack takes as booleans, in any case; null for everything else. */
export function boolFromString(text: string): boolean | null {
  const word = text.trim().toLowerCase()
  if (trueWords.has(word)) return true
  return falseWords.has(word) ? false : null
}

/** As {@link boolFromString}, and also reads `<is> True` and `<is> False`; null when it is neither. */
export function boolFromSpec(text: string): boolean | null {
  const is = /^\s*<is>\s*(true|false)\s*$/i.exec(text)
  return boolFromString(is?.[1] ?? text)
}

/** The boolean a type asks for; null when the spec is absent or is not a boolean. */
export function boolSpec(specs: ExtraSpecs, key: (typeof booleanSpecs)[number]): boolean | null {
  const value = ownSpec(specs, key)
  return value === null ? null : boolFromSpec(value)
}

/** Zone names the type is restricted to, in its order, without repeats; empty means any zone. */
export function zonesSpec(specs: ExtraSpecs): string[] {
  const value = ownSpec(specs, 'availability_zones')
  if (value === null) return []
  const names = value.split(',').map((name) => name.trim())
  return [...new Set(names)].filter((name) => name !== '')
}

/** Limits on share sizes in GiB; null where the type sets none. A stored value that is no integer sets none. */
export interface SizeLimits {
  readonly minGib: number | null
  readonly maxGib: number | null
  /** Limit instead of `maxGib` for callers whom `share:extend_beyond_max_share_size_spec` allows more. */
  readonly maxExtendGib: number | null
}

export function sizeLimits(specs: ExtraSpecs): SizeLimits {
  return {
    minGib: sizeSpec(specs, 'provisioning:min_share_size'),
    maxGib: sizeSpec(specs, 'provisioning:max_share_size'),
    maxExtendGib: sizeSpec(specs, 'provisioning:max_share_extend_size'),
  }
}

/** What a client may send as a value. */
export type SpecValue = string | boolean | number

/** How a JSON value is stored: booleans become `True` and `False`, as Manila's clients read them back, numbers their digits. */
export function storedSpec(value: SpecValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return String(value)
}

/** Checks one key and value as they came from a client; null when both may be stored. */
export function checkSpec(key: string, value: unknown): SpecProblem | null {
  if (key.length > longestKey || !keyPattern.test(key)) {
    return {
      key,
      problem: `The extra spec key '${key.slice(0, longestKey)}' must be 1 to ${longestKey} letters, digits, '_', '.', '-' or ':'.`,
    }
  }
  if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'number') {
    return { key, problem: `The value of extra spec '${key}' must be a string, a number or a boolean.` }
  }
  const text = storedSpec(value)
  if (text.length < 1 || text.length > longestValue) {
    return { key, problem: `The value of extra spec '${key}' must be 1 to ${longestValue} characters long.` }
  }
  const expected = expectation(key, text)
  return expected === null ? null : { key, problem: `The value of extra spec '${key}' must be ${expected}.` }
}

/**
 * Checks a set of specs and what they say together (smallest size ≤ largest size). With `complete` it is the whole of a
 * new type's specs, so required ones must be there. When specs are added to a type, give the merged set.
 */
export function checkSpecs(
  specs: Readonly<Record<string, unknown>>,
  { complete }: { readonly complete: boolean },
): SpecProblem | null {
  for (const key of complete ? requiredSpecs : []) {
    if (!Object.hasOwn(specs, key)) return { key, problem: `The required extra spec '${key}' is missing.` }
  }
  for (const [key, value] of Object.entries(specs)) {
    const problem = checkSpec(key, value)
    if (problem !== null) return problem
  }
  const min = wholeGib(specs['provisioning:min_share_size'])
  const max = wholeGib(specs['provisioning:max_share_size'])
  if (min === null || max === null || min <= max) return null
  return {
    key: 'provisioning:min_share_size',
    problem: `The extra spec 'provisioning:min_share_size' (${min}) must not be above 'provisioning:max_share_size' (${max}).`,
  }
}

/**
 * What a tenant sees of a type's specs. `infer` lists the unset booleans to show as `false` (those of
 * {@link inferredDefaults} that the caller's microversion knows).
 */
export function tenantView(
  specs: ExtraSpecs,
  { infer }: { readonly infer: readonly InferredSpec[] },
): Record<string, string | boolean> {
  const view: Record<string, string | boolean> = {}
  for (const key of tenantVisibleSpecs) {
    const value = ownSpec(specs, key)
    if (value !== null) view[key] = value
  }
  for (const key of infer) view[key] ??= false
  return view
}

/** What the value should have been, as the end of a sentence; null when it is right or the key has no meaning to us. */
function expectation(key: string, text: string): string | null {
  if ((booleanSpecs as readonly string[]).includes(key)) {
    return boolFromSpec(text) === null ? "a boolean, such as 'True' or '<is> False'" : null
  }
  if (key === 'replication_type') return oneOf(replicationTypes, text)
  if (key === 'encryption_support') return oneOf(encryptionLevels, text)
  if (sizeSpecs.includes(key)) return wholeGib(text) === null ? 'an integer of at least 1 (GiB)' : null
  if (key === 'availability_zones') {
    const named = text.split(',').every((name) => name.trim() !== '')
    return named ? null : 'a comma-separated list of availability zone names'
  }
  return null
}

function oneOf(allowed: readonly string[], text: string): string | null {
  return allowed.includes(text) ? null : `one of ${allowed.join(', ')}`
}

function sizeSpec(specs: ExtraSpecs, key: string): number | null {
  return wholeGib(ownSpec(specs, key))
}

function wholeGib(given: unknown): number | null {
  const value = typeof given === 'number' ? storedSpec(given) : given
  if (typeof value !== 'string' || !/^\s*\+?\d{1,15}\s*$/.test(value)) return null
  const size = Number(value)
  return size >= 1 ? size : null
}

/** Keys are the administrator's, so `constructor` must not find what every object inherits. */
function ownSpec(specs: ExtraSpecs, key: string): string | null {
  return Object.hasOwn(specs, key) ? (specs[key] ?? null) : null
}
