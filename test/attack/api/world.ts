/**
 * The whole service in this process, on a SQLite file and the pretend backend, reached over HTTP as anybody would: an
 * administrator and the members of two projects.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap, ensureAccount } from '../../../src/auth/bootstrap.ts'
import { loadSettings } from '../../../src/config/load.ts'
import { startService, type Service } from '../../../src/main.ts'
import { ensureShareType, waitForBackend } from '../../../tools/quickstart/warm-up.ts'
import { openCrowd, type Crowd } from './crowd.ts'

/** `victim` and `attacker` are members of a project each, of the same name. */
export type Who = 'admin' | 'victim' | 'attacker'

/** So small that an attack reaches them in a moment, and larger than any other attack needs. */
export const smallLimits = {
  access_rules_per_share: 12,
  locks_per_resource: 6,
  locks_per_project: 9,
  operations_per_project: 14,
  metadata_per_resource: 20,
  metadata_per_project: 30,
} as const

export interface AskOptions {
  /** Whose token is sent; null sends none. Default `attacker`. */
  readonly as?: Who | null
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as JSON, or as it is when it is a string. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** N of `2.N`, default 99. */
  readonly minor?: number
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // oxlint-disable-next-line typescript/no-explicit-any -- a reply's shape is the attack's business
  readonly json: any
}

export interface ApiWorld {
  readonly service: Service
  /** The state directory; the backend `alpha` has `backends/alpha` in it. */
  readonly dir: string
  readonly passwords: Readonly<Record<Who, string>>
  readonly projectIds: Readonly<Record<Who, string>>
  readonly userIds: Readonly<Record<Who, string>>
  /** A share of the victim, with a name and a description that nobody else may learn. */
  readonly secret: { readonly id: string; readonly name: string; readonly description: string }
  /** `path` from the root: `/v2/shares`, `/identity/v3/…`. */
  ask(path: string, options?: AskOptions): Promise<Answer>
  /** A share that is available, for `as`. */
  share(as: Who, fields?: Readonly<Record<string, unknown>>): Promise<string>
  /** Logs in with a password; the answer as it came, token in `x-subject-token`. */
  login(name: string, password: string, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** A process of its own for attacks that would slow this one; started when the first of them asks. */
  crowd(): Promise<Crowd>
  close(): Promise<void>
}

export async function openApiWorld(): Promise<ApiWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'manila-attack-'))
  const settings = loadSettings({
    defaults: {
      state_dir: dir,
      api: { port: 0 },
      log_level: 'error',
      shares: { default_share_type: 'default' },
      limits: smallLimits,
      backends: {
        alpha: {
          driver: 'sim',
          exporter: 'sim',
          report_interval_s: 5,
          driver_options: { pools: [{ name: 'p', total_gib: 10_000, thin: true }] },
        },
      },
    },
  })
  const service = await startService(settings, { logFile: join(dir, 'manila.log') })
  try {
    return await furnish(service, dir)
  } catch (error) {
    await service.stop()
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
}

async function furnish(service: Service, dir: string): Promise<ApiWorld> {
  const passwords = { admin: 'the admin 1', victim: 'the victim 2', attacker: 'the attacker 3' }
  const admin = await bootstrap(service.auth, { password: passwords.admin })
  const member = (name: 'victim' | 'attacker') =>
    ensureAccount(service.auth, {
      userName: name,
      projectName: name,
      password: passwords[name],
      roles: ['member'],
    })
  const [victim, attacker] = [await member('victim'), await member('attacker')]
  await ensureShareType(service, 'sim')
  await waitForBackend(service)

  const tokens = new Map<Who, string>()
  const ask: ApiWorld['ask'] = async (path, options = {}) => {
    const { as = 'attacker', method = 'GET', body, headers = {}, minor = 99 } = options
    const reply = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        'x-openstack-manila-api-version': `2.${minor}`,
        'x-openstack-manila-api-experimental': 'true',
        ...(as === null ? {} : { 'x-auth-token': tokens.get(as) ?? '' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await reply.text()
    const isJson = reply.headers.get('content-type')?.includes('json') === true && text !== ''
    return { status: reply.status, headers: reply.headers, text, json: isJson ? JSON.parse(text) : null }
  }
  const domain = { id: 'default' }
  const login: ApiWorld['login'] = (name, password, headers = {}) =>
    ask('/identity/v3/auth/tokens', {
      as: null,
      method: 'POST',
      headers,
      body: {
        auth: {
          identity: { methods: ['password'], password: { user: { name, domain, password } } },
          scope: { project: { name, domain } },
        },
      },
    })
  for (const who of ['admin', 'victim', 'attacker'] as const) {
    const { status, headers, text } = await login(who, passwords[who])
    if (status !== 201) throw new Error(`${who} could not log in: ${status} ${text}`)
    tokens.set(who, headers.get('x-subject-token') ?? '')
  }

  const share: ApiWorld['share'] = async (as, fields = {}) => {
    const made = await ask('/v2/shares', {
      as,
      method: 'POST',
      body: { share: { share_proto: 'NFS', size: 1, ...fields } },
    })
    if (made.status >= 300) throw new Error(`no share for ${as}: ${made.status} ${made.text}`)
    const id = made.json.share.id as string
    const until = performance.now() + 30_000
    for (;;) {
      const status = (await ask(`/v2/shares/${id}`, { as })).json?.share?.status as unknown
      if (status === 'available') return id
      if (status === 'error' || performance.now() > until) throw new Error(`the share of ${as} is ${status}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  const words = { name: 'merger-with-initech', description: 'sign before the tenth' }
  const secret = { id: await share('victim', words), ...words }
  let crowd: Promise<Crowd> | null = null
  return {
    service,
    dir,
    passwords,
    projectIds: { admin: admin.projectId, victim: victim.projectId, attacker: attacker.projectId },
    userIds: { admin: admin.userId, victim: victim.userId, attacker: attacker.userId },
    secret,
    ask,
    share,
    login,
    crowd: () => (crowd ??= openCrowd()),
    async close() {
      await (await crowd?.catch(() => null))?.close()
      await service.stop({ detach: true })
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
