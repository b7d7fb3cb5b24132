/**
 * What the process counts, for Prometheus. Names are `manila_<part>_<noun>_<unit>`; labels are bounded sets (routes,
 * kinds, backends), never ids.
 */
import cluster from 'node:cluster'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { answerPrimary } from './worker-metrics.ts'

const latencyBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const operationBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200]

export interface Metrics {
  readonly registry: Registry
  request(event: { method: string; route: string; status: number; seconds: number }): void
  operation(event: { kind: string; outcome: string; seconds: number }): void
  driverCall(event: { backend: string; call: string; outcome: string; seconds: number }): void
  /** A server of one of the backend's exporters died and was started again. */
  exporterRestart(backend: string, exporter: string): void
  /** An exporter of this process came up, or is being set up. */
  exporterUp(event: { readonly backend: string; readonly exporter: string; readonly up: boolean }): void
  bus(event: { event: string; name: string }): void
  audit(event: { action: string; outcome: string }): void
  /** `read` is asked at each scrape. */
  collect(name: 'queue' | 'pools' | 'bus' | 'audit' | 'identity' | 'policy', read: () => Promise<void>): void
  /** Everything in Prometheus's text format, freshly read. */
  expose(): Promise<string>
  readonly queueAge: Gauge<'topic'>
  readonly queueLength: Gauge<'topic' | 'state'>
  readonly rulesBehind: Gauge
  readonly storageFindings: Gauge
  readonly poolTotal: Gauge<'pool'>
  readonly poolFree: Gauge<'pool'>
  readonly poolPlaced: Gauge<'pool'>
  readonly poolExceeding: Gauge<'pool'>
  readonly backendUp: Gauge<'backend'>
  readonly busConnected: Gauge
  readonly identityReachable: Gauge<'source' | 'server'>
  readonly identityAnswerAge: Gauge<'source' | 'server'>
  readonly identityCacheEntries: Gauge<'cache'>
  /** Lookups since the start of the process, as they are known at a scrape. */
  identityLookups(cache: string, result: 'hit' | 'miss', total: number): void
  readonly auditSinkFailing: Gauge<'sink'>
  readonly auditWaiting: Gauge<'sink'>
  readonly auditDropped: Gauge<'sink'>
  readonly policyBroken: Gauge
  readonly policyOverrides: Gauge
  readonly policyUnknown: Gauge
  readonly policyLoaded: Gauge
}

