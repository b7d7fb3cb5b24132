/** What the caller's project may have and has. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'

const Own = Type.Object({
  limit: Type.Integer(),
  /** Null where it is not counted per project. */
  in_use: Type.Union([Type.Integer(), Type.Null()]),
})

/** Ours: Manila's clients print whatever stands among the absolute limits, so these have a path of their own. */
export const showServiceLimits = endpoint({
  id: 'showServiceLimits',
  method: 'GET',
  path: '/limits/service',
  policy: null,
  status: 200,
  reply: Type.Object({ service_limits: Type.Record(Type.String(), Own) }),
  summary: 'Shows the limits beside quota, and what the project uses of those that are counted.',
})

export const showLimits = endpoint({
  id: 'showLimits',
  method: 'GET',
  path: '/limits',
  policy: null,
  status: 200,
  reply: Type.Object({
    limits: Type.Object({
      rate: Type.Array(Type.Unknown()),
      absolute: Type.Record(Type.String(), Type.Integer()),
    }),
  }),
  summary: "Shows the caller's limits and what is used of them.",
})
