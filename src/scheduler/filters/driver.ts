import { ExpressionError, compileExpression } from '../expression/expression.ts'
import { expressionScope } from '../expression/scope.ts'
import { lookUp } from '../../model/extra-spec-match.ts'
import type { Filter } from '../types.ts'

/**
 * The backend's own say: its capability `filter_function`. A function that can't be evaluated refuses, because nobody
 * knows what it meant to protect. One that asks for `share.size` is passed over when there is no share (groups).
 */
export const driverFilter: Filter = {
  name: 'DriverFilter',
  judge: (request) => (pool) => {
    const text = lookUp(pool.capabilities, ['filter_function'])
    if (text === undefined || text === null || text === '') return null
    if (typeof text !== 'string') return 'The capability filter_function is not a string.'
    try {
      const expression = compileExpression(text)
      if (request.share === null && expression.names.has('share.size')) return null
      const passes = Boolean(expression.evaluate(expressionScope(pool, request)))
      return passes ? null : `The backend's filter_function '${text}' is false.`
    } catch (cause) {
      if (!(cause instanceof ExpressionError)) throw cause
      return `The backend's filter_function can't be evaluated: ${cause.message}.`
    }
  },
}
