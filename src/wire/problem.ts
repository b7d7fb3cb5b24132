/**
 * The sentence about a value that does not fit a schema: which field is wrong and what it must be. Who looks is given: the server
 * compiles its schemas, a browser whose page may not make code reads them.
 */
import type { TSchema } from 'typebox'

export interface Validator {
  Check(value: unknown): boolean
  Errors(value: unknown): readonly Problem[]
}
export interface Problem {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: Readonly<Record<string, unknown>>
  readonly message: string
}

/**
 * Null when `value` fits; otherwise one sentence that names the field (`share.size must be a whole number from 1 to …`).
 * `root` names the whole value in that sentence.
 */
export function sentenceOf(
  schema: TSchema,
  value: unknown,
  root: string,
  validator: Validator,
): string | null {
  const unfit = unfitText(value)
  if (unfit !== null) return `${fieldName(unfit, root)} must not contain NUL or unpaired surrogates`
  if (validator.Check(value)) return null
  const problems = validator.Errors(value)
  const first = problems[0]
  if (first === undefined) return `${root} is not valid`
  // A union reports each alternative, then itself: the last report on the same field is about the whole field.
  const whole = problems.filter((p) => p.instancePath === first.instancePath).at(-1) ?? first
  // A key that no pattern or property allows is reported at its own place as a schema that is false.
  if (whole.keyword === 'boolean') return unknownKey(schema, whole, root)
  const field = fieldName(whole.instancePath, root)
  if (whole.keyword === 'required') {
    const names = (whole.params.requiredProperties as readonly string[] | undefined) ?? []
    return `${names.map((name) => fieldName(`${whole.instancePath}/${name}`, root)).join(', ')} must be given`
  }
  if (whole.keyword === 'additionalProperties') {
    const names = (whole.params.additionalProperties as readonly string[] | undefined) ?? []
    return `${field} has unknown fields: ${names
      .slice(0, 5)
      .map((name) => JSON.stringify(name.slice(0, 60)))
      .join(', ')}`
  }
  const says = spokenAt(schema, whole.schemaPath)
  if (says !== null) return `${field} must be ${says}`
  const type = whole.keyword === 'type' ? nouns[String(whole.params.type)] : undefined
  return type === undefined ? `${field} ${whole.message}` : `${field} must be ${type}`
}

/** For schemas that say nothing of their own. */
const nouns: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'a boolean (true or false)',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a string',
}

function fieldName(path: string, root: string): string {
  const name = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .join('.')
  return name === '' ? root : name.slice(0, 100)
}

function unknownKey(schema: TSchema, problem: Problem, root: string): string {
  const segments = problem.instancePath.split('/')
  const name = JSON.stringify((segments.at(-1) ?? '').slice(0, 60))
  const owner = fieldName(segments.slice(0, -1).join('/'), root)
  const says = spokenAt(schema, problem.schemaPath)
  return says === null
    ? `${owner} has unknown fields: ${name}`
    : `${owner} must be ${says}; ${name} is none of its keys`
}

/** The innermost `says` on the way to the keyword that failed. */
function spokenAt(schema: TSchema, schemaPath: string): string | null {
  let node: unknown = schema
  let says: string | null = null
  for (const part of ['', ...schemaPath.split('/').slice(1)]) {
    if (part !== '')
      node = (node as Record<string, unknown> | undefined)?.[part.replaceAll('~1', '/').replaceAll('~0', '~')]
    const own = (node as { says?: unknown } | undefined)?.says
    if (typeof own === 'string') says = own
  }
  return says
}

const maxDepth = 32

/** Path of the first string no database stores faithfully, or of nesting nobody needs; null when there is none. */
function unfitText(value: unknown, path = '', depth = 0): string | null {
  if (depth > maxDepth) return path
  if (typeof value === 'string') return value.includes('\0') || !value.isWellFormed() ? path : null
  if (typeof value !== 'object' || value === null) return null
  for (const [key, inner] of Object.entries(value)) {
    const here = `${path}/${key}`
    if (key.includes('\0') || !key.isWellFormed()) return path
    const found = unfitText(inner, here, depth + 1)
    if (found !== null) return found
  }
  return null
}
