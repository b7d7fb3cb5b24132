/**
 * Share groups with members: most of their work is done by child operations, and a process is killed while the group's own
 * operation or one of its children is at a step. Nothing may be half made afterwards: all members, or none.
 */
import type { OperationKind } from '../../src/model/operations.ts'
import type { Faults } from '../../src/storage/sim/faults.ts'
import { setFaults } from '../../src/storage/sim/faults.ts'
import { judged, type Subject, type World } from './scenarios.ts'
import { until, type Reply } from './world.ts'

export interface MemberCase {
  /** Of the operation at the top of the family, and those of its children. */
  readonly kind: OperationKind
  readonly children: readonly OperationKind[]
  /** Of each case that is killed once: makes what the request needs. */
  prepare(world: World, name: string): Promise<Subject>
  request(world: World, subject: Subject): Promise<Reply>
  readonly fault: Faults | null
  /** Once the request is accepted; the process may be gone at any time. */
  meanwhile?(world: World, subject: Subject): Promise<void>
  readonly ends: 'done' | 'failed'
  /** Throws unless the world is as the ended operation leaves it. */
  over(world: World, subject: Subject): Promise<void>
}

export type MemberCaseName =
  | 'group from snapshot'
  | 'group taken back'
  | 'group snapshot'
  | 'taken back'
  | 'end of a group snapshot'
  | 'end by force'

// ----------------------------------------------------------------------------------------------------- small words

async function accepted(ask: () => Promise<Reply>): Promise<any> {
  const { status, body } = await judged(ask)
  if (status >= 300) throw new Error(`refused: ${status} ${JSON.stringify(body)}`)
  return body
}

const get = (world: World, path: string): Promise<any> => accepted(() => world.call('GET', path))
const post = (world: World, path: string, body: unknown): Promise<any> =>
  accepted(() => world.call('POST', path, body))

function same(what: string, is: unknown, should: unknown): void {
  const [found, wanted] = [JSON.stringify(is), JSON.stringify(should)]
  if (found !== wanted) throw new Error(`${what}: ${found}, not ${wanted}`)
}

async function refused(world: World, path: string, should = 409): Promise<void> {
  same(`DELETE ${path}`, (await judged(() => world.call('DELETE', path))).status, should)
}

interface Types {
  readonly group: string
  /** The second cannot be mounted from its snapshots, so no fault of that is met. */
  readonly mountable: string
  readonly plain: string
}
const made = new WeakMap<object, Promise<Types>>()

/** Of one world, once: cases are prepared at the same time. */
function typesOf(world: World): Promise<Types> {
  const found = made.get(world) ?? makeTypes(world)
  made.set(world, found)
  return found
}

async function makeTypes(world: World): Promise<Types> {
  const mountable = (await get(world, '/types/default')).share_type.id as string
  const { share_type: plain } = await post(world, '/types', {
    share_type: {
      name: 'plain',
      extra_specs: {
        driver_handles_share_servers: 'False',
        snapshot_support: 'True',
        create_share_from_snapshot_support: 'True',
      },
    },
  })
  const { share_group_type: group } = await post(world, '/share-group-types', {
    share_group_type: { name: 'members', share_types: [mountable, plain.id] },
  })
  return { group: group.id, mountable, plain: plain.id }
}

/** Of a name, with everything; undefined when it is gone. Killed before it could answer, a request leaves only its name. */
async function named(world: World, nouns: 'share-groups' | 'share-group-snapshots', name: string) {
  const found: any[] = (await get(world, `/${nouns}/detail?name=${name}`))[nouns.replaceAll('-', '_')]
  if (found.length > 1) throw new Error(`${found.length} ${nouns} are called ${name}`)
  return found[0]
}

/** A resting one at last, and the one that is wanted. */
async function becomes(world: World, nouns: Parameters<typeof named>[1], name: string): Promise<any> {
  return until(`${nouns} ${name}`, 60_000, async () => {
    const found = await named(world, nouns, name)
    if (found?.status.includes('error')) throw new Error(`${nouns} ${name} is ${found.status}`)
    return found?.status === 'available' ? found : null
  })
}

