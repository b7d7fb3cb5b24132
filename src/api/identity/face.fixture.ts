/** The identity face over a database in memory, for tests: asked as a client would. */
import { proxyTrust, settleBases } from '../addresses.ts'
import fastify from 'fastify'
import { expect } from 'vitest'
import { adminPassword, authBench, type AuthBench } from '../../auth/parts.fixture.ts'
import type { AuthOptions } from '../../auth/manager.ts'
import { Policy } from '../../policy/enforce.ts'
import { identityRoutes } from './plugin.ts'

export interface FaceReply {
  readonly status: number
  // eslint-disable-next-line typescript/no-explicit-any
  readonly body: any
  readonly token: string
}

export interface Face {
  readonly bench: AuthBench
  /** As the administrator, unless `token` says otherwise; null = nobody. */
  ask(method: string, path: string, body?: unknown, token?: string | null): Promise<FaceReply>
  /** The body of what must succeed. */
  // eslint-disable-next-line typescript/no-explicit-any
  ok(method: string, path: string, body?: unknown, token?: string): Promise<any>
  login(user: { name: string } | { id: string }, password: string, scope?: unknown): Promise<FaceReply>
  close(): Promise<void>
}

export async function openFace(options: Partial<AuthOptions> = {}): Promise<Face> {
  const bench = await authBench({ tokensPerMinute: 0, ...options })
  const app = fastify({ exposeHeadRoutes: false, routerOptions: { maxParamLength: 1024 } })
  const policy = new Policy({ clock: bench.clock })
  settleBases(app, 'http://manila.example:8786', proxyTrust(0))
  await app.register(identityRoutes({ auth: bench.auth, policy, clock: bench.clock }), {
    prefix: '/identity',
  })
  let adminToken: string | null = null
  const ask: Face['ask'] = async (method, path, body, token = adminToken) => {
    const response = await app.inject({
      method: method as 'GET',
      url: `/identity/v3${path}`,
      headers: {
        ...(token === null ? {} : { 'x-auth-token': token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
    })
    return {
      status: response.statusCode,
      body: response.body === '' ? undefined : JSON.parse(response.body),
      token: String(response.headers['x-subject-token']),
    }
  }
  const login: Face['login'] = (user, password, scope) => {
    const named = 'id' in user ? user : { ...user, domain: { id: 'default' } }
    const identity = { methods: ['password'], password: { user: { ...named, password } } }
    return ask(
      'POST',
      '/auth/tokens',
      { auth: { identity, ...(scope === undefined ? {} : { scope }) } },
      null,
    )
  }
  adminToken = (await login({ name: 'admin' }, adminPassword)).token
  return {
    bench,
    ask,
    async ok(method, path, body, token = adminToken ?? '') {
      const { status, body: answer } = await ask(method, path, body, token)
      expect({ method, path, answer: status < 300 ? null : answer }).toEqual({ method, path, answer: null })
      return answer
    },
    login,
    async close() {
      await app.close()
      await bench.close()
    },
  }
}
