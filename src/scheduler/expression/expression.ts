/**
 * The language of `filter_function` and `goodness_function`, in which a backend says which shares it takes and how
 * gladly: arithmetic, comparison, and/or/not, `? :`, abs, min and max over numbers and dotted names.
 *
 * The text comes from configuration or a driver and is treated as hostile: read by this folder's own parser, never by
 * the language's, with limits on length and depth. Time is proportional to the length.
 */
import { evaluate } from './evaluate.ts'
import { parse } from './parse.ts'
import { tokenize } from './tokenize.ts'
import type { Scope, Value } from './evaluate.ts'

export { ExpressionError } from './expression-error.ts'

export interface Expression {
  /** Every variable it mentions, in any branch. */
  readonly names: ReadonlySet<string>
  /** Throws `ExpressionError` when it has no value there. */
  evaluate(scope: Scope): Value
}

/** Reads an expression; throws `ExpressionError` when it is none. */
export function compileExpression(text: string): Expression {
  const tree = parse(text)
  const names = tokenize(text).flatMap((token) => (token.kind === 'name' ? [token.text] : []))
  return { names: new Set(names), evaluate: (scope) => evaluate(tree, scope) }
}
