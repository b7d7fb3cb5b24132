/** YAML of the same data as JSON. */
import { Document, isScalar, visit } from 'yaml'
import { escapeInJson, isUnsafe } from './escape.ts'
import { plain } from './json.ts'
import type { List, Show } from './shape.ts'

export function yaml(output: List | Show): string {
  const document = new Document(plain(output), { aliasDuplicateObjects: false })
  visit(document, {
    Scalar: (_key, node) => {
      // Only double-quoted scalars can hold an escape.
      if (isScalar(node) && typeof node.value === 'string' && isUnsafe(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  return escapeInJson(document.toString({ lineWidth: 0 }))
}
