/**
 * For every kind of operation: what must be there before, the request that starts it, and what must be true when it is over,
 * done or undone. The kinds come from the registry; one without a scenario does not compile.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { plantTree } from '../../src/storage/drivers/sim/content.ts'
import type { Faults } from '../../src/storage/sim/faults.ts'
import type { OperationKind } from '../../src/model/operations.ts'
import { groupScenarios } from './group-scenarios.ts'
import { until, type Reply, type World as WholeWorld } from './world.ts'

/** What a scenario needs of one. */
export type World = Pick<WholeWorld, 'kind' | 'backendDir' | 'pool' | 'call'>

/** What a case works on. */
export interface Subject {
  /** Unique per case. */
  readonly name: string
  readonly shareId: string | null
  readonly snapshotId: string | null
}

export interface Scenario {
  /** Makes what the request needs; runs before anything is killed. */
  prepare(world: World, name: string): Promise<Subject>
  request(world: World, subject: Subject): Promise<Reply>
  /** Throws unless the world is as the finished operation leaves it. */
  done(world: World, subject: Subject): Promise<void>
  /** The fault of `sim` that makes it unwind after as many steps as can be undone; null: nothing of it is undone. */
  readonly fault: Faults | null
  /** Throws unless the world is as the failed operation leaves it. */
  undone(world: World, subject: Subject): Promise<void>
}

// ----------------------------------------------------------------------------------------------------- small words

const fail = { kind: 'fail' } as const

/** Asks until it is judged: 503 is a database that is busy with all that is done at once, and nothing of it is kept. */
export async function judged(ask: () => Promise<Reply>): Promise<Reply> {
  let answer = await ask()
  for (let tries = 1; answer.status === 503 && tries < 20; tries++) {
    await sleep(500)
    answer = await ask()
  }
  return answer
}

