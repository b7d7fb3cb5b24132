/** Says whether a value fits a schema and, if not, which field is wrong and what it must be. */
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { sentenceOf, type Validator } from './problem.ts'

const compiled = new WeakMap<TSchema, Validator>()

function validatorOf(schema: TSchema): Validator {
  const known = compiled.get(schema)
  if (known !== undefined) return known
  const validator = Compile(schema) as unknown as Validator
  compiled.set(schema, validator)
  return validator
}

/** {@link sentenceOf} with a validator that is compiled once for each schema; null when `value` fits. */
export const problemWith = (schema: TSchema, value: unknown, root = 'the body'): string | null =>
  sentenceOf(schema, value, root, validatorOf(schema))
