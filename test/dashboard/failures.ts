/**
 * For every step of every kind of operation: what goes wrong there, what the page must say then, and what helps. The steps come from the
 * plans; one without a row fails the test.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Faults } from '../../src/storage/sim/faults.ts'
import type { OperationKind } from '../../src/model/operations.ts'
import { scenarios, type Scenario, type World } from '../faults/scenarios.ts'
import type { Reply } from '../faults/world.ts'

/** What the page offers, and what is pressed to see that it helps. */
export type Next = 'retry' | 'delete' | 'unmanage' | 'nothing'

export interface Failure {
  /** Of the backend, while the request is served. */
  readonly faults: Faults
  /** In place of the scenario's own. */
  /** Its service takes no new work meanwhile. */
  readonly drained?: true
  readonly prepare?: Scenario['prepare']
  readonly request?: Scenario['request']
  /** Where the page says that it failed, if elsewhere: placed again it finds no pool. */
  readonly failsAt?: string
  /** The status that the page shows then. */
  readonly status: string
  /** Why, in the words of the page. */
  readonly says: RegExp
  /** Pressed once the fault is over. */
  readonly next: Next
  /** Also what comes of that; default `available` after a retry, `gone` after a deletion. */
  readonly ends?: 'available' | 'gone'
}

type Rows = Readonly<Record<string, readonly Failure[] | string>>

/** Once, and nothing repeats it: what is undone afterwards succeeds. */
const fail = { kind: 'fail', times: 1, retry_after_s: null } as const
/** Of no rule's fault: what a set of rules is refused for is else looked for among them, and the others are put back. */
const busy = { ...fail, reason: 'busy' } as const
const inUse = /It is in use on the backend\. Ask again when its clients have let go of it\./
const refused = /The backend refused it\. An administrator finds why by the request id\./
const overQuota = /The quota has no room for it\. Delete something, or ask an administrator for more\./
const drained = /No storage backend is ready|No storage could be allocated/
/** Its page shows them with the work of each. */
const ofGroups = 'work of its members, whose own rows are above'
const transaction = 'one transaction of the database, which asks nobody'
const before = 'of the version that the release before begins; what goes wrong there has a row of the newest'

const sized =
  (sizeGib: number) =>
  (world: World, name: string): Promise<Reply> =>
    world.call('POST', '/shares', { share: { share_proto: 'NFS', size: sizeGib, name } })

const act =
  (name: string, body: unknown): Scenario['request'] =>
  (world, { shareId }) =>
    world.call('POST', `/shares/${shareId}/action`, { [name]: body })

/** A new share with the content of a snapshot. */
const cloned: Pick<Failure, 'prepare' | 'request'> = {
  prepare: scenarios['delete-snapshot'].prepare,
  request: (world, { name, snapshotId }) =>
    world.call('POST', '/shares', {
      share: { share_proto: 'NFS', size: 1, name: `${name}-clone`, snapshot_id: snapshotId },
    }),
}

/** The tree or snapshot that was planted is as large as no quota allows. */
async function swollen(world: World, folder: 'loose' | 'loose-snapshots', name: string): Promise<void> {
  const file = join(world.backendDir, folder, `${name}.json`)
  const record = JSON.parse(readFileSync(file, 'utf8')) as object
  writeFileSync(file, JSON.stringify({ ...record, size_gib: 50_000 }))
}

