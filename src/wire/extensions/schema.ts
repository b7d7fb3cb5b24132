/** API extensions: a mechanism of the past that clients still ask about. There are none. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'

export const listExtensions = endpoint({
  id: 'listExtensions',
  method: 'GET',
  path: '/extensions',
  policy: null,
  status: 200,
  reply: Type.Object({ extensions: Type.Array(Type.Unknown()) }),
  summary: 'Lists API extensions: always none.',
})
export const showExtension = endpoint({
  id: 'showExtension',
  method: 'GET',
  path: '/extensions/:alias',
  policy: null,
  status: 200,
  summary: 'Always 404.',
})