export function metrics(): Metrics {
  const registry = new Registry()
  if (cluster.isWorker) answerPrimary(registry)
  const registers = [registry]
  const requests = new Histogram({
    name: 'manila_api_request_duration_seconds',
    help: 'Time to answer, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: latencyBuckets,
    registers,
  })
  const operations = new Histogram({
    name: 'manila_operation_duration_seconds',
    help: 'Time from request to end, by kind and outcome.',
    labelNames: ['kind', 'outcome'],
    buckets: operationBuckets,
    registers,
  })
  const calls = new Histogram({
    name: 'manila_driver_call_duration_seconds',
    help: 'Time of one driver or exporter call.',
    labelNames: ['backend', 'call', 'outcome'],
    buckets: operationBuckets,
    registers,
  })
  const restarts = new Counter({
    name: 'manila_exporter_restarts_total',
    help: 'Servers of an exporter that died and were started again.',
    labelNames: ['backend', 'exporter'],
    registers,
  })
  const messages = new Counter({
    name: 'manila_bus_messages_total',
    help: 'Messages by what became of them: published, confirmed, dropped, delivered, dead-lettered.',
    labelNames: ['event', 'name'],
    registers,
  })
  const lookups = new Counter({
    name: 'manila_identity_cache_lookups_total',
    help: 'Tokens, users and groups looked up: hit = from memory, miss = asked for.',
    labelNames: ['cache', 'result'],
    registers,
  })
  const looked = new Map<string, number>()
  const audited = new Counter({
    name: 'manila_audit_events_total',
    help: 'Logins, changes and refusals written down, by action and outcome.',
    labelNames: ['action', 'outcome'],
    registers,
  })
  const failures = new Counter({
    name: 'manila_metrics_collect_failures_total',
    help: 'Scrapes that could not read the database.',
    labelNames: ['part'],
    registers,
  })
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    // Several API workers read the same rows: what they say is not added up.
    new Gauge({ name, help, labelNames: [...labelNames], registers, aggregator: 'max' })
  const readers: { name: string; read: () => Promise<void> }[] = []
  const exporters = gauge(
    'manila_exporter_up',
    'Whether this process has an exporter of the backend up: 1, or 0 while it is tried again.',
    ['backend', 'exporter'],
  )
  const memory = gauge('manila_process_resident_memory_bytes', 'Resident memory.', [])
  const started = gauge(
    'manila_process_start_time_seconds',
    'Start of the process, seconds since the epoch.',
    [],
  )
  started.set(Math.round(performance.timeOrigin / 1000))
  return {
    registry,
    request: ({ method, route, status, seconds }) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    operation: ({ kind, outcome, seconds }) => operations.observe({ kind, outcome }, seconds),
    driverCall: ({ backend, call, outcome, seconds }) => calls.observe({ backend, call, outcome }, seconds),
    exporterRestart: (backend, exporter) => restarts.inc({ backend, exporter }),
    exporterUp: ({ backend, exporter, up }) => exporters.set({ backend, exporter }, up ? 1 : 0),
    bus: ({ event, name }) => messages.inc({ event, name }),
    audit: ({ action, outcome }) => audited.inc({ action, outcome }),
    collect: (name, read) => void readers.push({ name, read }),
    async expose() {
      memory.set(process.memoryUsage.rss())
      for (const { name, read } of readers) {
        try {
          await read()
        } catch {
          failures.inc({ part: name })
        }
      }
      return registry.metrics()
    },
    queueAge: gauge('manila_queue_oldest_age_seconds', 'Age of the oldest unfinished operation.', ['topic']),
    queueLength: gauge('manila_queue_operations', 'Unfinished operations.', ['topic', 'state']),
    rulesBehind: gauge(
      'manila_access_rules_behind',
      'Share instances whose access rules changed and are not yet carried out.',
      [],
    ),
    storageFindings: gauge(
      'manila_storage_findings',
      'What backends hold and no row knows (orphan), or lack although a row says it is there (missing).',
      ['backend', 'problem'],
    ),
    poolTotal: gauge('manila_pool_capacity_total_bytes', 'Capacity as last reported.', ['pool']),
    poolFree: gauge('manila_pool_capacity_free_bytes', 'Free space as last reported.', ['pool']),
    poolPlaced: gauge('manila_pool_capacity_placed_bytes', 'Sum of the sizes placed.', ['pool']),
    poolExceeding: gauge(
      'manila_pool_exceeding_bytes',
      'What shares hold beyond what they were given, until they are compacted.',
      ['pool'],
    ),
    backendUp: gauge('manila_backend_ready', '1 when the backend serves.', ['backend']),
    identityReachable: gauge(
      'manila_identity_source_reachable',
      '1 while the server of a directory, or Keystone, answers; 0 while its breaker is open.',
      ['source', 'server'],
    ),
    identityAnswerAge: gauge('manila_identity_source_answer_age_seconds', 'Since it last answered.', [
      'source',
      'server',
    ]),
    identityCacheEntries: gauge('manila_identity_cache_entries', 'Answers remembered.', ['cache']),
    identityLookups(cache, result, total) {
      const key = `${cache} ${result}`
      lookups.inc({ cache, result }, total - (looked.get(key) ?? 0))
      looked.set(key, total)
    },
    auditSinkFailing: gauge(
      'manila_audit_sink_failing',
      '1 while audit events can not be written to the database (rows) or to [audit] log_file (stream).',
      ['sink'],
    ),
    auditWaiting: gauge('manila_audit_waiting_events', 'Audit events that wait to be written.', ['sink']),
    auditDropped: gauge(
      'manila_audit_dropped_events',
      'Audit events that found no place to wait, since the start of the process; of several workers, of the worst.',
      ['sink'],
    ),
    busConnected: gauge('manila_bus_connected', '1 while the broker is reachable.', []),
    policyBroken: gauge(
      'manila_policy_file_broken',
      '1 while the policy file can not be used and the rules read before stay in force.',
      [],
    ),
    policyOverrides: gauge('manila_policy_overrides', 'Rules of the policy file that are in force.', []),
    policyUnknown: gauge('manila_policy_unknown_rules', 'Rules of the policy file that nobody knows.', []),
    policyLoaded: gauge(
      'manila_policy_loaded_timestamp_seconds',
      'When the rules in force were read, seconds since the epoch.',
      [],
    ),
  }
}
