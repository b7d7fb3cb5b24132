/** The least and the most of them; Infinity and -Infinity when there are none. No spread arguments: a fleet has more pools than a call has room for. */
export function bounds(scores: readonly number[]): { readonly least: number; readonly most: number } {
  let [least, most] = [Infinity, -Infinity]
  for (const score of scores) {
    if (score < least) least = score
    if (score > most) most = score
  }
  return { least, most }
}
