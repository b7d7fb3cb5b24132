/** The gauges that are read anew at each scrape: of the database, the bus and the policy. */
import type { AppParts } from '../app/context.ts'
import { backendHealth, poolCapacity, queueState, rulesBehind } from '../db/store/health.ts'
import { countFindings } from '../db/store/storage-findings.ts'
import type { Policy } from '../policy/enforce.ts'
import { serviceOf } from '../engine/topics.ts'
import type { Metrics } from '../runtime/metrics.ts'

const bytesPerGib = 1024 ** 3

/** How the policy file stands with this process. */
export function readPolicyGauges(policy: Policy, metrics: Metrics): void {
  metrics.collect('policy', () => {
    const { broken, overrides, warnings, loadedAt } = policy.state()
    metrics.policyBroken.set(broken === null ? 0 : 1)
    metrics.policyOverrides.set(overrides)
    metrics.policyUnknown.set(warnings.length)
    metrics.policyLoaded.set(loadedAt / 1_000_000)
    return Promise.resolve()
  })
}

export function readGauges(parts: Pick<AppParts, 'store' | 'clock' | 'bus'>, metrics: Metrics): void {
  metrics.collect('queue', async () => {
    const rows = await queueState(parts.store.db)
    metrics.queueLength.reset()
    metrics.queueAge.reset()
    const oldest = new Map<string, number>([
      ['scheduler', 0],
      ['share', 0],
    ])
    for (const { topic: queue, state, count, oldest: since } of rows) {
      const topic = serviceOf(queue)
      metrics.queueLength.inc({ topic, state }, count)
      oldest.set(topic, Math.max(oldest.get(topic) ?? 0, (parts.clock.now() - since) / 1_000_000))
    }
    for (const [topic, seconds] of oldest) metrics.queueAge.set({ topic }, seconds)
    metrics.rulesBehind.set(await rulesBehind(parts.store.db))
  })
  metrics.collect('bus', () => {
    metrics.busConnected.set(parts.bus.state().state === 'connected' ? 1 : 0)
    return Promise.resolve()
  })
  metrics.collect('pools', async () => {
    for (const { label, total_gib, free_gib, placed_gib, exceeding_bytes } of await poolCapacity(
      parts.store.db,
    )) {
      if (total_gib !== null) metrics.poolTotal.set({ pool: label }, total_gib * bytesPerGib)
      if (free_gib !== null) metrics.poolFree.set({ pool: label }, free_gib * bytesPerGib)
      metrics.poolPlaced.set({ pool: label }, placed_gib * bytesPerGib)
      if (exceeding_bytes !== null) metrics.poolExceeding.set({ pool: label }, exceeding_bytes)
    }
    metrics.storageFindings.reset()
    for (const { backend, problem, count } of await countFindings(parts.store.db)) {
      metrics.storageFindings.set({ backend, problem }, count)
    }
    for (const { label, health } of await backendHealth(parts.store.db)) {
      metrics.backendUp.set({ backend: label }, health === 'ready' ? 1 : 0)
    }
  })
}
