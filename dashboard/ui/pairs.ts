/** Keys and values that somebody chose himself, while they are typed, and what of them is to be sent. */

export interface Pair {
  /** Of the row on the page, whatever is typed into it. */
  readonly row: string
  readonly key: string
  readonly value: string
}

let rows = 0
/** A row that nothing is typed into yet. */
export const blankPair = (): Pair => ({ row: `new ${++rows}`, key: '', value: '' })

export const pairsOf = (record: Readonly<Record<string, string>>): readonly Pair[] =>
  Object.entries(record).map(([key, value]) => ({ row: `was ${key}`, key, value }))

/** Of each row what is wrong with it; null = nothing. An empty row is not there yet. */
export function problemsOf(pairs: readonly Pair[]): readonly ('twice' | 'no-key' | 'no-value' | null)[] {
  return pairs.map(({ key, value }, at) => {
    if (key === '' && value === '') return null
    if (key === '') return 'no-key'
    if (pairs.some((other, index) => index < at && other.key === key)) return 'twice'
    return value === '' ? 'no-value' : null
  })
}

export const isRight = (pairs: readonly Pair[]): boolean =>
  problemsOf(pairs).every((problem) => problem === null)

export const recordOf = (pairs: readonly Pair[]): Readonly<Record<string, string>> =>
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
