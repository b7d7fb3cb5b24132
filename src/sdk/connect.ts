/**
 * Builds a {@link Client} from what is configured: a cloud of clouds.yaml, `OS_*` variables, or values from code. Node
 * only. What is said in code wins over variables about the connection, those over the cloud; credentials come from the
 * cloud when one is named, else from the variables.
 *
 * @example
 * const client = await connect({ cloud: 'manila-demo' })
 * const other = await connect({ authUrl: 'http://127.0.0.1:8786/identity/v3', username: 'demo', password, projectName: 'demo' })
 */
import { findEndpoint } from './catalog.ts'
import { Client } from './client.ts'
import { onlyCloud, readCloud } from './clouds.ts'
import { connectionIn, credentialsIn } from './environment.ts'
import { exchange, type Fetch, type Trace, type Wire } from './exchange.ts'
import { signIn } from './keystone.ts'
import { chooseMinor, rootOf, serviceUrl, versionsIn, type ServerVersions } from './microversion.ts'
import { defaultRetry, withRetry, type RetryPolicy } from './retry.ts'
import { merged, type CloudSettings } from './settings.ts'
import { fixedToken, renewingToken, type TokenSource } from './token-source.ts'
import { trustingFetch } from './trusting-fetch.ts'
import { localError } from './api-error.ts'

export interface ConnectOptions extends CloudSettings {
  /** Name in clouds.yaml; `OS_CLOUD` when absent. */
  readonly cloud?: string
  /** Default: the process's. `{}` takes nothing from outside. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Where clouds.yaml is looked for; tests set them. */
  readonly cwd?: string
  readonly home?: string
  readonly fetch?: Fetch
  readonly onTrace?: (trace: Trace) => void
  readonly retry?: Partial<RetryPolicy>
}

export const defaultTimeoutS = 60

/** Signs in, finds the service, negotiates. Throws {@link ApiError} with a sentence about what is missing or refused. */
export async function connect(options: ConnectOptions = {}): Promise<Client> {
  const settings = settle(options)
  const wire = wireOf(settings, options)
  const timeoutMs = (settings.timeoutS ?? defaultTimeoutS) * 1000
  const retry = { ...defaultRetry, ...options.retry }
  const tokens = await tokensOf(wire, settings, timeoutMs, retry)
  const endpoint = serviceUrl(
    checkedUrl(settings.endpoint ?? findEndpoint(tokens.session?.catalog ?? [], settings)),
  )
  const server = await askVersions(wire, endpoint, timeoutMs, retry)
  return new Client({
    endpoint,
    minor: chooseMinor(settings.apiVersion, server),
    server,
    tokens,
    wire,
    retry,
    timeoutMs,
    newKey: () => crypto.randomUUID(),
    ...(settings.authUrl === undefined ? {} : { authUrl: settings.authUrl }),
  })
}

/** What holds after cloud, variables and code are laid over one another. Reads clouds.yaml; sends nothing. */
export function settle(options: ConnectOptions): CloudSettings {
  const {
    cloud,
    env = process.env,
    cwd,
    home,
    fetch: _fetch,
    onTrace: _onTrace,
    retry: _retry,
    ...said
  } = options
  const place = { env, ...(cwd === undefined ? {} : { cwd }), ...(home === undefined ? {} : { home }) }
  const connection = connectionIn(env)
  const variables = credentialsIn(env)
  const given = merged(variables, said)
  const named = cloud ?? (env.OS_CLOUD === '' ? undefined : env.OS_CLOUD)
  const nothingSaid = given.authUrl === undefined && given.token === undefined
  const name = named ?? (nothingSaid ? (onlyCloud(place) ?? undefined) : undefined)
  return name === undefined
    ? merged(variables, connection, said)
    : merged(readCloud(name, place), connection, said)
}

export function wireOf(settings: CloudSettings, { fetch: given, onTrace }: ConnectOptions): Wire {
  return { fetch: given ?? trustingFetch(settings), ...(onTrace === undefined ? {} : { onTrace }) }
}

/** A token together with the service's address needs no Keystone at all. */
async function tokensOf(
  wire: Wire,
  settings: CloudSettings,
  timeoutMs: number,
  retry: RetryPolicy,
): Promise<TokenSource> {
  if (settings.token !== undefined && settings.endpoint !== undefined) return fixedToken(settings.token)
  // Signing in has no effect worth fearing twice.
  const again = () =>
    withRetry(
      retry,
      () => signIn(wire, settings, timeoutMs),
      () => Promise.resolve(true),
    )
  return renewingToken(await again(), again)
}

async function askVersions(
  wire: Wire,
  endpoint: string,
  timeoutMs: number,
  retry: RetryPolicy,
): Promise<ServerVersions> {
  const url = rootOf(endpoint)
  const { body } = await withRetry(
    retry,
    () => exchange(wire, { method: 'GET', url, headers: {}, timeoutMs, accept: [300] }),
    () => Promise.resolve(true),
  )
  return versionsIn(body, `GET ${new URL(url).pathname}`)
}

function checkedUrl(text: string): string {
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return text
  throw localError(
    'badSettings',
    'endpoint',
    `The endpoint is not an http or https URL: ${text.slice(0, 200)}`,
  )
}
