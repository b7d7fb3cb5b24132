import { ExpressionError } from './expression-error.ts'
import { tokenize } from './tokenize.ts'
import type { Token } from './tokenize.ts'

/** Deepest nesting of parentheses, signs, powers and conditions. */
export const maxExpressionDepth = 64

export type CompareOperator = '==' | '!=' | '<' | '>' | '<=' | '>='
export type FunctionName = 'abs' | 'min' | 'max'

/** Runs of one precedence are one node, so that the depth of the tree is the nesting a person wrote. */
export type Node =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'call'; readonly name: FunctionName; readonly args: readonly Node[] }
  | { readonly kind: 'negative' | 'positive' | 'not'; readonly of: Node }
  | { readonly kind: 'power'; readonly base: Node; readonly exponent: Node }
  | { readonly kind: 'chain'; readonly first: Node; readonly rest: readonly Link<'+' | '-' | '*' | '/'>[] }
  | { readonly kind: 'compare'; readonly first: Node; readonly rest: readonly Link<CompareOperator>[] }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly Node[] }
  | { readonly kind: 'condition'; readonly test: Node; readonly yes: Node; readonly no: Node }

export interface Link<Operator> {
  readonly operator: Operator
  readonly operand: Node
}

const functions: ReadonlySet<string> = new Set<FunctionName>(['abs', 'min', 'max'])

/**
 * Reads an expression. Tightest first: call, `^` (from the right), sign, `*` `/`, `+` `-`, `not`, comparison, `? :`,
 * `and`, `or`. As in Manila `not` binds tighter than comparison and `? :` tighter than `and`. Throws
 * {@link ExpressionError}, nothing else, in time proportional to the length.
 */
export function parse(text: string): Node {
  const parser = new Parser(tokenize(text))
  const node = parser.or()
  parser.end()
  return node
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  or(): Node {
    return this.#nested(() => {
      const operands = [this.#and()]
      while (this.#take('or')) operands.push(this.#and())
      return operands.length === 1 ? (operands[0] as Node) : { kind: 'or', operands }
    })
  }

  end(): void {
    const token = this.#tokens[this.#at]
    if (token !== undefined) throw new ExpressionError(`nothing was expected at ${where(token)}`)
  }

  #and(): Node {
    const operands = [this.#condition()]
    while (this.#take('and')) operands.push(this.#condition())
    return operands.length === 1 ? (operands[0] as Node) : { kind: 'and', operands }
  }

  #condition(): Node {
    const test = this.#comparison()
    if (!this.#take('?')) return test
    const yes = this.or()
    this.#expect(':')
    const no = this.#nested(() => this.#condition())
    return { kind: 'condition', test, yes, no }
  }

  #comparison(): Node {
    const first = this.#not()
    const rest = this.#links<CompareOperator>(['==', '!=', '<', '>', '<=', '>='], () => this.#not())
    return rest.length === 0 ? first : { kind: 'compare', first, rest }
  }

  #not(): Node {
    if (!this.#take('not')) return this.#sum()
    return { kind: 'not', of: this.#nested(() => this.#not()) }
  }

  #sum(): Node {
    const first = this.#product()
    const rest = this.#links<'+' | '-'>(['+', '-'], () => this.#product())
    return rest.length === 0 ? first : { kind: 'chain', first, rest }
  }

  #product(): Node {
    const first = this.#signed()
    const rest = this.#links<'*' | '/'>(['*', '/'], () => this.#signed())
    return rest.length === 0 ? first : { kind: 'chain', first, rest }
  }

  #signed(): Node {
    if (this.#take('-')) return { kind: 'negative', of: this.#nested(() => this.#signed()) }
    if (this.#take('+')) return { kind: 'positive', of: this.#nested(() => this.#signed()) }
    const base = this.#operand()
    // The exponent may carry a sign: `2 ^ -1`.
    return this.#take('^') ? { kind: 'power', base, exponent: this.#nested(() => this.#signed()) } : base
  }

  #operand(): Node {
    const token = this.#tokens[this.#at]
    if (token === undefined) throw new ExpressionError('it ends where a value was expected')
    this.#at += 1
    if (token.kind === 'number') return { kind: 'number', value: token.value }
    if (token.kind === 'name') {
      return this.#take('(') ? this.#call(token.text) : { kind: 'variable', name: token.text }
    }
    if (token.text !== '(') throw new ExpressionError(`a value was expected at ${where(token)}`)
    const inside = this.or()
    this.#expect(')')
    return inside
  }

  #call(name: string): Node {
    if (!functions.has(name))
      throw new ExpressionError(`there is no function '${name}'; known: abs, min, max`)
    const args = [this.or()]
    while (this.#take(',')) args.push(this.or())
    this.#expect(')')
    if (name === 'abs' && args.length !== 1) throw new ExpressionError('abs takes one value')
    return { kind: 'call', name: name as FunctionName, args }
  }

  #links<Operator extends string>(operators: readonly Operator[], operand: () => Node): Link<Operator>[] {
    const links: Link<Operator>[] = []
    for (;;) {
      const operator = operators.find((one) => this.#take(one))
      if (operator === undefined) return links
      links.push({ operator, operand: operand() })
    }
  }

  #take(symbol: string): boolean {
    const token = this.#tokens[this.#at]
    if (token?.kind !== 'symbol' || token.text !== symbol) return false
    this.#at += 1
    return true
  }

  #expect(symbol: string): void {
    if (this.#take(symbol)) return
    const token = this.#tokens[this.#at]
    throw new ExpressionError(`'${symbol}' was expected at ${token === undefined ? 'the end' : where(token)}`)
  }

  #nested(read: () => Node): Node {
    this.#depth += 1
    if (this.#depth > maxExpressionDepth) {
      throw new ExpressionError(`it is nested deeper than ${maxExpressionDepth}`)
    }
    const node = read()
    this.#depth -= 1
    return node
  }
}

function where(token: Token): string {
  const text = token.kind === 'number' ? String(token.value) : token.text
  return `character ${token.at + 1} ('${text}')`
}
