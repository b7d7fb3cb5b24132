/** Reading attributes of an entry: names in any letter case, values as text or bytes, however many there are. */
import type { Entry } from 'ldapts'

/** Those whose values are bytes. */
const binary = new Set(['objectguid', 'objectsid'])

const isNamed = (key: string, name: string): boolean => key.toLowerCase() === name.toLowerCase()

/** Values of the attribute in the order of the server; none where it has none, or `name` is empty. */
function rawValues(entry: Entry, name: string): (string | Buffer)[] {
  if (name === '') return []
  const key = Object.keys(entry).find((one) => isNamed(one, name))
  // `dn` is the library's own, beside the attributes.
  const value = key === undefined || key === 'dn' ? [] : entry[key]
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}

export const valuesOf = (entry: Entry, name: string): string[] => rawValues(entry, name).map(String)

/** The first value; null where there is none. */
export const valueOf = (entry: Entry, name: string): string | null => valuesOf(entry, name)[0] ?? null

export const bytesOf = (entry: Entry, name: string): Buffer | null => {
  const value = rawValues(entry, name)[0]
  if (value === undefined) return null
  return Buffer.isBuffer(value) ? value : Buffer.from(value)
}

/** Text that stands for what never changes of the entry; null where it lacks that. Bytes in hexadecimal. */
export function keyOf(entry: Entry, attribute: string): string | null {
  if (!binary.has(attribute.toLowerCase())) return valueOf(entry, attribute)
  return bytesOf(entry, attribute)?.toString('hex') ?? null
}

/** What to search for to find it again. */
export const keyValue = (key: string, attribute: string): string | Buffer =>
  binary.has(attribute.toLowerCase()) ? Buffer.from(key, 'hex') : key

/** `member;range=0-1499` as servers answer that don't give all values at once: where it ends, null for the last part. */
export function rangeOf(
  entry: Entry,
  name: string,
): { readonly values: readonly string[]; readonly end: number | null } | null {
  const shape = new RegExp(`^${name.replaceAll(/[^A-Za-z0-9.-]/g, '')};range=([0-9]+)-([0-9]+|[*])$`, 'i')
  for (const key of Object.keys(entry)) {
    const match = shape.exec(key)
    if (match === null) continue
    return { values: valuesOf(entry, key), end: match[2] === '*' ? null : Number(match[2]) }
  }
  return null
}
