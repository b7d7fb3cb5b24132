import { lookUp } from '../../model/extra-spec-match.ts'
import { poolFields } from '../pool-fields.ts'
import type { Filter } from '../types.ts'

/** Longest query text and deepest nesting: a person's query stays far below, a hostile one can't hurt. */
const maxQueryLength = 4096
const maxQueryDepth = 32

type Scalar = string | number | boolean | null
type Value = Scalar | readonly Value[]

class QueryError extends Error {}

/**
 * The hint `query`: a JSON list in prefix form, such as `["and", [">=", "$free_capacity_gb", 1024], ["=", "$vendor_name",
 * "Acme"]]`. Operators `=` `<` `>` `<=` `>=` compare the first argument with each other one, `in` looks for it among
 * them; `not`, `or`, `and`. `$a.b` reads the pool's fields; arguments the pool has no value for are left out. A query
 * that can't be read refuses every pool.
 */
export const jsonFilter: Filter = {
  name: 'JsonFilter',
  judge: (request) => {
    if (request.query === null || request.query === '') return () => null
    try {
      const query = parseQuery(request.query)
      return (pool) => {
        try {
          const result = evaluate(query, poolFields(pool))
          const passes = Array.isArray(result) ? result.some(truthy) : truthy(result)
          return passes ? null : 'The hint query is not true of this pool.'
        } catch (cause) {
          return unreadable(cause)
        }
      }
    } catch (cause) {
      const why = unreadable(cause)
      return () => why
    }
  },
}

function unreadable(cause: unknown): string {
  if (cause instanceof QueryError) return `The hint query can't be used: ${cause.message}.`
  throw cause
}

function parseQuery(text: string): Value {
  if (text.length > maxQueryLength) throw new QueryError(`it is longer than ${maxQueryLength} characters`)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new QueryError('it is not JSON', { cause })
  }
  return checked(parsed, 0)
}

function checked(value: unknown, depth: number): Value {
  if (depth > maxQueryDepth) throw new QueryError(`it is nested deeper than ${maxQueryDepth}`)
  if (Array.isArray(value)) return value.map((one) => checked(one, depth + 1))
  if (typeof value === 'object' && value !== null)
    throw new QueryError('it holds an object; only lists and values are allowed')
  return value as Scalar
}

function evaluate(query: Value, fields: Readonly<Record<string, unknown>>): Value {
  // What is no list can only be a constant; an empty list asks for nothing.
  if (!Array.isArray(query)) return query
  const [name, ...rest] = query as readonly Value[]
  if (name === undefined) return true
  const operation = typeof name === 'string' ? operations.get(name) : undefined
  if (operation === undefined)
    throw new QueryError(`it has no operator ${JSON.stringify(name).slice(0, 100)}`)
  const args = rest.map((one) => argument(one, fields)).filter((one) => one !== null)
  return operation(args)
}

function argument(value: Value, fields: Readonly<Record<string, unknown>>): Value {
  if (Array.isArray(value)) return evaluate(value, fields)
  if (typeof value !== 'string' || !value.startsWith('$')) return value
  const path = value.slice(1).split('.')
  const found = lookUp(fields, path[0] === 'capabilities' ? path.slice(1) : path)
  return isValue(found) ? found : null
}

function isValue(found: unknown): found is Value {
  if (Array.isArray(found)) return found.every((one) => !Array.isArray(one) && isValue(one))
  return ['string', 'number', 'boolean'].includes(typeof found)
}

const operations: ReadonlyMap<string, (args: readonly Value[]) => Value> = new Map([
  ['=', comparison(same)],
  ['<', comparison((a, b) => ordered(a, b) && a < b)],
  ['>', comparison((a, b) => ordered(a, b) && a > b)],
  ['<=', comparison((a, b) => ordered(a, b) && a <= b)],
  ['>=', comparison((a, b) => ordered(a, b) && a >= b)],
  [
    'in',
    ([first, ...rest]: readonly Value[]) => first !== undefined && rest.some((one) => among(first, one)),
  ],
  ['not', (args: readonly Value[]) => args.map((one) => !truthy(one))],
  ['or', (args: readonly Value[]) => args.some(truthy)],
  ['and', (args: readonly Value[]) => args.every(truthy)],
])

function comparison(holds: (a: never, b: never) => boolean): (args: readonly Value[]) => Value {
  const test = holds as unknown as (a: Value, b: Value) => boolean
  return ([first, ...rest]) => first !== undefined && rest.length > 0 && rest.every((one) => test(first, one))
}

function same(a: Value, b: Value): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/** Only like can be ordered with like. */
function ordered(a: Value, b: Value): boolean {
  return typeof a === typeof b && (typeof a === 'number' || typeof a === 'string')
}

/** `["in", "NFS", "$storage_protocol"]` also finds an element when the field is a list. */
function among(wanted: Value, candidate: Value): boolean {
  return (
    same(wanted, candidate) ||
    (Array.isArray(candidate) && candidate.some((one) => same(wanted, one as Value)))
  )
}

function truthy(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value)
}
