/** Which name was meant: for the sentences that refuse one that nobody knows. */

/** Of a longer name only the beginning is compared. */
const compared = 100

/** The first known name with the fewest edits; null when each is so far that it is another word, not a slip. */
export function nearest(name: string, known: readonly string[]): string | null {
  let best: string | null = null
  let fewest = Math.max(2, Math.floor(name.length / 3)) + 1
  for (const candidate of known) {
    const edits = editDistance(name.slice(0, compared), candidate, fewest)
    if (edits >= fewest) continue
    best = candidate
    fewest = edits
  }
  return best
}

/** Levenshtein distance, or `limit` when it is no smaller. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return Math.min(row[b.length] ?? limit, limit)
}
