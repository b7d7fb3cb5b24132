/** Reading points in time as clients write them. */

const shape =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d{2}:?(?:\d{2})?)?$/i

/**
 * Microseconds since the epoch of an ISO 8601 date or time; without a zone it is UTC. Null when it is none. A `+` that
 * arrived as a blank, as query strings turn it into, still counts.
 */
export function microsFromIso(text: string): number | null {
  const match = shape.exec(
    text.trim().replace(/ (?=\d{2}:?\d{2}$)/, (blank, at: number) => (at > 12 ? '+' : blank)),
  )
  if (match === null) return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = match
  const fields = [Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const
  const millis = Date.UTC(Number(year), ...fields)
  const back = new Date(millis)
  const read = [
    back.getUTCMonth(),
    back.getUTCDate(),
    back.getUTCHours(),
    back.getUTCMinutes(),
    back.getUTCSeconds(),
  ]
  // Date.UTC rolls 31 February over into March, and takes the years before 100 for the twentieth century.
  if (Number(year) < 100 || read.some((value, index) => value !== fields[index])) return null
  const micros = Number(fraction.slice(0, 6).padEnd(6, '0'))
  return (millis - offsetMillis(zone)) * 1000 + micros
}

function offsetMillis(zone: string): number {
  const match = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone)
  if (match === null) return 0
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0)
  return (match[1] === '-' ? -1 : 1) * minutes * 60_000
}
