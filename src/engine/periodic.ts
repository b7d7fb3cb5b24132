/** A job done again and again: never beside itself, and a failure is logged and forgotten until the next time. */

export interface JobLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface Periodic {
  /** Runs it now, or right after the run that is under way. */
  nudge(): void
  /** No further run begins; resolves when the present one is over, or after `graceMs`. */
  stop(graceMs?: number): Promise<void>
}

export function every(intervalMs: number, name: string, log: JobLog, work: () => Promise<unknown>): Periodic {
  let running: Promise<void> | null = null
  let again = false
  let stopped = false
  const go = (): void => {
    if (stopped) return
    if (running !== null) {
      again = true
      return
    }
    running = work()
      .catch((error: unknown) =>
        log.error({ job: name, err: error }, `${name} failed; it is tried again later`),
      )
      .then(() => {
        running = null
        if (!again) return
        again = false
        setImmediate(go)
      })
  }
  const timer = setInterval(go, intervalMs)
  timer.unref()
  setImmediate(go)
  return {
    nudge: go,
    async stop(graceMs = 2000) {
      stopped = true
      clearInterval(timer)
      await Promise.race([running, new Promise((resolve) => setTimeout(resolve, graceMs).unref())])
    },
  }
}

/** Runs `work` over `items`, at most `limit` at once. The first error ends it, after what runs has ended. */
export async function forEachBounded<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items].reverse()
  const lanes = Array.from({ length: Math.min(limit, items.length) }, async () => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await work(item)
  })
  const ends = await Promise.allSettled(lanes)
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
