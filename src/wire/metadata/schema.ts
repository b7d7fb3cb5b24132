/** The metadata sub-tree: the same six routes below every resource that has one. There is no PUT on a key. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Metadata, Optional } from '../types.ts'

const Pairs = Type.Record(Type.String(), Type.String())
const many = Type.Object({ metadata: Pairs })
const body = Type.Object({ metadata: Metadata })

/**
 * Endpoints below `path`, ids beginning with `noun`. `policies` are checked against the caller's own project first, then by
 * `app` against the resource's.
 */
export function metadataEndpoints(of: {
  readonly noun: string
  readonly path: string
  readonly since?: number
  readonly policies: { readonly get: string; readonly update: string; readonly delete: string }
}) {
  const { noun, since, policies } = of
  const path = `${of.path}/metadata`
  const common = since === undefined ? {} : { since }
  return {
    index: endpoint({
      ...common,
      id: `show${noun}Metadata`,
      method: 'GET',
      path,
      policy: policies.get,
      status: 200,
      reply: many,
      summary: 'Shows all metadata.',
    }),
    merge: endpoint({
      ...common,
      id: `merge${noun}Metadata`,
      method: 'POST',
      path,
      policy: policies.update,
      status: 200,
      body,
      reply: many,
      summary: 'Adds metadata; existing keys get the new value. Answers what was sent.',
    }),
    replace: endpoint({
      ...common,
      id: `replace${noun}Metadata`,
      method: 'PUT',
      path,
      policy: policies.update,
      status: 200,
      body,
      reply: many,
      summary: 'Replaces all metadata, except keys that only administrators write.',
    }),
    show: endpoint({
      ...common,
      id: `show${noun}MetadataItem`,
      method: 'GET',
      path: `${path}/:key`,
      policy: policies.get,
      status: 200,
      reply: Type.Object({ meta: Pairs }),
      summary: 'Shows one metadata item.',
    }),
    write: endpoint({
      ...common,
      id: `write${noun}MetadataItem`,
      method: 'POST',
      path: `${path}/:key`,
      policy: policies.update,
      status: 200,
      // The original wants `meta` to be there and reads `metadata`: clients send either.
      body: Type.Object({ metadata: Optional(Metadata), meta: Optional(Metadata) }),
      reply: Type.Object({ meta: Pairs }),
      summary: 'Writes one metadata item.',
    }),
    remove: endpoint({
      ...common,
      id: `delete${noun}MetadataItem`,
      method: 'DELETE',
      path: `${path}/:key`,
      policy: policies.delete,
      status: 200,
      summary: 'Deletes one metadata item.',
    }),
  }
}

export type MetadataEndpoints = ReturnType<typeof metadataEndpoints>
