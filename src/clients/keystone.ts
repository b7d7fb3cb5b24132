/**
 * Asks a Keystone what a token is worth, as its account of the service. It promises that no call outlasts its deadline, that no
 * more than so many are under way, and that while Keystone is away callers are told so at once. It never guesses: what
 * Keystone did not say is {@link KeystoneAway}.
 */
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { Breaker } from './breaker.ts'
import { askJson, type HttpAnswer } from './http.ts'

export type DomainRef = { readonly id: string } | { readonly name: string }

export interface KeystoneOptions {
  /** `https://host:5000/v3`; `/v3` is added where it lacks. */
  readonly authUrl: string
  readonly username: string
  readonly password: string
  readonly userDomain: DomainRef
  readonly projectName: string
  readonly projectDomain: DomainRef
  /** Endpoint of the catalog at which tokens are checked; empty = `authUrl`. */
  readonly interface: '' | 'public' | 'internal' | 'admin'
  /** Empty = any. */
  readonly regionName: string
  readonly timeoutMs: number
  /** Further tries of a connection that fails. */
  readonly retries: number
  readonly connections: number
  readonly maxWaiting: number
  /** PEM files; empty = none. */
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  readonly insecure: boolean
}

export interface KeystoneLog {
  info(detail: object, message: string): void
  error(detail: object, message: string): void
}

export interface KeystoneCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What Keystone says can't be known now. The message is for operators; callers get one of ours. */
export class KeystoneAway extends Error {
  override readonly name = 'KeystoneAway'
}

/** Failures in a row after which nobody waits any more. */
const failuresUntilOpen = 3
/** Milliseconds between two looks for a Keystone that is away, and of one look: found within 2 s of its return. */
const [lookEveryMs, lookMs] = [400, 1000]
/** Milliseconds before a connection that failed is tried again. */
const retryPauseMs = 100
/** Milliseconds for which a refused login of our own account is not repeated: Keystone may lock accounts. */
const refusedPauseMs = 5000
/** Milliseconds before its end at which our own token is replaced. */
const renewAheadMs = 30_000

interface ServiceToken {
  readonly token: string
  readonly endsAtMs: number
  /** Where tokens are checked, `…/v3`. */
  readonly endpoint: string
}

export class KeystoneClient {
  readonly #options: KeystoneOptions
  readonly #log: KeystoneLog
  readonly #base: string
  readonly #breaker: Breaker
  #agent: HttpAgent
  #own: ServiceToken | null = null
  #login: Promise<ServiceToken> | null = null
  #refused: { readonly untilMs: number; readonly cause: KeystoneAway } | null = null
  #underWay = 0

