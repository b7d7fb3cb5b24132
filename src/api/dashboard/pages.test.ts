import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { version } from '../../runtime/version.ts'
import { openDashboard, script, writeBuild, type Asking, type DashboardBench } from './dashboard.fixture.ts'
import { chooseEncoding } from './pages.ts'

let world: DashboardBench
beforeEach(async () => {
  world = await openDashboard()
})
afterEach(() => world.close())
const ask = (url: string, asking?: Asking) => world.ask(url, asking)
const asset = '/dashboard/assets/index-Aa1_b-2.js'
const again = (): void => world.bench.clock.pass(2)

describe('the page', () => {
  test.each([
    '/dashboard/',
    '/dashboard/index.html',
    '/dashboard/shares',
    '/dashboard/shares/1f0e?tab=access',
    '/dashboard/admin/pools/a%23b',
  ])('is the answer to %s', async (url) => {
    const reply = await ask(url)
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8'])
    expect(reply.text).toContain('<base href="/dashboard/">')
  })

  test('has a policy, and a nonce that is of this answer alone', async () => {
    const nonces = new Set<string>()
    for (let count = 0; count < 20; count++) {
      const { headers, text } = await ask('/dashboard/')
      const nonce = /nonce="([A-Za-z0-9+/]{22}==)"/.exec(text)?.[1] ?? ''
      expect(text).not.toContain('__NONCE__')
      expect(headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`)
      nonces.add(nonce)
    }
    expect(nonces.size).toBe(20)
  })

  test('lets nothing in that is not ours', async () => {
    const { headers } = await ask('/dashboard/')
    const policy = new Map(
      String(headers['content-security-policy'])
        .split('; ')
        .map((one) => [one.split(' ')[0], one.split(' ').slice(1).join(' ')]),
    )
    expect(Object.fromEntries([...policy].filter(([name]) => name !== 'style-src'))).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'script-src-attr': "'none'",
      'img-src': "'self' data:",
      'font-src': "'self'",
      'connect-src': "'self'",
      'worker-src': "'self'",
      'manifest-src': "'self'",
      'base-uri': "'self'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
    })
    expect(String(headers['content-security-policy'])).not.toContain('unsafe')
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('camera=()'),
    })
    expect(headers).not.toHaveProperty('etag')
  })

  test('is asked for with a slash', async () => {
    const reply = await ask('/dashboard?a=b')
    expect([reply.status, reply.headers.location]).toEqual([302, '/dashboard/?a=b'])
    expect((await ask('/dashboard')).headers.location).toBe('/dashboard/')
  })
})

describe('assets', () => {
  test('are kept for ever, as small as the client takes them', async () => {
    const of = (encoding: string) => ask(asset, { headers: { 'accept-encoding': encoding } })
    const plain = await ask(asset)
    expect(plain.text).toBe(script)
    expect(plain.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
      'x-content-type-options': 'nosniff',
    })
    expect(plain.headers).not.toHaveProperty('content-encoding')
    for (const [encoding, unpack] of [
      ['br', brotliDecompressSync],
      ['gzip', gunzipSync],
    ] as const) {
      const raw = await world.app.inject({ url: asset, headers: { 'accept-encoding': encoding } })
      expect(raw.headers['content-encoding']).toBe(encoding)
      expect(unpack(raw.rawPayload).toString()).toBe(script)
      expect(raw.rawPayload.length).toBeLessThan(script.length / 10)
    }
    expect((await of('gzip, deflate, br')).headers['content-encoding']).toBe('br')
    const etags = new Set([
      plain.headers.etag,
      (await of('br')).headers.etag,
      (await of('gzip')).headers.etag,
    ])
    expect(etags.size).toBe(3)
  })

  test.each([
    ['', null],
    ['identity', null],
    ['deflate', null],
    ['gzip', 'gzip'],
    ['GZIP', 'gzip'],
    ['br;q=0, gzip', 'gzip'],
    ['br;q=0,*', 'gzip'],
    ['*', 'br'],
    ['br;q=0.1,gzip;q=1', 'br'],
    ['br;q=nonsense', null],
    ['x'.repeat(100_000), null],
  ])('of %.40j the client gets %s', (header, encoding) => {
    const encodings = new Map([
      ['br', ''],
      ['gzip', ''],
    ] as const)
    expect(chooseEncoding(header, { encodings })).toBe(encoding)
  })

  test('that are not there are not the page', async () => {
    const reply = await ask('/dashboard/assets/index-old.js')
    expect([reply.status, reply.headers['content-type'], reply.headers['cache-control']]).toEqual([
      404,
      'text/plain; charset=utf-8',
      'no-store',
    ])
  })

  test('a file without a hash in its name is asked about again', async () => {
    const reply = await ask('/dashboard/icon.svg')
    expect([reply.headers['content-type'], reply.headers['cache-control']]).toEqual([
      'image/svg+xml',
      'no-cache',
    ])
    const etag = String(reply.headers.etag)
    for (const known of [etag, `"x", W/${etag}`, '*']) {
      const unchanged = await ask('/dashboard/icon.svg', { headers: { 'if-none-match': known } })
      expect([known, unchanged.status, unchanged.text]).toEqual([known, 304, ''])
    }
    expect((await ask('/dashboard/icon.svg', { headers: { 'if-none-match': '"x"' } })).status).toBe(200)
  })

  test('HEAD says the same without the content', async () => {
    for (const url of [asset, '/dashboard/', '/dashboard/shares', '/dashboard/config.json']) {
      const [head, get] = [await ask(url, { method: 'HEAD' }), await ask(url)]
      expect([url, head.status, head.text]).toEqual([url, 200, ''])
      expect(head.headers['content-length']).toBe(get.headers['content-length'])
      expect(head.headers['cache-control']).toBe(get.headers['cache-control'])
    }
  })
})

describe('no path of a request reaches the file system', () => {
  const secret = 'the secret outside'
  test.each([
    '/dashboard/../secret.txt',
    '/dashboard/%2e%2e/secret.txt',
    '/dashboard/%2e%2e%2fsecret.txt',
    '/dashboard/..%2fsecret.txt',
    '/dashboard/..%5csecret.txt',
    '/dashboard/..\\secret.txt',
    '/dashboard/assets/../../secret.txt',
    '/dashboard/assets/%2e%2e/%2e%2e/secret.txt',
    '/dashboard/assets/..%2f..%2fsecret.txt',
    '/dashboard/assets/link.txt',
    '/dashboard/link.txt',
    '/dashboard/linked/secret.txt',
    '/dashboard/.hidden.txt',
    '/dashboard/assets/sub/deep.txt',
    '/dashboard//etc/passwd',
    '/dashboard/%2fetc%2fpasswd',
    '/dashboard/C:%5csecret.txt',
    '/dashboard/secret.txt%00.js',
    '/dashboard/assets/index-Aa1_b-2.js%00',
    '/dashboard/assets/index-Aa1_b-2.js.br',
    '/dashboard/%252e%252e%252fsecret.txt',
    `/dashboard/${'a/'.repeat(20_000)}`,
    `/dashboard/assets/${'../'.repeat(5000)}secret.txt`,
    '/dashboard/%',
    '/dashboard/%c0%ae%c0%ae/secret.txt',
  ])('%.60s', async (url) => {
    writeFileSync(join(world.dir, '..', 'secret.txt'), secret)
    writeFileSync(join(world.dir, '.hidden.txt'), secret)
    mkdirSync(join(world.dir, 'assets', 'sub'))
    writeFileSync(join(world.dir, 'assets', 'sub', 'deep.txt'), secret)
    symlinkSync(join(world.dir, '..', 'secret.txt'), join(world.dir, 'link.txt'))
    symlinkSync(join(world.dir, '..', 'secret.txt'), join(world.dir, 'assets', 'link.txt'))
    symlinkSync(join(world.dir, '..'), join(world.dir, 'linked'))
    again()
    const { status, text } = await ask(url)
    expect([200, 400, 404, 414]).toContain(status)
    expect(text).not.toContain(secret)
    expect(text).not.toContain('root:')
    if (status === 200) expect(text).toContain('<base href="/dashboard/">')
  })

  test('a folder of assets that is a link leads nowhere', async () => {
    const { dir } = world
    renameSync(join(dir, 'assets'), join(dir, '..', 'outside'))
    symlinkSync(join(dir, '..', 'outside'), join(dir, 'assets'))
    again()
    expect((await ask(asset)).status).toBe(404)
  })
})

describe('a build', () => {
  test('that is not there is asked for, and noticed when it comes', async () => {
    await world.close()
    world = await openDashboard({ built: false })
    const reply = await ask('/dashboard/')
    expect([reply.status, reply.headers['cache-control']]).toEqual([503, 'no-store'])
    expect(reply.text).toContain('npm run build')
    expect((await ask(asset)).status).toBe(503)
    writeBuild(world.dir)
    again()
    expect([(await ask('/dashboard/')).status, (await ask(asset)).status]).toEqual([200, 200])
  })

  test('that replaces another is noticed; what an open page still asks for is there', async () => {
    expect((await ask(asset)).status).toBe(200)
    writeBuild(world.dir, 'index-New.js', 'new()')
    again()
    expect((await ask('/dashboard/')).text).toContain('assets/index-New.js')
    expect((await ask('/dashboard/assets/index-New.js')).text).toBe('new()')
    expect((await ask(asset)).text).toBe(script)
    for (const name of readdirSync(join(world.dir, 'assets')).filter((one) => one.startsWith('index-Aa')))
      rmSync(join(world.dir, 'assets', name))
    again()
    expect((await ask(asset)).status).toBe(404)
  })

  test('that goes away under us is no failure', async () => {
    rmSync(world.dir, { recursive: true })
    // Before it is noticed, and after.
    for (const url of ['/dashboard/', asset]) expect((await ask(url)).status).toBe(404)
    again()
    for (const url of ['/dashboard/', asset]) expect((await ask(url)).status).toBe(503)
  })
})

test('what pages must know of the place is of their own origin, whatever that is called', async () => {
  for (const adjust of [{}, { public_url: 'https://manila.example.org:8786' }]) {
    await world.close()
    world = await openDashboard({ adjust: (settings) => void Object.assign(settings.api, adjust) })
    for (const host of ['localhost:9000', 'elsewhere', '<script>']) {
      const reply = await ask('/dashboard/config.json', { headers: { host } })
      expect([reply.status, reply.headers['cache-control']]).toEqual([200, 'no-store'])
      expect(reply.body).toEqual({
        session: 'cookie',
        endpoint: '/v2',
        identity: '/identity',
        identity_is_ours: true,
        release: version,
      })
    }
  }
})

test('nothing but GET and HEAD is answered below it', async () => {
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
    expect([method, (await ask('/dashboard/shares', { method })).status]).toEqual([method, 404])
  }
})
