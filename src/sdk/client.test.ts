import { afterEach, describe, expect, test } from 'vitest'
import { listMessages } from '../wire/messages/schema.ts'
import { createShare, extendShare, listShares, resetTaskState, showShare } from '../wire/shares/schema.ts'
import { ApiError } from './api-error.ts'
import { connect, type ConnectOptions } from './connect.ts'
import type { Trace } from './exchange.ts'
import {
  fakeService,
  oneAfterAnother,
  signedIn,
  type FakeService,
  type Script,
} from './fake-service.fixture.ts'

const running: FakeService[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

async function setUp(script: Script, options: ConnectOptions = {}) {
  const service = await fakeService(script)
  running.push(service)
  const waits: number[] = []
  const retry = { sleep: (ms: number) => Promise.resolve(void waits.push(ms)), random: () => 0.5 }
  const client = await connect({ ...signedIn(service), retry, ...options })
  return { service, client, waits }
}

const failure = async (promise: Promise<unknown>): Promise<ApiError> => {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (one: unknown) => one,
  )
  if (!(error instanceof ApiError)) throw error
  return error
}

const share = { id: 's1', name: 'a' }
const newShare = { body: { share: { share_proto: 'NFS', size: 1 } } }

describe('negotiation', () => {
  test('speaks the newest version of both sides and says so in the header', async () => {
    const { service, client } = await setUp({ newest: '2.75', answer: () => ({ body: { share } }) })
    await client.call(showShare, { params: { id: 's1' } })
    expect(client.minor).toBe(75)
    expect(service.to('GET /v2/shares/s1')[0]?.headers['x-openstack-manila-api-version']).toBe('2.75')
  })

  test('never speaks a version it does not know', async () => {
    const { client } = await setUp({ newest: '2.140' })
    expect(client.minor).toBe(99)
  })

  test('lowers a version that the server does not have', async () => {
    const { client } = await setUp({ newest: '2.60' }, { apiVersion: '2.90' })
    expect(client.minor).toBe(60)
  })

  test('refuses one below what the server has, or that nobody has', async () => {
    const service = await fakeService({ oldest: '2.50' })
    running.push(service)
    const low = await failure(connect({ ...signedIn(service), apiVersion: '2.7' }))
    expect(low).toMatchObject({ code: 'notAtThisVersion', status: 0 })
    expect((await failure(connect({ ...signedIn(service), apiVersion: '3.1' }))).code).toBe('badSettings')
    expect((await failure(connect({ ...signedIn(service), apiVersion: '2.140' }))).code).toBe('badSettings')
  })

  test('sends nothing for a call that the version does not have', async () => {
    const { service, client } = await setUp({}, { apiVersion: '2.36' })
    const before = service.asked.length
    const error = await failure(client.call(listMessages))
    expect(error).toMatchObject({ code: 'notAtThisVersion' })
    expect(error.message).toContain('2.37')
    expect(service.asked.length).toBe(before)
  })

  test('finds the version document above the catalog’s /v2 and prefix', async () => {
    const service = await fakeService({
      catalog: (url) => [
        { type: 'sharev2', endpoints: [{ interface: 'public', url: `${url}/v2/project-1` }] },
      ],
      answer: () => ({ body: { shares: [] } }),
    })
    running.push(service)
    const client = await connect(signedIn(service))
    await client.call(listShares)
    expect(service.to('GET /v2/project-1/shares')).toHaveLength(1)
  })
})

