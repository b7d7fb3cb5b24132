/** Which route of a URL answers, and what its body is when it is lifted to the newest version and found right. */
import { fault, invalid } from '../model/errors.ts'
import { lift, type JsonObject } from '../wire/changes.ts'
import { existsAt, isExperimentalAt } from '../wire/endpoint.ts'
import { problemWith } from '../wire/validate.ts'
import type { Route } from './route.ts'

/** Routes of one method and path differ by version, and on `…/action` by the body's only key. */
export function choose(
  group: readonly Route[],
  minor: number,
  experimental: boolean,
  body: unknown,
): { route: Route; rawBody: unknown } {
  const answers = ({ endpoint }: Route): boolean =>
    existsAt(endpoint, minor) && (experimental || !isExperimentalAt(endpoint, minor))
  const isAction = group.some(({ endpoint }) => endpoint.action !== undefined)
  if (!isAction) {
    const found = group.find(answers)
    if (found === undefined) throw fault('NotFound')
    return { route: found, rawBody: body }
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('The body must be a JSON object with the action as its only key.')
  }
  const keys = Object.keys(body)
  const [name] = keys
  if (name === undefined || keys.length !== 1) throw invalid('The body must name exactly one action.')
  const known = group.filter(({ endpoint }) => endpoint.action === name)
  if (known.length === 0) throw invalid(`There is no action ${JSON.stringify(name.slice(0, 60))} here.`)
  const found = known.find(answers)
  if (found === undefined) throw fault('NotFound')
  return { route: found, rawBody: (body as JsonObject)[name] }
}

export function bodyOf(route: Route, raw: unknown, minor: number): unknown {
  const { endpoint, wrapper } = route
  if (endpoint.body === undefined) return raw
  const isAction = endpoint.action !== undefined
  if (!isAction && (typeof raw !== 'object' || raw === null || Array.isArray(raw))) {
    throw wrapper === null || raw !== undefined
      ? invalid('The body must be a JSON object sent with Content-Type: application/json.')
      : fault('MalformedBody', { message: `The body must be a JSON object with the key "${wrapper}".` })
  }
  let body = raw
  if (wrapper !== null && !isAction) {
    const inner = (raw as JsonObject)[wrapper]
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) {
      throw fault('MalformedBody', { message: `The body must have an object under "${wrapper}".` })
    }
    body = { ...(raw as JsonObject), [wrapper]: lift(route.changes, minor, inner as JsonObject) }
  } else if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) {
    body = lift(route.changes, minor, raw as JsonObject)
  }
  const problem = problemWith(endpoint.body, body, isAction ? (endpoint.action ?? 'the action') : 'the body')
  if (problem !== null) throw invalid(problem)
  return body
}
