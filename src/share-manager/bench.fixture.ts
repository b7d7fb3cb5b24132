/**
 * A share manager's world in memory for tests: SQLite, the sim driver and exporter, one backend with one pool, real
 * operations and reconcilers; only the scheduler is pretended. `drain` runs work to its end without waiting for pauses.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryBus } from '../bus/memory.ts'
import { loadSettings } from '../config/load.ts'
import type { Store } from '../db/open.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { registerBackend } from '../db/store/backends.ts'
import {
  createEndedBadly,
  extendEndedBadly,
  manageEndedBadly,
  revertEndedBadly,
} from '../lifecycle/shares/endings.ts'
import { groupCreateEndedBadly } from '../lifecycle/share-groups/endings.ts'
import { changeGroup } from '../lifecycle/share-groups/change.ts'
import { claimOnPool, releaseClaim } from '../db/store/pools.ts'
import { registerService } from '../db/store/services.ts'
import { releasePlacement } from '../db/store/instance-places.ts'
import { instanceById } from '../db/store/share-instances.ts'
import { shareById } from '../db/store/shares.ts'
import { driver as simDriver } from '../storage/drivers/sim/index.ts'
import { setFaults, type Faults } from '../storage/sim/faults.ts'
import { forgetMemory, openStore as openSimStore } from '../storage/sim/store.ts'
import { partsIn } from '../storage/drivers/sim/target.fixture.ts'
import type { Exporter, StorageDriver } from '../storage/contract/driver.ts'
import { operation, registry, type Registry } from '../engine/operation.ts'
import type { RunEnd } from '../engine/run-end.ts'
import { run, type RunnerParts } from '../engine/runner.ts'
import { exporter as simExporter } from '../storage/exporters/sim.ts'
import { operationPlans } from '../model/operations.ts'
import { systemClock } from '../runtime/clock.ts'
import { backend, type Backend } from './backend.ts'
import { failedEnd, groupEnd } from './operations/failed-end.ts'
import { shareOperations } from './operations/index.ts'
import type { BackendScope, StepParts } from './parts.ts'
import type { Member } from './publisher.ts'
import { reportPools } from './reconcilers/pool-stats.ts'

export interface Bench extends BackendScope {
  readonly store: Store
  readonly backend: Backend
  readonly poolId: string
  readonly serviceId: number
  readonly dir: string
  /** The share manager's code; tests wrap it. */
  readonly operations: Registry
  setFaults(faults: Faults): Promise<void>
  /** What the sim holds and publishes, without asking the driver. */
  held(): { shares: readonly string[]; snapshots: readonly string[]; exports: readonly string[] }
  /** Clients that an export admits, as `type:to:level`. */
  admitted(exportId: string): readonly string[]
  /** Runs everything that is due until nothing is, as `holder`, with this code in place of the real one. */
  drain(options?: { readonly code?: Registry; readonly holder?: string }): Promise<void>
  /** Runs one operation once. */
  runOnce(id: string, options?: { readonly code?: Registry; readonly holder?: string }): Promise<RunEnd>
  close(): Promise<void>
}

export interface BenchOptions {
  readonly without?: NonNullable<Parameters<typeof simDriver.create>[0]>['without']
  /** Clients that the exporter refuses. */
  readonly refuse?: readonly string[]
  readonly wrapDriver?: (driver: StorageDriver) => StorageDriver
  readonly wrapExporter?: (exporter: Exporter) => Exporter
  /** Protocols that the driver publishes by itself. */
  readonly native?: readonly string[]
  /** The backend never comes up. */
  readonly dead?: boolean
  /** Milliseconds one step may take; 3000 when left out. */
  readonly stepDeadlineMs?: number
}

const quiet = { info() {}, warn() {}, error() {} }
const label = 'node@alpha'
/** Most rounds of {@link Bench.drain}: an operation that is still open then goes round in circles. */
const maxRounds = 200