const sharesOf = async (world: World, groupId: string): Promise<any[]> =>
  (await get(world, `/shares/detail?share_group_id=${groupId}`)).shares

async function group(world: World, name: string, sizes: number): Promise<Subject> {
  const types = await typesOf(world)
  await post(world, '/share-groups', {
    share_group: { name, share_group_type_id: types.group, share_types: [types.mountable, types.plain] },
  })
  const { id } = await becomes(world, 'share-groups', name)
  const make = (number: number) =>
    post(world, '/shares', {
      share: {
        share_proto: 'NFS',
        size: 1,
        name: `${name}-${number}`,
        share_group_id: id,
        share_type: number === 0 ? types.mountable : types.plain,
      },
    })
  await Promise.all(Array.from({ length: sizes }, (_, number) => make(number)))
  await until(`the shares of ${name}`, 60_000, async () => {
    const shares = await sharesOf(world, id)
    const bad = shares.find(({ status }) => status.includes('error'))
    if (bad !== undefined) throw new Error(`share ${bad.name} is ${bad.status}`)
    return shares.every(({ status }) => status === 'available')
  })
  return { name, shareId: null, snapshotId: null }
}

const takeSnapshot = async (world: World, name: string): Promise<Reply> => {
  const { id } = await named(world, 'share-groups', name)
  return world.call('POST', '/share-group-snapshots', { share_group_snapshot: { share_group_id: id, name } })
}

async function groupSnapshot(world: World, name: string, size: number): Promise<Subject> {
  const subject = await group(world, name, size)
  await accepted(() => takeSnapshot(world, name))
  await becomes(world, 'share-group-snapshots', name)
  return subject
}

const copyOf = (name: string): string => `${name}-copy`

const [two, three] = [2, 3]

// ------------------------------------------------------------------------------------------------------- the cases

/** Its shares are made by children, and become available with it. */
const groupFromSnapshot: MemberCase = {
  kind: 'create-share-group',
  children: ['create-share'],
  prepare: (world, name) => groupSnapshot(world, name, two),
  async request(world, { name }) {
    const { id } = await named(world, 'share-group-snapshots', name)
    const asked = { name: copyOf(name), source_share_group_snapshot_id: id }
    return world.call('POST', '/share-groups', { share_group: asked })
  },
  fault: null,
  ends: 'done',
  async over(world, { name }) {
    const copy = await named(world, 'share-groups', copyOf(name))
    same(`group ${copyOf(name)}`, copy?.status, 'available')
    const shares = await sharesOf(world, copy.id)
    same(
      `the shares of ${copyOf(name)}`,
      shares.map(({ status }) => status),
      ['available', 'available'],
    )
    const { members } = await named(world, 'share-group-snapshots', name)
    const ids = (list: readonly string[]): readonly string[] => [...list].sort()
    same(
      `what they are made of`,
      ids(shares.map((share) => share.source_share_group_snapshot_member_id)),
      ids(members.map((member: any) => member.id)),
    )
    await refused(world, `/share-groups/${copy.id}`)
  },
}

/** One of its two shares can be exported nowhere: the other, whole by then or not, is taken from the backend again. */
const groupTakenBack: MemberCase = {
  ...groupFromSnapshot,
  children: ['create-share', 'delete-share'],
  fault: { publish: { kind: 'fail', times: 1, retry_after_s: null } },
  ends: 'failed',
  async over(world, { name }) {
    const copy = await named(world, 'share-groups', copyOf(name))
    same(`group ${copyOf(name)}`, copy?.status, 'error')
    same(
      `the shares of ${copyOf(name)}`,
      (await sharesOf(world, copy.id)).map(({ status }) => status),
      ['error', 'error'],
    )
    const { status } = await named(world, 'share-group-snapshots', name)
    same(`group snapshot ${name}`, status, 'available')
  },
}

