/** The dashboard beside the whole API, over a database in memory, for tests: asked as a browser would. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { AuditTrail } from '../../audit/trail.ts'
import { faceDesk, type LoginDesk } from '../../auth/login-desk.ts'
import type { AuthOptions } from '../../auth/manager.ts'
import { Sessions } from '../../auth/sessions.ts'
import { adminPassword, authBench, demoPassword, type AuthBench } from '../../auth/parts.fixture.ts'
import { memoryBus } from '../../bus/memory.ts'
import { loadSettings } from '../../config/load.ts'
import type { Settings } from '../../config/schema.ts'
import { Policy } from '../../policy/enforce.ts'
import { createLog } from '../../runtime/log.ts'
import { proxyTrust } from '../addresses.ts'
import { identityRoutes } from '../identity/plugin.ts'
import { routes } from '../routes.ts'
import { buildServer } from '../server.ts'
import { dashboardRoutes } from './plugin.ts'

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, unknown>>
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a reply's shape is what the test is about
  readonly body: any
  /** `name=value` of the cookie that was set; '' without one. */
  readonly cookie: string
}

export interface Asking {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly remoteAddress?: string
}

/** What a page of ours sends with everything. */
export const ours = { 'x-manila-dashboard': '1', 'sec-fetch-site': 'same-origin' }
export const host = 'localhost:8786'
export const passwords = { admin: adminPassword, demo: demoPassword }

export interface DashboardBench {
  readonly bench: AuthBench
  readonly app: FastifyInstance
  readonly sessions: Sessions
  readonly trail: AuditTrail
  /** Of the built dashboard. */
  readonly dir: string
  ask(url: string, asking?: Asking): Promise<Reply>
  logIn(name: 'admin' | 'demo', more?: object): Promise<Reply>
  close(): Promise<void>
}

export const script = `globalThis.made = ${JSON.stringify('x'.repeat(4000))}\n`

/** A build in miniature, its page put last, as `npm run build` does. */
export function writeBuild(dir: string, asset = 'index-Aa1_b-2.js', text = script): void {
  mkdirSync(join(dir, 'assets'), { recursive: true })
  writeFileSync(join(dir, 'assets', asset), text)
  writeFileSync(join(dir, 'assets', `${asset}.gz`), gzipSync(text))
  writeFileSync(join(dir, 'assets', `${asset}.br`), brotliCompressSync(text))
  writeFileSync(join(dir, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  const page = `<!doctype html><base href="/dashboard/"><meta property="csp-nonce" nonce="__NONCE__"><script type="module" src="assets/${asset}"></script>`
  writeFileSync(join(dir, 'index.html'), page)
}

export async function openDashboard(
  options: {
    readonly adjust?: (settings: Settings) => void
    readonly auth?: Partial<AuthOptions>
    readonly desk?: (desk: LoginDesk) => LoginDesk
    readonly built?: boolean
  } = {},
): Promise<DashboardBench> {
  const { adjust = () => {}, auth = {}, desk = (one) => one, built = true } = options
  const bench = await authBench({ tokensPerMinute: 0, ...auth })
  const settings = structuredClone(loadSettings({}))
  const root = mkdtempSync(join(tmpdir(), 'dashboard-'))
  const dir = join(root, 'built')
  if (built) writeBuild(dir)
  settings.dashboard.dir = dir
  adjust(settings)
  const { store, clock } = bench
  const log = createLog('silent')
  const policy = new Policy({ clock })
  const bus = memoryBus(() => {})
  const trail = new AuditTrail({ store, clock, log, stream: null, queue: 1000, keptUs: 0 })
  const audit = { trail, observer: 'manila-api@bench' }
  const sessions = new Sessions({ store, clock, desk: desk(faceDesk(bench.auth)) })
  const { public_url: publicUrl, trust_proxy: trusted } = settings.api
  const parts = { policy, clock, publicUrl, trust: proxyTrust(trusted), statementsMs: 5000, audit }
  const app = buildServer({
    store,
    clock,
    bus,
    policy,
    settings,
    auth: bench.auth,
    routes,
    log,
    audit,
    sessions,
  })
  await app.register(identityRoutes({ auth: bench.auth, ...parts }), { prefix: '/identity' })
  await app.register(dashboardRoutes({ ...parts, settings: settings.dashboard, identityUri: null, sessions }))
  await app.ready()
  const ask: DashboardBench['ask'] = async (
    url,
    { method = 'GET', body, headers = {}, remoteAddress } = {},
  ) => {
    const answer = await app.inject({
      method,
      url,
      headers: {
        host,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(remoteAddress === undefined ? {} : { remoteAddress }),
      ...(body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const isJson = String(answer.headers['content-type']).startsWith('application/json') && answer.body !== ''
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      body: isJson ? JSON.parse(answer.body) : undefined,
      cookie: String(answer.headers['set-cookie'] ?? '').split(';')[0] ?? '',
    }
  }
  return {
    bench,
    app,
    sessions,
    trail,
    dir,
    ask,
    logIn: (name, more = {}) =>
      ask('/dashboard/session', {
        method: 'POST',
        headers: ours,
        body: { name, password: passwords[name], ...more },
      }),
    async close() {
      await app.close()
      await trail.close()
      await bus.close()
      await bench.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
