/** Deadlines that hold even if the work ignores its signal. */

/** Work that ignores its signal is left behind this many milliseconds after its deadline. */
const graceAfterDeadlineMs = 5000

/** Aborts the signal it gives `work` after `ms` or with `stop`; rejects when nothing came of it a little later. */
export async function within<T>(
  ms: number,
  stop: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = new AbortController()
  const soft = setTimeout(() => deadline.abort(), ms)
  let hard: NodeJS.Timeout | undefined
  const abandoned = new Promise<never>((_, reject) => {
    const late = new Error(`no answer within ${ms / 1000} s`)
    hard = setTimeout(() => reject(late), ms + graceAfterDeadlineMs)
  })
  try {
    return await Promise.race([work(AbortSignal.any([deadline.signal, stop])), abandoned])
  } finally {
    clearTimeout(soft)
    clearTimeout(hard)
  }
}
