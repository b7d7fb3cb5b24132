/**
 * A directory that goes away while it is used: killed, paused, or behind a network that swallows everything. Whoever is in stays in
 * for a while, whoever wants in is told that it can't be known now, nobody is told that a password was wrong, and the database's
 * own accounts notice nothing.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { makeCertificates } from '../../tools/programs/certificates.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LdapSettings } from '../../src/config/ldap.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { Fault } from '../../src/model/errors.ts'
import { hasSlapd, type Slapd } from '../../tools/programs/slapd.ts'
import { address, grantHeld } from './face-world.ts'
import { posix, suffix } from './layouts.ts'
import { commonOptions, corp, openAuth, startLayout, type Opened } from './ldap-world.ts'
import { passwordOf, serviceAccount } from './suite.ts'

/** Milliseconds one call may take in these tests, and what a busy machine may add to it. */
const deadlineMs = 1000
const slackMs = 900
const layout = posix()

const options = (urls: readonly string[]): Partial<LdapSettings> => ({
  ...commonOptions(urls),
  ...layout.options,
  timeout_s: deadlineMs / 1000,
  cache_s: 60,
  outage_s: 300,
})

const login = ({ auth }: Opened, name = 'alice'): Promise<{ token: string }> =>
  auth.loginWithPassword({
    user: { name, domain: { id: name === serviceAccount ? 'default' : corp } },
    password: passwordOf(name),
    address,
    scope: { project: { name: name === serviceAccount ? 'service' : 'blue', domain: { id: corp } } },
  })

/** The refusal's code, and how long it took. */
async function refused(work: () => Promise<unknown>): Promise<{ code: string; ms: number; says: string }> {
  const began = performance.now()
  const error: unknown = await work().then(
    () => null,
    (reason: unknown) => reason,
  )
  const ms = performance.now() - began
  if (error === null) return { code: 'let in', ms, says: '' }
  if (!(error instanceof Fault)) throw error
  return { code: error.code, ms, says: error.message }
}

/** Milliseconds until a login succeeds; until then it may only be said to be unknown. */
async function untilBack(opened: Opened): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { code } = await refused(() => login(opened))
    const ms = performance.now() - began
    if (code === 'let in' || ms > 20_000) return ms
    expect(code).toBe('Unavailable')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function failures({ store }: Opened): Promise<number> {
  const rows = await store.db.selectFrom('login_records').selectAll().where('failures', '>', 0).execute()
  return rows.length
}

