/** The only error of this folder: the text is not an expression, or has no value here. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError'
}
