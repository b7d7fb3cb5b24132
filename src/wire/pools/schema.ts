/** Storage pools as the scheduler knows them. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'

const Pool = Type.Object({
  name: Type.String(),
  host: Type.String(),
  backend: Type.String(),
  pool: Type.String(),
})
const DetailedPool = Type.Object({
  name: Type.String(),
  host: Type.String(),
  backend: Type.String(),
  pool: Type.String(),
  capabilities: Type.Record(Type.String(), Type.Unknown()),
})

/** Any key may be sent: one that is no filter matches nothing. */
const Filters = Type.Record(Type.String(), Type.String())

export const listPools = endpoint({
  id: 'listPools',
  method: 'GET',
  path: '/scheduler-stats/pools',
  policy: 'scheduler_stats:pools:index',
  status: 200,
  query: Filters,
  reply: Type.Object({ pools: Type.Array(Pool) }),
  summary: 'Lists the pools that may be given shares.',
})
export const listPoolsDetail = endpoint({
  id: 'listPoolsDetail',
  method: 'GET',
  path: '/scheduler-stats/pools/detail',
  policy: 'scheduler_stats:pools:detail',
  status: 200,
  query: Filters,
  reply: Type.Object({ pools: Type.Array(DetailedPool) }),
  summary: 'Lists pools with everything they report.',
})
