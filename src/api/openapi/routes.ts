/** The OpenAPI documents over HTTP; printed once for each microversion that is asked for. */
import { invalid } from '../../model/errors.ts'
import { maxMinor, minMinor, parseVersion } from '../../model/version.ts'
import { openapi } from '../../wire/openapi.ts'
import { showOpenapi } from '../../wire/openapi-document/schema.ts'
import { route, type Route } from '../route.ts'

/** `described` are all routes but this one. */
export function openapiRoute(described: readonly Route[]): Route {
  const printed = new Map<number, object>()
  return route(showOpenapi, {}, (ctx, { query }) => {
    const minor = query.version === undefined ? ctx.minor : minorIn(query.version)
    const document = printed.get(minor) ?? openapi(described, minor)
    printed.set(minor, document)
    return Promise.resolve(document)
  })
}

function minorIn(text: string): number {
  const version = parseVersion(text)
  if (version === null || version.major !== 2 || version.minor < minMinor || version.minor > maxMinor) {
    throw invalid(`version must be from 2.${minMinor} to 2.${maxMinor}`)
  }
  return version.minor
}
