import { execFileSync, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { exporter } from '../../exporters/sim.ts'
import type { CallContext, ShareRef, SnapshotRef } from '../../contract/driver.ts'
import { plantTree, readContent, setUsedBytes, writeContent } from './content.ts'
import { setFaults } from '../../sim/faults.ts'
import { GIB } from '../../sim/records.ts'
import { forgetMemory } from '../../sim/store.ts'
import { partsIn, simIn } from './target.fixture.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sim-test-'))
})
afterEach(async () => {
  forgetMemory(dir)
  await rm(dir, { recursive: true, force: true })
})

function call(over: Partial<CallContext> = {}): CallContext {
  const log = () => {}
  return {
    log: { info: log, warn: log, error: log },
    deadlineMs: 5000,
    signal: new AbortController().signal,
    fence: null,
    progress: log,
    ...over,
  }
}

function shareRef(over: Partial<ShareRef> = {}): ShareRef {
  return {
    id: randomUUID(),
    shareId: randomUUID(),
    projectId: 'p',
    protocol: 'NFS',
    sizeGib: 1,
    pool: 'sim',
    state: {},
    specs: {},
    mountPointName: null,
    ...over,
  }
}

function snapshotRef(share: ShareRef): SnapshotRef {
  return { id: randomUUID(), snapshotId: randomUUID(), share, sizeGib: share.sizeGib, state: {} }
}

/** What somebody who knows only the directory would count. */
function counted(kind: string): number {
  return Number(
    execFileSync('sh', ['-c', `ls "$1" | grep -c '\\.json$' || true`, 'sh', join(dir, kind)]).toString(),
  )
}

describe('state', () => {
  test('is plain JSON that an independent script can count', async () => {
    const sim = simIn(dir)
    await sim.setup(call())
    const share = shareRef()
    await sim.create(call(), share)
    await sim.create(call(), shareRef())
    await sim.snapshots!.create(call(), snapshotRef(share))
    expect([counted('shares'), counted('snapshots'), counted('exports')]).toEqual([2, 1, 0])
    const record = JSON.parse(await readFile(join(dir, 'shares', `${share.id}.json`), 'utf8'))
    expect(record).toMatchObject({ id: share.id, size_gib: 1, used_bytes: 0, complete: true })
  })

  test('is shared by several drivers on one directory, and by none in memory after it is forgotten', async () => {
    for (const memory of [false, true]) {
      const share = shareRef()
      await simIn(dir, { memory }).setup(call())
      const made = await simIn(dir, { memory }).create(call(), share)
      expect(await simIn(dir, { memory }).ensure(call(), share)).toEqual(made)
    }
    forgetMemory(dir)
    const { shares } = await simIn(dir, { memory: true }).inventory(call())
    expect(shares).toEqual([])
  })

  test('survives SIGKILL at any instant: no torn record, nothing unknown', async () => {
    await simIn(dir).setup(call())
    const churnUntilKilled = async (afterMs: number): Promise<void> => {
      const child = fork(new URL('./churn.fixture.ts', import.meta.url), [dir])
      await new Promise((atWork) => child.once('message', atWork))
      await sleep(afterMs)
      child.kill('SIGKILL')
      await new Promise((done) => child.once('exit', done))
    }
    await Promise.all([20, 27, 34, 41].map(churnUntilKilled))
    const sim = simIn(dir)
    await sim.setup(call())
    const { shares } = await sim.inventory(call())
    expect(shares.length).toBe(counted('shares'))
    expect(shares.length).toBeGreaterThan(0)
    for (const id of shares) {
      expect(() => JSON.parse(readText(join(dir, 'shares', `${id}.json`)))).not.toThrow()
      await sim.delete(call(), shareRef({ id }))
    }
    expect(counted('shares')).toBe(0)
    expect(execFileSync('find', [dir, '-name', '*.tmp']).toString()).toBe('')
  })

  test('in use is used, and frees again', async () => {
    const sim = simIn(dir, { pools: [{ name: 'sim', total_gib: 10, thin: true, extra: { tier: 'gold' } }] })
    await sim.setup(call())
    const share = shareRef({ sizeGib: 8 })
    await sim.create(call(), share)
    expect(await sim.pools(call())).toEqual([
      { name: 'sim', totalGib: 10, freeGib: 10, thin: true, extra: { tier: 'gold' } },
    ])
    await setUsedBytes(dir, share.id, 3 * GIB)
    expect((await sim.pools(call()))[0]?.freeGib).toBe(7)
    await sim.delete(call(), share)
    expect((await sim.pools(call()))[0]?.freeGib).toBe(10)
  })

  test('reserves whole sizes in a thick pool and says no-room-here beyond', async () => {
    const sim = simIn(dir, { pools: [{ name: 'sim', total_gib: 3, thin: false, extra: {} }] })
    await sim.setup(call())
    const share = shareRef({ sizeGib: 2 })
    await sim.create(call(), share)
    await expect(sim.create(call(), shareRef({ sizeGib: 2 }))).rejects.toMatchObject({
      outcome: 'no-room-here',
    })
    await sim.extend(call(), share, 3)
    await expect(sim.extend(call(), share, 4)).rejects.toMatchObject({ outcome: 'no-room-here' })
    expect(counted('shares')).toBe(1)
  })
})

