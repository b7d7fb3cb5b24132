/**
 * A whole API in memory for route tests: real routes, policy, store and bus, over SQLite's `:memory:`; only the Auth
 * Manager is pretended, with one token per persona. Tests reach the store through `bench.db`.
 */
import { randomUUID } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { AuditTrail } from '../audit/trail.ts'
import type { AuthManager } from '../auth/manager.ts'
import type { Bus } from '../bus/bus.ts'
import { memoryBus } from '../bus/memory.ts'
import { loadSettings } from '../config/load.ts'
import type { Settings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import { openTestStore } from '../db/store.fixture.ts'
import type { Db } from '../db/schema.ts'
import type { Identity } from '../model/identity.ts'
import { Policy } from '../policy/enforce.ts'
import { systemClock, type Clock } from '../runtime/clock.ts'
import type { Route } from './route.ts'
import type { ServerParts } from './edge.ts'
import { buildServer } from './server.ts'

export type Token = 'admin' | 'demo' | 'reader' | 'other' | 'nobody'

const projects = {
  admin: '0a000000000000000000000000000001',
  demo: '0d000000000000000000000000000002',
  other: '0e000000000000000000000000000003',
}

function persona(name: string, projectId: string, roles: readonly string[]): Identity {
  return {
    userId: `${name}-user`,
    userName: name,
    userDomainId: 'default',
    projectId,
    projectName: projectId,
    projectDomainId: 'default',
    roles,
    serviceRoles: [],
    scope: 'project',
    auditId: `${name}-audit`,
    expiresAt: Number.MAX_SAFE_INTEGER,
  }
}

/** `demo`, `reader` and `nobody` (no roles) share a project; `other` is a member of another one. */
export const personas: Readonly<Record<Token, Identity>> = {
  admin: persona('admin', projects.admin, ['admin', 'member', 'reader']),
  demo: persona('demo', projects.demo, ['member', 'reader']),
  reader: persona('reader', projects.demo, ['reader']),
  other: persona('other', projects.other, ['member', 'reader']),
  nobody: persona('nobody', projects.demo, []),
}

export interface CallOptions {
  /** Default `admin`; null sends none. */
  readonly token?: Token | null
  /** N of `2.N`; default 99; null sends no header. */
  readonly version?: number | null
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly experimental?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  // oxlint-disable-next-line typescript/no-explicit-any -- a reply's shape is what the test is about
  readonly body: any
}

export interface Bench {
  /** `path` is below `/v2`. */
  call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, options?: CallOptions): Promise<Answer>
  readonly app: FastifyInstance
  readonly store: Store
  /** What is to be written down later is written by its `flush`. */
  readonly trail: AuditTrail
  readonly db: Db
  readonly settings: Settings
  /** What the other services would serve. */
  readonly bus: Bus
  readonly clock: Clock & { advance(seconds: number): void }
  /** A uuid. */
  id(): string
  close(): Promise<void>
}

/** Builds the bench with these routes; `adjust` may change the default settings first. */
export async function openBench(
  routes: readonly Route[],
  adjust: (settings: Settings) => void = () => {},
  more: Partial<ServerParts> = {},
): Promise<Bench> {
  const settings = structuredClone(loadSettings({}))
  adjust(settings)
  const store = await openTestStore()
  const real = systemClock()
  let aheadUs = 0
  const clock = {
    now: () => real.now() + aheadUs,
    advance: (seconds: number) => {
      aheadUs += seconds * 1_000_000
    },
  }
  const bus = memoryBus(() => {})
  const auth = {
    verify: (token: string) =>
      Promise.resolve(Object.hasOwn(personas, token) ? personas[token as Token] : null),
  } as unknown as AuthManager
  const log = pino({ level: 'silent' })
  const policy = new Policy({ clock })
  const trail = new AuditTrail({ store, clock, log, stream: null, queue: 1000, keptUs: 0 })
  const audit = { trail, observer: 'manila-api@bench' }
  const app = buildServer({ store, clock, bus, policy, settings, auth, routes, log, audit, ...more })
  await app.ready()
  return {
    app,
    store,
    trail,
    db: store.db,
    settings,
    bus,
    clock,
    id: () => randomUUID(),
    async call(method, path, options = {}) {
      const { token = 'admin', version = 99, body, headers = {}, experimental = false } = options
      const answer = await app.inject({
        method,
        url: `/v2${path}`,
        headers: {
          ...(token === null ? {} : { 'x-auth-token': token }),
          ...(version === null ? {} : { 'x-openstack-manila-api-version': `2.${version}` }),
          ...(experimental ? { 'x-openstack-manila-api-experimental': 'true' } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: answer.body === '' ? undefined : JSON.parse(answer.body),
      }
    },
    async close() {
      await app.close()
      await trail.close()
      await bus.close()
      await store.close()
    },
  }
}
