/** Stopwatch and statistics of the bench and of the tests that have a time to keep. */

/** The value below which `per` percent of the sorted values lie; the largest for 100. Throws when there are none. */
export function percentile(values: readonly number[], per: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const value = sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * per) / 100))]
  if (value === undefined) throw new Error('no values to take a percentile of')
  return value
}

/** Milliseconds of each of `times` runs, one after the other. */
export async function timed(times: number, run: (index: number) => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let index = 0; index < times; index++) {
    const began = performance.now()
    await run(index)
    took.push(performance.now() - began)
  }
  return took
}

/** Calls `work` for 0 … `count` − 1, at most `lanes` at once. Rejects with the first failure. */
export async function inParallel(
  count: number,
  lanes: number,
  work: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
