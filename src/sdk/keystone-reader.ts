/** Reads a Keystone with the settings of {@link connect}: what an import of accounts needs. Node only. */
import { settle, wireOf, type ConnectOptions } from './connect.ts'
import { exchange } from './exchange.ts'
import { identityUrl, signIn } from './keystone.ts'
import { defaultRetry, withRetry } from './retry.ts'
import { renewingToken } from './token-source.ts'
import { localError } from './api-error.ts'

/** Seconds for one list; a Keystone with many assignments takes its time. */
const timeoutS = 120

/** Signs in. Throws {@link ApiError} with a sentence about what is missing or refused. */
export async function readKeystone(
  options: ConnectOptions,
): Promise<{ readonly url: string; get(path: string): Promise<unknown> }> {
  const settings = settle(options)
  if (settings.authUrl === undefined) {
    const message =
      'Reading a Keystone needs its address: set OS_AUTH_URL, or name a cloud of clouds.yaml with OS_CLOUD or --os-cloud.'
    throw localError('badSettings', 'GET /v3', message)
  }
  const url = identityUrl(settings.authUrl)
  const wire = wireOf(settings, options)
  const timeoutMs = (settings.timeoutS ?? timeoutS) * 1000
  const again = <T>(work: () => Promise<T>): Promise<T> =>
    withRetry(defaultRetry, work, () => Promise.resolve(true))
  const logIn = () => again(() => signIn(wire, settings, timeoutMs))
  const tokens = renewingToken(await logIn(), logIn)
  return {
    url,
    get: (path) =>
      again(async () => {
        const headers = { 'x-auth-token': await tokens.current() }
        return (await exchange(wire, { method: 'GET', url: `${url}${path}`, headers, timeoutMs })).body
      }),
  }
}
