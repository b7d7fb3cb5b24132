import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates, type Certificates } from '../parts/certificates.ts'
import { routes } from './routes.ts'
import { openBench, type Bench } from './test-bench.ts'
import { tlsOptions } from './tls.ts'

let dir: string
let first: Certificates
let second: Certificates
let served: { cert_file: string; key_file: string }
let bench: Bench
let port: number

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'api-tls-'))
  for (const name of ['first', 'second', 'served']) mkdirSync(join(dir, name))
  first = await makeCertificates(join(dir, 'first'))
  second = await makeCertificates(join(dir, 'second'))
  served = { cert_file: join(dir, 'served', 'cert.pem'), key_file: join(dir, 'served', 'key.pem') }
  serve(first)
  bench = await openBench(
    routes,
    (settings) => void (settings.api.tls = { ...served, min_version: 'TLSv1.2' }),
  )
  await bench.app.listen({ host: '127.0.0.1', port: 0 })
  port = (bench.app.server.address() as AddressInfo).port
}, 60_000)
afterAll(async () => {
  await bench.close()
  rmSync(dir, { recursive: true })
})

function serve({ cert, key }: Certificates): void {
  copyFileSync(cert, served.cert_file)
  copyFileSync(key, served.key_file)
}

/** Status and body, by a client that trusts this authority. */
function ask(
  ca: string,
  path = '/v2/shares',
  options: RequestOptions = {},
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-auth-token': 'admin', 'x-openstack-manila-api-version': '2.80' }
    const sent = request(
      { host: '127.0.0.1', port, path, headers, ca: readFileSync(ca), agent: false, ...options },
      (reply) => {
        let text = ''
        reply.on('data', (part: Buffer) => (text += part.toString()))
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, text }))
      },
    )
    sent.on('error', reject)
    sent.end()
  })
}

const handshake = (options: object): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { host: '127.0.0.1', port, ca: readFileSync(first.ca), ...options },
      () => {
        resolve(socket.getProtocol() ?? '')
        socket.destroy()
      },
    )
    socket.on('error', reject)
  })

describe('the API with a certificate', () => {
  test('serves over TLS, and says so in its links', async () => {
    expect(await ask(first.ca)).toMatchObject({ status: 200 })
    const versions = await ask(first.ca, '/')
    expect(versions.status).toBe(300)
    expect(versions.text).toContain(`"https://127.0.0.1:${port}/v2/"`)
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow()
  })

  test('speaks no older version than it should', async () => {
    expect(await handshake({})).toBe('TLSv1.3')
    expect(await handshake({ maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
    // @SECLEVEL=0, or our own client would refuse before it asks.
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }
    await expect(handshake(old)).rejects.toThrow(/version|handshake|protocol/i)
  })

  test('shows a changed certificate to new connections, and keeps the old one while the new can not be used', async () => {
    writeFileSync(served.cert_file, 'half a cert')
    await new Promise((resolve) => setTimeout(resolve, 2500))
    expect(await ask(first.ca)).toMatchObject({ status: 200 })
    serve(second)
    const isNew = (): Promise<boolean> =>
      ask(second.ca).then(
        () => true,
        () => false,
      )
    await expect.poll(isNew, { timeout: 10_000 }).toBe(true)
    await expect(ask(first.ca)).rejects.toThrow(/certificate|signature/)
  }, 30_000)

  test('ends a connection that sends requests ahead, as without TLS', async () => {
    const socket = connect({ host: '127.0.0.1', port, ca: readFileSync(second.ca) })
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.write('GET /v2/shares HTTP/1.1\r\nhost: x\r\nx-auth-token: admin\r\n\r\n'.repeat(200))
    socket.resume()
    await closed
  })
})

test('a key that is not the certificate’s is refused at the start', () => {
  const wrong = { cert_file: first.cert, key_file: second.key, min_version: 'TLSv1.2' as const }
  expect(() => tlsOptions(wrong)).toThrow(/\[api\.tls\] can not be used: .*mismatch/)
  expect(() => tlsOptions({ ...wrong, key_file: join(dir, 'none') })).toThrow(
    /\[api\.tls\] can not be used: .*none/,
  )
})
