/** Something that speaks the API and is measured: what this tree starts, or a peer that somebody else did. */
import { caller, parsed, type Caller } from '../http.ts'
import type { Counters } from './counters.ts'
import type { Pids } from './processes.ts'

export interface Target {
  readonly name: string
  /** As one member of one project, at the microversion of the run. */
  readonly call: Caller
  /** Empty where nobody said which they are. */
  readonly pids: Pids
  /** Null where nobody may look. */
  readonly counters: Counters | null
  /** Answers of 429 and 503 so far. */
  readonly putOff: { times: number }
  stop(): Promise<void>
}

interface Versions {
  readonly versions: readonly { readonly id: string; readonly version: string }[]
}

/** The newest N of `2.N` that an endpoint (`…/v2` or `…/v2/<project>`) knows. */
export async function newestMinor(endpoint: string): Promise<number> {
  const root = endpoint.replace(/\/v2(\/.*)?$/, '')
  const { versions } = (await (await fetch(`${root}/`)).json()) as Versions
  const version = versions.find(({ id }) => id === 'v2.0')?.version ?? '2.0'
  return Number(version.split('.')[1] ?? 0)
}

/** Credentials come from the environment alone: the arguments of a process are everybody's to read. */
export async function peerToken(auth: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (auth === 'token') return wanted(env, 'MANILA_PEER_TOKEN')
  if (auth !== 'keystone')
    throw new Error('--peer-auth is keystone (OS_* variables) or token (MANILA_PEER_TOKEN)')
  const domain = (name: string) => ({ name: env[name] ?? 'Default' })
  const body = {
    auth: {
      identity: {
        methods: ['password'],
        password: {
          user: {
            name: wanted(env, 'OS_USERNAME'),
            password: wanted(env, 'OS_PASSWORD'),
            domain: domain('OS_USER_DOMAIN_NAME'),
          },
        },
      },
      scope: {
        project: { name: wanted(env, 'OS_PROJECT_NAME'), domain: domain('OS_PROJECT_DOMAIN_NAME') },
      },
    },
  }
  const url = `${wanted(env, 'OS_AUTH_URL').replace(/\/+$/, '')}/auth/tokens`
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const token = answer.headers.get('x-subject-token')
  if (token === null) throw new Error(`${url} answered ${answer.status} and gave no token`)
  return token
}

function wanted(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name] ?? ''
  if (value === '') throw new Error(`the environment has no ${name}`)
  return value
}

/** `api=12,13 share=14`, by name, or bare pids of which all is one. */
export function pidsIn(given: string): Pids {
  const pids = new Map<string, number[]>()
  for (const word of given.split(/\s+/).filter((one) => one !== '')) {
    const [, name = 'peer', numbers = ''] = /^(?:([a-z]+)=)?([\d,]+)$/.exec(word) ?? []
    if (numbers === '') throw new Error(`--peer-pids: "${word}" is neither pids nor name=pids`)
    pids.set(name, [...(pids.get(name) ?? []), ...numbers.split(',').map(Number)])
  }
  return pids
}

/** Calls an endpoint, whose path everything is below, as {@link Caller} calls `/v2`. */
export function endpointCaller(endpoint: string, token: string, minor: number): Caller {
  const call = caller(endpoint.replace(/\/+$/, ''), token, minor)
  const below: Caller = Object.assign(
    (method: string, path: string, body?: unknown) => call(method, path.replace(/^\/v2/, ''), body),
    { close: call.close },
  )
  return below
}

/** How many shares its project has. */
export async function shareCount({ call }: Target): Promise<number> {
  let count = 0
  for (;;) {
    const { shares } = parsed(await call('GET', `/v2/shares?limit=1000&offset=${count}`)) as {
      shares: readonly unknown[]
    }
    if (shares.length === 0) return count
    count += shares.length
  }
}