  /** Throws a sentence when a file of the options can't be read. */
  constructor(options: KeystoneOptions, log: KeystoneLog) {
    this.#options = options
    this.#log = log
    this.#base = withVersion(options.authUrl)
    this.#agent = makeAgent(options)
    this.#breaker = new Breaker({
      failures: failuresUntilOpen,
      everyMs: lookEveryMs,
      probe: () => this.#look(),
      changed: (state, cause) => this.#changed(state, cause),
    })
  }

  /** Checks under way. */
  get underWay(): number {
    return this.#underWay
  }

  /** False while nobody is let through. */
  get isReachable(): boolean {
    return !this.#breaker.isOpen
  }

  /** As far as is known; nothing is asked. `answeredAt` in microseconds since the epoch. */
  get state(): {
    readonly server: string
    readonly isReachable: boolean
    readonly reason: string | null
    readonly answeredAt: number | null
  } {
    const { reason, answeredAt } = this.#breaker
    return { server: new URL(this.#base).origin, isReachable: this.isReachable, reason, answeredAt }
  }

  /** The `token` of Keystone's answer; null when it knows no such valid token. Throws {@link KeystoneAway}. */
  validate(token: string, { allowExpired }: { readonly allowExpired: boolean }): Promise<unknown> {
    return this.#within((signal) => this.#check(token, allowExpired, signal))
  }

  /**
   * Somebody's own call, without our token: a login, a look at what a token opens, its end. `path` below `/v3`. Whatever Keystone says
   * below 500 is an answer; throws {@link KeystoneAway} as {@link validate} does.
   */
  call({ path, ...call }: KeystoneCall): Promise<HttpAnswer> {
    return this.#within((signal) => this.#ask(signal, { ...call, url: `${this.#base}${path}` }))
  }

  async #within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#breaker.isOpen) throw new KeystoneAway('Keystone does not answer')
    if (this.#underWay >= this.#options.maxWaiting)
      throw new KeystoneAway('too many tokens are being checked')
    this.#underWay++
    const signal = AbortSignal.timeout(this.#options.timeoutMs)
    try {
      const answer = await work(signal)
      this.#breaker.succeeded()
      return answer
    } catch (error) {
      throw this.#away(error)
    } finally {
      this.#underWay--
    }
  }

  /** Connections end; nothing is looked for any more. */
  close(): void {
    this.#breaker.end()
    this.#agent.destroy()
  }

  async #check(token: string, allowExpired: boolean, signal: AbortSignal): Promise<unknown> {
    const query = allowExpired ? '?nocatalog&allow_expired=1' : '?nocatalog'
    const ask = (own: ServiceToken): Promise<HttpAnswer> =>
      this.#ask(signal, {
        method: 'GET',
        url: `${own.endpoint}/auth/tokens${query}`,
        headers: {
          'x-auth-token': own.token,
          'x-subject-token': token,
          // Without it Keystone knows no token that has access rules.
          'openstack-identity-access-rules': '1.0',
        },
      })
    let own = await this.#serviceToken(signal)
    let answer = await ask(own)
    if (answer.status === 401) {
      // Revoked, or its keys were rotated away: once more with a new one.
      if (this.#own === own) this.#own = null
      own = await this.#serviceToken(signal)
      answer = await ask(own)
    }
    // Of a Keystone: what stands in its place on the way knows nothing of tokens.
    const refusal = answer.body as { error?: { code?: unknown } } | null | undefined
    if (answer.status === 404 && refusal?.error?.code === 404) return null
    if (answer.status !== 200) {
      if (answer.status === 401) this.#own = null
      throw new Refusal('Keystone does not let our account check tokens', answer.status)
    }
    const found = (answer.body as { token?: unknown } | null | undefined)?.token
    if (found === undefined) throw new Refusal('Keystone answered without a token', answer.status)
    return found
  }

  // ------------------------------------------------------------------------------------------------- our own token

  async #serviceToken(signal: AbortSignal): Promise<ServiceToken> {
    const own = this.#own
    if (own !== null && own.endsAtMs - renewAheadMs > Date.now()) return own
    if (this.#refused !== null && this.#refused.untilMs > performance.now()) throw this.#refused.cause
    // One login for all who wait for it; who waited longer than he may goes.
    this.#login ??= this.#logIn().finally(() => (this.#login = null))
    return orAborted(this.#login, signal)
  }

  async #logIn(): Promise<ServiceToken> {
    const options = this.#options
    const named = options.interface !== ''
    const answer = await this.#ask(AbortSignal.timeout(options.timeoutMs), {
      method: 'POST',
      url: `${this.#base}/auth/tokens${named ? '' : '?nocatalog'}`,
      body: {
        auth: {
          identity: {
            methods: ['password'],
            password: {
              user: {
                name: options.username,
                domain: options.userDomain,
                password: options.password,
              },
            },
          },
          scope: { project: { name: options.projectName, domain: options.projectDomain } },
        },
      },
    })
    const token = answer.headers['x-subject-token']
    const body = answer.body as { token?: { expires_at?: string; catalog?: CatalogEntry[] } } | undefined
    const endsAtMs = Date.parse(body?.token?.expires_at ?? '')
    if (answer.status !== 201 || typeof token !== 'string' || Number.isNaN(endsAtMs)) {
      const cause = new Refusal('Keystone refuses the account of this service', answer.status)
      if (answer.status < 500) this.#refused = { untilMs: performance.now() + refusedPauseMs, cause }
      throw cause
    }
    this.#refused = null
    const endpoint = named ? this.#endpointOf(body?.token?.catalog ?? []) : this.#base
    this.#own = { token, endsAtMs, endpoint }
    return this.#own
  }

  #endpointOf(catalog: readonly CatalogEntry[]): string {
    const { interface: wanted, regionName } = this.#options
    const url = catalog
      .filter(({ type }) => type === 'identity')
      .flatMap(({ endpoints }) => endpoints ?? [])
      .find((one) => one.interface === wanted && (regionName === '' || one.region === regionName))?.url
    if (url !== undefined && /^https?:/.test(url)) return withVersion(url)
    throw new Refusal(`Keystone's catalog has no ${wanted} endpoint of the identity service`, 200)
  }

  // ------------------------------------------------------------------------------------------------------- requests

  /** As often as a connection may fail, within the signal's time. A time-out is not repeated: it has cost all there is. */
  async #ask(
    signal: AbortSignal,
    call: Omit<KeystoneCall, 'path'> & { readonly url: string },
  ): Promise<HttpAnswer> {
    for (let tries = 0; ; tries++) {
      try {
        const answer = await askJson({ ...call, agent: this.#agent, signal })
        if (answer.status >= 500) throw new KeystoneAway(`Keystone answered ${answer.status}`)
        return answer
      } catch (error) {
        if (error instanceof KeystoneAway || signal.aborted || tries >= this.#options.retries) throw error
        await sleep(retryPauseMs * 2 ** tries, null, { signal })
      }
    }
  }

  /** Anything but a refusal says that Keystone is not there. */
  #away(error: unknown): KeystoneAway {
    if (error instanceof Refusal) {
      this.#breaker.succeeded()
      this.#sayRefused(error)
      return error
    }
    this.#breaker.failed(error)
    if (error instanceof KeystoneAway) return error
    return new KeystoneAway(`Keystone can not be reached: ${(error as Error).message}`, { cause: error })
  }

  #saidRefusedAt = -Infinity
  #sayRefused(error: Refusal): void {
    const now = performance.now()
    if (now - this.#saidRefusedAt < 60_000) return
    this.#saidRefusedAt = now
    this.#log.error({ url: this.#base, status: error.status }, `no token can be checked: ${error.message}`)
  }

  async #look(): Promise<void> {
    const agent = makeAgent({ ...this.#options, connections: 1 })
    try {
      const answer = await askJson({
        method: 'GET',
        url: this.#base,
        agent,
        signal: AbortSignal.timeout(lookMs),
      })
      if (answer.status >= 500) throw new KeystoneAway(`Keystone answered ${answer.status}`)
    } finally {
      agent.destroy()
    }
  }

  #changed(state: 'open' | 'closed', cause: unknown): void {
    if (state === 'closed') {
      this.#log.info({ url: this.#base }, 'Keystone answers again')
      return
    }
    this.#log.error(
      { url: this.#base, err: cause },
      'Keystone does not answer: those whose tokens were checked lately go on, others are answered 503',
    )
    // What hangs on the old connections would hang on after its return. Changed certificates are read, too.
    try {
      const fresh = makeAgent(this.#options)
      this.#agent.destroy()
      this.#agent = fresh
    } catch (error) {
      this.#log.error(
        { err: error },
        'the certificates for Keystone can not be read; the old ones stay in use',
      )
    }
  }
}

/** Keystone is there and says something that only its operator or ours can mend. */
class Refusal extends KeystoneAway {
  readonly status: number
  constructor(message: string, status: number) {
    super(`${message} (${status})`)
    this.status = status
  }
}

interface CatalogEntry {
  readonly type?: string
  readonly endpoints?: readonly {
    readonly interface?: string
    readonly region?: string
    readonly url?: string
  }[]
}

function withVersion(url: string): string {
  const bare = url.replace(/\/+$/, '')
  return bare.endsWith('/v3') ? bare : `${bare}/v3`
}

function makeAgent(options: KeystoneOptions): HttpAgent {
  // Unused connections go before a server's usual 5 s are over: it would close them under our next request.
  const common = { keepAlive: true, maxSockets: options.connections, timeout: 4000 }
  if (!options.authUrl.startsWith('https:')) return new HttpAgent(common)
  const read = (file: string): Buffer | undefined => (file === '' ? undefined : readFileSync(file))
  const { caFile, certFile, keyFile } = options
  return new HttpsAgent({
    ...common,
    ...withValue('ca', read(caFile)),
    ...withValue('cert', read(certFile)),
    ...withValue('key', read(keyFile)),
    rejectUnauthorized: !options.insecure,
  })
}

const withValue = (name: string, value: Buffer | undefined): object =>
  value === undefined ? {} : { [name]: value }

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', aborted, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
  })
}
