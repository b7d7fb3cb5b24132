/** Long work through whole tables that leaves the database to others. */

/** As many times as long as a pass took it rests before the next: whoever asks meets it one time in four. */
const restsPerPass = 3

/** What a test has in the place of time. */
export interface Pace {
  /** Milliseconds. */
  now(): number
  rest(ms: number): Promise<void>
  /** False: nothing further is begun. */
  goesOn(): boolean
}

/** For whoever waits for the end of it. */
export const withoutRest: Pace = { now: () => 0, rest: async () => undefined, goesOn: () => true }

/**
 * Runs `pass` until it says that nothing is left; false when the process ended before. At once it would keep the database busy for as long as
 * there is anything: with 1,000,000 shares points of usage are 15 s of it every five minutes, and to remove 500 old events reads a
 * thousand pages of the disk.
 */
export async function paced(
  pass: () => Promise<'more' | 'done'>,
  { now, rest, goesOn }: Pace,
): Promise<boolean> {
  while (goesOn()) {
    const began = now()
    if ((await pass()) === 'done') return true
    await rest(restsPerPass * (now() - began))
  }
  return false
}
