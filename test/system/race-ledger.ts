/** One ledger in memory with one pool, or as many as are wanted, requests waiting for it, and schedulers to race for it. No API, no backend. */
import { randomUUID } from 'node:crypto'
import { memoryBus } from '../../src/bus/memory.ts'
import { loadSettings } from '../../src/config/load.ts'
import { openTestStore } from '../../src/db/store.fixture.ts'
import { registerBackend, setHealth, writePools } from '../../src/db/store/backends.ts'
import { claimOnPool, poolRecord, poolRecords } from '../../src/db/store/pools.ts'
import { registerService } from '../../src/db/store/services.ts'
import { insertType } from '../../src/db/store/share-types.ts'
import { insertShare } from '../../src/db/store/shares.ts'
import { enqueue } from '../../src/engine/queue.ts'
import { rowTopics } from '../../src/engine/topics.ts'
import { instanceLane } from '../../src/model/lanes.ts'
import { after } from '../../src/runtime/after.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { whyNoRoom } from '../../src/model/pool-capacity.ts'
import { KnownPools } from '../../src/scheduler/known-pools.ts'
import { poolView } from '../../src/scheduler/pool-views.ts'
import { schedulerService } from '../../src/scheduler/service.ts'
import { until } from '../faults/world.ts'
import { shareRows } from '../perf/seed-rows.ts'

const label = 'node@alpha'
const quiet = { info() {}, warn() {}, error() {} }

export interface Ledger extends AsyncDisposable {
  /** Writes `count` requests for a share of `sizeGib`, as the API does. */
  ask(count: number, sizeGib: number): Promise<void>
  /**
   * Runs a scheduler for each name until every request is decided. Answers how often each one tried to place (what is refused it
   * tries once more by itself, and what met another one's change again), and how many tries are on record.
   */
  race(holders: readonly string[]): Promise<{
    tries: ReadonlyMap<string, number>
    recorded: number
    refused: number
  }>
  /** What two careless schedulers would promise: each looks first and claims afterwards. GiB. */
  raceWithoutLock(requests: number): Promise<number>
  /** The backend reports its free space; with `finish` every share it was given is available by then. */
  measure(freeGib: number, options: { readonly finish: boolean }): Promise<void>
  /** What the rows of pools say, all together and the fullest, and what the instances say. */
  placedGib(): Promise<{ readonly pool: number; readonly fullest: number; readonly instances: number }>
}

