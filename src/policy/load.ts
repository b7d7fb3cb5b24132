/**
 * Turns rule texts into checked rules: each parses, refers only to rules that exist, and no rule leads back to itself. An
 * operator's file may override any default and define helper rules of its own.
 */
import { parse as parseYaml } from 'yaml'
import { parseRule, rulesIn, type Check } from './language.ts'
import { nearest } from '../model/nearest.ts'

/** What is wrong with an operator's file, one sentence per line. */
export class PolicyFileError extends Error {
  constructor(problems: readonly string[]) {
    super(problems.join('\n'))
    this.name = 'PolicyFileError'
  }
}

/** Longest chain of rules that refer to rules. Manila's own is 2. */
const maxChain = 50

/**
 * Reads a policy file's text (YAML; JSON is YAML) as rule name → rule. Throws {@link PolicyFileError}.
 */
export function readPolicyText(text: string): ReadonlyMap<string, unknown> {
  let content: unknown
  try {
    // Aliases are how a small YAML file becomes a huge one; a policy needs none.
    content = parseYaml(text, { maxAliasCount: 0, uniqueKeys: true, logLevel: 'error' })
  } catch (error) {
    const said = error instanceof RangeError ? 'it is nested too deeply' : (error as Error).message
    throw new PolicyFileError([`not YAML: ${said}`])
  }
  if (content === null || content === undefined) return new Map()
  if (typeof content !== 'object' || Array.isArray(content)) {
    throw new PolicyFileError(['the file must map rule names to rules'])
  }
  return new Map(Object.entries(content))
}

/** Rules that hold together, and what their author should know although they do. */
export interface Compiled {
  readonly rules: ReadonlyMap<string, Check>
  /** Rules of the file that nobody asks for, as sentences; they are left out. */
  readonly warnings: readonly string[]
}

/** How many of them are told one by one. */
const maxWarnings = 50

/**
 * Defaults with the file's rules over them. Throws {@link PolicyFileError} naming every wrong rule: a syntax error, a
 * reference to nothing (with the nearest known name), a circle. A rule that nobody asks for is left out and told: a file that was
 * written for another release must not keep this one from starting.
 */
export function compileRules(
  defaults: Readonly<Record<string, string>>,
  overrides: ReadonlyMap<string, unknown> = new Map(),
): Compiled {
  const problems: string[] = []
  // A handful of texts are the rule of nearly everything.
  const parsed = new Map([...new Set(Object.values(defaults))].map((text) => [text, parseRule(text)]))
  const rules = new Map<string, Check>(
    Object.entries(defaults).map(([name, text]) => [name, parsed.get(text)!]),
  )
  for (const [name, rule] of overrides) {
    try {
      rules.set(name, parseRule(rule))
    } catch (error) {
      problems.push(`rule ${JSON.stringify(name)}: ${(error as Error).message}`)
    }
  }
  for (const [name, check] of rules) {
    for (const wanted of rulesIn(check)) {
      if (!rules.has(wanted)) {
        problems.push(
          `rule ${JSON.stringify(name)} refers to rule:${wanted}, which does not exist${suggestion(wanted, [...rules.keys()])}`,
        )
      }
    }
  }
  problems.push(...circles(rules))
  if (problems.length > 0) throw new PolicyFileError(problems.slice(0, maxWarnings))
  const unknown = unaskedRules(defaults, rules, overrides)
  for (const name of unknown) rules.delete(name)
  const warnings = unknown
    .slice(0, maxWarnings)
    .map((name) => `there is no rule ${JSON.stringify(name)}${suggestion(name, Object.keys(defaults))}`)
  if (unknown.length > maxWarnings)
    warnings.push(`and ${unknown.length - maxWarnings} more that nobody knows`)
  return { rules, warnings }
}

/** A helper rule has a name of the operator's choice and is known by being referred to, directly or not, by one that is asked for. */
function unaskedRules(
  defaults: Readonly<Record<string, string>>,
  rules: ReadonlyMap<string, Check>,
  overrides: ReadonlyMap<string, unknown>,
): string[] {
  const asked = new Set(Object.keys(defaults))
  for (const name of asked) for (const wanted of rulesIn(rules.get(name)!)) asked.add(wanted)
  return [...overrides.keys()].filter((name) => !asked.has(name))
}

function circles(rules: ReadonlyMap<string, Check>): string[] {
  const found: string[] = []
  const lengths = new Map<string, number>()
  /** How many rules deep `name` leads; stops at the first thing wrong. */
  const walk = (name: string, path: readonly string[]): number => {
    const known = lengths.get(name)
    if (known !== undefined || found.length > 0) return known ?? 0
    if (path.includes(name)) {
      const circle = [...path.slice(path.indexOf(name)), name].join(' → ')
      found.push(`rules refer to one another in a circle: ${circle}`)
      return 0
    }
    const check = rules.get(name)
    const next = check === undefined || path.length > maxChain ? [] : rulesIn(check)
    const length = 1 + Math.max(0, ...next.map((one) => walk(one, [...path, name])))
    if (found.length === 0 && (length > maxChain || path.length > maxChain)) {
      found.push(`rule ${JSON.stringify(path[0] ?? name)} leads through more than ${maxChain} rules`)
    }
    lengths.set(name, length)
    return length
  }
  for (const name of rules.keys()) walk(name, [])
  return found
}

/** `; did you mean "…"?`, or nothing. */
function suggestion(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === null ? '' : `; did you mean ${JSON.stringify(meant)}?`
}
