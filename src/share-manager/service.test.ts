import { mkdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryBus } from '../bus/memory.ts'
import { loadSettings } from '../config/load.ts'
import type { Store } from '../db/open.ts'
import { backendById } from '../db/store/backends.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { DatabaseUnavailable } from '../db/unavailable.ts'
import { setFaults, type Fault } from '../storage/sim/faults.ts'
import { forgetMemory } from '../storage/sim/store.ts'
import { leaderLane } from '../model/lanes.ts'
import { systemClock } from '../runtime/clock.ts'
import { shareManager, type ShareManager, type ShareManagerParts } from './service.ts'
import type { Bench } from './bench.fixture.ts'
import { askForShare, queueRule } from './scenarios.fixture.ts'
import { notificationsOf } from '../notifications/payload.ts'
import { troubled } from './troubled.fixture.ts'

const quiet = { info() {}, warn() {}, error() {} }
const clock = systemClock()
let dir: string
let store: Store
let manager: ShareManager | null = null
const bus = memoryBus(() => {})

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'manila-share-'))
  store = await openTestStore()
})
afterEach(async () => {
  await manager?.stop({ graceMs: 500, detach: false })
  manager = null
  await store.close()
  for (const name of ['alpha', 'beta']) forgetMemory(join(dir, name))
  await rm(dir, { recursive: true, force: true })
})

async function start(
  backends: object,
  observeRestart: (backend: string) => void = () => {},
  itsStore: Store = store,
  observeExporter: ShareManagerParts['observeExporter'] = () => {},
): Promise<ShareManager> {
  const settings = loadSettings({ defaults: { host: 'node', backends } })
  const own = { holder: 'me', dir, kernelId: 'kernel', draining: () => false, failpoint: () => {} }
  const started = await shareManager({
    store: itsStore,
    clock,
    bus,
    log: quiet,
    settings,
    observeRestart,
    observeExporter,
    ...own,
  })
  started.start()
  manager = started
  return started
}

const sim = {
  driver: 'sim',
  exporter: 'sim',
  report_interval_s: 1,
  driver_options: { memory: true },
  exporter_options: { memory: true },
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  for (let turn = 0; turn < 400; turn++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`never: ${what}`)
}

/** The store of a process that finds the database away at its first `times` notes of health, those with `word` in them. */
function losing(times: number, word = ''): Store {
  let left = times
  const plugin = {
    transformQuery({ node }: PluginTransformQueryArgs) {
      const said = JSON.stringify(node)
      if (node.kind === 'UpdateQueryNode' && said.includes('health_at') && said.includes(word) && left-- > 0)
        throw new DatabaseUnavailable(false, {})
      return node
    },
    transformResult: async ({ result }: PluginTransformResultArgs) => result,
  }
  return { ...store, db: store.db.withPlugin(plugin) }
}

const health = (label: string, wanted: string) =>
  until(`${label} ${wanted}`, () =>
    store.db
      .selectFrom('backends')
      .selectAll()
      .where('label', '=', label)
      .where('health', '=', wanted)
      .executeTakeFirst(),
  )
const pool = () => until('a pool', () => store.db.selectFrom('pools').selectAll().executeTakeFirst())

/** A share that the scheduler has just placed on the backend. */
async function placedShare(backendId: string) {
  const { id: poolId } = await pool()
  const share = await askForShare({ store, clock, backend: { id: backendId } } as Bench)
  const at = { backend_id: backendId, pool_id: poolId, host: 'node@alpha#sim' }
  await store.db.updateTable('share_instances').set(at).where('id', '=', share.instanceId).execute()
  await store.db
    .updateTable('operations')
    .set({ topic: 'share', step: 1, backend_id: backendId })
    .where('id', '=', share.operationId)
    .execute()
  bus.cast(`share.${backendId}`, 'operation.due', { operationId: share.operationId })
  return share
}

/** One exporter for NFS, and one for CIFS whose set-up is hit by `fault`. */
async function startSpeakingTwo(fault: Fault, settings: object = {}) {
  const cifsDir = join(dir, 'alpha', 'exporters', 'cifs')
  mkdirSync(cifsDir, { recursive: true })
  await setFaults(cifsDir, { 'setup-exporter': fault })
  const { exporter: _, exporter_options: _options, ...base } = sim
  const exporters = {
    nfs: { exporter: 'sim', options: { protocols: ['NFS'] } },
    cifs: { exporter: 'sim', options: { protocols: ['CIFS'] } },
  }
  const seen: string[] = []
  const alpha = { ...base, ...settings, exporters }
  const serving = await start({ alpha }, undefined, store, ({ exporter, up }) =>
    seen.push(`${exporter} ${up ? 'up' : 'down'}`),
  )
  return { serving, seen, cifsDir }
}

