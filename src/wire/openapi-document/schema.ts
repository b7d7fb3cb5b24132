/** The document of this API: ours, beyond Manila, for everybody with a token. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Optional } from '../types.ts'

/** `/v2/openapi.json` is meant: the edge takes a trailing `.json` off every URL, as the original does. */
export const showOpenapi = endpoint({
  id: 'showOpenapi',
  method: 'GET',
  path: '/openapi',
  policy: null,
  status: 200,
  query: Type.Object({ version: Optional(Type.String()) }),
  summary: 'Shows the OpenAPI document of a microversion, by default of the one that the request negotiated.',
})
