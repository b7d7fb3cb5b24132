import { ExpressionError } from './expression-error.ts'
import { lookUp } from '../../model/extra-spec-match.ts'
import type { CompareOperator, FunctionName, Node } from './parse.ts'

/** Booleans count as 1 and 0 in arithmetic and stay booleans as results: a goodness of `true` is 100, of 1 is 1. */
export type Value = number | boolean

/** What `stats.x`, `capabilities.x`, `extra.x` and `share.x` mean. */
export type Scope = Readonly<Record<string, unknown>>

/**
 * The value of a parsed expression; each node is visited at most once. Throws {@link ExpressionError} when a variable
 * is unknown or no number, when dividing by zero, and when a result is too large to be a number.
 */
export function evaluate(node: Node, scope: Scope): Value {
  switch (node.kind) {
    case 'number':
      return node.value
    case 'variable':
      return variable(node.name, scope)
    case 'call':
      return call(node.name, node.args, scope)
    case 'negative':
      return -Number(evaluate(node.of, scope))
    case 'positive':
      return Number(evaluate(node.of, scope))
    case 'not':
      return !evaluate(node.of, scope)
    case 'power':
      return finite(Number(evaluate(node.base, scope)) ** Number(evaluate(node.exponent, scope)))
    case 'chain':
      return chain(node, scope)
    case 'compare':
      return compare(node, scope)
    case 'and':
    case 'or':
      return logical(node.kind, node.operands, scope)
    case 'condition':
      return evaluate(evaluate(node.test, scope) ? node.yes : node.no, scope)
  }
}

function chain(node: Node & { kind: 'chain' }, scope: Scope): number {
  let result = Number(evaluate(node.first, scope))
  for (const { operator, operand } of node.rest) {
    const value = Number(evaluate(operand, scope))
    if (operator === '/' && value === 0) throw new ExpressionError('it divides by zero')
    if (operator === '+') result += value
    else if (operator === '-') result -= value
    else if (operator === '*') result *= value
    else result /= value
    finite(result)
  }
  return result
}

/** `a < b < c` means `a < b and b < c`. */
function compare(node: Node & { kind: 'compare' }, scope: Scope): boolean {
  let left = Number(evaluate(node.first, scope))
  for (const { operator, operand } of node.rest) {
    const right = Number(evaluate(operand, scope))
    if (!holds(operator, left, right)) return false
    left = right
  }
  return true
}

function holds(operator: CompareOperator, left: number, right: number): boolean {
  switch (operator) {
    case '==':
      return left === right
    case '!=':
      return left !== right
    case '<':
      return left < right
    case '>':
      return left > right
    case '<=':
      return left <= right
    case '>=':
      return left >= right
  }
}

/** The operand that decided, as in Manila: `0 or 60` is 60. The ones after it are not looked at. */
function logical(kind: 'and' | 'or', operands: readonly Node[], scope: Scope): Value {
  let value: Value = kind === 'and'
  for (const operand of operands) {
    value = evaluate(operand, scope)
    if (Boolean(value) === (kind === 'or')) return value
  }
  return value
}

function call(name: FunctionName, args: readonly Node[], scope: Scope): number {
  const values = args.map((arg) => Number(evaluate(arg, scope)))
  if (name === 'abs') return Math.abs(values[0] ?? 0)
  return name === 'min' ? Math.min(...values) : Math.max(...values)
}

function variable(name: string, scope: Scope): number {
  const path = name.split('.')
  const value = path.length < 2 ? undefined : lookUp(scope, path)
  if (value === undefined || value === null) throw new ExpressionError(`${name} has no value`)
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number') return finite(value, name)
  if (typeof value === 'string' && /^\s*[+-]?(\d+(\.\d*)?|\.\d+)\s*$/.test(value))
    return finite(Number(value), name)
  throw new ExpressionError(`${name} is not a number`)
}

function finite(value: number, what = 'a result'): number {
  if (!Number.isFinite(value)) throw new ExpressionError(`${what} is not a finite number`)
  return value
}