async function accepted(ask: () => Promise<Reply>): Promise<Reply> {
  const answer = await judged(ask)
  if (answer.status >= 300) throw new Error(`refused: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer
}

const action = (world: World, noun: string, id: string | null, name: string, body: unknown = null) =>
  world.call('POST', `/${noun}/${id}/action`, { [name]: body })

const createShare = (world: World, name: string, sizeGib: number) =>
  world.call('POST', '/shares', { share: { share_proto: 'NFS', size: sizeGib, name } })

/** A share that is ready, with a client that may use it. */
async function share(world: World, name: string, sizeGib = 1): Promise<Subject> {
  const { body } = await accepted(() => createShare(world, name, sizeGib))
  const shareId = body.share.id as string
  await available(world, 'share', shareId, `share ${name}`)
  const rule = { access_type: 'ip', access_to: '127.0.0.7', access_level: 'rw' }
  await accepted(() => action(world, 'shares', shareId, 'allow_access', rule))
  return { name, shareId, snapshotId: null }
}

async function snapshot(world: World, name: string, sizeGib = 1): Promise<Subject> {
  const subject = await share(world, name, sizeGib)
  const { body } = await accepted(() =>
    world.call('POST', '/snapshots', { snapshot: { share_id: subject.shareId, name } }),
  )
  const snapshotId = body.snapshot.id as string
  await available(world, 'snapshot', snapshotId, `snapshot ${name}`)
  return { ...subject, snapshotId }
}

/** The share in another size than its snapshot. */
async function resized(
  world: World,
  subject: Subject,
  verb: 'extend' | 'shrink',
  sizeGib: number,
): Promise<Subject> {
  const { name, shareId } = subject
  await accepted(() => action(world, 'shares', shareId, verb, { new_size: sizeGib }))
  await available(world, 'share', shareId, `${verb} of ${name}`)
  return subject
}

async function show(world: World, noun: 'share' | 'snapshot', id: string | null): Promise<any> {
  const { status: code, body } = await world.call('GET', `/${noun}s/${id}`)
  return code === 404 ? null : body[noun]
}

async function status(world: World, noun: 'share' | 'snapshot', id: string | null): Promise<string> {
  return (await show(world, noun, id))?.status ?? 'gone'
}

/** Waits for it; what failed for good is said at once, with the causes of its operations. */
async function available(world: World, noun: 'share' | 'snapshot', id: string | null, what: string) {
  await until(what, 60_000, async () => {
    const now = await status(world, noun, id)
    if (!now.includes('error')) return now === 'available'
    throw new Error(`${what} is ${now}: ${await causes(world, id)}`)
  })
}

/** How the operations of a resource ended, for whoever has to find out why it is in error. */
async function causes(world: World, id: string | null): Promise<string> {
  const { body } = await world.call('GET', `/operations?resource_id=${id}`)
  const all = (body.operations ?? []) as { kind: string; state: string; step: unknown; cause: unknown }[]
  return all.map(({ kind, state, step, cause }) => JSON.stringify({ kind, state, step, cause })).join(', ')
}

function same(what: string, is: unknown, should: unknown): void {
  if (is !== should) throw new Error(`${what} is ${String(is)}, not ${String(should)}`)
}

async function expectStatus(world: World, noun: 'share' | 'snapshot', id: string | null, should: string) {
  same(`${noun} ${id}`, await status(world, noun, id), should)
}

async function expectShare(world: World, subject: Subject, should: string, sizeGib: number): Promise<void> {
  const id = await shareIdOf(world, subject)
  const found = await show(world, 'share', id)
  const why = found?.status === 'error' && should !== 'error' ? ` (${await causes(world, id)})` : ''
  same(`share ${subject.name}${why}`, found?.status, should)
  same(`the size of share ${subject.name}`, found?.size, sizeGib)
}

/** Killed before it could answer, a request leaves only its name. */
async function shareIdOf(world: World, { shareId, name }: Subject): Promise<string> {
  if (shareId !== null) return shareId
  const { body } = await world.call('GET', `/shares?name=${name}`)
  same(`the number of shares called ${name}`, body.shares.length, 1)
  return body.shares[0].id as string
}

async function snapshotIdOf(world: World, { name }: Subject): Promise<string> {
  const { body } = await world.call('GET', `/snapshots?name=${name}`)
  same(`the number of snapshots called ${name}`, body.snapshots.length, 1)
  return body.snapshots[0].id as string
}

const expectSnapshot = async (world: World, subject: Subject, should: string) =>
  expectStatus(world, 'snapshot', await snapshotIdOf(world, subject), should)

const noUndo = (): Promise<void> => Promise.reject(new Error('nothing of it is undone'))

// --------------------------------------------------------------------------------------- what an administrator made

const poolOf = (world: World) => join(world.backendDir, 'pool')

async function plantShare(world: World, name: string): Promise<void> {
  if (world.kind === 'btrfs') return run('btrfs', 'subvolume', 'create', join(poolOf(world), name))
  if (world.kind === 'image') return plantImage(join(poolOf(world), name))
  await plantTree(world.backendDir, {
    share_id: '',
    project_id: '',
    protocol: 'NFS',
    pool: 'pool',
    size_gib: 1,
    used_bytes: 0,
    token: name,
    tree: `/sim/alpha/${name}`,
    complete: true,
    cloned_from: null,
    reverted_by: null,
    fence: null,
  })
}

/** A copy of the share's snapshot that no row knows. */
async function plantSnapshot(world: World, { name, snapshotId }: Subject): Promise<void> {
  const { body } = await world.call('GET', `/snapshot-instances?snapshot_id=${snapshotId}`)
  const id = body.snapshot_instances[0].id as string
  if (world.kind !== 'sim') {
    const from = join(poolOf(world), 'manila', 'snapshots', id)
    return run('btrfs', 'subvolume', 'snapshot', '-r', from, join(poolOf(world), name))
  }
  const folder = join(world.backendDir, 'loose-snapshots')
  mkdirSync(folder, { recursive: true })
  const record = JSON.parse(readFileSync(join(world.backendDir, 'snapshots', `${id}.json`), 'utf8')) as object
  const tree = `/sim/alpha/.snapshots/${name}`
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...record, id: name, tree }))
}

/** A file system of 1 GiB as another tool may have made it. */
function plantImage(folder: string): void {
  run('btrfs', 'subvolume', 'create', folder)
  run('truncate', '--size', '1100M', join(folder, 'image'))
  run('mkfs.xfs', '-q', join(folder, 'image'))
}

function run(program: string, ...args: readonly string[]): void {
  const { status: code, stderr } = spawnSync(program, args, { encoding: 'utf8' })
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`)
}

const exportPath = (world: World, name: string) =>
  world.kind === 'sim' ? `127.0.0.1:/sim/alpha/${name}` : `127.0.0.1:/${name}`
const snapshotPath = (world: World, name: string) =>
  world.kind === 'sim' ? `/sim/alpha/.snapshots/${name}` : name

// ---------------------------------------------------------------------------------------------------- the scenarios

