import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates, type Certificates } from '../../tools/programs/certificates.ts'
import { KeystoneAway, KeystoneClient, type KeystoneOptions } from './keystone.ts'

type Handler = (
  request: IncomingMessage,
  body: string,
) => [status: number, body: unknown, headers?: Record<string, string>] | null

const closers: (() => void)[] = []
afterEach(() => closers.splice(0).forEach((close) => close()))

const log: { level: string; detail: object; message: string }[] = []
const logger = {
  info: (detail: object, message: string) => void log.push({ level: 'info', detail, message }),
  error: (detail: object, message: string) => void log.push({ level: 'error', detail, message }),
}

async function serve(handler: Handler, tls?: Certificates): Promise<string> {
  const answer = (request: IncomingMessage, reply: ServerResponse): void => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part.toString()))
    request.on('end', () => {
      const answered = handler(request, body)
      // No answer at all.
      if (answered === null) return
      const [status, content, headers = {}] = answered
      reply.writeHead(status, { 'content-type': 'application/json', ...headers })
      reply.end(typeof content === 'string' ? content : JSON.stringify(content))
    })
  }
  const server: Server =
    tls === undefined
      ? createServer(answer)
      : createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function client(authUrl: string, more: Partial<KeystoneOptions> = {}): KeystoneClient {
  const made = new KeystoneClient(
    {
      authUrl,
      username: 'manila',
      password: 'secret',
      userDomain: { name: 'Default' },
      projectName: 'service',
      projectDomain: { id: 'default' },
      interface: '',
      regionName: '',
      timeoutMs: 1500,
      retries: 2,
      connections: 4,
      maxWaiting: 8,
      caFile: '',
      certFile: '',
      keyFile: '',
      insecure: false,
      ...more,
    },
    logger,
  )
  closers.push(() => made.close())
  return made
}

const issued = (token: string, more: object = {}): ReturnType<Handler> => [
  201,
  { token: { expires_at: new Date(Date.now() + 3_600_000).toISOString(), ...more } },
  { 'x-subject-token': token },
]
const unknown = { error: { code: 404, title: 'Not Found', message: 'Could not find token' } }
const usual = { allowExpired: false }
const why = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it answered',
    (error: unknown) => (error instanceof KeystoneAway ? error.message : `another error: ${String(error)}`),
  )

describe('a token', () => {
  test('is asked about as our account, which logs in once', async () => {
    const seen: string[] = []
    const url = await serve((request, body) => {
      seen.push(`${request.method} ${request.url}`)
      if (request.method === 'POST') {
        expect(JSON.parse(body)).toEqual({
          auth: {
            identity: {
              methods: ['password'],
              password: { user: { name: 'manila', domain: { name: 'Default' }, password: 'secret' } },
            },
            scope: { project: { name: 'service', domain: { id: 'default' } } },
          },
        })
        return issued('own')
      }
      expect(request.headers).toMatchObject({
        'x-auth-token': 'own',
        'openstack-identity-access-rules': '1.0',
      })
      return request.headers['x-subject-token'] === 'good'
        ? [200, { token: { user: 'ann' } }]
        : [404, unknown]
    })
    const keystone = client(url)
    const [good, bad] = await Promise.all([keystone.validate('good', usual), keystone.validate('bad', usual)])
    expect(good).toEqual({ user: 'ann' })
    expect(bad).toBeNull()
    await keystone.validate('good', { allowExpired: true })
    expect(seen).toEqual([
      'POST /v3/auth/tokens?nocatalog',
      'GET /v3/auth/tokens?nocatalog',
      'GET /v3/auth/tokens?nocatalog',
      'GET /v3/auth/tokens?nocatalog&allow_expired=1',
    ])
  })

  test('is asked about once more with a new token of ours when the old one is refused, and only once', async () => {
    let logins = 0
    const accepted = new Set(['own-2'])
    const url = await serve((request) => {
      if (request.method === 'POST') return issued(`own-${++logins}`)
      const isOurs = accepted.has(String(request.headers['x-auth-token']))
      return isOurs ? [200, { token: { user: 'ann' } }] : [401, { error: { code: 401 } }]
    })
    const keystone = client(url)
    expect(await keystone.validate('t', usual)).toEqual({ user: 'ann' })
    expect(logins).toBe(2)
    accepted.clear()
    expect(await why(keystone.validate('t', usual))).toBe(
      'Keystone does not let our account check tokens (401)',
    )
    expect(logins).toBe(3)
  })

  test('that another server knows nothing of is not said to be bad', async () => {
    const url = await serve((request) => (request.method === 'POST' ? issued('own') : [404, '<html>']))
    expect(await why(client(url).validate('t', usual))).toBe(
      'Keystone does not let our account check tokens (404)',
    )
  })

  test('of which nothing is said is not said to be bad', async () => {
    for (const answer of [
      [200, {}],
      [200, 'no JSON'],
      [403, {}],
      [500, {}],
      [503, unknown],
    ] as const) {
      const url = await serve((request) => (request.method === 'POST' ? issued('own') : [...answer]))
      expect(await why(client(url).validate('t', usual))).toMatch(/^Keystone /)
    }
  })

  test('is asked about again when the connection breaks', async () => {
    let breaks = 2
    const url = await serve((request) => {
      if (request.method === 'POST') return issued('own')
      if (breaks-- > 0) {
        request.socket.destroy()
        return null
      }
      return [200, { token: { user: 'ann' } }]
    })
    expect(await client(url).validate('t', usual)).toEqual({ user: 'ann' })
  })
})