/** `totalGib` of each pool. */
export async function openLedger({
  totalGib,
  pools = 1,
}: {
  totalGib: number
  pools?: number
}): Promise<Ledger> {
  const store = await openTestStore()
  const clock = systemClock()
  const defaults = loadSettings({})
  // Nobody here says again that the backend is up.
  const settings = { ...defaults, shares: { ...defaults.shares, service_down_time_s: 3600 } }
  const zone = { availabilityZone: 'nova', now: clock.now() }
  const backendId = await registerBackend(store, { label, backendName: 'alpha', reach: 'host', ...zone })
  await setHealth(store.db, backendId, 'ready', null, clock.now())
  await registerService(store, { host: label, binaryName: 'manila-share', topic: 'manila-share', ...zone })
  const capabilities = {
    driver_handles_share_servers: false,
    thin_provisioning: false,
    storage_protocol: 'NFS',
  }
  const names = Array.from({ length: pools }, (_, index) => (index === 0 ? 'p' : `p${index}`))
  const measured = (freeGib: number) => names.map((name) => ({ name, capabilities, totalGib, freeGib }))
  const backend = { id: backendId, label, capabilities }
  await writePools(store, backend, measured(totalGib), clock.now())
  const shareTypeId = randomUUID()
  await store.transaction((tx) =>
    insertType(tx, {
      id: shareTypeId,
      name: 'default',
      description: null,
      is_public: 1,
      created_at: clock.now(),
      updated_at: null,
      extra_specs: { driver_handles_share_servers: 'False' },
    }),
  )
  const owner = { projectId: randomUUID(), userId: randomUUID() }
  const begunAs = 'user'

  return {
    ask: (count, sizeGib) =>
      store.transaction(async (tx) => {
        for (let n = 0; n < count; n++) {
          const { share, instance } = shareRows({ ...owner, sizeGib, shareTypeId, now: clock.now() })
          await insertShare(tx, share, instance, {})
          await enqueue(tx, {
            ...owner,
            begunAs,
            kind: 'create-share',
            payload: {
              shareId: share.id,
              instanceId: instance.id,
              sizeGib,
              snapshotInstanceId: null,
              snapshotPool: null,
              availabilityZoneId: null,
              onlyHost: null,
              sameHost: [],
              differentHost: [],
              query: null,
            },
            resourceId: share.id,
            lanes: [instanceLane(instance.id)],
            backendId: null,
            requestId: 'req-race',
            now: clock.now(),
          })
        }
      }),
    async race(holders) {
      const tries = new Map<string, number>()
      const bus = memoryBus(() => {})
      const memories: KnownPools[] = []
      const remembered = (): KnownPools => {
        const known = new KnownPools({ db: store.db, upSince: () => 0, after })
        memories.push(known)
        return known
      }
      const schedulers = holders.map((holder) =>
        schedulerService({
          store,
          clock,
          bus,
          settings,
          holder,
          random: Math.random,
          known: remembered(),
          failpoint: (_kind, step, when) => {
            if (step === 'place' && when === 'before-effect') tries.set(holder, (tries.get(holder) ?? 0) + 1)
          },
          log: quiet,
        }),
      )
      for (const scheduler of schedulers) scheduler.start()
      const waiting = () =>
        store.db
          .selectFrom('operations')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('topic', 'in', rowTopics('scheduler'))
          .where('state', 'not in', ['failed', 'done'])
          .executeTakeFirstOrThrow()
      await until('every request decided', 90_000, async () => (await waiting()).count === 0)
      await Promise.all(schedulers.map((scheduler) => scheduler.stop(1000)))
      for (const known of memories) known.forget()
      await bus.close()
      const refused = await store.db
        .selectFrom('operations')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .where('state', '=', 'failed')
        .executeTakeFirstOrThrow()
      const { recorded } = await store.db
        .selectFrom('operation_steps')
        .select((eb) => eb.fn.sum<number>('attempts').as('recorded'))
        .where('name', '=', 'place')
        .executeTakeFirstOrThrow()
      return { tries, recorded: Number(recorded), refused: refused.count }
    },
    async raceWithoutLock(requests) {
      const careless = async (): Promise<void> => {
        const record = await poolRecord(store.db, `${label}#p`)
        if (record === undefined || whyNoRoom(poolView(record, 0), 1, 'create') !== null) return
        const claim = {
          id: randomUUID(),
          poolId: record.id,
          ownerId: randomUUID(),
          addGib: 1,
          now: clock.now(),
        }
        await store.transaction((tx) => claimOnPool(tx, { ...claim, operationId: null }))
      }
      await Promise.all(Array.from({ length: requests }, careless))
      return (await poolRecord(store.db, `${label}#p`))?.placed_gib ?? 0
    },
    async measure(freeGib, { finish }) {
      if (finish) {
        const ended = { state: 'done', finished_at: clock.now() } as const
        await store.db
          .updateTable('operations')
          .set(ended)
          .where('topic', 'not in', rowTopics('scheduler'))
          .execute()
      }
      await writePools(store, backend, measured(freeGib), clock.now())
    },
    async placedGib() {
      const placed = (await poolRecords(store.db)).map(({ placed_gib }) => placed_gib)
      const { sum } = await store.db
        .selectFrom('share_instances')
        .select((eb) => eb.fn.sum<number>('placed_gib').as('sum'))
        .executeTakeFirstOrThrow()
      const pool = placed.reduce((a, b) => a + b, 0)
      return { pool, fullest: Math.max(...placed), instances: Number(sum) }
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
}