describe('calls', () => {
  test('wraps actions in their key, under the old name before 2.7', async () => {
    const now = await setUp({ answer: () => ({ status: 202 }) })
    await now.client.act(extendShare, { params: { id: 's1' }, body: { new_size: 2 } })
    expect(now.service.to('POST /v2/shares/s1/action')[0]?.body).toEqual({ extend: { new_size: 2 } })
    const old = await setUp({ answer: () => ({ status: 202 }) }, { apiVersion: '2.6' })
    await old.client.act(extendShare, { params: { id: 's1' }, body: { new_size: 2 } })
    expect(old.service.to('POST /v2/shares/s1/action')[0]?.body).toEqual({ 'os-extend': { new_size: 2 } })
  })

  test('asks for experimental calls only where they are', async () => {
    const header = 'x-openstack-manila-api-experimental'
    const input = { params: { id: 's1' }, body: { task_state: null } }
    for (const [apiVersion, sent] of [
      ['2.95', 'true'],
      ['2.96', undefined],
    ] as const) {
      const { service, client } = await setUp({ answer: () => ({ status: 202 }) }, { apiVersion })
      await client.call(resetTaskState, input)
      expect(service.to('POST /v2/shares/s1/action')[0]?.headers[header]).toBe(sent)
    }
  })

  test('encodes what goes into the path and refuses what would ask for another one', async () => {
    const { service, client } = await setUp({ answer: () => ({ body: { share } }) })
    await client.call(showShare, { params: { id: 'a/b ?#%' } })
    expect(service.asked.at(-1)?.path).toBe('/v2/shares/a%2Fb%20%3F%23%25')
    for (const id of ['', '.', '..']) {
      expect((await failure(client.call(showShare, { params: { id } }))).code).toBe('badSettings')
    }
  })

  test('leaves undefined out of the query and keeps what is false', async () => {
    const { service, client } = await setUp({ answer: () => ({ body: { shares: [] } }) })
    await client.call(listShares, { query: { name: undefined, is_public: false, limit: 0, 'name~': 'ä&b' } })
    expect([...(service.asked.at(-1)?.query ?? [])]).toEqual([
      ['is_public', 'false'],
      ['limit', '0'],
      ['name~', 'ä&b'],
    ])
  })
})

describe('errors', () => {
  test('carry the server’s sentence, its name for it and the request id', async () => {
    const { client } = await setUp({
      answer: () => ({
        status: 413,
        headers: { 'x-openstack-request-id': 'req-1', 'retry-after': '0' },
        body: { overLimit: { code: 413, message: 'Over quota.', retryAfter: '0' } },
      }),
    })
    expect(await failure(client.call(createShare, newShare))).toMatchObject({
      status: 413,
      code: 'overLimit',
      message: 'Over quota.',
      requestId: 'req-1',
      retryAfter: 0,
      request: 'POST /v2/shares',
    })
  })

  test('say when something answers that does not speak this API, and never follow a redirect', async () => {
    const { client, service } = await setUp({
      answer: () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/steal' } }),
    })
    const error = await failure(client.call(listShares))
    expect(error).toMatchObject({ status: 302, code: 'badReply' })
    expect(error.message).toContain('http://127.0.0.1:1/steal')
    expect(service.to('GET /v2/shares')).toHaveLength(1)
  })

  test('say when nobody listens, without a stack of causes', async () => {
    const service = await fakeService()
    await service.close()
    const retry = { sleep: () => Promise.resolve() }
    const error = await failure(connect({ ...signedIn(service), retry }))
    expect(error).toMatchObject({ status: 0, code: 'noConnection' })
    expect(error.message).toBe(`Cannot reach ${service.url}: nothing is listening there.`)
  })

  test('say when the deadline passed', async () => {
    const { client, service } = await setUp({ answer: () => ({ silent: true }) })
    const error = await failure(client.call(listShares, { timeoutMs: 50 }))
    expect(service.to('GET /v2/shares')).toHaveLength(1)
    expect(error).toMatchObject({ code: 'timedOut' })
    expect(error.message).toContain('0.05 s')
  })
})

describe('tokens', () => {
  test('are renewed once when they are refused', async () => {
    const answer = oneAfterAnother({ status: 401 }, { body: { shares: [] } })
    const { service, client } = await setUp({ answer })
    await client.call(listShares)
    expect(service.to('GET /v2/shares').map(({ headers }) => headers['x-auth-token'])).toEqual([
      'token-1',
      'token-2',
    ])
  })

  test('are not renewed for ever', async () => {
    const { service, client } = await setUp({ answer: () => ({ status: 401 }) })
    expect((await failure(client.call(listShares))).status).toBe(401)
    expect(service.to('GET /v2/shares')).toHaveLength(2)
    expect(service.to('POST /identity/v3/auth/tokens')).toHaveLength(2)
  })

  test('are renewed once for callers at the same time', async () => {
    const { service, client } = await setUp({
      answer: ({ headers }) =>
        headers['x-auth-token'] === 'token-1' ? { status: 401 } : { body: { shares: [] } },
    })
    await Promise.all(Array.from({ length: 5 }, () => client.call(listShares)))
    expect(service.to('POST /identity/v3/auth/tokens')).toHaveLength(2)
  })

  test('never show in a trace', async () => {
    const traces: Trace[] = []
    const { client } = await setUp(
      { answer: () => ({ body: { shares: [] } }) },
      { onTrace: (one) => traces.push(one) },
    )
    await client.call(listShares)
    expect(traces.map(({ status }) => status)).toEqual([201, 300, 200])
    expect(JSON.stringify(traces)).not.toMatch(/token-1|secret/)
    expect(JSON.stringify(traces)).toContain('"demo"')
  })
})

