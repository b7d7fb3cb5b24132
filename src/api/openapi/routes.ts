/** The OpenAPI documents over HTTP. */
import { invalid } from '../../model/errors.ts'
import { maxMinor, minMinor, parseVersion } from '../../model/version.ts'
import { openapi } from '../../wire/openapi.ts'
import { showOpenapi } from '../../wire/openapi-document/schema.ts'
import { route, type Route } from '../route.ts'

/** Documents kept printed: a megabyte each, and clients ask for a few microversions. */
const keptDocuments = 4

/** `others` are all routes but this one; the document describes them and itself. */
export function openapiRoute(others: readonly Route[]): Route {
  const printed = new Map<number, object>()
  const self: Route = route(showOpenapi, {}, (ctx, { query }) => {
    const minor = query.version === undefined ? ctx.minor : minorIn(query.version)
    const document = printed.get(minor) ?? openapi([...others, self], minor)
    printed.delete(minor)
    printed.set(minor, document)
    const [oldest] = printed.keys()
    if (printed.size > keptDocuments && oldest !== undefined) printed.delete(oldest)
    return Promise.resolve(document)
  })
  return self
}

function minorIn(text: string): number {
  const version = parseVersion(text)
  if (version === null || version.major !== 2 || version.minor < minMinor || version.minor > maxMinor) {
    throw invalid(`version must be from 2.${minMinor} to 2.${maxMinor}`)
  }
  return version.minor
}
