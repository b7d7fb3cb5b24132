/**
 * The OpenAPI document of any microversion, printed from the same endpoints that the API serves and validates by. What
 * did not exist at a microversion is not in its document: routes by their range, fields by the resource's history, which
 * is run over the schema's properties exactly as it is run over a reply.
 */
import type { TSchema } from 'typebox'
import { maxMinor } from '../model/version.ts'
import { lift, lower, type Change, type JsonObject } from './changes.ts'
import { named } from './openapi-components.ts'
import { existsAt, isExperimentalAt, type Endpoint } from './endpoint.ts'

/** What the document needs to know of a route. */
export interface Described {
  readonly endpoint: Endpoint
  readonly changes: readonly Change[]
  readonly wrapper: string | null
}

type Json = Readonly<Record<string, unknown>>

/** The document for `2.<minor>`. Key order is that of the routes, so that two documents can be compared as text. */
export function openapi(routes: readonly Described[], minor: number): Json {
  const living = routes.filter(({ endpoint }) => existsAt(endpoint, minor))
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [key, group] of Map.groupBy(living, ({ endpoint: e }) => `${e.method} ${e.path}`)) {
    const [method = '', path = ''] = key.split(' ')
    const name = `/v2${path.replaceAll(/:(\w+)/g, '{$1}')}`
    const operations = (paths[name] ??= {})
    operations[method.toLowerCase()] = operationOf(group, minor)
  }
  const { paths: shortened, schemas } = named(paths)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Shared File Systems',
      version: `2.${minor}`,
      description:
        'Each path also exists with the project id behind /v2. Send X-OpenStack-Manila-API-Version with every request.',
    },
    security: [{ token: [] }],
    paths: shortened,
    components: {
      securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'X-Auth-Token' } },
      parameters: { version: versionHeader(minor), experimental: experimentalHeader },
      responses: { fault },
      schemas,
    },
  }
}

const versionHeader = (minor: number): Json => ({
  name: 'X-OpenStack-Manila-API-Version',
  in: 'header',
  description: `2.0 when left out; at most 2.${maxMinor}.`,
  required: minor !== 0,
  schema: { type: 'string', const: `2.${minor}` },
})

const experimentalHeader: Json = {
  name: 'X-OpenStack-Manila-API-Experimental',
  in: 'header',
  required: true,
  schema: { type: 'string', const: 'true' },
}

/** Manila's error body: one key that names the kind. */
const fault: Json = {
  description: 'A refusal or failure: one key that names its kind.',
  content: {
    'application/json': {
      schema: {
        type: 'object',
        additionalProperties: {
          type: 'object',
          properties: {
            code: { type: 'integer' },
            message: { type: 'string' },
            retryAfter: { type: 'string' },
          },
          required: ['code', 'message'],
        },
      },
    },
  },
}

/** One method and path: a single route, or the actions that share a URL. */
function operationOf(group: readonly Described[], minor: number): Json {
  const [first] = group
  if (first === undefined) return {}
  const isAction = first.endpoint.action !== undefined
  const stable = group.every(({ endpoint }) => !isExperimentalAt(endpoint, minor))
  const bodies = group.flatMap((one) => bodyOf(one, minor) ?? [])
  const parameters = [
    ...pathParameters(first.endpoint.path),
    ...queryParameters(first.endpoint.query),
    { $ref: '#/components/parameters/version' },
    ...(!stable && !isAction ? [{ $ref: '#/components/parameters/experimental' }] : []),
  ]
  const responses: Record<string, unknown> = {}
  for (const [status, same] of Map.groupBy(group, ({ endpoint }) => String(endpoint.status))) {
    const replies = same.flatMap((one) => replyOf(one, minor) ?? [])
    const replyType = same[0]?.endpoint.replyType ?? 'application/json'
    responses[status] = {
      description: 'Success.',
      ...(replies.length === 0 ? {} : { content: { [replyType]: { schema: anyOf(replies) } } }),
    }
  }
  return {
    operationId: isAction ? `act${nounOf(first.endpoint.path)}` : first.endpoint.id,
    summary: isAction ? 'Actions; the body has the action as its only key.' : first.endpoint.summary,
    ...(isAction
      ? { 'x-actions': Object.fromEntries(group.map((one) => [one.endpoint.action, actionMark(one, minor)])) }
      : marks(first.endpoint, minor)),
    parameters,
    ...(bodies.length === 0
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: anyOf(bodies) } } } }),
    responses: { ...responses, default: { $ref: '#/components/responses/fault' } },
  }
}

const nounOf = (path: string): string =>
  (path.split('/')[1] ?? '').replaceAll(/(?:^|[-_])(\w)/g, (_whole, letter: string) => letter.toUpperCase())

