/** What became of one pass over the rules of one share instance or snapshot instance. */
export type Pass =
  /** Nothing is left to do. */
  | { readonly end: 'done' }
  /** An operation has the lane, or rules changed meanwhile: look again. */
  | { readonly end: 'again'; readonly soon: boolean }
  /** The backend did not answer for certain. */
  | { readonly end: 'retry'; readonly error: unknown; readonly afterS: number | null }
