/**
 * Filters are built of parts, never of text: a value is sent as bytes beside its attribute, so that nothing in it can be syntax.
 * The only text is what the operator configured, parsed once at the start.
 */
import {
  AndFilter,
  EqualityFilter,
  ExtensibleFilter,
  NotFilter,
  OrFilter,
  PresenceFilter,
  type Filter,
} from 'ldapts'

export const equals = (attribute: string, value: string | Buffer): Filter =>
  new EqualityFilter({ attribute, value })

export const present = (attribute: string): Filter => new PresenceFilter({ attribute })

/** True of everything when there are none. */
export function all(filters: readonly (Filter | null)[]): Filter {
  const real = filters.filter((one) => one !== null)
  const [first] = real
  if (first === undefined) return present('objectClass')
  return real.length === 1 ? first : new AndFilter({ filters: real })
}

/** False of everything when there are none. */
export function any(filters: readonly Filter[]): Filter {
  const [first] = filters
  if (first === undefined) return new NotFilter({ filter: present('objectClass') })
  return filters.length === 1 ? first : new OrFilter({ filters: [...filters] })
}

/** Active Directory's: the attribute leads to `value` over any number of groups (`LDAP_MATCHING_RULE_IN_CHAIN`). */
export const inChain = (attribute: string, value: string): Filter =>
  new ExtensibleFilter({ matchType: attribute, rule: '1.2.840.113556.1.4.1941', value })

/** Entries of a place: its classes and the operator's filter. */
export const belongs = (place: {
  readonly classes: readonly string[]
  readonly filter: Filter | null
}): Filter[] => [
  ...place.classes.map((name) => equals('objectClass', name)),
  ...(place.filter === null ? [] : [place.filter]),
]
