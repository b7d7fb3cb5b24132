/** `3 min. ago`; the exact time in the reader's zone on hover and for whoever listens. Goes on by itself. */
import { useSyncExternalStore } from 'react'
import { useWords } from '../words/index.ts'
import { instant, useFormat } from './format.ts'

const listeners = new Set<() => void>()
let minute = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

/** One clock for all times of a page. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    minute = Date.now()
    for (const one of listeners) one()
  }, 15_000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

export function useNow(): number {
  return useSyncExternalStore(subscribe, () => minute)
}

export function Time({ at }: { readonly at: string | null | undefined }) {
  const format = useFormat()
  const { common } = useWords()
  const now = useNow()
  if (at === null || at === undefined) return <span>{common.notKnown}</span>
  return (
    <time
      dateTime={new Date(instant(at)).toISOString()}
      title={format.exact(at)}
      style={{ whiteSpace: 'nowrap' }}
    >
      {format.relative(at, Math.max(now, instant(at) < now ? now : Date.now()))}
    </time>
  )
}
