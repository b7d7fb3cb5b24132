/**
 * Brings back shares that hold more of a pool than they were given. One at a time, the one that holds the most too much first, and for
 * some seconds a run: the driver gives way to whoever does something with the share, so no lane is taken and no request waits.
 * What can't be compacted now rests for a while; the backend's health says why.
 */
import type { Compacted, Exceeding } from '../../storage/contract/driver.ts'
import type { BackendScope } from '../parts.ts'

/** Milliseconds that a share rests which can't be compacted now, or failed. What is `busy` is tried at the next run. */
const restMs = 60_000

export interface Compaction {
  /** One look, and some seconds of work where it finds any. Answers whether there is more to do at once. */
  run(signal?: AbortSignal): Promise<boolean>
}

export function compactionOf(parts: BackendScope, nowMs = () => performance.now()): Compaction {
  const { backend, log } = parts
  const { compacts } = backend.driver
  const restsUntil = new Map<string, number>()
  /** What is being compacted, and how much it held when that began. */
  const underWay = new Map<string, number>()

  const note = ({ id, heldBytes, givenBytes }: Exceeding, { end, ...now }: Compacted): void => {
    const about = {
      backend: backend.label,
      resource_id: id,
      held_bytes: now.heldBytes,
      moved_bytes: now.movedBytes,
      longest_wait_ms: now.longestWaitMs,
    }
    if (end === 'time' || end === 'busy') return
    const before = underWay.get(id) ?? heldBytes
    underWay.delete(id)
    const heldMore = before > givenBytes
    if (end === 'done')
      log.info(
        { ...about, held_bytes_before: before },
        heldMore
          ? 'a share that held more than it was given was compacted'
          : 'a share was written anew: its pool need not promise twice any more what was older than a snapshot',
      )
    else {
      restsUntil.set(id, nowMs() + restMs)
      if (!heldMore) return
      const why = end === 'room' ? 'there is no room to do it' : 'nothing that could be moved is left'
      log.warn({ ...about, held_bytes_before: before }, `a share holds more than it was given, and ${why}`)
    }
  }

  return {
    async run(signal) {
      if (compacts === undefined) return false
      const found = await backend.call({ name: 'exceeding' }, (call) => compacts.exceeding(call))
      const there = new Set(found.map(({ id }) => id))
      for (const known of [restsUntil, underWay])
        for (const id of known.keys()) if (!there.has(id)) known.delete(id)
      const [worst] = found
        .filter(({ id, tooMuch }) => tooMuch && (restsUntil.get(id) ?? 0) <= nowMs())
        .toSorted((a, b) => b.heldBytes - b.givenBytes - (a.heldBytes - a.givenBytes))
      if (worst === undefined) return false
      if (!underWay.has(worst.id)) underWay.set(worst.id, worst.heldBytes)
      const asked = { name: 'compact', ...(signal === undefined ? {} : { signal }) }
      try {
        const ended = await backend.call(asked, (call) => compacts.compact(call, worst.id))
        note(worst, ended)
        return ended.end !== 'busy'
      } catch (error) {
        restsUntil.set(worst.id, nowMs() + restMs)
        // Ended with the process: the next one goes on.
        if (signal?.aborted === true) return false
        throw error
      }
    },
  }
}
