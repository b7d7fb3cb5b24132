/**
 * Two manila-api of two workers each behind HAProxy with the configuration of `deploy/`: what an operator does to them, and what
 * happens to them, fails no request.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ensureAccount } from '../../src/auth/bootstrap.ts'
import { AuthManager } from '../../src/auth/manager.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import { migrate, openStore, type Store } from '../../src/db/open.ts'
import { makeCertificates } from '../../tools/programs/certificates.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { hasProgram } from '../../tools/programs/packages.ts'
import { hasPostgres, startPostgres } from '../../tools/programs/postgres.ts'
import { ensureAccounts } from '../../tools/quickstart/accounts.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { connect } from '../../src/sdk/connect.ts'
import type { Ask } from '../../src/sdk/exchange.ts'
import { trustingFetch } from '../../src/sdk/trusting-fetch.ts'
import { until } from '../faults/world.ts'
import { programs } from '../helpers/one-file.ts'
import { freePort } from '../../src/exec/free-port.ts'

const root = join(import.meta.dirname, '../..')
const there = hasPostgres() && hasProgram('haproxy')
/** Longer than HAProxy needs to see it: two checks, a second apart. */
const drainS = 3

interface Api {
  readonly port: number
  readonly metricsPort: number
  readonly process: ChildProcess
  /** What it wrote to its standard error. */
  said(): string
  workers(): number[]
}

