/** Metadata while it is typed, and what of it is to be sent. */

export interface Pair {
  /** Of the row on the page, whatever is typed into it. */
  readonly row: string
  readonly key: string
  readonly value: string
}

export const pairsOf = (metadata: Readonly<Record<string, string>>): readonly Pair[] =>
  Object.entries(metadata).map(([key, value]) => ({ row: `was ${key}`, key, value }))

/** Of each row what is wrong with it; null = nothing. An empty row is not there yet. */
export function problemsOf(pairs: readonly Pair[]): readonly ('twice' | 'no-key' | 'no-value' | null)[] {
  return pairs.map(({ key, value }, at) => {
    if (key === '' && value === '') return null
    if (key === '') return 'no-key'
    if (pairs.some((other, index) => index < at && other.key === key)) return 'twice'
    return value === '' ? 'no-value' : null
  })
}

export const metadataOf = (pairs: readonly Pair[]): Readonly<Record<string, string>> =>
  Object.fromEntries(pairs.filter(({ key }) => key !== '').map(({ key, value }) => [key, value]))

/** What must be asked for: pairs that are new or have another value, and keys that are gone. */
export function changesOf(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): { readonly set: Readonly<Record<string, string>>; readonly unset: readonly string[] } {
  return {
    set: Object.fromEntries(
      Object.entries(after).filter(([key, value]) => !Object.hasOwn(before, key) || before[key] !== value),
    ),
    unset: Object.keys(before).filter((key) => !Object.hasOwn(after, key)),
  }
}
