/** What the caller's project may have and has. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'

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
