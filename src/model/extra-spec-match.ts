/**
 * The requirement language of extra specs: `>= 10`, `<in> NFS`, `<is> True`, `<or> ssd <or> nvme`, or a plain value.
 * Pure. Knows neither pools nor requests; the capabilities filter and the pools API both ask it.
 */
import { boolFromString, type ExtraSpecs } from './extra-specs.ts'

type Operator = (value: string, operand: string) => boolean

const operators: ReadonlyMap<string, Operator> = new Map([
  // Manila's oldest operator: plain `=` asks for at least that much.
  ['=', numeric((value, operand) => value >= operand)],
  ['>=', numeric((value, operand) => value >= operand)],
  ['<=', numeric((value, operand) => value <= operand)],
  ['==', numeric((value, operand) => value === operand)],
  ['!=', numeric((value, operand) => value !== operand)],
  ['s==', (value, operand) => value === operand],
  ['s!=', (value, operand) => value !== operand],
  ['s<', (value, operand) => value < operand],
  ['s<=', (value, operand) => value <= operand],
  ['s>', (value, operand) => value > operand],
  ['s>=', (value, operand) => value >= operand],
  ['<in>', (value, operand) => value.includes(operand)],
  // Words that are no booleans count as false, on either side.
  ['<is>', (value, operand) => (boolFromString(value) ?? false) === (boolFromString(operand) ?? false)],
])

/**
 * Whether one capability value meets a requirement. Case never matters. Only the first word after an operator counts,
 * an operator without operand matches nothing, and so does a numeric operator when either side is no number. A value
 * that is neither string, number nor boolean matches nothing.
 */
export function specMatches(value: unknown, requirement: string): boolean {
  const text = scalarText(value)
  if (text === null) return false
  const wanted = requirement.toLowerCase()
  const [first = '', ...operands] = wanted.trim().split(/\s+/)
  if (first === '<or>') return operands.some((word, index) => index % 2 === 0 && word === text)
  const operator = operators.get(first)
  if (operator === undefined) {
    return typeof value === 'boolean' ? boolFromString(wanted) === value : text === wanted
  }
  const operand = operands[0]
  return operand !== undefined && operator(text, operand)
}

/** A spec that a set of capabilities does not meet. */
export interface UnmetSpec {
  readonly key: string
  readonly requirement: string
  /** What the pool has; undefined when it has nothing of that name. */
  readonly value: unknown
}

/** Specs that other parts of the service read. */
const notCapabilities = new Set(['availability_zones', 'capabilities:availability_zones'])

/** The first spec that `capabilities` does not meet, or null when all are met: see {@link unmetSpecs}. */
export const firstUnmetSpec = (
  capabilities: Readonly<Record<string, unknown>>,
  specs: ExtraSpecs,
): UnmetSpec | null => unmetSpecs(capabilities, specs).next().value ?? null

/**
 * Every spec that `capabilities` does not meet, in order. Specs with a scope other than
 * `capabilities:` belong to drivers and are passed over; `capabilities:a:b` walks into nested capabilities; of a list,
 * one element that meets the requirement is enough. A type with a `default_qos_type` needs `qos_type_support`.
 */
export function* unmetSpecs(
  capabilities: Readonly<Record<string, unknown>>,
  specs: ExtraSpecs,
): Generator<UnmetSpec, undefined> {
  for (const [key, requirement] of Object.entries(specs)) {
    if (notCapabilities.has(key)) continue
    if (key === 'default_qos_type' || key === 'capabilities:default_qos_type') {
      const value = lookUp(capabilities, ['qos_type_support'])
      if (!asList(value).some((one) => specMatches(one, '<is> true'))) yield { key, requirement, value }
      continue
    }
    const path = key.split(':')
    if (path[0] === 'capabilities') path.shift()
    else if (path.length > 1) continue
    const value = lookUp(capabilities, path)
    if (!asList(value).some((one) => specMatches(one, requirement))) yield { key, requirement, value }
  }
}

/** Walks into nested objects by own keys only, so that no spec can reach `constructor`; undefined when the way ends. */
export function lookUp(from: unknown, path: readonly string[]): unknown {
  let found = from
  for (const key of path) {
    if (typeof found !== 'object' || found === null || Array.isArray(found) || !Object.hasOwn(found, key)) {
      return undefined
    }
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function scalarText(value: unknown): string | null {
  if (typeof value === 'string') return value.toLowerCase()
  if (typeof value === 'number' || typeof value === 'boolean') return String(value).toLowerCase()
  return null
}

function numeric(compare: (value: number, operand: number) => boolean): Operator {
  return (value, operand) => {
    const [left, right] = [numberFrom(value), numberFrom(operand)]
    return left !== null && right !== null && compare(left, right)
  }
}

/** Decimal numbers only: `Number` would take '' for 0 and read hexadecimal. */
function numberFrom(text: string): number | null {
  const trimmed = text.trim()
  const infinite = /^([+-]?)inf(inity)?$/.exec(trimmed)
  if (infinite) return infinite[1] === '-' ? -Infinity : Infinity
  return /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/.test(trimmed) ? Number(trimmed) : null
}
