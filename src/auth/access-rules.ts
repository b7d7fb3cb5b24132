/** Access rules of application credentials: the calls a restricted token may make. */

export interface AccessRule {
  readonly id: string
  /** `/v2/shares/*`, `/v2/{project_id}/shares/**` (which is the same as without the project): `*` and `{name}` are one segment, a last `**` any number. */
  readonly path: string
  readonly method: string
  /** A service type; the three names of this service mean the same. */
  readonly service: string
}

/** The call that is to be allowed. */
export interface Call {
  readonly method: string
  /** Of the route that runs, however the URL was spelled; several where a rule may name it in several ways. */
  readonly paths: readonly string[]
  readonly service: string
}

const sameService: Readonly<Record<string, string>> = {
  sharev2: 'shared-file-system',
  share: 'shared-file-system',
}
const canonical = (service: string): string => sameService[service] ?? service

/** True when some rule allows the call. An empty list allows none. */
export function allowsCall(rules: readonly AccessRule[], call: Call): boolean {
  return rules.some(
    (rule) =>
      canonical(rule.service) === canonical(call.service) &&
      rule.method.toUpperCase() === call.method.toUpperCase() &&
      call.paths.some((path) => pathMatches(rule.path, path)),
  )
}

function pathMatches(pattern: string, path: string): boolean {
  const wanted = segmentsOf(pattern)
  const given = path.split('/')
  for (const [i, segment] of wanted.entries()) {
    // Rests on at least one segment, so that `/v2/shares/**` does not cover `/v2/shares`.
    if (segment === '**' && i === wanted.length - 1) {
      return given.length > i && given[i] !== '' && !given.slice(i).some(isDots)
    }
    const actual = given[i]
    if (actual === undefined) return false
    if (isWild(segment) ? actual === '' || isDots(actual) : actual !== segment) return false
  }
  return given.length === wanted.length
}

/** A rule may be spelled in as many ways as a URL. */
const segmentsOf = (pattern: string): string[] =>
  pattern
    .replace(/\.json$/, '')
    .replace(/(?<=.)\/$/, '')
    .split('/')
    .map((segment) => {
      if (isWild(segment) || segment === '**') return segment
      try {
        return encodeURIComponent(decodeURIComponent(segment))
      } catch {
        return segment
      }
    })

const isWild = (segment: string): boolean => segment === '*' || /^\{[^}]+\}$/.test(segment)

/** A server in between may resolve these after we have matched. */
const isDots = (segment: string): boolean => /^(\.|%2e){1,2}$/i.test(segment)
