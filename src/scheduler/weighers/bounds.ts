/**
 * The least and the most of them, but for what is NaN; Infinity and -Infinity when there are none. No spread arguments: a fleet has more
 * pools than a call has room for.
 */
export function bounds(scores: ArrayLike<number>): { readonly least: number; readonly most: number } {
  let [least, most] = [Infinity, -Infinity]
  for (let at = 0; at < scores.length; at++) {
    const score = scores[at] as number
    if (score < least) least = score
    if (score > most) most = score
  }
  return { least, most }
}
