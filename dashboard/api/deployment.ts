/** Where the service is: `config.json` beside the page. manila-api answers it itself; who serves the files from elsewhere writes one. */

export interface Deployment {
  /**
   * `cookie`: the token stays on the server's side, behind a cookie that scripts can't read. `memory`: served from elsewhere, the token
   * lives in this page and dies with it.
   */
  readonly session: 'cookie' | 'memory'
  /** Up to and with `/v2`. */
  readonly endpoint: string
  /** Keystone's URL, or our own face of it; null where there is none to be asked. */
  readonly identity: string | null
  /** Users and projects may be changed there by us. */
  readonly identityIsOurs: boolean
  readonly release: string | null
}

/** Throws an Error with a sentence for whoever deployed it. */
export async function readDeployment(base: string): Promise<Deployment> {
  const url = new URL('config.json', base)
  const response = await fetch(url, { headers: { accept: 'application/json' } })
  const type = response.headers.get('content-type') ?? ''
  if (!response.ok || !type.includes('json')) {
    throw new Error(
      `${url.pathname} answered ${response.status} (${type}): it must say where the service is.`,
    )
  }
  const said = (await response.json()) as Readonly<Record<string, unknown>>
  const { session, endpoint } = said
  if ((session !== 'cookie' && session !== 'memory') || typeof endpoint !== 'string') {
    throw new Error(`${url.pathname} must hold "session" ("cookie" or "memory") and "endpoint".`)
  }
  return {
    session,
    endpoint: new URL(endpoint, url).href.replace(/\/+$/, ''),
    identity: typeof said.identity === 'string' ? new URL(said.identity, url).href : null,
    identityIsOurs: said.identity_is_ours === true,
    release: typeof said.release === 'string' ? said.release : null,
  }
}
