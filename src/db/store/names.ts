/** What all lists of named things of the identity have in common: filters on the name, one order, and where to go on. */
import { sql, type SelectQueryBuilder } from 'kysely'
import type { Database } from '../schema.ts'

/** By id, or by a name that is unique within its domain. */
export type NamedRef = { readonly id: string } | { readonly name: string; readonly domainId: string }

/** How a name is compared: regardless of letter case. */
export interface NamePart {
  readonly match: 'contains' | 'startswith' | 'endswith' | 'is'
  readonly text: string
}

/** The last one of the page before. */
export interface NamedPlace {
  readonly name: string
  readonly id: string
}

export interface NamedFilter {
  readonly name?: string
  /** All of these. */
  readonly nameParts?: readonly NamePart[]
  readonly after?: NamedPlace
  readonly limit: number
}

const patterns = {
  contains: (text: string) => `%${text}%`,
  startswith: (text: string) => `${text}%`,
  endswith: (text: string) => `%${text}`,
  is: (text: string) => text,
}

/** `query` with the filter, ordered by name, then id, and cut. */
export function byName<T extends keyof Database, O>(
  query: SelectQueryBuilder<Database, T, O>,
  { name, nameParts = [], after, limit }: NamedFilter,
): SelectQueryBuilder<Database, T, O> {
  let found = query
  const [nameColumn, idColumn] = [sql.ref<string>('name'), sql.ref<string>('id')]
  if (name !== undefined) found = found.where(sql<boolean>`${nameColumn} = ${name}`)
  for (const { match, text } of nameParts) {
    const pattern = patterns[match](text.replaceAll(/[!%_]/g, '!$&'))
    found = found.where(sql<boolean>`lower(${nameColumn}) like lower(${pattern}) escape '!'`)
  }
  if (after !== undefined) {
    const beyond = sql<boolean>`(${nameColumn} > ${after.name} or (${nameColumn} = ${after.name} and ${idColumn} > ${after.id}))`
    found = found.where(beyond)
  }
  return found.orderBy(nameColumn).orderBy(idColumn).limit(limit)
}

/** The same of what is in memory. */
export function fitsNames(name: string, nameParts: readonly NamePart[] = []): boolean {
  const folded = name.toLowerCase()
  return nameParts.every(({ match, text }) => {
    const wanted = text.toLowerCase()
    if (match === 'contains') return folded.includes(wanted)
    if (match === 'startswith') return folded.startsWith(wanted)
    return match === 'endswith' ? folded.endsWith(wanted) : folded === wanted
  })
}

/** Whether it comes after the place, in the order of {@link byName}. */
export const isAfter = (one: NamedPlace, place: NamedPlace | undefined): boolean =>
  place === undefined || one.name > place.name || (one.name === place.name && one.id > place.id)
