/**
 * Two rules of one meaning. A rule under somebody's visibility lock is not told by a refusal, so whoever can't see it may make
 * the same one again. One column of the database is unique for each meaning: the second rule's is {@link twinOf} it, and
 * {@link meaningOf} leads back. Backends are told of one client once.
 */
import { hash } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import { checkTarget } from './access.ts'

/** No canonical form has it: control characters are refused at the edge. */
const mark = '\u0001'

/** What all twins of a canonical form begin with. */
export const twinsOf = (canonical: string): string =>
  `${mark}${hash('sha256', canonical, 'hex').slice(0, 40)}:`

/** The first spelling that is free beside `taken`. Two who make the same twin at once get the same, and the database refuses one. */
export function twinOf(canonical: string, taken: readonly string[]): string {
  for (let n = 0; ; n++) {
    const spelling = n === 0 ? canonical : `${twinsOf(canonical)}${n}`
    if (!taken.includes(spelling)) return spelling
  }
}

export const isTwin = (stored: string): boolean => stored.startsWith(mark)

/** The canonical form of a stored rule by today's laws; what these refuse stays as it was stored. */
export function meaningOf(rule: {
  readonly access_type: string
  readonly access_to: string
  readonly canonical_to: string
}): string {
  const { canonical } = checkTarget(rule.access_type, rule.access_to, { ipv6: true, cephx: true })
  return canonical ?? (isTwin(rule.canonical_to) ? rule.access_to : rule.canonical_to)
}

/** How a meaning may stand in the database: an earlier release kept an IPv4 address in IPv6's spelling as the IPv6 address it looks like. */
export function spellingsOf(type: string, canonical: string): readonly string[] {
  const [address = '', prefix] = canonical.split('/')
  if (type !== 'ip' || !ipaddr.IPv4.isValidFourPartDecimal(address)) return [canonical]
  const mapped = ipaddr.IPv4.parse(address).toIPv4MappedAddress().toRFC5952String()
  return [canonical, prefix === undefined ? mapped : `${mapped}/${Number(prefix) + 96}`]
}
