/**
 * `in ()` is no SQL: SQLite takes it, PostgreSQL and MariaDB refuse the whole statement. A list that happens to be empty means
 * the same everywhere here.
 */
import { OperatorNode, PrimitiveValueListNode, ValueListNode, type BinaryOperationNode } from 'kysely'

/** What a comparison with an empty list comes to, as a condition; null for every other operation. */
export function overNothing({ operator, rightOperand }: BinaryOperationNode): string | null {
  const isList = PrimitiveValueListNode.is(rightOperand) || ValueListNode.is(rightOperand)
  if (!isList || rightOperand.values.length > 0 || !OperatorNode.is(operator)) return null
  if (operator.operator === 'in') return '1 = 0'
  return operator.operator === 'not in' ? '1 = 1' : null
}