const status = (id: string, wanted: string) =>
  until(`share ${wanted}`, () =>
    store.db
      .selectFrom('shares')
      .select('status')
      .where('id', '=', id)
      .where('status', '=', wanted)
      .executeTakeFirst(),
  )

describe('manila-share', () => {
  it('reports its pools anew at once when something was given back', async () => {
    const { backends } = await start({ alpha: { ...sim, report_interval_s: 3600 } })
    const { measured_at: first } = await pool()
    const [backend] = backends.values()
    await backend?.call({ name: 'extend' }, async () => {})
    await backend?.call({ name: 'delete' }, async () => {})
    const later = async () => ((await pool()).measured_at > first ? true : undefined)
    expect(await until('another report', later)).toBe(true)
  })

  it('reports its pools anew at once for who waits for room', async () => {
    const { backends } = await start({ alpha: { ...sim, report_interval_s: 3600 } })
    const { measured_at: first, backend_id: id } = await pool()
    bus.cast(`share.${id}`, 'room.wanted', { backendId: id })
    expect(backends.size).toBe(1)
    const later = async () => ((await pool()).measured_at > first ? true : undefined)
    expect(await until('another report', later)).toBe(true)
  })

  it('serves a backend: pools, operations, access rules, usages', async () => {
    const { refreshUsages } = await start({ alpha: sim })
    const { id } = await health('node@alpha', 'ready')
    const share = await placedShare(id)
    await status(share.shareId, 'available')
    await queueRule({ store, clock } as Bench, share, '10.0.0.1')
    bus.cast(`share.${id}`, 'access.changed', { instanceId: share.instanceId })
    await until('an active rule', () =>
      store.db.selectFrom('access_rules').selectAll().where('state', '=', 'active').executeTakeFirst(),
    )
    await refreshUsages(id)
    expect(await store.db.selectFrom('usages').select('id').execute()).toEqual([{ id: share.instanceId }])
    const measured = new Promise((resolve) => bus.serve('usages', 'usage.measured', resolve))
    bus.cast(`share.${id}`, 'usage.wanted', { backendId: id, atLeast: clock.now() })
    expect(await measured).toEqual({ backendId: id })
    await expect(refreshUsages('nowhere')).rejects.toThrow('not served here')
  })

  it('goes on while another backend is misconfigured or refuses to come up, and says why', async () => {
    await start({
      alpha: sim,
      beta: { ...sim, driver_options: { memory: true, reach: 'moon' } },
      gamma: { ...sim, driver: 'nonsense' },
      delta: { ...sim, driver_options: { memry: true } },
    })
    const { id } = await health('node@alpha', 'ready')
    const share = await placedShare(id)
    await status(share.shareId, 'available')
    expect((await health('node@beta', 'failed')).health_reason).toContain('reach')
    expect((await health('node@gamma', 'failed')).health_reason).toContain('no driver nonsense')
    const services = await store.db.selectFrom('services').select(['id', 'host', 'stopped']).execute()
    expect((await health('node@delta', 'failed')).health_reason).toContain('option memry of sim is unknown')
    expect(services).toHaveLength(4)
    expect(new Set(services.map((row) => row.id)).size).toBe(4)
  })

  it('serves with the exporters that are up, says which is not, and with all of them later', async () => {
    const { serving, seen, cifsDir } = await startSpeakingTwo({ kind: 'fail' })
    const { id } = await health('node@alpha', 'ready')
    const speaks = (wanted: object) =>
      until(`speaks ${JSON.stringify(wanted)}`, async () => {
        const { capabilities } = await pool()
        const { storage_protocol, storage_protocols_down } = JSON.parse(capabilities)
        return isDeepStrictEqual({ storage_protocol, storage_protocols_down }, wanted) ? true : undefined
      })
    await speaks({ storage_protocol: 'NFS', storage_protocols_down: ['CIFS'] })
    const share = await placedShare(id)
    await status(share.shareId, 'available')
    await serving.backends.get(id)?.noteTroubles()
    expect((await backendById(store.db, id))?.health_reason).toMatch(
      /^exporter cifs of node@alpha is not up: /,
    )
    expect(serving.backends.get(id)?.exporters.map(({ member, up }) => [member.key, up])).toEqual([
      ['nfs', true],
      ['cifs', false],
    ])
    await setFaults(cifsDir, {})
    await speaks({ storage_protocol: ['NFS', 'CIFS'], storage_protocols_down: undefined })
    expect(seen.filter((one) => one.startsWith('cifs')).at(-1)).toBe('cifs up')
    await serving.backends.get(id)?.noteTroubles()
    expect((await backendById(store.db, id))?.health_reason).toBeNull()
  })

  it('offers from its first report what an exporter that takes longer to set up will speak', async () => {
    const { serving } = await startSpeakingTwo({ kind: 'slow', ms: 1000 }, { report_interval_s: 3600 })
    const { id } = await health('node@alpha', 'ready')
    const { capabilities } = await pool()
    const upThen = serving.backends.get(id)?.exporters.map(({ up }) => up)
    expect(upThen).toEqual([true, false])
    expect(JSON.parse(capabilities)).toMatchObject({ storage_protocol: ['NFS', 'CIFS'] })
    await until('both up', async () =>
      serving.backends.get(id)?.exporters.every(({ up }) => up) === true ? true : undefined,
    )
  })

  it('takes back what it offered when the exporter for it does not come up, without waiting for a report', async () => {
    await startSpeakingTwo({ kind: 'hang' }, { report_interval_s: 3600, call_timeout_s: 1 })
    const reported = (wanted: unknown) =>
      until(`reports ${JSON.stringify(wanted)}`, async () => {
        const said = JSON.parse((await pool()).capabilities).storage_protocol
        return isDeepStrictEqual(said, wanted) ? true : undefined
      })
    await reported(['NFS', 'CIFS'])
    await reported('NFS')
  })

  it('is not ready while none of its exporters is, and says of each why not', async () => {
    const { exporter: _, exporter_options: _options, ...base } = sim
    const exporters = { nfs: { exporter: 'nonsense' }, cifs: { exporter: 'ganesha', options: { port: 0 } } }
    await start({ alpha: { ...base, exporters } })
    const { health_reason } = await health('node@alpha', 'failed')
    expect(health_reason).toContain('exporter nfs: backend alpha: no exporter nonsense')
    expect(health_reason).toContain(
      'exporter cifs: backend alpha: exporters.cifs: ganesha does not speak CIFS, but NFS',
    )
  })

  it('stops soon although a driver hangs', async () => {
    await start({ alpha: sim })
    const { id } = await health('node@alpha', 'ready')
    await pool()
    await setFaults(join(dir, 'alpha'), { create: { kind: 'hang' }, pools: { kind: 'hang' } })
    const share = await placedShare(id)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(await status(share.shareId, 'creating')).toBeDefined()
    await setFaults(join(dir, 'alpha'), {})
    const began = performance.now()
    await manager?.stop({ graceMs: 100, detach: false })
    manager = null
    expect(performance.now() - began).toBeLessThan(6000)
  })

  it('says what its exporter has trouble with as long as it has, and that all shares were checked', async () => {
    const exporter = `path:${fileURLToPath(new URL('troubled.fixture.ts', import.meta.url))}`
    troubled.troubles = ['a server died 3 times']
    const restarted: string[] = []
    const serving = await start({ alpha: { ...sim, exporter } }, (backend) => restarted.push(backend))
    const { id } = await health('node@alpha', 'ready')
    const said = async () => (await backendById(store.db, id))?.health_reason
    await until('told', async () => ((await said()) === 'a server died 3 times' ? true : undefined))
    await until('checked', async () => (troubled.settled > 0 ? true : undefined))
    troubled.restart()
    expect(restarted).toEqual(['node@alpha'])
    troubled.troubles = []
    await serving.backends.get(id)?.noteTroubles()
    expect(await said()).toBeNull()
    expect(serving.backends.get(id)?.health).toBe('ready')
  })

  it('is ready for schedulers again when the note of it was lost, or written over by a process that died', async () => {
    const serving = await start({ alpha: sim })
    const { id } = await health('node@alpha', 'ready')
    await store.db.updateTable('backends').set({ health: 'starting' }).execute()
    await serving.backends.get(id)?.noteTroubles()
    expect(await backendById(store.db, id)).toMatchObject({ health: 'ready', health_reason: null })
    await manager?.stop({ graceMs: 500, detach: false })

    const again = await start({ alpha: sim }, () => {}, losing(1, '"ready"'))
    await until('ready', async () => (again.backends.get(id)?.health === 'ready' ? true : undefined))
    await again.backends.get(id)?.noteTroubles()
    expect((await backendById(store.db, id))?.health).toBe('ready')
    await manager?.stop({ graceMs: 500, detach: false })

    await store.db.updateTable('backends').set({ health_reason: 'of a former life' }).execute()
    const third = await start({ alpha: sim }, () => {}, losing(2))
    await until('ready', async () => (third.backends.get(id)?.health === 'ready' ? true : undefined))
    await third.backends.get(id)?.noteTroubles()
    expect((await backendById(store.db, id))?.health_reason).toBeNull()
  })

  it('takes nothing from the process that serves a backend when another one can not', async () => {
    await start({ alpha: sim })
    const { id } = await health('node@alpha', 'ready')
    const serving = manager
    await until('a leader', () =>
      store.db.selectFrom('lanes').select('lane').where('lane', '=', leaderLane(id)).executeTakeFirst(),
    )
    await start({ alpha: { ...sim, driver_options: { memry: true } } })
    const other = manager?.backends.get(id)
    await until('failed', async () => (other?.health === 'failed' ? true : undefined))
    expect(await backendById(store.db, id)).toMatchObject({ health: 'ready', health_reason: null })
    await serving?.stop({ graceMs: 500, detach: false })
    expect((await health('node@alpha', 'failed')).health_reason).toContain('option memry of sim is unknown')
  })

  it('compares what the backend holds with the rows, and says what nobody knows of', async () => {
    await start({ alpha: sim })
    const { id } = await health('node@alpha', 'ready')
    const looked = () => until('a look', async () => (await noted())[0])
    const noted = () => store.db.selectFrom('storage_findings').selectAll().execute()
    const share = await placedShare(id)
    await status(share.shareId, 'available')
    await manager?.stop({ graceMs: 500, detach: false })
    await store.db.deleteFrom('share_instances').where('id', '=', share.instanceId).execute()
    await start({ alpha: sim })
    expect(await looked()).toMatchObject({ resource_id: share.instanceId, problem: 'orphan' })
    // As if it were seen for long.
    await store.db.updateTable('storage_findings').set({ first_seen_at: 1 }).execute()
    const said = async () => (await backendById(store.db, id))?.health_reason ?? ''
    await until('told', async () => ((await said()).includes('1 thing that no row knows') ? true : undefined))
    // Listeners outside hear of it, too.
    const events = await store.db.selectFrom('events').select('detail').execute()
    expect(events.filter(({ detail }) => detail.includes('no row knows'))).toHaveLength(1)
  })

  it('tells listeners outside of new trouble once, and of its end', async () => {
    const exporter = `path:${fileURLToPath(new URL('troubled.fixture.ts', import.meta.url))}`
    troubled.troubles = []
    const serving = await start({ alpha: { ...sim, exporter } })
    const { id } = await health('node@alpha', 'ready')
    const told = async () =>
      notificationsOf(
        (await store.db.selectFrom('events').selectAll().orderBy('created_at').execute()) as never,
        {
          operations: new Map(),
          shares: new Map(),
          snapshots: new Map(),
          zones: new Map(),
          types: new Map(),
        } as never,
      )
    const note = () => serving.backends.get(id)?.noteTroubles()
    for (const troubles of [['a server died 3 times'], ['a server died 3 times'], [], []]) {
      troubled.troubles = troubles
      // Several processes serve a backend, and this one's own look may come at any time.
      await Promise.all([note(), note(), note()])
    }
    expect((await told()).map(({ type, publisher, payload }) => [type, publisher, payload.reason])).toEqual([
      ['backend.trouble', 'share.node@alpha', 'a server died 3 times'],
      ['backend.recovered', 'share.node@alpha', null],
    ])
  })

  it('looks for every mount again after a stop that detached, and not after any other', async () => {
    const hash = async () =>
      (await store.db.selectFrom('backends').select('info_hash').executeTakeFirst())?.info_hash ?? null
    const checked = () => until('a complete check', async () => (await hash()) ?? undefined)
    await start({ alpha: sim })
    const first = await checked()
    await manager?.stop({ graceMs: 500, detach: false })
    expect(await hash()).toBe(first)
    await start({ alpha: sim })
    await health('node@alpha', 'ready')
    await manager?.stop({ graceMs: 500, detach: true })
    expect(await hash()).toBeNull()
    await start({ alpha: sim })
    expect(await checked()).toBe(first)
  })

  it('finds everything again at the next start', async () => {
    await start({ alpha: sim })
    const before = await health('node@alpha', 'ready')
    const share = await placedShare(before.id)
    await status(share.shareId, 'available')
    await manager?.stop({ graceMs: 500, detach: false })
    const again = await start({ alpha: sim })
    await until('ready again', async () =>
      again.backends.get(before.id)?.health === 'ready' ? true : undefined,
    )
    const services = await store.db.selectFrom('services').select(['id', 'stopped']).execute()
    expect(services).toEqual([{ id: 1, stopped: 0 }])
    expect(await store.db.selectFrom('pools').select('label').execute()).toEqual([
      { label: 'node@alpha#sim' },
    ])
  })
})
