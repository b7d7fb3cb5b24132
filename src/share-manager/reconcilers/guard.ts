/**
 * Looks after what happens to storage while nobody asks for anything: clients fill a pool, and a file system gives up.
 *
 * Below its reserve all exports of a pool are read-only, so that what was promised as stable can still be written; they are as their
 * rules say again once there is {@link enough} of it. A tree that stopped answering is withdrawn, made ready and published again.
 */
import { readOnlyPools, setPoolReadOnly } from '../../db/store/read-only-pools.ts'
import type { Resting } from '../resting.ts'
import { putBack, wantedShares, wantedSnapshots } from './exports.ts'
import type { PoolRoom } from '../../storage/contract/driver.ts'
import type { BackendScope } from '../parts.ts'

const gib = 1024 ** 3
/** Times the reserve that must be free before clients may write again: else they would go back and forth. */
const enough = 2
/**
 * A pool is near its reserve below so many times of it, and below the reserve and what fast clients write between two looks at one
 * that is far, or a fifth of the pool.
 */
const [near, betweenLooks, part] = [4, 5 * gib, 0.2]
/** Milliseconds between looks at a pool that is far from its reserve. */
const farMs = 5000
const lookWithinMs = 5000

export interface Guard {
  /** Asked each second: looks when it is time to. */
  look(): Promise<void>
  /** Brings back the trees that answer no more; answers how many. */
  revive(): Promise<number>
}

export function guardOf(parts: BackendScope, nowMs = () => performance.now()): Guard {
  const { backend, log } = parts
  const { watches } = backend.driver
  const resting: Resting = new Map()
  let nextMs = 0
  let rooms: readonly PoolRoom[] = []
  return {
    async look() {
      if (watches === undefined || nowMs() < nextMs) return
      const asked = { name: 'room', deadlineMs: lookWithinMs }
      rooms = await backend.call(asked, (call) => watches.room(call))
      nextMs = rooms.some(isNear) ? 0 : nowMs() + farMs
      await settle(parts, rooms)
    },
    async revive() {
      // What mounts a file system writes to it.
      if (watches === undefined || rooms.some((room) => room.freeBytes < room.reserveBytes / 2)) return 0
      const failed = new Set(await backend.call({ name: 'failed' }, (call) => watches.failed(call)))
      if (failed.size === 0) return 0
      for (const id of failed)
        log.error({ backend: backend.label, resource_id: id }, 'the file system of a share has shut down')
      const wanted = [...(await wantedShares(parts)), ...(await wantedSnapshots(parts))]
      return putBack(
        parts,
        wanted.filter(({ id }) => failed.has(id)),
        resting,
        { what: 'a file system that had shut down', withdraw: true },
      )
    },
  }
}

const isNear = ({ freeBytes, reserveBytes, totalBytes }: PoolRoom): boolean =>
  freeBytes < Math.max(near * reserveBytes, reserveBytes + Math.min(betweenLooks, part * totalBytes))

/** Writes what changed, for all processes of the backend, and tells them. */
async function settle(parts: BackendScope, rooms: readonly PoolRoom[]): Promise<void> {
  const { backend, store, bus, log } = parts
  const known = await readOnlyPools(store.db, backend.id)
  for (const room of rooms) {
    const was = known.some(({ name }) => name === room.name)
    const is = room.freeBytes < room.reserveBytes * (was ? enough : 1)
    if (is === was) continue
    if (!(await setPoolReadOnly(store, backend.id, room.name, is ? sentence(room) : null))) continue
    bus.cast(`share.${backend.id}`, 'access.changed', { instanceId: room.name.slice(0, 64), all: true })
    const about = { backend: backend.label, pool: room.name, free_bytes: room.freeBytes }
    if (is) log.error(about, sentence(room))
    else log.warn(about, 'the pool has room again: its exports are as their rules say')
  }
}

const sentence = ({ name, reserveBytes }: PoolRoom): string =>
  `pool ${name} has less free than its reserve of ${inGib(reserveBytes)} GiB: its exports are read-only until ${inGib(enough * reserveBytes)} GiB are free. Delete shares or snapshots, or make the pool larger`

const inGib = (bytes: number): string => (bytes / gib).toFixed(2)
