/** Times of filters: people type them in their zone, the service and the address have UTC. */

/** `2026-11-27T10:00` of a field → `2026-11-27T09:00:00`; empty when it is no time. */
export function utcTime(local: string): string | undefined {
  const at = new Date(local)
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().slice(0, 19)
}

/** The other way, as a field takes it; empty when the address holds no time. */
export function localTime(utc: string): string {
  const at = new Date(`${utc.replace(/Z$/, '')}Z`)
  if (Number.isNaN(at.getTime())) return ''
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`
}
