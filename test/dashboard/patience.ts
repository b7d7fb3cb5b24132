/** Chromium answers most questions of a test with a limit of its own; what it draws, runs or closes it may owe for ever. */
import { setTimeout as later } from 'node:timers/promises'

/** What waits longer than this hangs: an answer that takes a moment, on the busiest machine. */
const hangMs = 60_000

/** The answer, or an error that says who owes it: `what`. */
export async function inTime<Answer>(
  what: string,
  answer: Promise<Answer>,
  mostMs = hangMs,
): Promise<Answer> {
  const enough = new AbortController()
  const hung = later(mostMs, undefined, { signal: enough.signal }).then(() => {
    throw new Error(`${what}: no answer within ${mostMs / 1000} s`)
  })
  hung.catch(() => {})
  try {
    return await Promise.race([answer, hung])
  } finally {
    enough.abort()
  }
}
