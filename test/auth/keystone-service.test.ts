/** A whole service whose identity is a private real Keystone: its stock clients, and what it answers while Keystone is away. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasKeystone } from '../../tools/programs/keystone.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { until } from '../faults/world.ts'
import { hasStockClients, stockShell, type StockShell } from '../helpers/stock-shell.ts'
import { inProject, openCast, type Cast } from './keystone-cast.ts'
import { passwordOf, serviceAccount } from './suite.ts'
import { openWire, type Wire } from './wire.ts'

/** Seconds that the check of a token may take here, and how many may be under way. */
const timeoutS = 2
const maxWaiting = 20

const dir = mkdtempSync(join(tmpdir(), 'manila-ks-'))
let cast: Cast
let wire: Wire
let service: ServiceProcess

interface Answer {
  readonly status: number
  readonly ms: number
  readonly retryAfter: string | null
  readonly authenticate: string | null
  readonly text: string
}

async function ask(token: string, path = '/v2/shares'): Promise<Answer> {
  const began = performance.now()
  const reply = await fetch(`${service.url}${path}`, {
    headers: { 'x-auth-token': token, 'x-openstack-manila-api-version': '2.80' },
  })
  const text = await reply.text()
  return {
    status: reply.status,
    ms: performance.now() - began,
    retryAfter: reply.headers.get('retry-after'),
    authenticate: reply.headers.get('www-authenticate'),
    text,
  }
}

const fresh = (name = 'alice'): Promise<string> => cast.login(name, passwordOf(name), inProject('blue'))

/** Milliseconds until a token that nobody knows yet is let in. */
async function untilKnown(token: string): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { status } = await ask(token)
    const ms = performance.now() - began
    if (status === 200) return ms
    expect(status).toBe(503)
    if (ms > 30_000) throw new Error('Keystone is back and nobody is let in')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

