/** Following a stream that is cut, falls silent or refuses, as a real server does it. */
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Client } from './client.ts'
import { Client as RealClient } from './client.ts'
import { follow, type Happening } from './events.ts'
import { defaultRetry } from './retry.ts'
import { fixedToken } from './token-source.ts'

const ending: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ending.splice(0)) await end()
})

/** Each connection is answered by the next of `turns`. */
async function serverOf(turns: readonly ((response: ServerResponse) => void)[]) {
  const asked: { last: string | undefined; token: string | undefined; query: string }[] = []
  const server = createServer((request, response) => {
    const { headers, url = '' } = request
    asked.push({
      last: headers['last-event-id'] as string | undefined,
      token: headers['x-auth-token'] as string | undefined,
      query: url.split('?')[1] ?? '',
    })
    const turn = turns[Math.min(asked.length, turns.length) - 1]
    turn?.(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ending.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const client = new RealClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`,
    minor: 99,
    server: { newest: 99, oldest: 0 } as never,
    tokens: fixedToken('t'),
    wire: { fetch },
    retry: defaultRetry,
    timeoutMs: 5000,
    newKey: () => 'k',
  })
  return { client, asked }
}

const head = (response: ServerResponse): void =>
  void response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' })
const hello = 'id: 7\nevent: hello\nretry: 2000\ndata: {"types":["share"]}\n\n'
const change = (id: number, resource: string): string =>
  `id: ${id}\nevent: change\ndata: ${JSON.stringify({ event: 'share.status', resource_id: resource })}\n\n`

async function take(client: Client, most: number, query = {}): Promise<Happening[]> {
  const stop = new AbortController()
  const got: Happening[] = []
  for await (const one of follow(client, { signal: stop.signal, query })) {
    got.push(one)
    if (got.length === most) stop.abort()
  }
  return got
}

test('goes on behind the last event after a cut, and says that it was cut', async () => {
  const { client, asked } = await serverOf([
    (response) => {
      head(response)
      response.write(hello + change(8, 'a'))
      // In the middle of an event: what is not whole did not come.
      setTimeout(() => {
        response.write(change(9, 'b').slice(0, 30))
        setTimeout(() => response.destroy(), 20)
      }, 20)
    },
    (response) => {
      head(response)
      response.write(hello.replace('id: 7', 'id: 8') + change(9, 'b'))
    },
  ])
  const got = await take(client, 5, { resource_type: 'share' })
  expect(got.map(({ kind }) => kind)).toEqual(['hello', 'change', 'cut', 'hello', 'change'])
  expect(got[4]).toMatchObject({ id: '9', change: { resource_id: 'b' } })
  expect(asked).toEqual([
    { last: undefined, token: 't', query: 'resource_type=share' },
    { last: '8', token: 't', query: 'resource_type=share' },
  ])
})

test('heartbeats move the cursor, and an end is no error', async () => {
  const { client, asked } = await serverOf([
    (response) => {
      head(response)
      response.end(`${hello}id: 40\nevent: beat\ndata: {}\n\nevent: end\ndata: {"reason":"closing"}\n\n`)
    },
    (response) => {
      head(response)
      response.write('id: 90\nevent: reset\ndata: {"reason":"gone"}\n\n')
    },
  ])
  const got = await take(client, 3)
  expect(got.map((one) => (one.kind === 'cut' ? one.why : one.kind))).toEqual(['hello', 'closing', 'reset'])
  expect(asked[1]?.last).toBe('40')
})

test('waits as long as a busy server asks, and takes no other answer for a stream', async () => {
  const { client, asked } = await serverOf([
    (response) =>
      void response
        .writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' })
        .end('{"x":{"message":"busy"}}'),
    (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<p>a proxy'),
    (response) => {
      head(response)
      response.write(hello)
    },
  ])
  const began = performance.now()
  const got = await take(client, 3)
  expect(got.map(({ kind }) => kind)).toEqual(['cut', 'cut', 'hello'])
  expect(performance.now() - began).toBeGreaterThan(1000)
  expect(asked.length).toBe(3)
})

test.each([401, 403, 404, 400])('%i is thrown: waiting would not mend it', async (status) => {
  const { client, asked } = await serverOf([
    (response) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end('{"x":{"message":"no"}}'),
  ])
  await expect(take(client, 2)).rejects.toMatchObject({ status, message: 'no' })
  expect(asked.length).toBe(1)
})

test('rights that go while it lasts are thrown, too', async () => {
  const { client } = await serverOf([
    (response) => {
      head(response)
      response.end(`${hello}event: end\ndata: {"reason":"forbidden"}\n\n`)
    },
  ])
  await expect(take(client, 5)).rejects.toThrow('rights')
})