export const scenarios: Readonly<Record<OperationKind, Scenario>> = {
  ...groupScenarios,
  'create-share': {
    prepare: async (_world, name) => ({ name, shareId: null, snapshotId: null }),
    request: (world, { name }) => createShare(world, name, 1),
    done: (world, subject) => expectShare(world, subject, 'available', 1),
    fault: { publish: fail },
    undone: (world, subject) => expectShare(world, subject, 'error', 1),
  },
  'delete-share': {
    prepare: (world, name) => share(world, name),
    request: (world, { shareId }) => world.call('DELETE', `/shares/${shareId}`),
    done: (world, { shareId }) => expectStatus(world, 'share', shareId, 'gone'),
    fault: null,
    undone: noUndo,
  },
  'extend-share': {
    prepare: (world, name) => share(world, name),
    request: (world, { shareId }) => action(world, 'shares', shareId, 'extend', { new_size: 3 }),
    done: (world, subject) => expectShare(world, subject, 'available', 3),
    fault: { extend: fail },
    undone: (world, subject) => expectShare(world, subject, 'extending_error', 1),
  },
  'shrink-share': {
    prepare: (world, name) => share(world, name, 3),
    request: (world, { shareId }) => action(world, 'shares', shareId, 'shrink', { new_size: 2 }),
    done: (world, subject) => expectShare(world, subject, 'available', 2),
    fault: { shrink: fail },
    undone: (world, subject) => expectShare(world, subject, 'shrinking_error', 3),
  },
  'create-snapshot': {
    prepare: (world, name) => share(world, name),
    request: (world, { name, shareId }) =>
      world.call('POST', '/snapshots', { snapshot: { share_id: shareId, name } }),
    done: (world, subject) => expectSnapshot(world, subject, 'available'),
    fault: { 'snapshot-tree': fail },
    undone: (world, subject) => expectSnapshot(world, subject, 'error'),
  },
  'delete-snapshot': {
    prepare: (world, name) => snapshot(world, name),
    request: (world, { snapshotId }) => world.call('DELETE', `/snapshots/${snapshotId}`),
    done: (world, { snapshotId }) => expectStatus(world, 'snapshot', snapshotId, 'gone'),
    fault: null,
    undone: noUndo,
  },
  'revert-share': {
    async prepare(world, name) {
      const subject = await snapshot(world, name)
      return resized(world, subject, 'extend', 2)
    },
    request: (world, { shareId, snapshotId }) =>
      action(world, 'shares', shareId, 'revert', { snapshot_id: snapshotId }),
    async done(world, subject) {
      await expectShare(world, subject, 'available', 1)
      await expectSnapshot(world, subject, 'available')
    },
    fault: { revert: fail },
    async undone(world, subject) {
      await expectShare(world, subject, 'reverting_error', 2)
      await expectSnapshot(world, subject, 'available')
    },
  },
  'revert-and-extend-share': {
    async prepare(world, name) {
      const subject = await snapshot(world, name, 3)
      return resized(world, subject, 'shrink', 2)
    },
    request: (world, { shareId, snapshotId }) =>
      action(world, 'shares', shareId, 'revert', { snapshot_id: snapshotId }),
    async done(world, subject) {
      await expectShare(world, subject, 'available', 3)
      await expectSnapshot(world, subject, 'available')
    },
    fault: { revert: fail },
    async undone(world, subject) {
      await expectShare(world, subject, 'reverting_error', 2)
      await expectSnapshot(world, subject, 'available')
    },
  },
  'manage-share': {
    async prepare(world, name) {
      await plantShare(world, name)
      return { name, shareId: null, snapshotId: null }
    },
    request: (world, { name }) =>
      world.call('POST', '/shares/manage', {
        share: {
          service_host: world.pool,
          export_path: exportPath(world, name),
          protocol: 'NFS',
          share_type: 'default',
          name,
        },
      }),
    done: (world, subject) => expectShare(world, subject, 'available', 1),
    fault: { publish: fail },
    undone: (world, subject) => expectShare(world, subject, 'manage_error', 0),
  },
  'unmanage-share': {
    prepare: (world, name) => share(world, name),
    request: (world, { shareId }) => action(world, 'shares', shareId, 'unmanage'),
    done: (world, { shareId }) => expectStatus(world, 'share', shareId, 'gone'),
    fault: { unmanage: fail },
    undone: (world, subject) => expectShare(world, subject, 'unmanage_error', 1),
  },
  'manage-snapshot': {
    async prepare(world, name) {
      const subject = await snapshot(world, `${name}-origin`)
      await plantSnapshot(world, { ...subject, name })
      return { ...subject, name }
    },
    request: (world, { name, shareId }) =>
      world.call('POST', '/snapshots/manage', {
        snapshot: { share_id: shareId, provider_location: snapshotPath(world, name), name },
      }),
    done: (world, subject) => expectSnapshot(world, subject, 'available'),
    fault: { 'snapshot-tree': fail },
    undone: (world, subject) => expectSnapshot(world, subject, 'manage_error'),
  },
  'unmanage-snapshot': {
    prepare: (world, name) => snapshot(world, name),
    request: (world, { snapshotId }) => action(world, 'snapshots', snapshotId, 'unmanage'),
    done: (world, { snapshotId }) => expectStatus(world, 'snapshot', snapshotId, 'gone'),
    fault: { 'unmanage-snapshot': fail },
    undone: (world, subject) => expectSnapshot(world, subject, 'unmanage_error'),
  },
  'ensure-shares': {
    prepare: async (_world, name) => ({ name, shareId: null, snapshotId: null }),
    request: (world) =>
      world.call('POST', '/services/ensure-shares', {
        ensure_shares: { host: world.pool.split('#')[0] },
      }),
    async done(world) {
      const { body } = await world.call('GET', '/shares?status=ensuring')
      same('the number of shares being ensured', body.shares.length, 0)
    },
    fault: null,
    undone: noUndo,
  },
}
