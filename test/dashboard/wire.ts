/** What a page was told: every body that came over the wire, streams included while they run. */
import type { Tab } from './browser.ts'

export interface Heard {
  /** Bodies so far, each with its request. */
  all(): Promise<readonly { readonly request: string; readonly body: string }[]>
}

/** To be called before the page is opened. */
export async function listenIn({ page, context }: Pick<Tab, 'page' | 'context'>): Promise<Heard> {
  const cdp = await context.newCDPSession(page)
  const streams = new Map<string, { request: string; body: string }>()
  const whole = new Map<string, { request: string; body: Promise<string> }>()
  const text = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')
  const requests = new Map<string, string>()
  await cdp.send('Network.enable')
  cdp.on('Network.requestWillBeSent', ({ requestId, request }) => {
    requests.set(requestId, `${request.method} ${request.url}`)
  })
  cdp.on('Network.responseReceived', ({ requestId, response }) => {
    if (!response.mimeType.includes('event-stream')) return
    const stream = { request: requests.get(requestId) ?? response.url, body: '' }
    streams.set(requestId, stream)
    // From here on `dataReceived` brings what comes, and this what was there.
    void cdp
      .send('Network.streamResourceContent', { requestId })
      .then(({ bufferedData }) => {
        stream.body = text(bufferedData) + stream.body
      })
      .catch(() => {})
  })
  cdp.on('Network.dataReceived', ({ requestId, data }) => {
    const stream = streams.get(requestId)
    if (stream !== undefined && data !== undefined) stream.body += text(data)
  })
  cdp.on('Network.loadingFinished', ({ requestId }) => {
    if (streams.has(requestId)) return
    const body = cdp.send('Network.getResponseBody', { requestId }).then(
      ({ body, base64Encoded }) => (base64Encoded ? text(body) : body),
      // A redirect or an empty answer has none.
      () => '',
    )
    whole.set(requestId, { request: requests.get(requestId) ?? '', body })
  })
  return {
    async all() {
      const bodies = await Promise.all(
        [...whole.values()].map(async ({ request, body }) => ({ request, body: await body })),
      )
      return [...bodies, ...streams.values()]
    },
  }
}
