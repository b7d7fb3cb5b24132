import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates, type Certificates } from '../../tools/programs/certificates.ts'
import { routes } from './routes.ts'
import type { CertificateAccounts } from '../auth/certificate-accounts.ts'
import { openBench, personas, type Bench } from './bench.fixture.ts'
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
  bench = await openBench(routes, (settings) => void (settings.api.tls = { ...settings.api.tls, ...served }))
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

const handshake = (options: object, at = port): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket: TLSSocket = connect(
      { host: '127.0.0.1', port: at, ca: readFileSync(first.ca), ...options },
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
  const wrong = {
    cert_file: first.cert,
    key_file: second.key,
    min_version: 'TLSv1.2' as const,
    client_ca_file: '',
    clients: [],
  }
  expect(() => tlsOptions(wrong)).toThrow(/\[api\.tls\] can not be used: .*mismatch/)
  expect(() => tlsOptions({ ...wrong, key_file: join(dir, 'none') })).toThrow(
    /\[api\.tls\] can not be used: .*none/,
  )
})

describe('a client certificate', () => {
  let guarded: Bench
  let at: number
  const asked: string[] = []
  beforeAll(async () => {
    const certificates = {
      identityOf: async (name: string) => {
        asked.push(name)
        return name === 'backup.example.org' ? personas.demo : null
      },
    } as unknown as CertificateAccounts
    const adjust = (settings: Bench['settings']): void => {
      settings.api.tls = {
        ...settings.api.tls,
        cert_file: first.cert,
        key_file: first.key,
        min_version: 'TLSv1.3',
        client_ca_file: second.ca,
        clients: [{ name: 'backup.example.org', user: 'demo', project: 'demo' }],
      }
    }
    guarded = await openBench(routes, adjust, { certificates })
    await guarded.app.listen({ host: '127.0.0.1', port: 0 })
    at = (guarded.app.server.address() as AddressInfo).port
  })
  afterAll(() => guarded.close())

  /** Signed by the authority of this folder. */
  function issue(authority: 'first' | 'second', subject: string, days = 2): { cert: Buffer; key: Buffer } {
    const here = join(dir, authority)
    const openssl = (...argv: string[]): void =>
      void execFileSync('openssl', argv, { cwd: here, stdio: 'pipe' })
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl('req', ...key, '-subj', subject, '-keyout', 'c.key', '-out', 'c.csr')
    openssl(
      'x509',
      '-req',
      '-in',
      'c.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      `${days}`,
      '-out',
      'c.pem',
    )
    return { cert: readFileSync(join(here, 'c.pem')), key: readFileSync(join(here, 'c.key')) }
  }
  const show = (who: object, headers: Record<string, string> = {}) =>
    ask(first.ca, '/v2/shares', {
      port: at,
      headers: { 'x-openstack-manila-api-version': '2.80', ...headers },
      ...who,
    })

  test('that our authority signed is its account, without a token', async () => {
    expect(await show(issue('second', '/CN=backup.example.org'))).toMatchObject({ status: 200 })
  })

  test('of a name that is not configured, or of two names, is nobody', async () => {
    expect(await show(issue('second', '/CN=other.example.org'))).toMatchObject({ status: 401 })
    expect(await show(issue('second', '/CN=other.example.org/CN=backup.example.org'))).toMatchObject({
      status: 401,
    })
    expect(await show(issue('second', '/O=backup.example.org'))).toMatchObject({ status: 401 })
  })

  test('that another authority signed, or that has ended, is nobody, and its name is not even looked up', async () => {
    asked.length = 0
    expect(await show(issue('first', '/CN=backup.example.org'))).toMatchObject({ status: 401 })
    expect(await show(issue('second', '/CN=backup.example.org', -1))).toMatchObject({ status: 401 })
    expect(await show({})).toMatchObject({ status: 401 })
    expect(asked).toEqual([])
  })

  test('is asked for over the version that is wanted, and no older', async () => {
    expect(await handshake({}, at)).toBe('TLSv1.3')
    await expect(handshake({ maxVersion: 'TLSv1.2' }, at)).rejects.toThrow(/version|protocol/i)
  })

  test('beside a token says nothing: the token alone is judged', async () => {
    const good = issue('second', '/CN=backup.example.org')
    expect(await show(good, { 'x-auth-token': 'forged' })).toMatchObject({ status: 401 })
    expect(await show(good, { 'x-auth-token': '' })).toMatchObject({ status: 401 })
    expect(await show(good, { 'x-auth-token': 'admin' })).toMatchObject({ status: 200 })
  })
})