describe('repeating', () => {
  test('waits as long as the server asks', async () => {
    const busy = { status: 503, headers: { 'retry-after': '7' } }
    const { client, waits } = await setUp({ answer: oneAfterAnother(busy, busy, { body: { shares: [] } }) })
    expect(await client.call(listShares)).toEqual({ shares: [] })
    expect(waits).toEqual([7000, 7000])
  })

  test('gives up after four requests, and at once when asked to wait too long', async () => {
    const { client, service, waits } = await setUp({ answer: () => ({ status: 429 }) })
    expect((await failure(client.call(listShares))).status).toBe(429)
    expect(service.to('GET /v2/shares')).toHaveLength(4)
    expect(waits).toEqual([250, 500, 1000])
    const long = await setUp({ answer: () => ({ status: 503, headers: { 'retry-after': '3600' } }) })
    expect(await failure(long.client.call(listShares))).toMatchObject({ status: 503, retryAfter: 3600 })
    expect(long.waits).toEqual([])
  })

  test('sends a create again with the same key where the server keeps keys', async () => {
    const answer = oneAfterAnother({ hangUp: true }, { status: 401 }, { body: { share } })
    const { client, service } = await setUp({ capabilities: ['idempotency-key'], answer })
    expect(await client.call(createShare, newShare)).toEqual({ share })
    const keys = service.to('POST /v2/shares').map(({ headers }) => headers['idempotency-key'])
    expect(keys).toHaveLength(3)
    expect(new Set(keys).size).toBe(1)
    expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('never sends a create again where a second one would be made', async () => {
    const { client, service } = await setUp({
      answer: ({ path }) => (path === '/shares' ? { hangUp: true } : notThere),
    })
    expect((await failure(client.call(createShare, newShare))).code).toBe('noConnection')
    expect(service.to('POST /v2/shares')).toHaveLength(1)
  })

  test('uses another key for another create', async () => {
    const { client, service } = await setUp({ answer: () => ({ body: { share } }) })
    await client.call(createShare, newShare)
    await client.call(createShare, newShare)
    const keys = service.to('POST /v2/shares').map(({ headers }) => headers['idempotency-key'])
    expect(new Set(keys).size).toBe(2)
  })
})

const notThere = { status: 404, body: { itemNotFound: { code: 404, message: 'no' } } }

describe('the identity service', () => {
  const answer = { status: 201, body: { application_credential: { id: 'c1', secret: 'shown-once' } } }
  const path = '/users/user-1/application_credentials'

  test('is asked with the token, by any method and with a body', async () => {
    const { service, client } = await setUp({ answer: () => answer })
    const body = { application_credential: { name: 'ci' } }
    const made = await client.atIdentity(path, { method: 'POST', body })
    expect(made?.body).toEqual(answer.body)
    const [asked] = service.to(`POST /identity/v3${path}`)
    expect([asked?.body, asked?.headers['x-auth-token']]).toEqual([body, 'token-1'])
    await client.atIdentity(path)
    expect(service.to(`GET /identity/v3${path}`)[0]?.body).toBeUndefined()
  })

  test('is asked once for what may happen twice, and its refusal is an error', async () => {
    const { service, client } = await setUp({ answer: () => ({ status: 503, body: {} }) })
    expect((await failure(client.atIdentity(path, { method: 'POST', body: {} }))).status).toBe(503)
    expect(service.to(`POST /identity/v3${path}`).length).toBe(1)
  })
})
