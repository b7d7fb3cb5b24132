/**
 * What this service has beyond Manila, so that clients need not guess. Stock clients never ask; `/extensions` stays empty.
 * Whoever adds a path or an option of ours adds its line here.
 */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Nullable } from '../types.ts'

export interface Capability {
  /** Stable; what clients test for. */
  readonly name: string
  /** One sentence. */
  readonly description: string
  /** Below `/v2` unless they begin with another root. */
  readonly paths: readonly string[]
}

export const capabilities: readonly Capability[] = [
  {
    name: 'operations',
    description: 'The work behind every asynchronous request: progress, steps and the cause of a failure.',
    paths: ['GET /v2/operations', 'GET /v2/operations/{id}'],
  },
  {
    name: 'operation-retry',
    description: 'What an operation could not do is asked once more, from where its failure left things.',
    paths: ['POST /v2/operations/{id}/action'],
  },
  {
    name: 'audit',
    description: 'Who did what: logins, changes and refusals, for administrators.',
    paths: ['GET /v2/audit'],
  },
  {
    name: 'usage',
    description:
      "How full a share or snapshot is by the file system's own counters; refresh=true asks for a measurement now.",
    paths: ['GET /v2/shares/{id}/usage', 'GET /v2/usage/shares', 'GET /v2/snapshots/{id}/usage'],
  },
  {
    name: 'usage-history',
    description:
      'How full shares, projects and pools were: every 5 minutes for a day, hourly for a month, daily for two years.',
    paths: [
      'GET /v2/shares/{id}/usage/history',
      'GET /v2/usage/history',
      'GET /v2/scheduler-stats/pools/history',
    ],
  },
  {
    name: 'events',
    description:
      'What changes in the project, as it changes, as server-sent events; Last-Event-ID goes on where a client stopped.',
    paths: ['GET /v2/events'],
  },
  {
    name: 'permissions',
    description:
      'What the caller may do with resources, and why not: by policy, state, locks and quota, as the requests themselves are decided.',
    paths: ['GET /v2/permissions'],
  },
  {
    name: 'service-since',
    description:
      'GET /v2/services takes with_since=1: state_since, status_since and how many share instances lie on its backend.',
    paths: ['GET /v2/services'],
  },
  {
    name: 'share-groups',
    description: 'Share groups, their types and their snapshots, which not every Manila offers.',
    paths: ['GET /v2/share-groups', 'GET /v2/share-group-snapshots', 'GET /v2/share-group-types'],
  },
  {
    name: 'placements',
    description:
      'A dry run of a create: whether a share would be granted, what it costs in quota, and why it fits where it does. Nothing is written.',
    paths: ['POST /v2/placements'],
  },
  {
    name: 'whoami',
    description: 'The address at which this service sees the caller, for an access rule of his own.',
    paths: ['GET /v2/whoami'],
  },
  {
    name: 'openapi',
    description: 'The contract of this API at any microversion: add ?version=2.N.',
    paths: ['GET /v2/openapi.json'],
  },
  {
    name: 'isolated-clients',
    description:
      'Pools report isolated_clients, whether a client that may mount one share is kept out of all others, and isolated_clients_note, what stays open or why not; a share type asks for it by the extra spec isolated_clients, which its users see.',
    paths: ['GET /v2/scheduler-stats/pools/detail', 'GET /v2/types/{id}'],
  },
  {
    name: 'idempotency-key',
    description:
      'POST with the header Idempotency-Key: repeated with the same body within a day, it gives the first answer again.',
    paths: [],
  },
  {
    name: 'marker',
    description:
      'Lists of shares, snapshots, messages and operations go on behind the row that marker names: one that the list has under its filters, or one of the own project that was deleted or changed its state meanwhile.',
    paths: [],
  },
  {
    name: 'service-limits',
    description:
      'Limits beside quota: requests, long lists, access rules, locks, metadata and unfinished operations; 413, 429 or 503 beyond them.',
    paths: ['GET /v2/limits/service'],
  },
  {
    name: 'health',
    description: 'Whether this API and its database serve.',
    paths: ['GET /healthcheck'],
  },
  {
    name: 'metrics',
    description:
      "Counters and gauges for Prometheus, on a port of their own ([metrics]) and on the API's only where on_api_port says so.",
    paths: ['GET /metrics'],
  },
]

const Announced = Type.Object({
  name: Type.String(),
  description: Type.String(),
  paths: Type.Array(Type.String()),
})

export const listCapabilities = endpoint({
  id: 'listCapabilities',
  method: 'GET',
  path: '/capabilities',
  policy: 'capabilities:get',
  status: 200,
  reply: Type.Object({ capabilities: Type.Array(Announced) }),
  summary: 'Lists what this service has beyond Manila.',
})

/** Ours: who writes an access rule for himself seldom knows his own address. */
export const showCaller = endpoint({
  id: 'showCaller',
  method: 'GET',
  path: '/whoami',
  policy: 'capabilities:get',
  status: 200,
  reply: Type.Object({
    address: Nullable(
      Type.String({
        description:
          'Where the request came from, by the trusted proxies; behind an address translation that of the translator. Null when nobody can tell.',
      }),
    ),
  }),
  summary: 'Shows the address at which the service sees the caller.',
})
