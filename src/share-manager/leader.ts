/**
 * Several processes may serve one backend; what looks at the whole of it (capacity, exports, sizes, orphans) needs doing once.
 * The leader is whoever holds the lease of the lane `leader:<backend id>`; when it dies the next one takes over within
 * the lease and a look. Doing such work twice by accident harms nothing: what matters is under fences of its own.
 */
import { Hold, monotonicMs } from '../engine/hold.ts'
import { ensureLane, releaseLeases, renewMs, takeLease } from '../db/store/leases.ts'
import { leaderLane } from '../model/lanes.ts'
import type { BackendScope } from './parts.ts'

export interface Leader {
  /** True while this process leads. */
  readonly leads: boolean
  /** Tries from now on. */
  start(): void
  stop(): Promise<void>
}

/** Tries to lead, again and again; `elected` is called each time this process becomes the leader. */
export function leader(parts: BackendScope, elected: () => void): Leader {
  const { store, log, backend } = parts
  const lane = leaderLane(backend.id)
  const holder = `${parts.holder}/leader`
  const hold = new Hold()
  let led = false
  let stopped = false
  let running: Promise<void> | null = null

  const attempt = async (): Promise<void> => {
    const askedAtMs = monotonicMs()
    try {
      const lease = await store.transaction(async (tx) => {
        await ensureLane(tx, lane)
        // Taking one's own lease again renews it.
        return takeLease(tx, store, lane, holder)
      })
      if (lease !== null && !stopped) hold.taken([lane], askedAtMs)
    } catch (error) {
      if (led && !hold.lasts)
        log.warn({ backend: backend.label, err: error }, 'the lease of the leader was lost')
    }
    if (hold.lasts && !led) {
      log.info({ backend: backend.label }, 'this process looks after the backend')
      elected()
    }
    led = hold.lasts
  }
  const go = (): void => {
    running ??= attempt().finally(() => {
      running = null
    })
  }
  let timer: NodeJS.Timeout | undefined
  return {
    get leads() {
      return hold.lasts
    },
    start() {
      timer = setInterval(go, renewMs)
      timer.unref()
      go()
    },
    async stop() {
      stopped = true
      clearInterval(timer)
      await running
      await store.transaction((tx) => releaseLeases(tx, [lane], holder)).catch(() => {})
    },
  }
}