describe('our own account', () => {
  test('that is refused is not tried again at once, and the log says so once', async () => {
    let logins = 0
    const url = await serve(() => {
      logins++
      return [401, { error: { code: 401 } }]
    })
    const keystone = client(url)
    log.length = 0
    for (let i = 0; i < 5; i++) {
      expect(await why(keystone.validate('t', usual))).toBe(
        'Keystone refuses the account of this service (401)',
      )
    }
    expect(logins).toBe(1)
    expect(log.map(({ message }) => message)).toEqual([
      'no token can be checked: Keystone refuses the account of this service (401)',
    ])
    expect(JSON.stringify(log)).not.toContain('secret')
    // It is there: whoever asks is not told that it is away.
    expect(keystone.isReachable).toBe(true)
  })

  test('asks at the endpoint of the catalog where one is named', async () => {
    const at: string[] = []
    const inner = await serve((request) => {
      at.push(request.url ?? '')
      return [404, unknown]
    })
    const endpoints = [
      { interface: 'public', region: 'R1', url: 'http://127.0.0.1:1/v3' },
      { interface: 'internal', region: 'R2', url: 'http://127.0.0.1:1/v3' },
      { interface: 'internal', region: 'R1', url: `${inner}/identity` },
    ]
    const url = await serve(() => issued('own', { catalog: [{ type: 'identity', endpoints }] }))
    const named = { interface: 'internal', regionName: 'R1' } as const
    expect(await client(url, named).validate('t', usual)).toBeNull()
    expect(at).toEqual(['/identity/v3/auth/tokens?nocatalog'])
    expect(await why(client(url, { interface: 'admin' }).validate('t', usual))).toMatch(
      /has no admin endpoint/,
    )
  })
})

describe('a Keystone that does not answer', () => {
  test('costs nobody more than the time, and no more wait than may', async () => {
    const url = await serve(() => null)
    const keystone = client(url, { timeoutMs: 300, maxWaiting: 3 })
    const began = performance.now()
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, i) => why(keystone.validate(`t${i}`, usual))),
    )
    expect(performance.now() - began).toBeLessThan(2000)
    expect(all.filter((one) => one === 'too many tokens are being checked')).toHaveLength(7)
    expect(keystone.underWay).toBe(0)
    // Three in a row: nobody waits any more.
    expect(keystone.isReachable).toBe(false)
    expect(await why(keystone.validate('t', usual))).toBe('Keystone does not answer')
  })

  test('is found again by itself', async () => {
    let isThere = false
    let looks = 0
    const url = await serve((request) => {
      if (request.url === '/v3') looks++
      // A proxy in front of it is there, and says that it is not.
      if (!isThere) return request.url === '/v3' ? [503, {}] : null
      return request.method === 'POST' ? issued('own') : [200, { token: { user: 'ann' } }]
    })
    const keystone = client(url, { timeoutMs: 200 })
    for (let i = 0; i < 3; i++) await why(keystone.validate('t', usual))
    expect(keystone.state).toEqual({
      server: url.replace(/\/v3$/, ''),
      isReachable: false,
      reason: expect.stringMatching(/\w/) as string,
      answeredAt: null,
    })
    await expect.poll(() => looks, { timeout: 5000 }).toBeGreaterThan(1)
    expect(keystone.isReachable).toBe(false)
    isThere = true
    await expect.poll(() => keystone.isReachable, { timeout: 2000 }).toBe(true)
    expect(await keystone.validate('t', usual)).toEqual({ user: 'ann' })
    expect(keystone.state).toMatchObject({ isReachable: true, reason: null })
    expect(Math.abs((keystone.state.answeredAt ?? 0) / 1000 - Date.now())).toBeLessThan(10_000)
  })
})

describe('TLS', () => {
  let dir: string
  let certificates: Certificates
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'keystone-tls-'))
    certificates = await makeCertificates(dir)
  })
  afterAll(() => rmSync(dir, { recursive: true }))
  const handler: Handler = (request) => (request.method === 'POST' ? issued('own') : [404, unknown])

  test('a certificate that its authority signed is believed, another is not', async () => {
    const url = await serve(handler, certificates)
    expect(await client(url, { caFile: certificates.ca }).validate('t', usual)).toBeNull()
    expect(await why(client(url).validate('t', usual))).toMatch(/can not be reached: .*certificate/)
    expect(await client(url, { insecure: true }).validate('t', usual)).toBeNull()
  })

  test('a name that the certificate does not have is not believed', async () => {
    const other = mkdtempSync(join(dir, 'other-'))
    const strange = await makeCertificates(other, ['DNS:elsewhere.example'])
    const url = await serve(handler, strange)
    expect(await why(client(url, { caFile: strange.ca }).validate('t', usual))).toMatch(/can not be reached/)
  })

  test('a file that is not there is told before anybody is asked', () => {
    expect(() => client('https://127.0.0.1:1', { caFile: join(dir, 'none.pem') })).toThrow(/none\.pem/)
  })
})