export const failures: Readonly<Record<OperationKind, Rows>> = {
  'create-share': {
    place: [
      {
        faults: {},
        request: (world, { name }) => sized(900)(world, name),
        status: 'error',
        says: /No backend has enough room: ask for less/,
        next: 'delete',
      },
    ],
    backend: [
      { faults: { create: fail }, status: 'error', says: refused, next: 'retry' },
      {
        faults: { create: { ...fail, reason: 'host-lacks' } },
        status: 'error',
        says: /The backend lacks something that it needs for this\./,
        next: 'delete',
      },
      {
        faults: { create: { kind: 'full' } },
        failsAt: 'place',
        status: 'error',
        says: /Every backend that fits was tried|No backend has enough room/,
        next: 'retry',
      },
      {
        ...cloned,
        faults: { clone: fail },
        status: 'error',
        says: /failed to create the share from snapshot.*The backend refused it/,
        next: 'retry',
      },
      { faults: { publish: fail }, status: 'error', says: refused, next: 'retry' },
    ],
    serve: transaction,
    export: before,
    publish: before,
  },
  'delete-share': {
    withdraw: [
      { faults: { unpublish: fail }, status: 'error deleting', says: refused, next: 'retry', ends: 'gone' },
    ],
    erase: [
      {
        faults: { delete: busy },
        status: 'error deleting',
        says: inUse,
        next: 'retry',
        ends: 'gone',
      },
    ],
    backend: before,
    forget: before,
  },
  'extend-share': {
    place: [
      {
        faults: {},
        request: act('extend', { new_size: 900 }),
        status: 'available',
        says: /No backend has enough room|no room/i,
        next: 'nothing',
      },
    ],
    backend: [
      { faults: { extend: fail }, status: 'extending error', says: refused, next: 'retry' },
      {
        faults: { extend: { kind: 'full' } },
        status: 'extending error',
        says: /The backend has no room for it/,
        next: 'retry',
      },
    ],
    publish: transaction,
  },
  'shrink-share': {
    backend: [
      { faults: { shrink: fail }, status: 'shrinking error', says: refused, next: 'retry' },
      {
        faults: { shrink: { ...fail, reason: 'unsupported' } },
        status: 'shrinking error',
        says: /The backend cannot do this/,
        next: 'retry',
      },
    ],
    publish: transaction,
  },
  'create-snapshot': {
    backend: [{ faults: { 'create-snapshot': fail }, status: 'error', says: refused, next: 'retry' }],
    export: [{ faults: { 'snapshot-tree': fail }, status: 'error', says: refused, next: 'delete' }],
    publish: transaction,
  },
  'delete-snapshot': {
    withdraw: [
      {
        faults: { 'snapshot-release': fail },
        status: 'error deleting',
        says: refused,
        next: 'retry',
        ends: 'gone',
      },
    ],
    backend: [
      {
        faults: { 'delete-snapshot': fail },
        status: 'error deleting',
        says: refused,
        next: 'retry',
        ends: 'gone',
      },
    ],
    forget: transaction,
  },
  'revert-share': {
    withdraw: [{ faults: { unpublish: fail }, status: 'reverting error', says: refused, next: 'retry' }],
    backend: [{ faults: { revert: fail }, status: 'reverting error', says: refused, next: 'retry' }],
    export: [{ faults: { publish: fail }, status: 'reverting error', says: refused, next: 'retry' }],
    'access rules': [
      { faults: { 'apply-rules': busy }, status: 'reverting error', says: inUse, next: 'retry' },
    ],
    publish: transaction,
  },
  'revert-and-extend-share': {
    place: [
      {
        faults: {},
        drained: true,
        status: 'available',
        says: drained,
        next: 'retry',
      },
    ],
    withdraw: [{ faults: { unpublish: fail }, status: 'reverting error', says: refused, next: 'retry' }],
    backend: [{ faults: { revert: fail }, status: 'reverting error', says: refused, next: 'retry' }],
    export: [{ faults: { publish: fail }, status: 'reverting error', says: refused, next: 'retry' }],
    'access rules': [
      { faults: { 'apply-rules': busy }, status: 'reverting error', says: inUse, next: 'retry' },
    ],
    publish: transaction,
  },
  'manage-share': {
    place: 'asks nobody: a pool that is gone, drained or down is refused when it is asked for',
    backend: [
      { faults: { manage: fail }, status: 'manage error', says: refused, next: 'unmanage' },
      {
        faults: {},
        prepare: async (_world, name) => ({ name, shareId: null, snapshotId: null }),
        status: 'manage error',
        says: /The backend does not find it\. Check the name that was given/,
        next: 'unmanage',
      },
    ],
    export: [{ faults: { publish: fail }, status: 'manage error', says: refused, next: 'unmanage' }],
    publish: [
      {
        faults: {},
        async prepare(world, name) {
          const subject = await scenarios['manage-share'].prepare(world, name)
          await swollen(world, 'loose', name)
          return subject
        },
        status: 'manage error',
        says: overQuota,
        next: 'unmanage',
      },
    ],
  },
  'unmanage-share': {
    withdraw: [
      { faults: { unpublish: fail }, status: 'unmanage error', says: refused, next: 'retry', ends: 'gone' },
    ],
    backend: [
      { faults: { unmanage: fail }, status: 'unmanage error', says: refused, next: 'retry', ends: 'gone' },
    ],
    forget: transaction,
  },
  'manage-snapshot': {
    backend: [
      { faults: { 'manage-snapshot': fail }, status: 'manage error', says: refused, next: 'unmanage' },
    ],
    export: [{ faults: { 'snapshot-tree': fail }, status: 'manage error', says: refused, next: 'unmanage' }],
    publish: [
      {
        faults: {},
        async prepare(world, name) {
          const subject = await scenarios['manage-snapshot'].prepare(world, name)
          await swollen(world, 'loose-snapshots', name)
          return subject
        },
        status: 'manage error',
        says: overQuota,
        next: 'unmanage',
      },
    ],
  },
  'unmanage-snapshot': {
    withdraw: [
      {
        faults: { 'snapshot-release': fail },
        status: 'unmanage error',
        says: refused,
        next: 'retry',
        ends: 'gone',
      },
    ],
    backend: [
      {
        faults: { 'unmanage-snapshot': fail },
        status: 'unmanage error',
        says: refused,
        next: 'retry',
        ends: 'gone',
      },
    ],
    forget: transaction,
  },
  'create-share-group': {
    place: [{ faults: {}, drained: true, status: 'error', says: drained, next: 'delete' }],
    members: ofGroups,
    publish: transaction,
  },
  'delete-share-group': {
    members: ofGroups,
    'members gone': ofGroups,
    shares: ofGroups,
    forget: transaction,
  },
  'create-share-group-snapshot': { members: ofGroups, publish: transaction },
  'delete-share-group-snapshot': { members: ofGroups, forget: transaction },
  'ensure-shares': {
    ensure: [
      {
        faults: { ensure: fail },
        status: 'failed',
        says: /Not everything that was checked is in order\./,
        next: 'nothing',
      },
    ],
    publish: transaction,
  },
}
