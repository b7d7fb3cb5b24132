/** A lean HTTP client on kept connections, so that what is measured is the service and not the client. */
import { Agent, request } from 'node:http'

export interface Answer {
  readonly status: number
  readonly text: string
}

export interface Caller {
  /** `path` is below the service's root. Rejects when nothing answers. */
  (method: string, path: string, body?: unknown): Promise<Answer>
  close(): void
}

/** Calls `url` with `token`; the newest microversion unless `minor` says another. */
export function caller(url: string, token: string, minor = 99): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const headers = {
        'x-auth-token': token,
        'x-openstack-manila-api-version': `2.${minor}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      }
      const sent = request(`${url}${path}`, { method, headers, agent }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (chunk: Buffer) => chunks.push(chunk))
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        )
        answer.on('error', reject)
      })
      sent.on('error', reject)
      sent.end(body === undefined ? undefined : JSON.stringify(body))
    })
  return Object.assign(call, { close: () => agent.destroy() })
}

/** The parsed body, whose shape the caller knows; throws unless the status is 2xx. */
export function parsed({ status, text }: Answer): unknown {
  if (status < 200 || status > 299) throw new Error(`answered ${status}: ${text.slice(0, 300)}`)
  return JSON.parse(text)
}
