/**
 * Two manila-api, each with a copy of the key file as on a node of its own, under requests and logins all the while: keys are
 * rotated one after the other, programs that rotate are killed in the middle, and no request and no login fails.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bootstrap } from '../../src/auth/bootstrap.ts'
import { keyAges } from '../../src/auth/key-rotation.ts'
import { AuthManager } from '../../src/auth/manager.ts'
import { createDatabase } from '../../tools/cluster/database.ts'
import { migrate, openStore } from '../../src/db/open.ts'
import { freePort } from '../../src/exec/free-port.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { hasPostgres, startPostgres } from '../../tools/programs/postgres.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import { until } from '../faults/world.ts'
import { programs } from '../helpers/one-file.ts'

const rotations = 4
const overlapS = 5
const password = 'of the first administrator'

interface Node {
  readonly url: string
  readonly keyFile: string
  readonly config: string
  readonly process: ChildProcess
}

describe.runIf(hasPostgres())(`signing keys that rotate${hasPostgres() ? '' : ' (postgresql)'}`, () => {
  const dir = mkdtempSync(join(tmpdir(), 'manila-keys-'))
  let server: DatabaseServer
  const nodes: Node[] = []

  beforeAll(async () => {
    server = await startPostgres()
    const url = await createDatabase(server)
    const store = await openStore(url)
    await migrate(store)
    const first = join(dir, 'first-key.json')
    await bootstrap(await AuthManager.open({ store, clock: systemClock(), keyFile: first }), { password })
    await store.close()
    for (const name of ['one', 'two']) nodes.push(await startNode(name, url, first))
  })
  afterAll(async () => {
    for (const { process } of nodes) process.kill('SIGKILL')
    for (const { process } of nodes) if (process.signalCode === null) await once(process, 'exit')
    await server?.remove()
    rmSync(dir, { recursive: true, force: true })
  })

  async function startNode(name: string, database: string, firstKey: string): Promise<Node> {
    const home = join(dir, name)
    mkdirSync(home)
    const keyFile = join(home, 'token-key.json')
    copyFileSync(firstKey, keyFile)
    const [port, metricsPort] = [await freePort(), await freePort()]
    const config = join(home, 'manila.toml')
    const settings = {
      host: name,
      state_dir: home,
      database: { url: database },
      auth: { key_file: keyFile, key_overlap_s: overlapS, tokens_per_minute: 0 },
      api: { port },
      metrics: { port: metricsPort },
    }
    writeFileSync(config, stringify(settings))
    const program = join(await programs(), 'src/bin/manila-api.mjs')
    const process_ = spawn(process.execPath, [program, '--config', config], { stdio: 'ignore' })
    const url = `http://127.0.0.1:${port}`
    await until('the API to serve', 60_000, () =>
      fetch(`${url}/healthcheck`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    return { url, keyFile, config, process: process_ }
  }

  async function login({ url }: Node): Promise<string> {
    const user = { name: 'admin', domain: { id: 'default' }, password }
    const scope = { project: { name: 'admin', domain: { id: 'default' } } }
    const answer = await fetch(`${url}/identity/v3/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } }),
    })
    await answer.arrayBuffer()
    if (answer.status !== 201) throw new Error(`login: ${answer.status}`)
    return answer.headers.get('x-subject-token') ?? ''
  }

  async function use({ url }: Node, token: string): Promise<void> {
    const answer = await fetch(`${url}/v2/shares`, { headers: { 'x-auth-token': token } })
    await answer.arrayBuffer()
    if (answer.status !== 200) throw new Error(`request: ${answer.status}`)
  }

  async function rotate(node: Node, killedAfterMs: number | null): Promise<number | null> {
    const program = join(await programs(), 'src/bin/manila-manage.mjs')
    const manage = spawn(process.execPath, [program, '--config', node.config, 'identity', 'rotate-keys'], {
      stdio: 'ignore',
    })
    const ended = once(manage, 'exit')
    if (killedAfterMs !== null) {
      await sleep(killedAfterMs)
      manage.kill('SIGKILL')
    }
    const [code] = (await ended) as [number | null]
    return code
  }

  /** As whatever carries files between nodes should: beside it, and then in its place. */
  function copyKeys(from: Node, to: Node): void {
    copyFileSync(from.keyFile, `${to.keyFile}.copied`)
    renameSync(`${to.keyFile}.copied`, to.keyFile)
  }

  test(`${rotations} times under load, and killed on the way: nothing fails`, async () => {
    const [one, two] = nodes as [Node, Node]
    const failures: string[] = []
    const counts = { logins: 0, requests: 0 }
    /** Every token of the whole test, from its first second on. */
    const tokens: string[] = [await login(one), await login(two)]
    const over = new AbortController()
    const note = (what: string) => (error: unknown) => void failures.push(`${what}: ${String(error)}`)
    const worker = async (kind: keyof typeof counts, at: number): Promise<void> => {
      while (!over.signal.aborted) {
        const node = nodes[(at + counts[kind]) % nodes.length] as Node
        const token = tokens[Math.floor(Math.random() * tokens.length)] ?? ''
        if (kind === 'logins') await login(node).then((made) => tokens.push(made), note('login'))
        else await use(node, token).catch(note('request'))
        counts[kind]++
        await sleep(kind === 'logins' ? 100 : 5)
      }
    }
    const load = [worker('logins', 0), worker('requests', 0), worker('requests', 1)]
    const kids = new Set<string>()
    for (let turn = 0; turn < rotations; turn++) {
      // Programs killed early and late; whichever got through, one more run says so.
      await rotate(one, 40 + 60 * turn)
      expect([0, 1]).toContain(await rotate(one, null))
      copyKeys(one, two)
      const ages = await keyAges(one.keyFile, Date.now())
      expect(ages.map(({ state }) => state).filter((state) => state !== 'checks')).toEqual(['signs', 'waits'])
      const waiting = ages.find(({ state }) => state === 'waits')
      kids.add(waiting?.kid ?? '')
      await sleep(Math.max(0, (waiting?.signsFrom ?? 0) - Date.now()) + 500)
    }
    over.abort()
    await Promise.all(load)
    expect(failures).toEqual([])
    expect(kids.size).toBe(rotations)
    // Each key has signed, and what the first ones signed is good on both nodes.
    const signed = new Set(tokens.map((token) => String(JSON.parse(atob(token.split('.')[0] ?? '')).kid)))
    for (const kid of kids) expect(signed).toContain(kid)
    for (const node of nodes) for (const token of [tokens[0], tokens.at(-1)]) await use(node, token ?? '')
    expect(readdirSync(join(dir, 'one')).filter((name) => name.endsWith('.new'))).toEqual([])
    expect(counts.requests).toBeGreaterThan(500)
    expect(counts.logins).toBeGreaterThan(20)
  })
})
