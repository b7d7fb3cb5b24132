/** What a command gives: rows, or the fields of one thing; and the choice of format, columns and order. */

export interface List {
  readonly kind: 'list'
  readonly columns: readonly string[]
  /** JSON values, in the columns' order. */
  readonly rows: readonly (readonly unknown[])[]
}

export interface Show {
  readonly kind: 'show'
  readonly fields: Readonly<Record<string, unknown>>
}

/** Already text, for programs other than a person: completion scripts. */
export interface Raw {
  readonly kind: 'raw'
  readonly text: string
}

export type Output = List | Show | Raw

export const formats = ['table', 'json', 'yaml', 'csv', 'value'] as const
export type Format = (typeof formats)[number]

export interface Shape {
  readonly format: Format
  /** Empty = all. */
  readonly columns: readonly string[]
  readonly sortColumns: readonly string[]
  readonly descending: boolean
  readonly indent: boolean
  /** Of tables; 0 = as wide as they get. */
  readonly maxWidth: number
}
