/** What is wrong with a field, by the schema that the server has, in the server's words. Schemas are read here, never made into code. */
import type { TSchema } from 'typebox'
import { Check, Errors } from 'typebox/value'
import { sentenceOf } from '../../src/wire/problem.ts'
import { useWords } from '../words/index.ts'

/** Of a body: null when the field is right. `field` as the sentence names it: `share.size`. */
export function useProblemAt(): (
  schema: TSchema | undefined,
  value: unknown,
  field: string,
) => string | null {
  const { service } = useWords()
  return (schema, value, field) => {
    const problem = problemAt(schema, value, field)
    return problem === null ? null : service.sentence(problem)
  }
}

/** As {@link useProblemAt}, in the server's words. */
export function problemAt(schema: TSchema | undefined, value: unknown, field: string): string | null {
  if (schema === undefined) return null
  const sentence = sentenceOf(schema, value, 'the body', {
    Check: (one) => Check(schema, one),
    Errors: (one) => Errors(schema, one) as never,
  })
  return sentence?.startsWith(`${field} `) === true ? sentence.slice(field.length + 1) : null
}
