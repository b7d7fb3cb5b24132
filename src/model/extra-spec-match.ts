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
])

/**
 * Whether one capability value meets a requirement. Case never matters. Only the first word after an operator counts,
 * an operator without operand matches nothing, and so does a numeric operator when either side is no number. A value
 * that is neither string, number nor boolean matches nothing.
 */
export const specMatches = (value: unknown, requirement: string): boolean => matcher(requirement)(value)

/** The requirement, read once for any number of values: see {@link specMatches}. */
function matcher(requirement: string): (value: unknown) => boolean {
  const wanted = requirement.toLowerCase()
  const [first = '', ...operands] = wanted.trim().split(/\s+/)
  if (first === '<or>') {
    const words = new Set(operands.filter((_, index) => index % 2 === 0))
    return ofText((text) => words.has(text))
  }
  const [operand] = operands
  if (first === '<is>') {
    if (operand === undefined) return () => false
    // Words that are no booleans count as false, on either side.
    const flag = boolFromString(operand) ?? false
    const isSame = ofText((text) => (boolFromString(text) ?? false) === flag)
    return (value) => (typeof value === 'boolean' ? value === flag : isSame(value))
  }
  const operator = operators.get(first)
  if (operator === undefined) {
    const flag = boolFromString(wanted)
    const isSame = ofText((text) => text === wanted)
    return (value) => (typeof value === 'boolean' ? flag === value : isSame(value))
  }
  return operand === undefined ? () => false : ofText((text) => operator(text, operand))
}

const ofText =
  (test: (text: string) => boolean) =>
  (value: unknown): boolean => {
    const text = scalarText(value)
    return text !== null && test(text)
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

/** One spec of a type, ready to be asked of any number of pools. */
export interface CompiledSpec {
  readonly key: string
  readonly requirement: string
  /** Where the value is, from the outermost name inwards. */
  readonly path: readonly string[]
  isMet(value: unknown): boolean
}

/**
 * The specs that ask something of capabilities, in the order of their keys: a database gives them in any, and a refusal names the first. Specs with a scope other than `capabilities:` belong to drivers and are passed
 * over; `capabilities:a:b` walks into nested capabilities; of a list, one element that meets the requirement is enough. A type with a
 * `default_qos_type` needs `qos_type_support`.
 */
export function compileSpecs(specs: ExtraSpecs): CompiledSpec[] {
  const inOrder = Object.entries(specs).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return inOrder.flatMap(([key, requirement]) => {
    if (notCapabilities.has(key)) return []
    if (key === 'default_qos_type' || key === 'capabilities:default_qos_type')
      return { key, requirement, path: ['qos_type_support'], isMet: anyOf(matcher('<is> true')) }
    const path = key.split(':')
    if (path[0] === 'capabilities') path.shift()
    else if (path.length > 1) return []
    return { key, requirement, path, isMet: anyOf(matcher(requirement)) }
  })
}

const anyOf =
  (matches: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) ? value.some(matches) : matches(value)

/** Those that `capabilities` do not meet, in order. */
export const unmetSpecs = (
  capabilities: Readonly<Record<string, unknown>>,
  specs: readonly CompiledSpec[],
): UnmetSpec[] =>
  specs.flatMap(({ key, requirement, path, isMet }) => {
    const value = lookUp(capabilities, path)
    return isMet(value) ? [] : { key, requirement, value }
  })

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
