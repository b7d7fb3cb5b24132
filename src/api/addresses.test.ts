/** What links and the client's address are made of, over real connections. */
import { request as send } from 'node:http'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, test } from 'vitest'
import { authenticateHeader, baseUrl, plainAddress, proxyTrust } from './addresses.ts'

let app: FastifyInstance
afterEach(() => app.close())

/** Answers what it believes. */
async function serve(trusted: boolean | number | readonly string[], publicUrl = '', host = '127.0.0.1') {
  const trust = proxyTrust(trusted)
  app = fastify({ trustProxy: trust })
  app.get('/', (request, reply) => reply.send({ base: baseUrl(request, publicUrl, trust), ip: request.ip }))
  await app.listen({ host, port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = (headers: Readonly<Record<string, string | string[]>>) =>
    new Promise<{ base: string; ip: string }>((resolve, reject) => {
      const asked = send({ host: host === '::' ? '127.0.0.1' : host, port, headers }, (reply) => {
        let text = ''
        reply.on('data', (chunk: Buffer) => (text += chunk.toString()))
        reply.on('end', () => resolve(JSON.parse(text) as { base: string; ip: string }))
      })
      asked.on('error', reject)
      asked.end()
    })
  return { ask, here: `http://127.0.0.1:${port}`, port }
}

const forged = {
  host: 'evil.example',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '6.6.6.6',
  forwarded: 'host=evil.example;for=6.6.6.6',
}

describe('without a trusted proxy', () => {
  test.each([[false], [0], [['192.0.2.0/24']]])(
    '%j: nothing that the client sends is believed',
    async (trusted) => {
      const { ask, here } = await serve(trusted)
      for (const host of ['evil.example', 'evil"><script>', '127.0.0.1:1', '']) {
        expect(await ask({ ...forged, host })).toEqual({ base: here, ip: '127.0.0.1' })
      }
    },
  )

  test('IPv6 is in brackets, and IPv4 on a socket for both is IPv4', async () => {
    const six = await serve(false, '', '::1')
    expect((await six.ask(forged)).base).toBe(`http://[::1]:${six.port}`)
    await app.close()
    const both = await serve(false, '', '::')
    expect((await both.ask(forged)).base).toBe(both.here)
  })
})

describe('from a trusted proxy', () => {
  test.each([[true], [1], [['127.0.0.0/8', '::1']]])(
    '%j: what it says counts, nearest last',
    async (trusted) => {
      const { ask, here, port } = await serve(trusted)
      expect(await ask(forged)).toEqual({ base: 'https://evil.example', ip: '6.6.6.6' })
      // Of what was appended only the proxy's own entry.
      const appended = await ask({
        'x-forwarded-for': '6.6.6.6, 192.0.2.7',
        'x-forwarded-proto': 'gopher, https',
        'x-forwarded-host': 'evil.example, manila.example.org:8786',
      })
      expect(appended).toEqual({ base: 'https://manila.example.org:8786', ip: '192.0.2.7' })
      // Host it does not vouch for.
      expect((await ask({ host: 'evil.example', 'x-forwarded-proto': 'https' })).base).toBe(
        `https://127.0.0.1:${port}`,
      )
      for (const host of ['evil"', 'a b', 'a/b', 'a@b', '[::1', 'x:999999', '-a', 'a\\b', 'a'.repeat(300)]) {
        expect((await ask({ 'x-forwarded-host': host, 'x-forwarded-proto': 'javascript' })).base).toBe(here)
      }
      expect((await ask({ 'x-forwarded-host': '[2001:db8::1]:8786' })).base).toBe('http://[2001:db8::1]:8786')
    },
  )

  test('two proxies: the address that the first one saw, whatever the client wrote before it', async () => {
    const { ask } = await serve(2)
    expect((await ask({ 'x-forwarded-for': '6.6.6.6, 192.0.2.7, 10.0.0.1' })).ip).toBe('192.0.2.7')
    await app.close()
    const networks = await serve(['127.0.0.1', '10.0.0.0/8'])
    expect((await networks.ask({ 'x-forwarded-for': '6.6.6.6, 192.0.2.7, 10.0.0.1' })).ip).toBe('192.0.2.7')
  })

  test('a configured URL is the only one', async () => {
    const { ask } = await serve(true, 'https://manila.example.org/')
    expect((await ask(forged)).base).toBe('https://manila.example.org')
  })
})

test('WWW-Authenticate quotes what it names', () => {
  expect(authenticateHeader('http://a:1/identity')).toBe('Keystone uri="http://a:1/identity"')
  expect(authenticateHeader('http://a"\\\r\nx: y/identity')).toBe(
    'Keystone uri="http://a\\"\\\\x: y/identity"',
  )
  app = fastify()
})

test.each([
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2001:db8::1', '2001:db8::1'],
  ['unknown', null],
  [undefined, null],
])('%s is, as a rule would name it, %s', (socket, plain) => {
  expect(plainAddress(socket)).toBe(plain)
})