describe('options', () => {
  test('that are wrong are named', () => {
    expect(() => simIn(dir, { latency_ms: -1 })).toThrow(/latency_ms/)
    expect(() => simIn(dir, { pool: [] } as never)).toThrow(/option/)
  })

  test('leave abilities out, answer no tree for native protocols, and take time', async () => {
    const sim = simIn(dir, { without: ['clones', 'shrinks'], native_protocols: ['CEPHFS'], latency_ms: 40 })
    await sim.setup(call())
    expect([sim.clones, sim.shrinks]).toEqual([undefined, undefined])
    expect(sim.snapshots).toBeDefined()
    const began = performance.now()
    expect((await sim.create(call(), shareRef({ protocol: 'CEPHFS' }))).tree).toBeNull()
    expect(performance.now() - began).toBeGreaterThanOrEqual(38)
    await expect(sim.create(call(), shareRef({ protocol: 'AFS' }))).rejects.toMatchObject({
      reason: 'unsupported',
    })
  })
})

describe('faults', () => {
  test('fail-once refuses once, across driver objects', async () => {
    await simIn(dir).setup(call())
    await setFaults(dir, { create: { kind: 'fail-once' } })
    const share = shareRef()
    const refusal = { outcome: 'nothing-happened', retryAfterS: 1 }
    await expect(simIn(dir).create(call(), share)).rejects.toMatchObject(refusal)
    expect(counted('shares')).toBe(0)
    await simIn(dir).create(call(), share)
    expect(JSON.parse(readText(join(dir, 'faults.json')))).toEqual({})
  })

  test('fail stays until it is switched off, times counts down', async () => {
    const sim = simIn(dir, { faults: { delete: { kind: 'fail' } } })
    await sim.setup(call())
    for (let round = 0; round < 3; round++)
      await expect(sim.delete(call(), shareRef())).rejects.toMatchObject({ retryAfterS: null })
    await setFaults(dir, { delete: { kind: 'fail', times: 2, retry_after_s: 0 } })
    for (let round = 0; round < 2; round++)
      await expect(sim.delete(call(), shareRef())).rejects.toMatchObject({ retryAfterS: 0 })
    await sim.delete(call(), shareRef())
    await setFaults(dir, {})
    await sim.delete(call(), shareRef())
  })

  test('timeout-after-success has done it', async () => {
    const sim = simIn(dir)
    await sim.setup(call())
    await setFaults(dir, { create: { kind: 'timeout-after-success', times: 1 } })
    const share = shareRef()
    await expect(sim.create(call(), share)).rejects.toMatchObject({ outcome: 'maybe-happened' })
    await expect(sim.ensure(call(), share)).resolves.toMatchObject({ tree: { readOnly: false } })
  })

  test('half-done leaves a record that is no share yet', async () => {
    const sim = simIn(dir)
    await sim.setup(call())
    await setFaults(dir, { create: { kind: 'half-done', times: 1 } })
    const share = shareRef()
    await expect(sim.create(call(), share)).rejects.toMatchObject({ outcome: 'maybe-happened' })
    expect(counted('shares')).toBe(1)
    await expect(sim.ensure(call(), share)).rejects.toMatchObject({ reason: 'not-found' })
  })

  test('full goes back to the scheduler', async () => {
    const sim = simIn(dir)
    await sim.setup(call())
    await setFaults(dir, { create: { kind: 'full' } })
    await expect(sim.create(call(), shareRef())).rejects.toMatchObject({ outcome: 'no-room-here' })
  })

  test('slow takes its time, and no longer than the deadline', async () => {
    const sim = simIn(dir)
    await sim.setup(call())
    await setFaults(dir, { pools: { kind: 'slow', ms: 60 }, create: { kind: 'slow', ms: 60_000 } })
    const began = performance.now()
    await sim.pools(call())
    expect(performance.now() - began).toBeGreaterThanOrEqual(58)
    const late = sim.create(call({ deadlineMs: 50 }), shareRef())
    await expect(late).rejects.toMatchObject({ outcome: 'maybe-happened' })
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('hang ends when aborted', async () => {
    const sim = simIn(dir)
    await sim.setup(call())
    await setFaults(dir, { create: { kind: 'hang' } })
    const stop = new AbortController()
    const hung = sim.create(call({ signal: stop.signal, deadlineMs: 60_000 }), shareRef())
    setTimeout(() => stop.abort(), 30)
    await expect(hung).rejects.toMatchObject({ outcome: 'maybe-happened' })
    expect(counted('shares')).toBe(0)
  })

  test('that are none are refused, in code and in the file', async () => {
    await expect(setFaults(dir, { create: { kind: 'explode' } } as never)).rejects.toThrow(/create/)
    await writeFile(join(dir, 'faults.json'), '{"creat": {"kind": "fail"}}')
    await expect(simIn(dir).create(call(), shareRef())).rejects.toThrow(/faults\.json/)
  })
})

describe('fences', () => {
  const lane = (share: ShareRef, number: number) =>
    call({ fence: { lockFile: `/locks/${share.id}`, number } })

  test('a slow call that lost its lane changes nothing when it wakes', async () => {
    const [paused, successor] = [simIn(dir), simIn(dir)]
    await paused.setup(call())
    const share = shareRef()
    await paused.create(lane(share, 1), share)
    await setFaults(dir, { extend: { kind: 'slow', ms: 150, times: 1 } })
    const late = paused.extend(lane(share, 1), share, 9)
    await sleep(30)
    await successor.extend(lane(share, 2), share, 2)
    await expect(late).rejects.toMatchObject({ outcome: 'nothing-happened' })
    await expect(late).rejects.toThrow(/fenced/)
    const record = JSON.parse(readText(join(dir, 'shares', `${share.id}.json`)))
    expect(record).toMatchObject({ size_gib: 2, fence: 2 })
  })

  test('are remembered after the share is deleted, for its snapshots, and in memory', async () => {
    for (const memory of [false, true]) {
      const sim = simIn(dir, { memory })
      await sim.setup(call())
      const share = shareRef()
      await sim.create(lane(share, 3), share)
      await expect(sim.snapshots!.create(lane(share, 2), snapshotRef(share))).rejects.toThrow(/fenced/)
      await sim.delete(lane(share, 4), share)
      await expect(sim.create(lane(share, 3), share)).rejects.toThrow(/fenced/)
      expect((await sim.inventory(call())).shares).not.toContain(share.id)
      await sim.create(lane(share, 5), share)
    }
  })

  test('a process that is stopped and continued changes nothing it no longer owns', async () => {
    const share = shareRef()
    const sim = simIn(dir)
    await sim.setup(call())
    await setFaults(dir, { create: { kind: 'slow', ms: 2000, times: 1 } })
    const child = fork(new URL('./late.fixture.ts', import.meta.url), [dir, JSON.stringify(share)])
    const said = new Promise<string>((done) => child.once('message', (message) => done(String(message))))
    // The fault is used up as soon as the child waits in its call.
    while (!readText(join(dir, 'faults.json')).startsWith('{}')) await sleep(5)
    try {
      // And it has let go of the backend as soon as somebody else has it: stopped before, it would keep it.
      await sim.inventory(call())
      child.kill('SIGSTOP')
      await sim.create(lane(share, 2), share)
      await sim.delete(lane(share, 2), share)
      child.kill('SIGCONT')
      expect(await said).toMatch(/fenced/)
      expect(counted('shares')).toBe(0)
    } finally {
      child.kill('SIGKILL')
    }
  })
})

describe('content', () => {
  test('is limited, measured and told apart', async () => {
    const sim = simIn(dir)
    await sim.setup(call())
    const share = shareRef()
    await sim.create(call(), share)
    expect(await writeContent(dir, share.id, 'a', GIB)).toBe('written')
    expect(await writeContent(dir, share.id, 'b', GIB + 1)).toBe('full')
    expect(readContent(dir, share.id)).toEqual({ token: 'a', bytes: GIB })
    const snapshot = snapshotRef(share)
    await sim.snapshots!.create(call(), snapshot)
    const measure = async () =>
      (await sim.measures!.measure(call(), [share], [snapshot], { refresh: true })).map(
        (row) => row.exclusiveBytes,
      )
    expect(await measure()).toEqual([GIB, 0])
    await writeContent(dir, share.id, 'c', 5)
    expect(await measure()).toEqual([5, GIB])
  })

  test('made by hand can be managed', async () => {
    const sim = simIn(dir)
    await sim.setup(call())
    const made = await sim.create(call(), shareRef())
    const record = JSON.parse(readText(join(dir, 'shares', `${made.state['tree']!.split('/').at(-1)}.json`)))
    await plantTree(dir, { ...record, tree: '/sim/alpha/by-hand', token: 'old', used_bytes: 7 })
    const share = shareRef()
    const managed = await sim.manages!.manage(call(), share, '127.0.0.1:/sim/alpha/by-hand', {})
    expect(managed).toMatchObject({ sizeGib: 1, tree: { path: '/sim/alpha/by-hand' } })
    expect(readContent(dir, share.id)).toEqual({ token: 'old', bytes: 7 })
  })
})

describe('exporter', () => {
  const make = (options: object) => exporter.create(options as never, partsIn(dir))
  const target = (id: string, over: object = {}) => ({
    id,
    protocol: 'NFS',
    projectId: 'p',
    state: {},
    tree: { path: `/sim/alpha/${id}`, readOnly: false },
    name: id,
    ...over,
  })

  test('hands out keys, refuses whom it was told to, and keeps only active rules', async () => {
    const sim = make({ refuse: ['10.9.9.9'] })
    await sim.setup(call())
    const ceph = target('one', { protocol: 'CEPHFS' })
    await sim.publish(call(), ceph)
    const rule = (id: string, type: string, to: string) => ({ id, type, to, level: 'rw' as const })
    const rules = [rule('1', 'cephx', 'alice'), rule('2', 'ip', '10.9.9.9'), rule('3', 'user', 'bob')]
    const outcomes = await sim.applyRules(call(), ceph, rules)
    expect(outcomes.map((outcome) => [outcome.state, outcome.reason])).toEqual([
      ['active', null],
      ['error', 'client-forbidden'],
      ['active', null],
    ])
    expect(outcomes[0]?.accessKey).toMatch(/^[A-Za-z0-9+/]{43}=$/)
    expect(JSON.parse(readText(join(dir, 'exports', 'one.json'))).rules).toHaveLength(2)
  })

  test('gives no write access to a snapshot, and no name twice', async () => {
    const sim = make({})
    await sim.setup(call())
    const snapshot = target('snap', {
      tree: { path: '/sim/alpha/.snapshots/snap', readOnly: true },
      name: 'nice',
    })
    expect(await sim.publish(call(), snapshot)).toEqual([
      { path: '127.0.0.1:/sim/nice', preferred: true, adminOnly: false },
    ])
    const [outcome] = await sim.applyRules(call(), snapshot, [
      { id: '1', type: 'ip', to: '10.0.0.1', level: 'rw' },
    ])
    expect(outcome).toMatchObject({ state: 'error', reason: 'access-level-unsupported' })
    await expect(sim.publish(call(), target('other', { name: 'nice' }))).rejects.toMatchObject({
      reason: 'busy',
    })
  })

  test('takes faults and fences', async () => {
    const sim = make({})
    await sim.setup(call())
    await setFaults(dir, { publish: { kind: 'fail-once' } })
    await expect(sim.publish(call(), target('one'))).rejects.toThrow(/fault/)
    const fence = (number: number) => call({ fence: { lockFile: '/locks/one', number } })
    await sim.publish(fence(2), target('one'))
    await expect(sim.unpublish(fence(1), target('one'))).rejects.toThrow(/fenced/)
    expect(existsSync(join(dir, 'exports', 'one.json'))).toBe(true)
  })
})

function readText(path: string): string {
  return execFileSync('cat', [path]).toString()
}
