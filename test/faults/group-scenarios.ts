/** The scenarios of share groups that have nothing in them; see `scenarios.ts`. Those with members are in `member-cases.ts`. */
import type { OperationKind } from '../../src/model/operations.ts'
import type { Scenario, Subject, World } from './scenarios.ts'
import { until, type Reply } from './world.ts'

type GroupKind = Extract<OperationKind, `${string}-share-group${string}`>

const noUndo = (): Promise<void> => Promise.reject(new Error('nothing of it is undone'))

async function accepted(answer: Promise<Reply>): Promise<any> {
  const { status, body } = await answer
  if (status >= 300) throw new Error(`refused: ${status} ${JSON.stringify(body)}`)
  return body
}

/** One group type for all of them; several that prepare at once may all find none, and one of them makes it. */
async function groupType(world: World): Promise<string> {
  const [known] = await groupTypes(world)
  if (known !== undefined) return known.id
  const { share_types: shareTypes } = await accepted(world.call('GET', '/types'))
  const { status, body } = await world.call('POST', '/share-group-types', {
    share_group_type: { name: 'groups', share_types: [shareTypes[0].id] },
  })
  if (status < 300) return body.share_group_type.id as string
  const [others] = status === 409 ? await groupTypes(world) : []
  if (others === undefined) throw new Error(`refused: ${status} ${JSON.stringify(body)}`)
  return others.id
}

const groupTypes = async (world: World): Promise<readonly { readonly id: string }[]> =>
  (await accepted(world.call('GET', '/share-group-types'))).share_group_types

async function createGroup(world: World, name: string): Promise<Reply> {
  const share_group_type_id = await groupType(world)
  return world.call('POST', '/share-groups', { share_group: { name, share_group_type_id } })
}

/** Killed before it could answer, a request leaves only its name. */
async function named(world: World, path: string, key: string, name: string): Promise<any> {
  const { body } = await world.call('GET', `/${path}/detail?name=${name}`)
  const found = body[key] as unknown[]
  if (found.length > 1) throw new Error(`${found.length} ${path} are called ${name}`)
  return found[0]
}

const groupOf = (world: World, { name }: Subject) => named(world, 'share-groups', 'share_groups', name)
const snapshotOf = (world: World, { name }: Subject) =>
  named(world, 'share-group-snapshots', 'share_group_snapshots', name)

function same(what: string, is: unknown, should: unknown): void {
  if (is !== should) throw new Error(`${what} is ${String(is)}, not ${String(should)}`)
}

async function group(world: World, name: string): Promise<Subject> {
  await accepted(createGroup(world, name))
  const subject = { name, shareId: null, snapshotId: null }
  await until(
    `share group ${name}`,
    60_000,
    async () => (await groupOf(world, subject)).status === 'available',
  )
  return subject
}

const takeSnapshot = async (world: World, { name }: Subject): Promise<Reply> => {
  const { id } = await groupOf(world, { name, shareId: null, snapshotId: null })
  return world.call('POST', '/share-group-snapshots', { share_group_snapshot: { share_group_id: id, name } })
}

async function groupSnapshot(world: World, name: string): Promise<Subject> {
  const subject = await group(world, name)
  await accepted(takeSnapshot(world, subject))
  const isThere = async () => (await snapshotOf(world, subject)).status === 'available'
  await until(`group snapshot ${name}`, 60_000, isThere)
  return subject
}

export const groupScenarios: Readonly<Record<GroupKind, Scenario>> = {
  'create-share-group': {
    prepare: async (_world, name) => ({ name, shareId: null, snapshotId: null }),
    request: (world, { name }) => createGroup(world, name),
    done: async (world, subject) =>
      same(`share group ${subject.name}`, (await groupOf(world, subject))?.status, 'available'),
    fault: null,
    undone: noUndo,
  },
  'delete-share-group': {
    prepare: (world, name) => group(world, name),
    request: async (world, subject) =>
      world.call('DELETE', `/share-groups/${(await groupOf(world, subject)).id}`),
    done: async (world, subject) =>
      same(`share group ${subject.name}`, (await groupOf(world, subject))?.status, undefined),
    fault: null,
    undone: noUndo,
  },
  'create-share-group-snapshot': {
    prepare: (world, name) => group(world, name),
    request: takeSnapshot,
    done: async (world, subject) =>
      same(`group snapshot ${subject.name}`, (await snapshotOf(world, subject))?.status, 'available'),
    fault: null,
    undone: noUndo,
  },
  'delete-share-group-snapshot': {
    prepare: (world, name) => groupSnapshot(world, name),
    request: async (world, subject) =>
      world.call('DELETE', `/share-group-snapshots/${(await snapshotOf(world, subject)).id}`),
    done: async (world, subject) =>
      same(`group snapshot ${subject.name}`, (await snapshotOf(world, subject))?.status, undefined),
    fault: null,
    undone: noUndo,
  },
}
