/** A decision for people: the tree of a rule with what each part of it came to, and why the leaves did. */
import { attributeOf, evaluate, fill, literalOf, type Question } from './evaluate.ts'
import { printCheck, type Check } from './language.ts'

export interface Explained {
  /** The part as it is written. */
  readonly text: string
  readonly passes: boolean
  /** Of a leaf: what was compared with what. */
  readonly why: string | null
  /** What it is put together from. */
  readonly operands: readonly Explained[]
}

/** Every part is decided by `evaluate` itself, also those that no decision needs any more. */
export function explain(check: Check, question: Question): Explained {
  return {
    text: printCheck(check),
    passes: evaluate(check, question),
    why: whyOf(check, question),
    operands: operandsOf(check, question).map((operand) => explain(operand, question)),
  }
}

function operandsOf(check: Check, { rules }: Question): readonly Check[] {
  if (check.kind === 'and' || check.kind === 'or') return check.checks
  if (check.kind === 'not') return [check.check]
  if (check.kind !== 'rule') return []
  const rule = rules.get(check.name)
  return rule === undefined ? [] : [rule]
}

function whyOf(check: Check, { rules, credentials, target }: Question): string | null {
  switch (check.kind) {
    case 'always':
      return 'it always passes'
    case 'never':
      return 'it never passes'
    case 'rule':
      return rules.has(check.name) ? null : 'nobody defined this rule'
    case 'role': {
      const roles = credentials.roles
      const had = Array.isArray(roles) && roles.length > 0 ? roles.join(', ') : 'no role'
      return `the caller has ${had}`
    }
    case 'match': {
      const wanted = fill(check.right, target)
      const left = literalOf(check.left) ?? valueText(attributeOf(credentials, check.left))
      const whose = literalOf(check.left) === null ? `the caller's ${check.left}` : 'the left side'
      return wanted === null
        ? `the target has nothing for ${check.right}`
        : `${whose} is ${left}, ${check.right === wanted ? `${wanted} is wanted` : `the target's is ${wanted}`}`
    }
    default:
      return null
  }
}

const valueText = (value: unknown): string =>
  value === undefined ? 'not known' : Array.isArray(value) ? value.join(', ') || 'empty' : String(value)