export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'share-manager-'))
  const store = await openTestStore()
  const clock = systemClock()
  const bus = memoryBus(() => {})
  const settings = loadSettings({ defaults: { backends: { alpha: { driver: 'sim', exporter: 'sim' } } } })
  const now = clock.now()
  const zone = { availabilityZone: 'nova', now }
  const id = await registerBackend(store, { label, backendName: 'alpha', reach: 'host', ...zone })
  const serviceId = await registerService(store, {
    host: label,
    binaryName: 'manila-share',
    topic: 'manila-share',
    ...zone,
  })
  const own = { ...partsIn(dir), now: () => clock.now() }
  const abilities = { without: options.without ?? [], native_protocols: options.native ?? [] }
  const made = simDriver.create({ memory: true, ...abilities } as never, own)
  const exporter = simExporter.create({ memory: true, refuse: options.refuse ?? [] } as never, own)
  const one = backend({
    store,
    clock,
    log: quiet,
    id,
    label,
    name: 'alpha',
    settings: { ...settings.backends.alpha!, call_timeout_s: 2 },
    dir,
    driver: options.wrapDriver?.(made) ?? made,
    members: membersOf(made.native, options.wrapExporter?.(exporter) ?? exporter, dir),
    firstPauseMs: 20,
  })
  if (options.dead === true) await setFaults(dir, { setup: { kind: 'fail' } })
  const holder = `bench-${randomUUID().slice(0, 8)}`
  const scope: BackendScope = { store, clock, bus, log: quiet, settings, holder, backend: one }
  await new Promise<void>((resolve) => {
    one.start({ ready: resolve })
    if (options.dead === true) setTimeout(resolve, 30)
  })
  if (options.dead !== true) await reportPools(scope)
  const pool = await store.db.selectFrom('pools').select('id').executeTakeFirst()
  const poolId = pool?.id ?? ''
  const operations = shareOperations(scope)
  const placing = schedulerStandIn(scope, poolId)
  const runner = (topic: 'share' | 'scheduler', code: Registry, as: string): RunnerParts => ({
    store,
    clock,
    plans: operationPlans,
    registry: code,
    topic,
    holder: as,
    stepDeadlineMs: options.stepDeadlineMs ?? 3000,
    failpoint: () => {},
    log: quiet,
  })
  const runOnce: Bench['runOnce'] = async (id, { code = operations, holder: as = holder } = {}) => {
    const never = new AbortController().signal
    const asScheduler = await run(runner('scheduler', placing, as), id, never)
    if (asScheduler.end !== 'not-mine' && asScheduler.end !== 'handed-over') return asScheduler
    return run(runner('share', code, as), id, never)
  }
  return {
    ...scope,
    poolId,
    serviceId,
    dir,
    operations,
    setFaults: (faults) => setFaults(dir, faults),
    held() {
      const sim = openSimStore(dir)
      return { shares: sim.ids('shares'), snapshots: sim.ids('snapshots'), exports: sim.ids('exports') }
    },
    admitted(exportId) {
      const rules = openSimStore(dir).get('exports', exportId)?.rules ?? []
      return rules.map(({ type, to, level }) => `${type}:${to}:${level}`).sort()
    },
    runOnce,
    async drain(runOptions) {
      for (let round = 0; round < maxRounds; round++) {
        // Pauses are for production.
        await store.db.updateTable('operations').set({ not_before: 0 }).execute()
        const open = await store.db
          .selectFrom('operations')
          .select('id')
          .where('state', 'in', ['queued', 'running', 'undoing'])
          .orderBy('created_at')
          .execute()
        if (open.length === 0) return
        let moved = false
        for (const { id } of open) moved = (await runOnce(id, runOptions)).end !== 'not-mine' || moved
        // Somebody else is at work: let him.
        if (!moved) await new Promise((resolve) => setTimeout(resolve, 5))
      }
      throw new Error(`operations are still open after ${maxRounds} rounds`)
    },
    async close() {
      await one.stop({ detach: false })
      await bus.close()
      await store.close()
      forgetMemory(dir)
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** What the driver publishes natively, and the exporter for the rest. */
function membersOf(native: StorageDriver['native'], server: Exporter, dir: string): Member[] {
  const own = native?.protocols ?? []
  const protocols = server.protocols.filter((one) => !own.includes(one))
  const exporter = { key: 'sim', name: 'sim', protocols, publishes: server, server, dir }
  if (native === undefined) return [exporter]
  return [{ ...exporter, key: 'native', protocols: own, publishes: native, server: null }, exporter]
}

/** Places everything on the one pool, unless that refused already. */
function schedulerStandIn(parts: StepParts, poolId: string): Registry {
  const backendId = parts.backend?.id ?? ''
  const home = { pool_id: poolId, backend_id: backendId, host: `${label}#sim` }
  const settle = async (tx: Parameters<typeof claimOnPool>[0], instanceId: string, addGib: number) => {
    const claim = { id: randomUUID(), poolId, ownerId: instanceId, addGib, operationId: null }
    await claimOnPool(tx, { ...claim, now: parts.clock.now() })
  }
  const placing = (version: number) =>
    operation('create-share', 'scheduler', {
      version,
      steps: {
        place: {
          run: async ({ payload, refusals }) => ({
            commit: async (tx, record) => {
              // As the scheduler does it: what may have left something on a backend stays there.
              const instance = await instanceById(tx, payload.instanceId)
              if ((instance?.pool_id ?? null) !== null) return record.route(instance?.backend_id ?? '')
              if (refusals.length > 0) throw noHost()
              await settle(tx, payload.instanceId, payload.sizeGib)
              await tx.updateTable('share_instances').set(home).where('id', '=', payload.instanceId).execute()
              record.route(backendId)
            },
          }),
          undo: async (job) => ({
            commit: async (tx) => {
              const instance = await instanceById(tx, job.payload.instanceId)
              if (instance === undefined || job.leftBehind) return
              await releasePlacement(tx, instance)
            },
          }),
        },
      },
      failed: (tx, job, cause, undone) => createEndedBadly(tx, failedEnd(parts, job, cause, undone)),
    })
  return registry('scheduler', operationPlans, [
    placing(1),
    placing(2),
    operation('create-share-group', 'scheduler', {
      steps: {
        place: {
          run: async ({ payload: { groupId } }) => ({
            commit: async (tx, record) => {
              const change = { from: null, to: null, columns: home, now: parts.clock.now() }
              await changeGroup(tx, 'share_group', groupId, change)
              record.route(backendId)
            },
          }),
        },
      },
      failed: (tx, job, cause) => groupCreateEndedBadly(tx, groupEnd(parts, job, cause)),
    }),
    operation('extend-share', 'scheduler', {
      steps: {
        place: {
          run: async ({ payload }) => ({
            commit: async (tx, record) => {
              await settle(tx, payload.instanceId, payload.toGib - payload.fromGib)
              record.route(backendId)
            },
          }),
          undo: async ({ payload }) => ({
            commit: (tx) =>
              releaseClaim(tx, {
                poolId,
                ownerId: payload.instanceId,
                gib: payload.toGib - payload.fromGib,
              }),
          }),
        },
      },
      failed: (tx, job, cause, undone) => extendEndedBadly(tx, failedEnd(parts, job, cause, undone)),
    }),
    operation('revert-and-extend-share', 'scheduler', {
      steps: {
        place: {
          run: async ({ payload }) => ({
            commit: async (tx, record) => {
              await settle(tx, payload.instanceId, payload.toGib - payload.fromGib)
              record.route(backendId)
            },
          }),
          undo: async ({ payload: { instanceId, fromGib, toGib } }) => ({
            commit: async (tx) => {
              const instance = await instanceById(tx, instanceId)
              const share = instance && (await shareById(tx, instance.share_id))
              if (share === undefined || share.size >= toGib) return
              await releaseClaim(tx, { poolId, ownerId: instanceId, gib: toGib - fromGib })
            },
          }),
        },
      },
      failed: (tx, job, cause, undone) => {
        const { snapshotInstanceId } = job.payload
        return revertEndedBadly(tx, { ...failedEnd(parts, job, cause, undone), snapshotInstanceId })
      },
    }),
    operation('manage-share', 'scheduler', {
      steps: {
        place: {
          run: async ({ payload }) => ({
            commit: async (tx, record) => {
              await tx.updateTable('share_instances').set(home).where('id', '=', payload.instanceId).execute()
              record.route(backendId)
            },
          }),
        },
      },
      failed: (tx, job, cause, undone) => manageEndedBadly(tx, failedEnd(parts, job, cause, undone)),
    }),
  ])
}

function noHost(): Error {
  return Object.assign(new Error('no pool is left'), { name: 'NoHost' })
}