function marks(endpoint: Endpoint, minor: number): Json {
  return {
    ...(endpoint.policy === null ? {} : { 'x-policy': endpoint.policy }),
    ...(isExperimentalAt(endpoint, minor) ? { 'x-experimental': true } : {}),
  }
}

const actionMark = ({ endpoint }: Described, minor: number): Json => ({
  operationId: endpoint.id,
  summary: endpoint.summary,
  status: endpoint.status,
  ...marks(endpoint, minor),
})

const anyOf = (schemas: readonly unknown[]): unknown =>
  schemas.length === 1 ? schemas[0] : { anyOf: schemas }

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))

function queryParameters(query: TSchema | undefined): Json[] {
  const properties = (query as { properties?: Record<string, unknown> } | undefined)?.properties ?? {}
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema: plain(schema) }))
}

function bodyOf({ endpoint, changes, wrapper }: Described, minor: number): Json | null {
  if (endpoint.body === undefined) return null
  const body = plain(endpoint.body)
  const old = (object: Json): Json => rewritten(object, (properties) => lift(changes, minor, properties))
  if (endpoint.action !== undefined) {
    return { type: 'object', required: [endpoint.action], properties: { [endpoint.action]: old(body) } }
  }
  if (wrapper === null) return old(body)
  const properties = (body.properties ?? {}) as Record<string, Json>
  return { ...body, properties: { ...properties, [wrapper]: old(properties[wrapper] ?? {}) } }
}

/** The history is about the objects inside the wrapper keys: one, or each of a list. */
function replyOf({ endpoint, changes }: Described, minor: number): Json | null {
  if (endpoint.reply === undefined) return null
  const reply = plain(endpoint.reply)
  const old = (object: Json): Json =>
    rewritten(object, (properties) => replied(properties, lowered(changes, minor, properties)))
  const inner = Object.entries((reply.properties ?? {}) as Record<string, Json>).map(([key, schema]) => {
    if (schema.type === 'array' && isObject(schema.items))
      return [key, { ...schema, items: old(schema.items) }]
    return [key, isObject(schema) ? old(schema) : schema]
  })
  return { ...reply, properties: Object.fromEntries(inner) as Json }
}

/** A change that can't make sense of an object is not about it: one history serves all objects of a resource. */
function lowered(changes: readonly Change[], minor: number, properties: JsonObject): JsonObject {
  let shape = properties
  for (const one of [...changes].sort((a, b) => b.since - a.since)) {
    try {
      shape = present(lower([one], minor, shape))
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
    }
  }
  return shape
}

/** Without what is only `undefined`, as JSON has it. */
const present = (properties: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined))

/** What a change adds for old clients counts only where it is about: an object that it also takes something from. */
function replied(newest: JsonObject, lowered: JsonObject): JsonObject {
  const loses = Object.keys(newest).some((name) => !(name in lowered))
  return Object.fromEntries(
    Object.entries(lowered)
      .filter(([name]) => loses || name in newest)
      .map(([name, schema]) => [name, isSchema(schema) ? schema : {}]),
  )
}

const isObject = (schema: unknown): schema is Json =>
  typeof schema === 'object' &&
  schema !== null &&
  (schema as Json).type === 'object' &&
  'properties' in schema

/** A change may put a value where the schema had none: then only that it is there is known. */
const isSchema = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function rewritten(object: Json, change: (properties: JsonObject) => JsonObject): Json {
  if (!isObject(object)) return object
  const properties = change(object.properties as JsonObject)
  const required = (object.required as readonly string[] | undefined)?.filter((name) => name in properties)
  const { required: _before, ...rest } = object
  return { ...rest, properties, ...(required === undefined || required.length === 0 ? {} : { required }) }
}

/** Without the compiler's private marks; our sentences become descriptions, `X or null` a type of two names. */
function plain(schema: unknown): Json {
  return JSON.parse(JSON.stringify(schema), (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const { says, anyOf: options, ...rest } = value as Json
    const said = typeof says === 'string' && rest.description === undefined
    return {
      ...rest,
      ...nullable(options),
      ...(said
        ? { description: `Must be ${says}.` }
        : says === undefined || typeof says === 'string'
          ? {}
          : { says }),
    }
  }) as Json
}

function nullable(options: unknown): Json {
  if (options === undefined) return {}
  const [first, second] = options as Json[]
  const simple =
    (options as Json[]).length === 2 && second?.type === 'null' && typeof first?.type === 'string'
  if (!simple || first === undefined) return { anyOf: options }
  const { description: _said, ...rest } = first
  return { ...rest, type: [first.type, 'null'] }
}
