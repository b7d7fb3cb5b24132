/** Requests as hostile clients make them: from an address of loopback of their own, with the path and headers they like. */
import { request } from 'node:http'
import { ensureAccount } from '../../../src/auth/bootstrap.ts'
import type { ApiWorld } from './world.ts'

export interface Stranger {
  /** Of 127.0.0.0/8. */
  readonly from: string
  readonly method?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** `path` goes on the wire as it is. */
export const send = ({ service }: ApiWorld, path: string, stranger: Stranger): Promise<Reply> =>
  shot(service.url, path, stranger)

/** The same at the service that `base` names. */
export function shot(base: string, path: string, stranger: Stranger): Promise<Reply> {
  const { hostname, port } = new URL(base)
  const { from, method = 'GET', body, headers = {} } = stranger
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: hostname,
        port,
        path,
        method,
        localAddress: from,
        // A connection each, as strangers have.
        agent: false,
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8')
        reply.on('data', (chunk: string) => (text += chunk))
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text }))
        reply.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

export interface LoginFrom {
  readonly from: string
  readonly headers?: Readonly<Record<string, string>>
}

export function logIn(
  world: ApiWorld,
  user: { readonly name: string } | { readonly id: string },
  password: string,
  { from, headers = {} }: LoginFrom,
): Promise<Reply> {
  const named = 'id' in user ? user : { ...user, domain: { id: 'default' } }
  const identity = { methods: ['password'], password: { user: { ...named, password } } }
  return send(world, '/identity/v3/auth/tokens', {
    from,
    headers,
    method: 'POST',
    body: { auth: { identity } },
  })
}

export interface Account {
  readonly name: string
  readonly userId: string
  readonly password: string
}

/** A new member of the victim's project, so that what an attack does to it hurts no other attack. */
export async function newAccount({ service }: ApiWorld, name: string, roles = ['member']): Promise<Account> {
  const password = `of ${name} alone`
  const { userId } = await ensureAccount(service.auth, {
    userName: name,
    projectName: 'victim',
    password,
    roles,
  })
  return { name, userId, password }
}

/** `401 × 5, 429 × 55` */
export function counted(replies: readonly Reply[]): string {
  const groups = [...Map.groupBy(replies, ({ status }) => status)].toSorted(([a], [b]) => a - b)
  return groups.map(([status, all]) => `${status} × ${all.length}`).join(', ')
}