const snapshotOfGroup: MemberCase = {
  kind: 'create-share-group-snapshot',
  children: ['create-snapshot'],
  prepare: (world, name) => group(world, name, three),
  request: (world, { name }) => takeSnapshot(world, name),
  fault: null,
  ends: 'done',
  async over(world, { name }) {
    const snapshot = await named(world, 'share-group-snapshots', name)
    same(`group snapshot ${name}`, snapshot?.status, 'available')
    same(`members of ${name}`, snapshot.members.length, three)
    await refused(world, `/share-groups/${snapshot.share_group_id}`)
    const { members, share_group_id: groupId } = snapshot
    await refused(world, `/shares/${members[0].share_id}?share_group_id=${groupId}`, 403)
  },
}

/**
 * One of three fails when the others are there: they are taken from the backend again. Only the first can be mounted from its
 * snapshot, so the fault hits that one; it is asked to come again until the others are done, so that there is something to take back.
 */
const takenBack: MemberCase = {
  ...snapshotOfGroup,
  children: ['create-snapshot', 'delete-snapshot'],
  fault: { 'snapshot-tree': { kind: 'fail', retry_after_s: 1 } },
  async meanwhile(world, { name }) {
    await until(`the other members of ${name}`, 60_000, async () => {
      const { members } = await named(world, 'share-group-snapshots', name)
      const { operations } = await get(world, '/operations?kind=create-snapshot&state=done&limit=20')
      const done = new Set(operations.map((one: any) => one.resource_id))
      return members.filter(({ id }: any) => done.has(id)).length === three - 1
    })
    await setFaults(world.backendDir, { 'snapshot-tree': { kind: 'fail' } })
  },
  ends: 'failed',
  async over(world, { name }) {
    const snapshot = await named(world, 'share-group-snapshots', name)
    same(`group snapshot ${name}`, snapshot?.status, 'error')
    same(`members of ${name}`, snapshot.members.length, three)
  },
}

const endOfSnapshot: MemberCase = {
  kind: 'delete-share-group-snapshot',
  children: ['delete-snapshot'],
  prepare: (world, name) => groupSnapshot(world, name, three),
  request: async (world, { name }) =>
    world.call('DELETE', `/share-group-snapshots/${(await named(world, 'share-group-snapshots', name))?.id}`),
  fault: null,
  ends: 'done',
  async over(world, { name }) {
    same(`group snapshot ${name}`, await named(world, 'share-group-snapshots', name), undefined)
    // What it was taken of is as before, and still in the way of its group's end.
    const { id } = await named(world, 'share-groups', name)
    same(
      `shares of ${name}`,
      (await sharesOf(world, id)).map(({ status }) => status),
      Array.from({ length: three }, () => 'available'),
    )
    await refused(world, `/share-groups/${id}`)
  },
}

/** Without force a group that holds anything stays, so there is nothing to kill: with it everything goes along. */
const endByForce: MemberCase = {
  kind: 'delete-share-group',
  children: ['delete-snapshot', 'delete-share'],
  prepare: (world, name) => groupSnapshot(world, name, two),
  async request(world, { name }) {
    const { id } = await named(world, 'share-groups', name)
    await refused(world, `/share-groups/${id}`)
    return world.call('POST', `/share-groups/${id}/action`, { force_delete: null })
  },
  fault: null,
  ends: 'done',
  async over(world, { name }) {
    same(`group ${name}`, await named(world, 'share-groups', name), undefined)
    same(`group snapshot ${name}`, await named(world, 'share-group-snapshots', name), undefined)
    const { shares } = await get(world, `/shares?name~=${name}-`)
    same(`shares of ${name}`, shares, [])
  },
}

export const memberCases: Readonly<Record<MemberCaseName, MemberCase>> = {
  'group from snapshot': groupFromSnapshot,
  'group taken back': groupTakenBack,
  'group snapshot': snapshotOfGroup,
  'taken back': takenBack,
  'end of a group snapshot': endOfSnapshot,
  'end by force': endByForce,
}
