/** Headers that may come once. Of two, Node takes the first and another server on the way perhaps the second. */
import { invalid } from '../model/errors.ts'

const single: ReadonlySet<string> = new Set(['host', 'content-type'])

/** `rawHeaders` is name, value, name, value … as they came. 400 for one of those that stands there twice (RFC 9112, 3.2, of Host). */
export function refuseRepeated(rawHeaders: readonly string[]): void {
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (!single.has(name)) continue
    if (seen.has(name)) throw invalid(`The header ${name} must be sent once.`)
    seen.add(name)
  }
}