describe.skipIf(!hasSlapd())('on a private server (slapd) auth: LDAP outages', () => {
  let server: Slapd
  let opened: Opened
  beforeAll(async () => {
    server = await startLayout(layout)
    opened = await openAuth(options([server.url]))
    await grantHeld(opened.auth, corp, 'assigned')
  })
  afterAll(async () => {
    await opened.close()
    await server.remove()
  })

  const faults = [
    { what: 'killed', away: () => server.kill(), back: () => server.start() },
    {
      what: 'paused',
      away: async () => server.pause(),
      back: async () => server.resume(),
    },
  ]
  test.each(faults)(
    '$what: who is in stays in, who wants in gets 503, and all is well after',
    async ({ away, back }) => {
      opened.clock.pass(61)
      const { token } = await login(opened)
      expect(await opened.auth.verify(token)).not.toBeNull()
      await away()
      try {
        // Past the window in which nothing is asked.
        opened.clock.pass(6)
        const service = login(opened, serviceAccount)
        const first = await refused(() => login(opened))
        expect(first).toMatchObject({
          code: 'Unavailable',
          says: expect.stringMatching(/directory server cannot be reached/) as string,
        })
        expect(first.ms).toBeLessThan(2 * deadlineMs + slackMs)
        // Nobody waits for what is known to be away.
        const next = await refused(() => login(opened))
        expect(next.code).toBe('Unavailable')
        expect(next.ms).toBeLessThan(300)
        expect(await opened.auth.verify(token)).toMatchObject({ userName: 'alice', projectName: 'blue' })
        expect((await opened.auth.verify((await service).token))?.roles).toContain('service')
        // Older than it is believed, but nobody can be asked.
        opened.clock.pass(100)
        expect(await opened.auth.verify(token)).not.toBeNull()
        // In the end not knowing is said, too, rather than guessed.
        opened.clock.pass(300)
        expect((await refused(() => opened.auth.verify(token))).code).toBe('Unavailable')
        expect(await failures(opened)).toBe(0)
      } finally {
        await back()
      }
      expect(await untilBack(opened)).toBeLessThan(2000)
      expect(await opened.auth.verify(token)).not.toBeNull()
    },
  )

  test('forty logins at once while it is paused all end in time, and none counts as failed', async () => {
    server.pause()
    const began = performance.now()
    try {
      const all = Array.from({ length: 40 }, () => refused(() => login(opened)))
      const codes = new Set((await Promise.all(all)).map(({ code }) => code))
      expect([...codes]).toEqual(['Unavailable'])
      expect(performance.now() - began).toBeLessThan(2 * deadlineMs + slackMs)
      expect(await failures(opened)).toBe(0)
    } finally {
      server.resume()
    }
    expect(await untilBack(opened)).toBeLessThan(2000)
  })

  test('a list that takes long as a whole is no outage, as long as it goes on', async () => {
    // A proxy that lets an answer through after 600 ms, as a slow line would.
    const slow = await slowProxy(server.port, 600)
    const here = await openAuth({
      ...options([slow.url]),
      page_size: 10,
      user_object_classes: [],
      user_base: suffix,
      user_id_attribute: 'entryUUID',
      user_name_attribute: 'objectClass',
    })
    try {
      const all = await here.auth.directory.users.listUsers({ domainId: corp, limit: 1000 })
      expect(all.length).toBeGreaterThan(10)
      expect(here.troubles).toEqual([])
    } finally {
      await here.close()
      await slow.close()
    }
  })

  test('connections that the server ended meanwhile are no outage', async () => {
    await login(opened)
    await server.stop()
    await server.start()
    expect((await refused(() => login(opened))).code).toBe('let in')
  })
})

describe.skipIf(!hasSlapd())('on a private server (slapd) auth: LDAP behind a black hole', () => {
  test('what accepts and never answers costs one deadline; back on its port within 2 s', async () => {
    const port = await freePort()
    const hole = await blackHole(port)
    const opened = await openAuth(options([`ldap://127.0.0.1:${port}`]))
    let server: Slapd | null = null
    try {
      const first = await refused(() => login(opened))
      expect(first.code).toBe('Unavailable')
      expect(first.ms).toBeGreaterThan(deadlineMs - 100)
      expect(first.ms).toBeLessThan(deadlineMs + slackMs)
      expect((await refused(() => login(opened))).ms).toBeLessThan(300)
      await hole.close()
      server = await startLayout(layout, { port })
      await grantSoon(opened)
      expect(await untilBack(opened)).toBeLessThan(2000)
    } finally {
      await hole.close()
      await opened.close()
      await server?.remove()
    }
  })

  test('a second server takes over without a failed login, whatever became of the first', async () => {
    const [one, two] = [await startLayout(layout), await startLayout(layout)]
    const opened = await openAuth(options([one.url, two.url]))
    try {
      await grantHeld(opened.auth, corp, 'assigned')
      for (const away of ['killed', 'paused'] as const) {
        const codes: string[] = []
        const end = new AbortController()
        const users = Array.from({ length: 4 }, async () => {
          while (!end.signal.aborted) codes.push((await refused(() => login(opened))).code)
        })
        await until(() => codes.length > 8)
        if (away === 'killed') await one.kill()
        else one.pause()
        const at = codes.length
        await until(() => codes.length > at + 20)
        if (away === 'killed') await one.start()
        else one.resume()
        end.abort()
        await Promise.all(users)
        expect({ away, codes: [...new Set(codes)] }).toEqual({ away, codes: ['let in'] })
      }
    } finally {
      await opened.close()
      await one.remove()
      await two.remove()
    }
  })
})

