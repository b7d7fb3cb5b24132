/** What failed and is tried again after a pause that grows; in memory, because a new process may as well try at once. */

/** Until when each rests; kept by the caller between runs. */
export type Resting = Map<string, { readonly untilMs: number; readonly pauseMs: number }>

/** Milliseconds of the first pause; it doubles up to the second number. */
const [firstPauseMs, longestPauseMs] = [10_000, 600_000]

export const mayTry = (resting: Resting, id: string): boolean => (resting.get(id)?.untilMs ?? 0) <= Date.now()

/** Lets `id` rest after one more failure; answers for how many milliseconds. */
export function rest(resting: Resting, id: string): number {
  const pauseMs = Math.min(longestPauseMs, (resting.get(id)?.pauseMs ?? firstPauseMs / 2) * 2)
  resting.set(id, { untilMs: Date.now() + pauseMs, pauseMs })
  return pauseMs
}
