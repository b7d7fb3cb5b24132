/**
 * The API as manila-api assembles it (`roles/api.ts`), with the real router, policy, Auth Manager and store, and one row of every noun in
 * each of two projects. Each ask is undone when it is answered.
 */
import { randomUUID } from 'node:crypto'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { ours, writeBuild } from '../../../src/api/dashboard/dashboard.fixture.ts'
import { dashboardRoutes } from '../../../src/api/dashboard/plugin.ts'
import { identityRoutes } from '../../../src/api/identity/plugin.ts'
import { routes } from '../../../src/api/routes.ts'
import { buildServer } from '../../../src/api/server.ts'
import { healthRoute } from '../../../src/api/status/health.ts'
import type { Bench } from '../../../src/api/bench.fixture.ts'
import { proxyTrust } from '../../../src/api/addresses.ts'
import { faceDesk } from '../../../src/auth/login-desk.ts'
import { AuthManager } from '../../../src/auth/manager.ts'
import { argon2Hasher } from '../../../src/auth/passwords.ts'
import { Sessions } from '../../../src/auth/sessions.ts'
import { memoryBus } from '../../../src/bus/memory.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { migrate, openStore } from '../../../src/db/open.ts'
import { Policy } from '../../../src/policy/enforce.ts'
import { openCast, type Cast, type Persona } from './cast.ts'
import { furnish, type AsAdmin, type Nouns, type Target } from './furniture.ts'
import { tryPlacement } from '../../../src/scheduler/dry-run.ts'
import { undoneStore } from './undone-store.ts'

export interface Ask {
  readonly as: Persona
  readonly method: string
  /** From the root; placeholders filled in. */
  readonly path: string
  /** Null outside of `/v2`. */
  readonly minor: number | null
  readonly experimental: boolean
  readonly body: unknown
  /** Sent as `X-Subject-Token`. */
  readonly subject: string | null
  /** The answer does not end by itself. */
  readonly endless: boolean
}

export interface Answered {
  readonly status: number
  /** For the eyes of whoever looks for the cause. */
  readonly text: string
}

export interface World {
  readonly cast: Cast
  /** `METHOD /path` of everything the router knows, as it was registered. */
  readonly registered: readonly string[]
  /** Ids by the names that rows use in braces, of what belongs to a project, and of what belongs to none. */
  nouns(target: Target): Nouns
  ask(ask: Ask): Promise<Answered>
  close(): Promise<void>
}

export async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'personas-'))
  const store = await openStore('sqlite::memory:')
  await migrate(store)
  const undone = undoneStore(store)
  // It stands still, so that nothing expires and whoever was looked at stays known.
  let micros = 1_790_000_000_000_000
  const clock = { now: () => ++micros, advance: () => {} }
  const settings = structuredClone(loadSettings({}))
  settings.shares.default_share_type = 'default'
  settings.shares.default_share_group_type = 'groups'
  settings.api.changes_per_minute = 0
  const auth = await AuthManager.open({
    store: undone.steady,
    clock,
    keyFile: join(folder, 'keys.json'),
    hasher: argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 }),
  })
  const cast = await openCast(auth)
  const bus = memoryBus(() => {})
  bus.answer('scheduler', 'placement.try', (question) =>
    tryPlacement({ store: undone, clock, settings }, question),
  )
  const policy = new Policy({ clock })
  const parts = { store: undone, clock, bus, policy, settings }
  const log = pino({ level: 'silent' })
  const { result: server, registered } = await registering(async () => {
    const app = buildServer({ ...parts, auth, routes, log })
    healthRoute(app, { ...parts, auth, leaving: () => false })
    await app.register(identityRoutes({ auth, policy, clock }), { prefix: '/identity' })
    writeBuild(folder)
    const dashboard = {
      settings: { enabled: true, dir: folder },
      sessions: new Sessions({ store: undone, clock, desk: faceDesk(auth) }),
      identityUri: null,
      policy,
      clock,
      publicUrl: '',
      trust: proxyTrust(0),
      statementsMs: 5000,
    }
    await app.register(dashboardRoutes(dashboard))
    await app.ready()
    return app
  })

  const bench = { db: store.db, store, clock, id: () => randomUUID() } as unknown as Bench
  const asAdmin: AsAdmin = async (method, path, payload) => {
    const headers = { 'x-auth-token': cast.tokens.admin ?? '' }
    const url = `/identity/v3/${path}`
    const { statusCode, body } = await server.inject({ method, url, headers, ...(payload && { payload }) })
    if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${body}`)
    if (body === '') return ''
    const values = Object.values(JSON.parse(body) as Record<string, { id: string } | { id: string }[]>)
    const found = values.find(Array.isArray) ?? values
    return found[0]?.id ?? ''
  }
  const nouns = await furnish(bench, auth, cast, asAdmin)
  return {
    cast,
    registered,
    nouns: (target) => nouns[target],
    async ask({ as, method, path, minor, experimental, body, subject, endless }) {
      await undone.begin()
      try {
        const token = cast.tokens[as]
        const answer = await server.inject({
          method: method as 'GET',
          url: path,
          headers: {
            // As a page of ours that has no cookie yet: what opens other doors opens none there.
            ...(path.startsWith('/dashboard') ? ours : {}),
            ...(token === null ? {} : { 'x-auth-token': token }),
            ...(subject === null ? {} : { 'x-subject-token': subject }),
            ...(minor === null ? {} : { 'x-openstack-manila-api-version': `2.${minor}` }),
            ...(experimental ? { 'x-openstack-manila-api-experimental': 'true' } : {}),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
          ...(endless ? { payloadAsStream: true as const } : {}),
        })
        if (endless) {
          answer.stream().destroy()
          return { status: answer.statusCode, text: '' }
        }
        return { status: answer.statusCode, text: answer.body }
      } finally {
        await undone.undo()
        if (method !== 'GET' && path.startsWith('/identity')) auth.forget()
      }
    },
    async close() {
      await server.close()
      await bus.close()
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Everything that is registered with any router while `build` runs. */
async function registering(
  build: () => Promise<FastifyInstance>,
): Promise<{ result: FastifyInstance; registered: string[] }> {
  const registered: string[] = []
  const watch = (message: unknown): void => {
    const { fastify } = message as { fastify: FastifyInstance }
    fastify.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) registered.push(`${one} ${url}`)
    })
  }
  subscribe('fastify.initialization', watch)
  try {
    return { result: await build(), registered }
  } finally {
    unsubscribe('fastify.initialization', watch)
  }
}