describe.skipIf(!hasKeystone())('on a private server (python3-keystone) a service', () => {
  beforeAll(async () => {
    cast = await openCast()
    wire = await openWire(Number(new URL(cast.keystone.url).port))
    service = await startServiceProcess({
      dir: join(dir, 'var'),
      kind: 'sim',
      settings: {
        auth: {
          backend: 'keystone',
          keystone: {
            auth_url: `http://127.0.0.1:${wire.port}`,
            www_authenticate_uri: cast.keystone.url,
            username: serviceAccount,
            password: passwordOf(serviceAccount),
            timeout_s: timeoutS,
            max_waiting: maxWaiting,
            token_cache_time_s: 600,
          },
        },
        backends: {
          alpha: {
            driver: 'sim',
            exporter: 'sim',
            driver_options: { pools: [{ name: 'p', total_gib: 500, thin: true }] },
          },
        },
      },
    })
  }, 180_000)
  afterAll(async () => {
    await service?.stop()
    await wire?.close()
    await cast?.keystone.remove()
    rmSync(dir, { recursive: true, force: true })
  })

  test('lets in whom Keystone knows, and sends everybody else there', async () => {
    expect(await ask(await fresh())).toMatchObject({ status: 200 })
    const refused = { status: 401, authenticate: `Keystone uri="${cast.keystone.url}"` }
    expect(await ask('forged')).toMatchObject(refused)
    expect(await ask(`${await fresh()}x`)).toMatchObject(refused)
  })

  test('refuses tokens of another scope, whatever role they carry', async () => {
    const { admin } = cast.keystone
    const [alice, role] = [cast.idOf('users', 'alice'), cast.idOf('roles', 'admin')]
    await admin('PUT', `/domains/default/users/${alice}/roles/${role}`)
    await admin('PUT', `/system/users/${alice}/roles/${role}`)
    for (const scope of ['unscoped', { domain: { id: 'default' } }, { system: { all: true } }] as const) {
      const token = await cast.login('alice', passwordOf('alice'), scope)
      expect({ scope, ...(await ask(token)) }).toMatchObject({ scope, status: 403 })
    }
  })

  test('takes no identity from a header', async () => {
    const headers = {
      'x-user-id': 'u',
      'x-project-id': 'p',
      'x-roles': 'admin',
      'x-identity-status': 'Confirmed',
    }
    expect((await fetch(`${service.url}/v2/shares`, { headers })).status).toBe(401)
  })

  describe('a browser', () => {
    const ours = {
      'content-type': 'application/json',
      'x-manila-dashboard': '1',
      'sec-fetch-site': 'same-origin',
    }
    async function browse(method: string, path: string, cookie = '', body?: object) {
      const reply = await fetch(service.url + path, {
        method,
        headers: { ...ours, cookie, 'x-openstack-manila-api-version': '2.80' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await reply.text()
      const set = (reply.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
      return { status: reply.status, cookie: set, body: text === '' ? undefined : JSON.parse(text) }
    }
    const session = '/dashboard/session'
    const logIn = (password = passwordOf('alice'), more: object = {}) =>
      browse('POST', session, '', { name: 'alice', password, ...more })

    test('logs in there through this service, and never has the token', async () => {
      const alone = await logIn()
      expect(alone.status).toBe(201)
      const places: { id: string; name: string }[] = alone.body.session.projects
      // The first one by name of those that Keystone lets alice into.
      expect(alone.body.session.project.name).toBe(places.map(({ name }) => name).toSorted()[0])
      const { status, cookie, body } = await logIn(passwordOf('alice'), { project: { name: 'blue' } })
      expect([status, body.session.project.name, body.session.user.domain.name]).toEqual([
        201,
        'blue',
        'Default',
      ])
      expect((await browse('GET', '/v2/shares', cookie)).status).toBe(200)
      expect((await browse('GET', session, cookie)).body.session.user.name).toBe('alice')
      const other = places.find(({ name }) => name !== 'blue')
      if (other !== undefined) {
        const change = await browse('PUT', session, cookie, { project: { id: other.id } })
        expect([change.status, change.body.session.project.id]).toEqual([200, other.id])
        expect((await browse('GET', `/v2/${other.id}/shares`, cookie)).status).toBe(200)
      }
      expect((await browse('PUT', session, cookie, { project: { id: 'nowhere' } })).status).toBe(403)
      expect((await browse('DELETE', session, cookie)).status).toBe(204)
      expect((await browse('GET', '/v2/shares', cookie)).status).toBe(401)
      const config = (await browse('GET', '/dashboard/config.json')).body
      expect(config).toMatchObject({ identity: cast.keystone.url, identity_is_ours: false })
    })

    test('with the wrong password is refused, and with the right one while Keystone is away is told so', async () => {
      expect((await logIn('no')).status).toBe(401)
      await wire.blackHole()
      try {
        const reply = await logIn()
        expect([reply.status, reply.cookie]).toEqual([503, ''])
        expect(reply.body.error.message).toContain('identity service does not answer')
      } finally {
        await wire.heal()
      }
      await until('Keystone is found again', 30_000, async () => (await logIn()).status === 201)
    })
  })

  test('says where the identity service is, and takes no password', async () => {
    const login = await fetch(`${service.url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', host: 'evil.example' },
      body: '{"auth": {"identity": {"methods": ["password"]}}}',
    })
    expect(login.status).toBe(404)
    expect(await login.json()).toEqual({
      error: {
        code: 404,
        title: 'Not Found',
        message: `This service is not the identity service: that is ${cast.keystone.url}`,
      },
    })
    expect((await fetch(`${service.url}/identity`)).status).toBe(404)
  })

  describe.skipIf(!hasStockClients())(
    'has stock clients (python3-openstackclient, python3-manilaclient)',
    () => {
      let openstack: StockShell
      let manila: StockShell
      const ran = { good: 0, failed: [] as string[] }
      beforeAll(async () => {
        ;[openstack, manila] = [
          stockShell('openstackclient.shell', dir),
          stockShell('manilaclient.shell', dir),
        ]
        const { admin } = cast.keystone
        for (const [type, name] of [
          ['shared-file-system', 'manila'],
          ['sharev2', 'manilav2'],
        ] as const) {
          const made: { service: { id: string } } = await admin('POST', '/services', {
            service: { type, name },
          })
          for (const kind of ['public', 'internal', 'admin']) {
            const endpoint = {
              service_id: made.service.id,
              interface: kind,
              region_id: 'RegionOne',
              // As microversions before 2.60 have it documented.
              url: `${service.url}/v2${type === 'sharev2' ? '/%(project_id)s' : ''}`,
            }
            await admin('POST', '/endpoints', { endpoint })
          }
        }
      })
      afterAll(() => {
        openstack?.end()
        manila?.end()
      })

      const common = { OS_IDENTITY_API_VERSION: '3', OS_REGION_NAME: 'RegionOne' }
      const as = (name: string, project = 'blue'): Record<string, string> => ({
        ...common,
        OS_AUTH_URL: cast.keystone.url,
        OS_USERNAME: name,
        OS_PASSWORD: passwordOf(name),
        OS_PROJECT_NAME: project,
        OS_USER_DOMAIN_NAME: 'Default',
        OS_PROJECT_DOMAIN_NAME: 'Default',
      })
      /** Runs it, counts it, and answers what it printed. */
      async function does(
        shell: StockShell,
        env: Readonly<Record<string, string>>,
        line: string,
      ): Promise<string> {
        const { code, out, err } = await shell.run(line.split(' '), env)
        if (code === 0) ran.good++
        else ran.failed.push(`${line}: ${err.trim()}`)
        return out
      }

      test('that find it in the catalog of Keystone and live the whole life of a share', async () => {
        const bob = as('bob')
        const openstacks = async (line: string): Promise<never> =>
          JSON.parse((await does(openstack, bob, `${line} -f json`)) || 'null') as never
        const issued: { project_id: string } = await openstacks('token issue')
        expect(issued.project_id).toBe(cast.idOf('projects', 'blue'))
        expect(await openstacks('share list')).toEqual([])
        expect(await openstacks('share type list')).toMatchObject([{ Name: 'default' }])
        expect(await openstacks('share create NFS 1 --name a --wait')).toMatchObject({
          status: 'available',
          project_id: issued.project_id,
        })
        expect(await openstacks('share show a')).toMatchObject({ size: 1 })
        expect(await openstacks('share list')).toMatchObject([{ Name: 'a' }])
        expect(await openstacks('share access create a ip 10.0.0.0/24')).toMatchObject({
          access_to: '10.0.0.0/24',
        })
        const rules: { ID: string }[] = await openstacks('share access list a')
        expect(rules).toHaveLength(1)
        expect(await openstacks('share snapshot create a --name s --wait')).toMatchObject({ name: 's' })
        expect(await openstacks('share snapshot list')).toMatchObject([{ Name: 's' }])
        await does(openstack, bob, 'share set a --property k=v')
        await does(openstack, bob, 'share resize a 2 --wait')
        expect(await openstacks('share export location list a')).toHaveLength(1)
        expect(await openstacks(`share quota show ${issued.project_id}`)).toMatchObject({ shares: 50 })
        expect(await openstacks('share message list')).toEqual([])
        expect(await openstacks('share availability zone list')).toHaveLength(1)
        await does(openstack, bob, 'share snapshot delete s --wait')
        await does(openstack, bob, 'share delete a --wait')
        expect(await openstacks('share list')).toEqual([])
      }, 180_000)

      test('the old one too, and an administrator who sees what others do not', async () => {
        const [bob, alice] = [as('bob'), as('alice')]
        expect(await does(manila, bob, 'create NFS 1 --name m --wait')).toMatch(/available/)
        for (const line of [
          'list',
          'show m',
          'type-list',
          'quota-show',
          'snapshot-list',
          'absolute-limits',
        ]) {
          expect(await does(manila, bob, line)).toMatch(/\+--/)
        }
        expect(await does(manila, alice, 'pool-list')).toMatch(/alpha#p/)
        expect(await does(manila, alice, 'service-list')).toMatch(/manila-share/)
        const refused = await manila.run(['service-list'], bob)
        expect(refused.code).not.toBe(0)
        expect(refused.err).toMatch(/403/)
        await does(manila, bob, 'delete m --wait')
      }, 120_000)

      test('an application credential, and one that may do a little only', async () => {
        const bob = as('bob')
        // Roles that come from a group are none of its own in Debian's Keystone: alice has hers herself.
        const secretOf = (made: string) => JSON.parse(made) as { id: string; secret: string }
        const env = ({ id, secret }: { id: string; secret: string }): Record<string, string> => ({
          ...common,
          OS_AUTH_TYPE: 'v3applicationcredential',
          OS_AUTH_URL: cast.keystone.url,
          OS_APPLICATION_CREDENTIAL_ID: id,
          OS_APPLICATION_CREDENTIAL_SECRET: secret,
        })
        const all = secretOf(await does(openstack, bob, 'application credential create all -f json'))
        expect(await does(openstack, env(all), 'share list -f json')).toBe('[]\n')
        const rules = JSON.stringify([
          { path: '/v2/shares/detail', method: 'GET', service: 'sharev2' },
          { path: '/v2/types', method: 'GET', service: 'shared-file-system' },
        ]).replaceAll(' ', '')
        const few = secretOf(
          await does(openstack, bob, `application credential create few --access-rules ${rules} -f json`),
        )
        expect(await does(openstack, env(few), 'share list -f json')).toBe('[]\n')
        const beyond = await openstack.run(['share', 'snapshot', 'list'], env(few))
        expect(beyond.code).not.toBe(0)
        expect(beyond.err).toMatch(/401|authentication/)
        expect(await does(openstack, bob, 'application credential list -f json')).toMatch(/"few"/)
        await does(openstack, bob, 'application credential delete few')
        await does(openstack, bob, 'application credential delete all')
      }, 120_000)

      test('that came to us for a token print where they are to go', async () => {
        const lost = await openstack.run(['share', 'list'], {
          ...as('bob'),
          OS_AUTH_URL: `${service.url}/identity`,
        })
        expect(lost.code).not.toBe(0)
        expect(lost.err).toContain(`This service is not the identity service: that is ${cast.keystone.url}`)
      }, 60_000)

      test('and every command that was to succeed did', () => {
        const all = ran.good + ran.failed.length
        console.info(`stock clients on Keystone: ${ran.good} of ${all} commands succeed`)
        expect(ran.failed).toEqual([])
        expect(all).toBeGreaterThan(34)
      })
    },
  )

  describe('while Keystone', () => {
    let known: string
    beforeAll(async () => {
      known = await fresh()
      expect(await ask(known)).toMatchObject({ status: 200 })
    })

    /** What must hold meanwhile; the token is one that nobody has asked about. */
    async function away(unknown: string): Promise<void> {
      expect(await ask(known)).toMatchObject({ status: 200 })
      const refused = await ask(unknown)
      expect(refused).toMatchObject({ status: 503, retryAfter: '2' })
      expect(refused.text).toContain('The identity service does not answer')
      expect(refused.ms).toBeLessThan(timeoutS * 1000 + 1500)
      // A balancer that shows a token keeps this API.
      expect(await ask(unknown, '/healthcheck')).toMatchObject({ status: 200 })
      expect(await ask(known)).toMatchObject({ status: 200 })
    }

    test('is killed, those who are known go on, others are told so at once, and it is well within 2 s of its return', async () => {
      const unknown = await fresh()
      await cast.keystone.kill()
      for (let round = 0; round < 4; round++) await away(unknown)
      // By now nobody waits any more.
      expect((await ask(unknown)).ms).toBeLessThan(500)
      await cast.keystone.start()
      expect(await untilKnown(unknown)).toBeLessThan(2000)
    })

    test('is paused, the same', async () => {
      const unknown = await fresh()
      cast.keystone.pause()
      for (let round = 0; round < 3; round++) await away(unknown)
      cast.keystone.resume()
      expect(await untilKnown(unknown)).toBeLessThan(2000)
    })

    test('is behind a network that swallows everything, the same, and no more wait than may', async () => {
      const unknown = await fresh()
      await wire.blackHole()
      const flood = Array.from({ length: 5 * maxWaiting }, (_, i) => ask(`${unknown}${i}`))
      const amid = await ask(known)
      expect(amid.status).toBe(200)
      const answers = await Promise.all(flood)
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503))
      const waited = answers.filter(({ ms }) => ms > timeoutS * 900)
      expect(waited.length).toBeGreaterThan(0)
      const longestMs = Math.max(...answers.map(({ ms }) => ms))
      expect(longestMs).toBeLessThan(timeoutS * 1000 + 1500)
      // Whoever comes when the first have given up, which a busy machine makes of some, takes a place that is free again.
      expect(waited.length).toBeLessThanOrEqual(maxWaiting * Math.ceil(longestMs / (timeoutS * 1000)))
      await away(unknown)
      expect((await ask(unknown)).ms).toBeLessThan(500)
      await wire.heal()
      expect(await untilKnown(unknown)).toBeLessThan(2000)
    })
  })

  test('logs no token and no password', () => {
    const log = join(dir, 'var', 'manila.log')
    expect(existsSync(log)).toBe(true)
    const text = readFileSync(log, 'utf8')
    expect(text).toContain('Keystone does not answer')
    expect(text).toContain('Keystone answers again')
    expect(text).not.toMatch(/gAAAA|über & \(secret\)/)
  })
})
