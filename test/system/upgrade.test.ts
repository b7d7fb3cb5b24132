/**
 * The release before and this one beside each other on one database: an API of the one before runs while the schema grows, and
 * goes on running beside one of today, on the same keys. Accounts are made, changed and used through both all the while, and
 * nothing is answered otherwise than before. (`npm run chaos -- --scenario upgrade` does it to a whole cluster under load.)
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../../tools/cluster/database.ts'
import { openStore } from '../../src/db/open.ts'
import { schemaVersion } from '../../src/db/store/schema-version.ts'
import { freePort } from '../../src/exec/free-port.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { until } from '../faults/world.ts'
import { lackingFor, manageOf, revisionBefore, root, serving, unpack } from './two-releases.ts'

/** The last one whose schema is an older one. */
const revision = revisionBefore('src/db/migrations', ':!src/db/migrations/*.test.ts')
const lacks = lackingFor(revision)
const password = 'of the first administrator'

interface Api {
  readonly url: string
  readonly process: ChildProcess
}

describe.runIf(lacks === '')(`an upgrade from the release before${lacks}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'manila-upgrade-'))
  const old = join(dir, 'before')
  const keyFile = join(dir, 'token-key.json')
  const processes: ChildProcess[] = []
  let server: DatabaseServer
  let database: string

  beforeAll(async () => {
    server = await startPostgres()
    database = await createDatabase(server)
    unpack(revision ?? '', old)
  })
  afterAll(async () => {
    for (const one of processes) {
      one.kill('SIGKILL')
      if (one.exitCode === null && one.signalCode === null) await once(one, 'exit')
    }
    await server?.remove()
    rmSync(dir, { recursive: true, force: true })
  })

  async function configure(name: string, auth: object): Promise<{ file: string; url: string }> {
    const home = join(dir, name)
    mkdirSync(home)
    const port = await freePort()
    const file = join(home, 'manila.toml')
    const settings = {
      host: name,
      state_dir: home,
      database: { url: database },
      auth: { key_file: keyFile, tokens_per_minute: 0, ...auth },
      api: { port },
      metrics: { port: await freePort() },
    }
    writeFileSync(file, stringify(settings))
    return { file, url: `http://127.0.0.1:${port}` }
  }

  async function start(code: string, { file, url }: { file: string; url: string }): Promise<Api> {
    const process_ = spawn(process.execPath, [join(code, 'src/bin/manila-api.mjs'), '--config', file], {
      stdio: 'ignore',
    })
    processes.push(process_)
    await serving(url, 90_000)
    return { url, process: process_ }
  }

  test('fails no request, and loses no account, password or token', async () => {
    const secret = join(dir, 'password')
    writeFileSync(secret, `${password}\n`, { mode: 0o600 })
    const one = await configure('one', {})
    manageOf(old, one.file, 'db', 'sync')
    manageOf(old, one.file, 'bootstrap', '--password-file', secret)
    const before = await start(old, one)
    const apis: Api[] = [before]

    const failures: string[] = []
    const counts = { accounts: 0, tokens: 0 }
    const over = new AbortController()
    const note = (error: unknown): void => void failures.push(String(error))
    const other = (api: Api): Api => apis.find((each) => each !== api) ?? api
    const accounts = (turn: number) => lifeOfAnAccount(apis[turn % apis.length]!, other, `user-${turn}`)
    const work = async (kind: keyof typeof counts, once_: (turn: number) => Promise<void>): Promise<void> => {
      for (let turn = 0; !over.signal.aborted; turn++) {
        await once_(turn).catch(note)
        counts[kind]++
        await sleep(20)
      }
    }
    /** Of the whole test. */
    const tokens: string[] = [await tokenOf(before, { user: 'admin', password, project: 'admin' })]
    const load = [
      work('accounts', accounts),
      work('tokens', async (turn) => {
        const api = apis[turn % apis.length]!
        const signer = apis[Math.floor(turn / 10) % apis.length]!
        if (turn % 10 === 0) tokens.push(await tokenOf(signer, { user: 'admin', password, project: 'admin' }))
        await expectStatus(api, 'GET', '/v2/shares', tokens[turn % tokens.length]!, 200)
      }),
    ]
    /** A few more of each from now on, whatever the machine has to do besides. */
    const lived = async (): Promise<void> => {
      const { accounts: few, tokens: many } = counts
      await until(
        'accounts and tokens to be used',
        120_000,
        async () => counts.accounts >= few + 3 && counts.tokens >= many + 20,
      )
    }
    await lived()

    const store = await openStore(database)
    const { pending } = await schemaVersion(store.db)
    expect(pending).not.toEqual([])
    const two = await configure('two', {
      key_overlap_s: 5,
      passwords: { password_expires_days: 30, change_password_upon_first_use: false },
    })
    manageOf(root, two.file, 'db', 'sync')
    expect((await schemaVersion(store.db)).pending).toEqual([])
    await store.close()
    await lived()
    expect(failures).toEqual([])
    apis.push(await start(root, two))
    await lived()
    // A key that the release before does not know until it meets it.
    manageOf(root, two.file, 'identity', 'rotate-keys')
    await sleep(6000)
    await lived()
    over.abort()
    await Promise.all(load)
    expect(failures).toEqual([])
    const kids = new Set(tokens.map((token) => String(JSON.parse(atob(token.split('.')[0] ?? '')).kid)))
    expect(kids.size).toBe(2)
    for (const api of apis) {
      for (const token of [tokens[0]!, tokens.at(-1)!])
        await expectStatus(api, 'GET', '/v2/shares', token, 200)
    }
  })

  /** Made by one API, changed by the other, used and removed: what each writes the other one reads. */
  async function lifeOfAnAccount(api: Api, other: (api: Api) => Api, name: string): Promise<void> {
    const admin = await tokenOf(api, { user: 'admin', password, project: 'admin' })
    const made = await expectStatus(api, 'POST', '/identity/v3/users', admin, 201, {
      user: { name, password: 'the first one' },
    })
    const { id } = (made as { user: { id: string } }).user
    const there = other(api)
    const change = { user: { original_password: 'the first one', password: 'the second one' } }
    await expectStatus(there, 'POST', `/identity/v3/users/${id}/password`, null, 204, change)
    await tokenOf(api, { user: name, password: 'the second one' })
    await expectStatus(api, 'PATCH', `/identity/v3/users/${id}`, admin, 200, {
      user: { password: 'the third one' },
    })
    await tokenOf(there, { user: name, password: 'the third one' })
    await expectStatus(there, 'PATCH', `/identity/v3/users/${id}`, admin, 200, {
      user: { description: 'changed' },
    })
    await tokenOf(api, { user: name, password: 'the third one' })
    await expectStatus(there, 'DELETE', `/identity/v3/users/${id}`, admin, 204)
  }

  async function tokenOf(
    { url }: Api,
    login: { readonly user: string; readonly password: string; readonly project?: string },
  ): Promise<string> {
    const domain = { id: 'default' }
    const user = { name: login.user, domain, password: login.password }
    const scope = login.project === undefined ? 'unscoped' : { project: { name: login.project, domain } }
    const answer = await fetch(`${url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } }),
    })
    const text = await answer.text()
    if (answer.status !== 201) throw new Error(`login of ${login.user} at ${url}: ${answer.status} ${text}`)
    return answer.headers.get('x-subject-token') ?? ''
  }

  async function expectStatus(
    { url }: Api,
    method: string,
    path: string,
    token: string | null,
    status: number,
    body?: object,
  ): Promise<unknown> {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { 'x-auth-token': token }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (answer.status !== status) throw new Error(`${method} ${path} at ${url}: ${answer.status} ${text}`)
    return text === '' ? null : JSON.parse(text)
  }
})
