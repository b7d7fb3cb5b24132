/**
 * A backend that hangs, four operations at once (as many as libuv has threads): reading and logging in stay under 100 ms,
 * the other backend goes on, and when the hang ends the four finish. Once with the sim's fault, once with directories on
 * a mount that really hangs.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { setFaults } from '../../src/storage/sim/faults.ts'
import type { Client } from '../../src/sdk/client.ts'
import { listOperations } from '../../src/wire/operations/schema.ts'
import { createShare, showShare } from '../../src/wire/shares/schema.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { until } from '../faults/world.ts'
import { ms } from '../perf/report.ts'
import { inParallel, percentile, timed } from '../perf/timing.ts'
import { cannotHang, hang, type HungMount } from './hung-mount.ts'

/** The promise, milliseconds. */
const promisedMs = 100
const atOnce = 4
const dir = mkdtempSync(join(tmpdir(), 'manila-hang-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

function start(
  kind: 'sim' | 'directory',
  backends: { readonly alpha: object; readonly beta: object },
): Promise<ServiceProcess> {
  const own = join(dir, kind)
  const common = { driver: kind, exporter: 'sim', call_timeout_s: 60, report_interval_s: 2 }
  return startServiceProcess({
    dir: own,
    kind,
    settings: {
      log_level: 'error',
      auth: { key_file: join(own, 'token-key.json') },
      backends: {
        alpha: { ...common, availability_zone: 'hanging', ...backends.alpha },
        beta: { ...common, availability_zone: 'well', ...backends.beta },
      },
    },
  })
}

async function create(client: Client, availability_zone: string): Promise<string> {
  const share = { share_proto: 'NFS', size: 1, availability_zone }
  return (await client.call(createShare, { body: { share } })).share.id
}

const statusOf = async (client: Client, id: string): Promise<string> =>
  (await client.call(showShare, { params: { id } })).share.status

const available = (client: Client, id: string): Promise<boolean> =>
  until(`share ${id} available`, 60_000, async () => (await statusOf(client, id)) === 'available')

async function logIn(service: ServiceProcess): Promise<void> {
  const { clouds } = parse(readFileSync(service.clouds, 'utf8')) as {
    clouds: Record<string, { auth: { username: string; password: string } }>
  }
  const { username: name, password } = clouds['manila-demo']?.auth ?? { username: '', password: '' }
  const domain = { id: 'default' }
  const answer = await fetch(`${service.url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name, password, domain } } },
        scope: { project: { name, domain } },
      },
    }),
  })
  await answer.text()
  expect(answer.status).toBe(201)
}

/** What a client waits for while nothing hangs, and then while something does; and how often that is measured. */
const calls = (service: ServiceProcess, demo: Client, existing: string) =>
  [
    ['GET share', 100, () => statusOf(demo, existing)],
    // A password is made slow to try: 40 ms.
    ['login', 40, () => logIn(service)],
  ] as const

/** 95th percentile. */
async function p95(what: string, times: number, call: () => Promise<unknown>): Promise<number> {
  const took = await timed(times, call)
  const [half, most, all] = [percentile(took, 50), percentile(took, 95), percentile(took, 100)]
  console.log(`${what}: p50 ${ms(half)}, p95 ${ms(most)}, slowest ${ms(all)}`)
  return most
}

/**
 * Under 100 ms, in the best of three rounds: a hang would spoil them all, a burst of somebody else's work only one. Where
 * the machine was too busy for 100 ms before anything hung, the hang may at least not make it worse than half as slow again.
 */
async function keepsPromise(
  what: string,
  before: number,
  times: number,
  call: () => Promise<unknown>,
): Promise<void> {
  const allowed = Math.max(promisedMs, 1.5 * before)
  let best = Infinity
  for (let round = 0; round < 3 && best >= allowed; round++)
    best = Math.min(best, await p95(`${what}, hanging`, times, call))
  expect(best, `${what} while a backend hangs, ms`).toBeLessThan(allowed)
}

/** Everything that must hold while alpha hangs; answers the four shares that wait. */
async function whileHanging(
  service: ServiceProcess,
  [demo, admin]: readonly [Client, Client],
  existing: string,
  begin: () => void | Promise<void>,
  hanging: () => Promise<number>,
): Promise<readonly string[]> {
  const before: number[] = []
  for (const [what, times, call] of calls(service, demo, existing))
    before.push(await p95(`${what}, nothing hangs`, times, call))
  await begin()
  const waiting: string[] = []
  await inParallel(atOnce, atOnce, async () => waiting.push(await create(demo, 'hanging')))
  await until('all four hang', 30_000, async () => (await hanging()) >= atOnce)

  for (const [index, [what, times, call]] of calls(service, demo, existing).entries())
    await keepsPromise(what, before[index] ?? 0, times, call)
  await inParallel(10, 4, async () => available(demo, await create(demo, 'well')))

  // They hung all the time.
  expect(await hanging()).toBeGreaterThanOrEqual(atOnce)
  for (const id of waiting) expect(await statusOf(demo, id)).toBe('creating')
  const query = { state: 'running', kind: 'create-share', all_tenants: '1' }
  expect((await admin.call(listOperations, { query })).operations).toHaveLength(atOnce)
  return waiting
}

describe('a hung backend costs nobody else anything', () => {
  test('sim: every create hangs', async () => {
    const pools = [{ name: 'pool', total_gib: 100, thin: true }]
    const driver_options = { pools }
    const service = await start('sim', { alpha: { driver_options }, beta: { driver_options } })
    const clients = [await service.connect('manila-demo'), await service.connect('manila-admin')] as const
    const [demo, admin] = clients
    const existing = await create(demo, 'hanging')
    await available(demo, existing)
    const backend = join(dir, 'sim', 'backends', 'alpha')
    const begin = (): Promise<void> => setFaults(backend, { create: { kind: 'hang' } })
    const hanging = async (): Promise<number> => {
      const query = { state: 'running', kind: 'create-share', all_tenants: '1' }
      return (await admin.call(listOperations, { query })).operations.length
    }
    const waiting = await whileHanging(service, clients, existing, begin, hanging)
    // What hangs in the driver is not told that the fault is over: a clean stop lets go of it, a start resumes it.
    await setFaults(backend, {})
    await service.stop()
    const again = await start('sim', { alpha: { driver_options }, beta: { driver_options } })
    const client = await again.connect('manila-demo')
    for (const id of waiting) await available(client, id)
    await again.stop()
  })

  test.skipIf(cannotHang !== null)('directories on a mount that hangs (root, /dev/fuse)', async () => {
    const path = join(dir, 'mount')
    mkdirSync(path)
    const service = await start('directory', { alpha: { driver_options: { path } }, beta: {} })
    const clients = [await service.connect('manila-demo'), await service.connect('manila-admin')] as const
    const [demo] = clients
    const existing = await create(demo, 'hanging')
    await available(demo, existing)
    let mount: HungMount | null = null
    const begin = (): void => {
      mount = hang(path)
    }
    const end = (): void => mount?.end()
    try {
      const hanging = async (): Promise<number> => childrenNaming(path).length
      const waiting = await whileHanging(service, clients, existing, begin, hanging)
      end()
      for (const id of waiting) await available(demo, id)
      expect(readdirSync(path).filter((name) => !name.startsWith('.'))).toHaveLength(atOnce + 1)
    } finally {
      end()
    }
    await service.stop()
  })
})

/** Programs under way that were told a path of a share below `root`, or workers of the launcher in place of them. */
function childrenNaming(root: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return '' // ended meanwhile
      }
    })
    .filter((line) => /^[a-z/]*stat[\0 ]/.test(line))
    .filter((line) => line.includes(`${root}/`))
}