describe.runIf(there)(`manila-api behind HAProxy${there ? '' : ' (haproxy, postgresql)'}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'manila-apis-'))
  const policyFile = join(dir, 'policy.yaml')
  let server: DatabaseServer
  let store: Store
  let ca: string
  let url: string
  let token: string
  let balancer: ChildProcess
  const apis: Api[] = []
  let configuration: (port: number, metricsPort: number) => object

  beforeAll(async () => {
    server = await startPostgres()
    const database = await createDatabase(server)
    store = await openStore(database)
    await migrate(store)
    const certificates = await makeCertificates(dir)
    ca = certificates.ca
    writeFileSync(policyFile, '{}\n')
    const bind = await freePort()
    url = `https://127.0.0.1:${bind}`
    const auth = { key_file: join(dir, 'token-key.json') }
    configuration = (port, metricsPort) => ({
      host: `control-${port}`,
      state_dir: join(dir, String(port)),
      database: { url: database },
      auth,
      api: {
        port,
        workers: 2,
        drain_s: drainS,
        public_url: url,
        trust_proxy: ['127.0.0.1'],
        policy_file: policyFile,
      },
      metrics: { port: metricsPort },
    })
    const manager = await AuthManager.open({
      store,
      clock: systemClock(),
      keyFile: auth.key_file,
      tokenLifetimeS: 3600,
    })
    const clouds = await ensureAccounts(manager, dir, url, { link: false })
    for (const userName of ['guessed', 'forged']) {
      const roles = ['member']
      await ensureAccount(manager, { userName, projectName: 'guessed', password: 'right', roles })
    }
    for (let count = 0; count < 2; count++) apis.push(await startApi())
    balancer = await startBalancer(bind, certificates)
    const cloud = { cloud: 'manila-demo', cacert: ca, env: { OS_CLIENT_CONFIG_FILE: clouds } }
    token = await (await connect(cloud)).tokens.current()
  })
  afterAll(async () => {
    balancer?.kill('SIGKILL')
    for (const { process } of apis) {
      process.kill('SIGTERM')
      process.kill('SIGTERM')
    }
    await Promise.all(apis.map(({ process }) => ended(process)))
    await store?.close()
    await server?.remove()
    rmSync(dir, { recursive: true, force: true })
  })

  async function startApi(port?: number): Promise<Api> {
    const at = { port: port ?? (await freePort()), metricsPort: await freePort() }
    const file = join(dir, `${at.port}.toml`)
    mkdirSync(join(dir, String(at.port)), { recursive: true })
    writeFileSync(file, stringify(configuration(at.port, at.metricsPort)))
    const program = join(await programs(), 'src/bin/manila-api.mjs')
    const process_ = spawn(process.execPath, [program, '--config', file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    process_.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until('the API to serve', 60_000, () => healthy(at.port))
    const children = `/proc/${process_.pid}/task/${process_.pid}/children`
    return {
      ...at,
      process: process_,
      said: () => said,
      workers: () => readFileSync(children, 'utf8').trim().split(/\s+/).filter(Boolean).map(Number),
    }
  }

  /** The shipped configuration with other addresses, checked by HAProxy and run. */
  async function startBalancer(bind: number, { cert, key }: { cert: string; key: string }) {
    const pem = join(dir, 'manila.pem')
    writeFileSync(pem, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'))
    const [one, two] = apis.map(({ port }) => `127.0.0.1:${port}`)
    let text = readFileSync(join(root, 'deploy/haproxy/haproxy.cfg'), 'utf8')
    for (const [shipped, ours] of [
      ['bind :8786', `bind 127.0.0.1:${bind}`],
      ['/etc/haproxy/manila.pem', pem],
      ['192.0.2.11:8786', one],
      ['192.0.2.12:8786', two],
    ] as const) {
      expect(text).toContain(shipped)
      text = text.replace(shipped, ours ?? '')
    }
    const file = join(dir, 'haproxy.cfg')
    writeFileSync(file, text)
    const checked = spawnSync('haproxy', ['-c', '-f', file], { encoding: 'utf8' })
    expect([checked.status, checked.stderr]).toEqual([0, ''])
    const haproxy = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'ignore', 'inherit'] })
    const asked = asker()
    await until('the balancer to serve', 30_000, () =>
      asked('/healthcheck').then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    return haproxy
  }

  /** A client of the balancer, with connections of its own. */
  function asker() {
    const ask = trustingFetch({ cacert: ca })
    return async (path: string, what: Partial<Ask> = {}) => {
      const signal = AbortSignal.timeout(30_000)
      const reply = await ask(url + path, { method: 'GET', headers: {}, redirect: 'manual', signal, ...what })
      return { ...reply, text: await textOf(reply.body as Readable) }
    }
  }

  /** Clients that ask all the while, on connections that they keep; answers what came back otherwise than it should. */
  function startClients(count: number) {
    const wrong: string[] = []
    const asked = { count: 0 }
    const end = new AbortController()
    const client = async (number: number): Promise<void> => {
      const ask = asker()
      const headers = { 'x-auth-token': token, 'x-openstack-manila-api-version': '2.99' }
      for (let turn = 0; !end.signal.aborted; turn++) {
        const path = turn % 2 === 0 ? '/v2/shares/detail' : '/v2/limits'
        try {
          const reply = await ask(path, { headers })
          if (reply.status !== 200) wrong.push(`client ${number}, request ${turn}: ${reply.status}`)
        } catch (error) {
          wrong.push(`client ${number}, request ${turn}: ${(error as Error).message}`)
        }
        asked.count++
        await new Promise((resolve) => setTimeout(resolve, 40))
      }
    }
    const all = Array.from({ length: count }, (_, number) => client(number))
    return {
      asked,
      wrong,
      async stop() {
        end.abort()
        await Promise.all(all)
      },
    }
  }

  /** The status of one login, and the server's own words with it. */
  async function login(name: string, password: string, headers: Readonly<Record<string, string>> = {}) {
    const user = { name, domain: { name: 'Default' }, password }
    return asker()('/identity/v3/auth/tokens', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } } } }),
    })
  }

  test('sixty guesses at once, to four workers: five are compared', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => login('guessed', 'wrong')))
    const told = Map.groupBy(answers, ({ status }) => status)
    expect(told.get(401)).toHaveLength(5)
    expect([...told.keys()].filter((status) => ![401, 429, 503].includes(status))).toEqual([])
    for (const { status, headers } of answers) {
      if (status !== 401) expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    }
    expect((await login('guessed', 'right')).status).toBe(429)
  })

  test('a client is who HAProxy saw, whatever it says, and learns no host that it made up', async () => {
    const lies = (i: number) => ({
      'x-forwarded-for': `192.0.2.${i}`,
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: `for=192.0.2.${i};host=evil.example`,
    })
    for (let i = 0; i < 5; i++) {
      const { status, headers } = await login('forged', 'wrong', lies(i))
      expect([status, headers.get('www-authenticate')]).toEqual([401, `Keystone uri="${url}/identity"`])
    }
    expect((await login('forged', 'right', lies(9))).status).toBe(429)
    const { text } = await asker()('/', { headers: lies(1) })
    expect([text.includes(`${url}/v2/`), text.includes('evil')]).toEqual([true, false])
  })

  test('a policy file that changes is in force in every worker of every API', async () => {
    const ask = async (): Promise<number> =>
      (
        await asker()('/v2/messages', {
          headers: {
            'x-auth-token': token,
            'x-openstack-manila-api-version': '2.99',
            connection: 'close',
          },
        })
      ).status
    /** Each of the four is asked several times. */
    const all = async (status: number): Promise<boolean> =>
      (await Promise.all(Array.from({ length: 40 }, ask))).every((one) => one === status)
    expect(await all(200)).toBe(true)
    for (const [text, status] of [
      ['"message:get_all": "!"\n', 403],
      ['{}\n', 200],
    ] as const) {
      writeFileSync(`${policyFile}.new`, text)
      renameSync(`${policyFile}.new`, policyFile)
      await until(`${status} everywhere`, 20_000, () => all(status))
    }
  })

  test('SIGHUP replaces the workers one by one, and no request fails', async () => {
    const clients = startClients(4)
    const [api] = apis as [Api, Api]
    const before = api.workers()
    expect(before).toHaveLength(2)
    api.process.kill('SIGHUP')
    await until('two other workers', 60_000, async () => {
      const now = api.workers()
      return now.length === 2 && now.every((pid) => !before.includes(pid))
    })
    await clients.stop()
    expect(clients.wrong).toEqual([])
    expect(clients.asked.count).toBeGreaterThan(100)
  })

  test('a worker that dies is replaced, and the port serves all the while', async () => {
    const [api] = apis as [Api, Api]
    const [victim = 0] = api.workers()
    process.kill(victim, 'SIGKILL')
    for (let turn = 0; turn < 50; turn++) expect(await healthy(api.port)).toBe(true)
    await until('another worker', 30_000, async () => {
      const now = api.workers()
      return now.length === 2 && !now.includes(victim)
    })
    expect(api.said()).toContain(`worker ${victim} ended (SIGKILL); another one is started`)
    const metrics = await (await fetch(`http://127.0.0.1:${api.metricsPort}/metrics`)).text()
    expect(metrics).toMatch(/^manila_api_request_duration_seconds_count/m)
  })

  test('SIGTERM takes an API out of the balancer before it stops: no request fails', async () => {
    const clients = startClients(4)
    const [api, other] = apis as [Api, Api]
    const serves = async () => (await fetch(`http://127.0.0.1:${api.port}/`)).status
    api.process.kill('SIGTERM')
    await until('503 for the balancer', 5000, async () => !(await healthy(api.port)))
    // It serves whoever comes meanwhile, and keeps nobody's connection.
    const late = await fetch(`http://127.0.0.1:${api.port}/`)
    expect([late.status, late.headers.get('connection')]).toEqual([300, 'close'])
    expect(await serves()).toBe(300)
    expect(await ended(api.process)).toBe(0)
    await expect(serves()).rejects.toThrow()
    expect(await healthy(other.port)).toBe(true)
    apis[0] = await startApi(api.port)
    await clients.stop()
    expect(clients.wrong).toEqual([])
    expect(clients.asked.count).toBeGreaterThan(100)
  })
})

const healthy = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/healthcheck`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(5000),
  }).then(
    ({ ok }) => ok,
    () => false,
  )

async function ended(process_: ChildProcess): Promise<number | null> {
  if (process_.exitCode === null && process_.signalCode === null) await once(process_, 'exit')
  return process_.exitCode
}