describe.skipIf(!hasSlapd())('on a private server (slapd) auth: LDAP over TLS', () => {
  let dir: string
  let server: Slapd
  let ca: string
  let strange: string
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ldap-tls-'))
    const [own, other] = [mkdtempSync(join(dir, 'a-')), mkdtempSync(join(dir, 'b-'))]
    const made = await makeCertificates(own)
    ca = made.ca
    strange = (await makeCertificates(other)).ca
    server = await startLayout(layout, { tls: { cert: made.cert, key: made.key, ca: made.ca } })
  })
  afterAll(async () => {
    await server.remove()
    rmSync(dir, { recursive: true })
  })

  const tried = async (more: Partial<LdapSettings>): Promise<{ code: string; troubles: string }> => {
    const opened = await openAuth({ ...options([server.url]), ...more })
    try {
      const user = { name: 'bob', domain: { id: corp } }
      const password = passwordOf('bob')
      const work = () => opened.auth.loginWithPassword({ user, password, address, scope: 'unscoped' })
      return { code: (await refused(work)).code, troubles: opened.troubles.join('; ') }
    } finally {
      await opened.close()
    }
  }

  test.each(['ldaps', 'StartTLS'])(
    '%s: a certificate of the authority is believed, another is not',
    async (scheme) => {
      const urls = [scheme === 'ldaps' ? server.ldapsUrl : server.url]
      const tls = { urls, start_tls: scheme !== 'ldaps' }
      expect(await tried({ ...tls, ca_file: ca })).toEqual({ code: 'let in', troubles: '' })
      expect(await tried({ ...tls, ca_file: strange })).toMatchObject({
        code: 'Unavailable',
        troubles: expect.stringMatching(/certificate|signature/i) as string,
      })
      // The system's authorities know it even less.
      expect(await tried(tls)).toMatchObject({ code: 'Unavailable' })
      expect(await tried({ ...tls, verify: false })).toMatchObject({ code: 'let in' })
    },
  )

  test('a certificate for another name is not believed', async () => {
    const elsewhere = mkdtempSync(join(dir, 'c-'))
    const made = await makeCertificates(elsewhere, ['DNS:other.example'])
    const other = await startLayout(layout, { tls: { cert: made.cert, key: made.key } })
    try {
      for (const tls of [
        { urls: [other.ldapsUrl], start_tls: false },
        { urls: [other.url], start_tls: true },
      ]) {
        expect(await tried({ ...tls, ca_file: made.ca })).toMatchObject({
          code: 'Unavailable',
          troubles: expect.stringMatching(/other\.example|altnames/i) as string,
        })
      }
    } finally {
      await other.remove()
    }
  })

  test('a server without StartTLS is not spoken to in clear', async () => {
    const plain = await startLayout(layout)
    try {
      expect(await tried({ urls: [plain.url], start_tls: true, ca_file: ca })).toMatchObject({
        code: 'Unavailable',
      })
    } finally {
      await plain.remove()
    }
  })

  test('the service may log in by its certificate', async () => {
    const files = {
      cert_file: join(join(ca, '..'), 'server.pem'),
      cert_key_file: join(join(ca, '..'), 'server.key'),
    }
    // slapd calls whoever shows it by the subject; anybody who is bound may read.
    const by = { urls: [server.ldapsUrl], ca_file: ca, bind_dn: '', bind_password: '' }
    expect(await tried({ ...by, ...files })).toEqual({ code: 'let in', troubles: '' })
    // Without it nobody is bound, and nothing is shown.
    expect(await tried(by)).toMatchObject({ code: 'Unauthorized' })
  })
})

async function grantSoon(opened: Opened): Promise<void> {
  await until(async () =>
    grantHeld(opened.auth, corp, 'assigned').then(
      () => true,
      () => false,
    ),
  )
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error('it never came to that')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Passes on what the server says after a while. */
async function slowProxy(port: number, ms: number): Promise<{ url: string; close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
    client.pipe(upstream)
    upstream.on('data', (data: Buffer) => setTimeout(() => client.write(data), ms))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as AddressInfo
  return {
    url: `ldap://127.0.0.1:${own}`,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Accepts, reads, and says nothing. */
async function blackHole(port: number): Promise<{ close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.resume()
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    async close() {
      for (const socket of sockets) socket.destroy()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}
