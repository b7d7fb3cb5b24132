import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Store } from '../db/open.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { registerBackend, setHealth, writePools, type MeasuredPool } from '../db/store/backends.ts'
import { registerService } from '../db/store/services.ts'
import { insertType } from '../db/store/share-types.ts'
import { insertShare } from '../db/store/shares.ts'
import { StepFailure } from '../engine/operation.ts'
import { shareRows } from '../../test/perf/seed-rows.ts'
import { KnownPools } from './known-pools.ts'
import { claimPool, type ClaimOptions } from './ledger.ts'
import { placementRequest } from './request.ts'

const capabilities = { driver_handles_share_servers: false, storage_protocol: 'NFS' }
const shareType = { id: randomUUID(), name: 'default', extraSpecs: {} }

/** A pool of that much room. */
const pool = (name: string, gib: number): MeasuredPool => ({
  name,
  capabilities,
  totalGib: gib,
  freeGib: gib,
})
/** As many that are too many to be read each time, of 100 GiB each. */
const many = Array.from({ length: 300 }, (_, n) => pool(`p${n}`, 100))

describe('a fleet that is remembered', () => {
  let store: Store
  let known: KnownPools
  let backends: { id: string; label: string }[]
  let now = 1_000_000

  /** Of a backend: its pools as just measured. */
  const measure = (at: number, pools: readonly MeasuredPool[]): Promise<void> =>
    writePools(store, { ...(backends[at] as { id: string; label: string }), capabilities }, pools, ++now)

  const ownerOf = async (): Promise<string> => {
    const owner = { projectId: randomUUID(), userId: randomUUID() }
    const { share, instance } = shareRows({ ...owner, sizeGib: 1, shareTypeId: shareType.id, now })
    await store.transaction((tx) => insertShare(tx, share, instance, {}))
    return instance.id
  }

  /** The label of the pool that was claimed. */
  const claim = async (sizeGib = 1, change: Partial<ClaimOptions> = {}): Promise<string> => {
    const owner = await ownerOf()
    const request = placementRequest({ kind: 'create', sizeGib, shareProto: 'NFS', shareType })
    const { label } = await store.transaction((tx) =>
      claimPool(tx, request, owner, { known, upSince: 0, now: ++now, last: null, ...change }),
    )
    return label
  }

  /** What is called next, and when; null while a page is read, or when nothing will be. */
  let next: { readonly atMs: number; readonly work: () => void } | null
  /** Resolves when that is known. */
  let asked = Promise.withResolvers<void>()
  const ask = (to: typeof next): void => {
    next = to
    asked.resolve()
  }
  const after = (ms: number, work: () => void): (() => void) => {
    ask({ atMs: performance.now() + ms, work })
    return () => ask(null)
  }

  /** Milliseconds, and all that is read in them, however long the database takes. */
  const pass = async (ms: number): Promise<void> => {
    const until = performance.now() + ms
    while (next !== null && next.atMs <= until) {
      const { atMs, work } = next
      vi.advanceTimersByTime(atMs - performance.now())
      next = null
      asked = Promise.withResolvers()
      work()
      await asked.promise
    }
    vi.advanceTimersByTime(until - performance.now())
  }

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    next = null
    store = await openTestStore()
    known = new KnownPools({ db: store.db, upSince: () => 0, after })
    const zone = { availabilityZone: 'nova', now }
    const row = { ...shareType, description: null, is_public: 1 as const, created_at: now, updated_at: null }
    await store.transaction(async (tx) => {
      const { extraSpecs, ...type } = row
      await insertType(tx, { ...type, extra_specs: extraSpecs })
    })
    backends = []
    for (const label of ['node@alpha', 'node@beta']) {
      const id = await registerBackend(store, { label, backendName: label, reach: 'host', ...zone })
      await setHealth(store.db, id, 'ready', null, now)
      await registerService(store, {
        host: label,
        binaryName: 'manila-share',
        topic: 'manila-share',
        ...zone,
      })
      backends.push({ id, label })
    }
    await measure(0, many)
    await measure(1, [pool('large', 150)])
    expect(await claim()).toBe('node@beta#large')
  })

  afterEach(async () => {
    known.forget()
    vi.useRealTimers()
    await store.close()
  })

  test('what was claimed counts at once: shares are spread', async () => {
    const first = await claim(60)
    expect(first).toBe('node@beta#large')
    const next = [await claim(), await claim(), await claim()]
    expect(new Set(next).size).toBe(3)
    expect(next).not.toContain(first)
  })

  test('one of them is read for a claim, not the fleet', async () => {
    const read = vi.spyOn(known, 'remember')
    await claim()
    expect(read).not.toHaveBeenCalled()
  })

  test('the best that is remembered is asked again before it is taken', async () => {
    await store.db.updateTable('services').set({ disabled: 1 }).where('host', '=', 'node@beta').execute()
    expect(await claim()).toMatch(/^node@alpha#/)
    await store.db.updateTable('services').set({ disabled: 0 }).where('host', '=', 'node@beta').execute()
    await store.db.updateTable('services').set({ heartbeat_at: -1 }).where('host', '=', 'node@beta').execute()
    expect(await claim()).toMatch(/^node@alpha#/)
  })

  test('a pool that is reported no more is not taken', async () => {
    await measure(1, [])
    expect(await claim()).toMatch(/^node@alpha#/)
  })

  test('nobody is refused for what is remembered', async () => {
    await measure(1, [pool('large', 500)])
    // Of this size none is remembered.
    expect(await claim(400)).toBe('node@beta#large')
  })

  test('a refusal names every pool as it is', async () => {
    await store.db.updateTable('pools').set({ placed_gib: 10_000 }).execute()
    const refused = await claim().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(StepFailure)
    expect((refused as StepFailure).refusals).toHaveLength(301)
  })

  test('a refusal waits for a few of a fleet to be measured, those with the most room, and no longer', async () => {
    await store.db.updateTable('pools').set({ free_gib: 0, placed_gib: 50 }).execute()
    await store.db.updateTable('pools').set({ placed_gib: 10 }).where('name', 'in', ['p7', 'p9']).execute()
    const asked: string[] = []
    const atUs = now + 1000
    const refusal = async (): Promise<StepFailure> => {
      const change = { asked: { atUs, measure: (id: string) => void asked.push(id) } }
      const refused = await claim(20, change).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(StepFailure)
      return refused as StepFailure
    }
    expect((await refusal()).outcome).toBe('wait')
    expect(asked.length).toBeLessThanOrEqual(2)
    // As if the eight with the most room had been measured since, and nobody else.
    const names = ['p7', 'p9', 'large']
    const others = many.map(({ name }) => name).filter((name) => !names.includes(name))
    await store.db
      .updateTable('pools')
      .set({ measured_at: atUs, placed_gib: 0 })
      .where('name', 'in', [...names, ...others.slice(0, 5)])
      .execute()
    expect((await refusal()).outcome).toBe('unwind')
  })

  test('what changes is seen within a round: new pools, gone ones, more room', async () => {
    await measure(0, [pool('p1', 100), pool('new', 900), ...many.slice(22)])
    expect(await claim()).toBe('node@beta#large')
    await pass(11_000)
    const labels = known.views()?.map(({ label }) => label) ?? []
    expect(labels).toHaveLength(281)
    expect(labels).not.toContain('node@alpha#p2')
    expect(await claim()).toBe('node@alpha#new')
  })

  test('after a minute without a placement nothing is kept, and nothing is read', async () => {
    await pass(70_000)
    expect(next).toBeNull()
    expect(known.views()).toBeNull()
    expect(await claim()).toBe('node@beta#large')
  })

  test('a fleet that shrank is not remembered', async () => {
    await measure(0, many.slice(0, 10))
    await pass(11_000)
    expect(known.views()).toBeNull()
  })
})
