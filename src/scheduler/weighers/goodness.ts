import { ExpressionError, compileExpression } from '../expression/expression.ts'
import { expressionScope } from '../expression/scope.ts'
import type { PoolView, PreparedRequest, Weigher } from '../types.ts'

/** The backend's own opinion, capability `goodness_function`: 0 to 100. What is out of range or can't be read is 0. */
export const goodnessWeigher: Weigher = {
  name: 'GoodnessWeigher',
  basis: () => null,
  scores: (pools, request) =>
    // Mostly nobody has one.
    pools.some((pool) => pool.goodness !== null) ? pools.map((pool) => goodness(pool, request)) : null,
}

function goodness(pool: PoolView, request: PreparedRequest): number {
  if (pool.goodness === null) return 0
  try {
    const result = compileExpression(pool.goodness).evaluate(expressionScope(pool, request))
    if (typeof result === 'boolean') return result ? 100 : 0
    return result >= 0 && result <= 100 ? result : 0
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause
    return 0
  }
}
