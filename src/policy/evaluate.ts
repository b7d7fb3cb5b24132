/** Decides a parsed rule for one caller and one target. Pure; whatever is missing on either side refuses. */
import type { Check } from './language.ts'

/** What rules may ask about the caller: `user_id`, `project_id`, `roles`, … */
export type Credentials = Readonly<Record<string, unknown>>
/** What rules may ask about the thing acted on: `%(project_id)s` reads `project_id`. */
export type Target = Readonly<Record<string, unknown>>

export interface Question {
  readonly rules: ReadonlyMap<string, Check>
  readonly credentials: Credentials
  readonly target: Target
}

/**
 * True when `check` passes. A rule nobody defined refuses. Each rule is decided once per question, so that rules which
 * refer to one another twice don't double the work at every level. `rules` must be free of cycles.
 */
export function evaluate(check: Check, question: Question, decided = new Map<string, boolean>()): boolean {
  switch (check.kind) {
    case 'always':
      return true
    case 'never':
      return false
    case 'and':
      return check.checks.every((one) => evaluate(one, question, decided))
    case 'or':
      return check.checks.some((one) => evaluate(one, question, decided))
    case 'not':
      return !evaluate(check.check, question, decided)
    case 'rule': {
      const known = decided.get(check.name)
      if (known !== undefined) return known
      const rule = question.rules.get(check.name)
      const passes = rule !== undefined && evaluate(rule, question, decided)
      decided.set(check.name, passes)
      return passes
    }
    case 'role':
      return hasRole(check.name, question)
    case 'match':
      return matches(check.left, check.right, question)
  }
}

function hasRole(template: string, { credentials, target }: Question): boolean {
  const role = fill(template, target)?.toLowerCase()
  const roles = credentials.roles
  if (role === undefined || !Array.isArray(roles)) return false
  return roles.some((one) => String(one).toLowerCase() === role)
}

function matches(left: string, right: string, { credentials, target }: Question): boolean {
  const wanted = fill(right, target)
  if (wanted === null) return false
  const literal = literalOf(left)
  if (literal !== null) return literal === wanted
  const value = lookUp(credentials, left)
  if (Array.isArray(value)) return value.some((one) => spell(one) === wanted)
  return value !== undefined && spell(value) === wanted
}

/** Replaces `%(name)s` by the target's value; null when the target has none. */
export function fill(template: string, target: Target): string | null {
  let missing = false
  const text = template.replace(/%\(([^)]*)\)s/g, (_whole, name: string) => {
    const value = lookUp(target, name)
    // A target without an owner (null) belongs to nobody, and nobody's `None` equals it.
    if (value === undefined || value === null) missing = true
    return spell(value)
  })
  return missing ? null : text
}

/** The value of a quoted text, number, True, False or None on the left side; null when it is an attribute. */
export function literalOf(left: string): string | null {
  const quoted = /^(['"])(.*)\1$/s.exec(left)
  if (quoted !== null) return quoted[2] ?? ''
  if (/^-?\d+(\.\d+)?$/.test(left) || left === 'True' || left === 'False' || left === 'None') return left
  return null
}

/** What the caller has under a name, for explanations. */
export const attributeOf = (credentials: Credentials, name: string): unknown => lookUp(credentials, name)

/** Own properties only, first by the whole name, then along its dots. */
function lookUp(from: unknown, name: string): unknown {
  if (typeof from !== 'object' || from === null) return undefined
  if (Object.hasOwn(from, name)) return (from as Record<string, unknown>)[name]
  const dot = name.indexOf('.')
  if (dot < 0) return undefined
  const head = name.slice(0, dot)
  if (!Object.hasOwn(from, head)) return undefined
  return lookUp((from as Record<string, unknown>)[head], name.slice(dot + 1))
}

/** Rules were written for Python, where true is `True`. */
function spell(value: unknown): string {
  if (value === true) return 'True'
  if (value === false) return 'False'
  if (value === null || value === undefined) return 'None'
  return String(value)
}
