/**
 * What `GET /v2/permissions` says is what happens: for things in any state and any caller, an action that is called allowed succeeds, and
 * one that is called refused is refused with that status and that sentence. Each action is tried on a thing of its own.
 */
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AuthManager } from '../../auth/manager.ts'
import { enqueue } from '../../engine/queue.ts'
import { insertType } from '../../db/store/share-types.ts'
import type { ShareTypesTable } from '../../db/schema.ts'
import { instanceLane } from '../../model/lanes.ts'
import type { Identity } from '../../model/identity.ts'
import { ruleStates, shareStatuses, snapshotStatuses } from '../../model/states.ts'
import { routes } from '../routes.ts'
import { seedShare, seedSnapshot } from '../seed.fixture.ts'
import { openBench, personas, type Answer, type Bench, type Token } from '../bench.fixture.ts'

/** Beside the bench's: another user of demo's project, and another service in it. */
const callers: Readonly<Record<string, Identity>> = {
  admin: personas.admin,
  demo: personas.demo,
  reader: personas.reader,
  other: personas.other,
  colleague: { ...personas.demo, userId: 'colleague-user', userName: 'colleague' },
  service: { ...personas.demo, userId: 'nova-user', roles: ['service', 'reader'] },
}

let bench: Bench
const typeIds: (string | null)[] = [null]
beforeAll(async () => {
  const auth = { verify: (token: string) => Promise.resolve(callers[token] ?? null) }
  bench = await openBench(
    routes,
    (settings) => {
      settings.api.changes_per_minute = 0
      Object.assign(settings.limits, { operations_per_project: 1_000_000, project_requests_per_minute: 0 })
      Object.assign(settings.quota, { shares: -1, gigabytes: -1, snapshots: -1, snapshot_gigabytes: -1 })
    },
    { auth: auth as unknown as AuthManager },
  )
  const types: Record<string, Record<string, string>> = {
    plain: { driver_handles_share_servers: 'False' },
    narrow: {
      driver_handles_share_servers: 'False',
      'provisioning:min_share_size': '2',
      'provisioning:max_share_size': '2',
      'provisioning:max_share_extend_size': '3',
    },
  }
  for (const [name, specs] of Object.entries(types)) typeIds.push(await makeType(name, specs))
})
afterAll(() => bench.close())

async function makeType(name: string, extra_specs: Record<string, string>, isPublic: 0 | 1 = 1) {
  const id = bench.id()
  const row: ShareTypesTable = {
    id,
    name,
    description: null,
    is_public: isPublic,
    created_at: bench.clock.now(),
    updated_at: null,
  }
  await bench.store.transaction((tx) => insertType(tx, { ...row, extra_specs }))
  return id
}

interface Told {
  readonly action: string
  readonly allowed: boolean
  readonly code: string | null
  readonly status: number | null
  readonly reason: string | null
}

/** A microversion, and who asks. */
interface Asked {
  readonly token: string
  readonly version: number
  readonly experimental: boolean
}

const call = (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, asked: Asked, body?: unknown) =>
  bench.call(method, path, { ...asked, token: asked.token as Token, body })

/** Null when the thing is not told about. */
async function told(resource: string, id: string, asked: Asked): Promise<readonly Told[] | null> {
  const { status, body } = await call('GET', `/permissions?resource=${resource}&id=${id}`, asked)
  // Who may not see one of the kind at all is refused as when it is shown.
  if (status === 403) return null
  expect(status).toBe(200)
  return (body as { permissions: { actions: Told[] }[] }).permissions[0]?.actions ?? null
}

const messageOf = ({ body }: Answer): string =>
  Object.values((body ?? {}) as Record<string, { message: string }>)[0]?.message ?? ''

/** How often each was told, and came true. */
const seen = new Map<string, number>()

async function holds(
  resource: string,
  actions: Readonly<Record<string, (thing: Thing) => Promise<Answer>>>,
  make: () => Promise<Thing>,
  asked: Asked,
): Promise<void> {
  for (const [action, ask] of Object.entries(actions)) {
    const thing = await make()
    const all = await told(resource, thing.id, asked)
    if (all === null) {
      const { status } = await ask(thing)
      // What is to be locked is named in the body. A service locks what others hold, and need not see it for that.
      const locksUnseen = action === 'lock' && asked.token === 'service' && asked.version >= 81
      const unseen = locksUnseen ? [200, 409] : action === 'lock' ? [400, 403, 404] : [403, 404]
      expect([action, unseen]).toEqual([action, expect.arrayContaining([status])])
      continue
    }
    const said = all.find((one) => one.action === action)
    if (said === undefined) {
      // Not at this microversion.
      expect([action, (await ask(thing)).status]).toEqual([action, 404])
      continue
    }
    const answer = await ask(thing)
    const key = `${resource} ${action} ${said.code ?? 'allowed'}`
    seen.set(key, (seen.get(key) ?? 0) + 1)
    const { allowed, status, reason } = said
    if (allowed) {
      expect([action, said, answer.status, messageOf(answer)]).toEqual(
        [
          action,
          { action, allowed: true, code: null, status: null, reason: null },
          answer.status < 300 ? answer.status : 'a success',
          '',
        ].with(3, answer.status < 300 ? messageOf(answer) : ''),
      )
    } else {
      expect([action, answer.status]).toEqual([action, status])
      // The refusal itself may say whose it is, too.
      expect(messageOf(answer).slice(0, reason?.length ?? 0)).toBe(reason)
    }
  }
}

interface Thing {
  readonly id: string
  readonly instanceId?: string
  readonly snapshotId?: string
  readonly shareId?: string
  readonly size?: number
}

const often = <T>(usual: T, ...rest: readonly T[]) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(usual, ...rest) },
  )

const shares = fc.record({
  owner: often<Token>('demo', 'other'),
  isPublic: fc.constantFrom(0 as const, 1 as const),
  status: fc.oneof(
    fc.constant('available'),
    fc.constantFrom('error', 'inactive'),
    fc.constantFrom(...shareStatuses),
  ),
  taskState: often<string | null>(null, 'migration_in_progress', 'migration_success'),
  softDeleted: often<0 | 1>(0, 1),
  replicas: often<0 | 1>(0, 1),
  server: often<string | null>(null, '5e000000-0000-0000-0000-000000000000'),
  abilities: often<0 | 1>(1, 0),
  placed: often(true, false),
  rules: often('active', 'error', 'syncing'),
  type: fc.nat({ max: 2 }),
  size: fc.integer({ min: 1, max: 3 }),
  snapshots: fc.array(
    fc.record({
      by: fc.constantFrom<Token>('demo', 'admin'),
      status: fc.oneof(fc.constant('available'), fc.constantFrom(...snapshotStatuses)),
      size: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 2 },
  ),
  locks: fc.subarray(['demo', 'admin']),
})
type Share = typeof shares extends fc.Arbitrary<infer T> ? T : never

async function makeShare(given: Share): Promise<Thing & { readonly instanceId: string }> {
  const { status, placed, rules, server, type } = given
  const share = await seedShare(
    bench,
    given.owner,
    {
      is_public: given.isPublic,
      task_state: given.taskState,
      is_soft_deleted: given.softDeleted,
      has_replicas: given.replicas,
      snapshot_support: given.abilities,
      revert_to_snapshot_support: given.abilities,
      size: given.size,
    },
    {
      status,
      access_rules_status: rules,
      share_server_id: server,
      share_type_id: typeIds[type] ?? null,
      ...(placed ? {} : { backend_id: null, host: '' }),
    },
  )
  let snapshotId = bench.id()
  for (const snapshot of given.snapshots) {
    bench.clock.advance(1)
    const made = await seedSnapshot(bench, share, snapshot.by, {
      status: snapshot.status,
      size: snapshot.size,
    })
    if (!['deferred_deleting', 'error_deferred_deleting', 'deleting'].includes(snapshot.status))
      snapshotId = made.id
  }
  for (const by of given.locks) await lockOn(share.id, 'share', by)
  return { ...share, snapshotId, size: given.size }
}

async function lockOn(id: string, type: 'share' | 'access_rule', by: string, action = 'delete') {
  const who = callers[by]!
  const lock = bench.id()
  await bench.db
    .insertInto('resource_locks')
    .values({
      id: lock,
      user_id: who.userId,
      project_id: who.projectId,
      lock_context: by === 'admin' ? 'admin' : by === 'service' ? 'service' : 'user',
      resource_type: type,
      resource_id: id,
      resource_action: action,
      lock_reason: null,
      created_at: bench.clock.now(),
      updated_at: null,
    })
    .execute()
  return lock
}

const asked = fc.record({
  token: fc.constantFrom(...Object.keys(callers)),
  version: fc.constantFrom(99, 99, 99, 60, 27, 7),
  experimental: fc.boolean(),
})

let address = 0
const nextAddress = (): string => `10.${(++address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`

const shareActions = (client: Asked) => {
  const act = (name: string, value: (thing: Thing) => unknown) => (thing: Thing) =>
    call('POST', `/shares/${thing.id}/action`, client, { [name]: value(thing) })
  const nothing = () => null
  return {
    update: ({ id }: Thing) => call('PUT', `/shares/${id}`, client, { share: { display_name: 'x' } }),
    set_public: ({ id }: Thing) => call('PUT', `/shares/${id}`, client, { share: { is_public: true } }),
    delete: ({ id }: Thing) => call('DELETE', `/shares/${id}`, client),
    force_delete: act('force_delete', nothing),
    soft_delete: act('soft_delete', nothing),
    restore: act('restore', nothing),
    extend: act('extend', ({ size = 0 }) => ({ new_size: size + 1 })),
    force_extend: act('extend', ({ size = 0 }) => ({ new_size: size + 1, force: true })),
    // Zero is no size, for the schema of the request either.
    shrink: act('shrink', ({ size = 0 }) => ({ new_size: Math.max(1, size - 1) })),
    revert: act('revert', ({ snapshotId }) => ({ snapshot_id: snapshotId })),
    allow_access: act('allow_access', () => ({ access_type: 'ip', access_to: nextAddress() })),
    create_snapshot: ({ id }: Thing) => call('POST', '/snapshots', client, { snapshot: { share_id: id } }),
    manage_snapshot: ({ id }: Thing) =>
      call('POST', '/snapshots/manage', client, {
        snapshot: { share_id: id, provider_location: bench.id() },
      }),
    unmanage: act('unmanage', nothing),
    reset_status: act('reset_status', () => ({ status: 'available' })),
    reset_task_state: act('reset_task_state', () => ({ task_state: null })),
    update_metadata: ({ id }: Thing) =>
      call('POST', `/shares/${id}/metadata`, client, { metadata: { colour: 'red' } }),
    delete_metadata: async ({ id }: Thing) => {
      await bench.db
        .insertInto('share_metadata')
        .values({ share_id: id, meta_key: 'k', meta_value: 'v' })
        .execute()
      return call('DELETE', `/shares/${id}/metadata/k`, client)
    },
    lock: ({ id }: Thing) =>
      call('POST', '/resource-locks', client, {
        resource_lock: { resource_id: id, resource_type: 'share', resource_action: 'delete' },
      }),
  }
}

const lockRequests = (client: Asked) => ({
  update: ({ id }: Thing) =>
    call('PUT', `/resource-locks/${id}`, client, { resource_lock: { lock_reason: 'why' } }),
  delete: ({ id }: Thing) => call('DELETE', `/resource-locks/${id}`, client),
})

/** The laws are the same on every database, and a server takes ten times as long. */
const onServer = (process.env.MANILA_TEST_DATABASE_URL ?? '') !== ''
const runs = { numRuns: onServer ? 4 : 20 }

/** What members never may is tried by an administrator. */
const administrative = [
  'set_public',
  'force_delete',
  'force_extend',
  'manage_snapshot',
  'unmanage',
  'reset_status',
  'reset_task_state',
]

test('of shares in every state', async () => {
  await fc.assert(
    fc.asyncProperty(shares, asked, async (share, client) => {
      // Below 2.64 there is no force, so the request would be another one.
      const { force_extend, ...rest } = shareActions(client)
      const actions = client.version >= 64 ? { ...rest, force_extend } : rest
      await holds('share', actions, () => makeShare(share), client)
    }),
    runs,
  )
}, 300_000)

test('of shares in each status and with each thing in the way, for their owner and for administrators', async () => {
  const usual: Share = {
    owner: 'demo',
    isPublic: 0,
    status: 'available',
    taskState: null,
    softDeleted: 0,
    replicas: 0,
    server: null,
    abilities: 1,
    placed: true,
    rules: 'active',
    type: 0,
    size: 2,
    snapshots: [],
    locks: [],
  }
  const variants: Partial<Share>[] = [
    ...shareStatuses.filter((_status, at) => !onServer || at % 8 === 0).map((status) => ({ status })),
    { taskState: 'migration_in_progress' },
    { softDeleted: 1 },
    { snapshots: [{ by: 'demo', status: 'available', size: 3 }] },
    { snapshots: [{ by: 'admin', status: 'error', size: 1 }] },
    { locks: ['admin'] },
    { abilities: 0 },
    { type: 2 },
    { type: 2, size: 3 },
    { replicas: 1 },
    { placed: false },
    { rules: 'error' },
  ]
  for (const variant of variants) {
    for (const token of ['demo', 'admin']) {
      const client = { token, version: 99, experimental: false }
      const actions = Object.entries(shareActions(client)).filter(
        ([name]) => administrative.includes(name) === (token === 'admin'),
      )
      const make = () => makeShare({ ...usual, ...variant })
      await holds('share', Object.fromEntries(actions), make, client)
    }
  }
  const client = { token: 'demo', version: 99, experimental: false }
  const lockOfColleague = async () => ({
    id: await lockOn((await makeShare(usual)).id, 'share', 'colleague'),
  })
  await holds('resource_lock', lockRequests(client), lockOfColleague, client)
}, 300_000)

test('of snapshots in every state, and their instances', async () => {
  const given = fc.record({
    by: often<Token>('demo', 'admin', 'other'),
    status: fc.constantFrom('available' as const, ...snapshotStatuses),
    share: shares,
    mounts: fc.constantFrom(0 as const, 1 as const),
    inherits: often<0 | 1>(0, 1),
  })
  await fc.assert(
    fc.asyncProperty(given, asked, async ({ by, status, share, mounts, inherits }, client) => {
      const make = async (): Promise<Thing> => {
        const parent = await makeShare({ ...share, snapshots: [], softDeleted: 0 })
        await bench.db
          .updateTable('shares')
          .set({ mount_snapshot_support: mounts, snapshot_inherit_share_access_support: inherits })
          .where('id', '=', parent.id)
          .execute()
        return seedSnapshot(bench, parent, by, { status })
      }
      const act =
        (name: string, value: unknown) =>
        ({ id }: Thing) =>
          call('POST', `/snapshots/${id}/action`, client, { [name]: value })
      const actions = {
        update: ({ id }: Thing) =>
          call('PUT', `/snapshots/${id}`, client, { snapshot: { display_name: 'x' } }),
        delete: ({ id }: Thing) => call('DELETE', `/snapshots/${id}`, client),
        force_delete: act('force_delete', null),
        allow_access: act('allow_access', { access_type: 'ip', access_to: '10.0.0.1' }),
        deny_access: async ({ id }: Thing) => {
          const rule = bench.id()
          await bench.db
            .insertInto('snapshot_access_rules')
            .values({
              id: rule,
              snapshot_id: id,
              access_type: 'ip',
              access_to: '10.0.0.9',
              canonical_to: '10.0.0.9',
              state: 'active',
              created_at: bench.clock.now(),
              updated_at: null,
            })
            .execute()
          return call('POST', `/snapshots/${id}/action`, client, { deny_access: { access_id: rule } })
        },
        unmanage: act('unmanage', null),
        reset_status: act('reset_status', { status: 'error' }),
        update_metadata: ({ id }: Thing) =>
          call('POST', `/snapshots/${id}/metadata`, client, { metadata: { colour: 'red' } }),
        delete_metadata: async ({ id }: Thing) => {
          await bench.db
            .insertInto('snapshot_metadata')
            .values({ snapshot_id: id, meta_key: 'k', meta_value: 'v' })
            .execute()
          return call('DELETE', `/snapshots/${id}/metadata/k`, client)
        },
      }
      await holds('snapshot', actions, make, client)
      const instance = {
        reset_status: ({ id }: Thing) =>
          call('POST', `/snapshot-instances/${id}/action`, client, { reset_status: { status: 'error' } }),
      }
      await holds(
        'snapshot_instance',
        instance,
        async () => ({ id: (await make()).instanceId ?? '' }),
        client,
      )
    }),
    runs,
  )
}, 300_000)

test('of access rules in every state, and locks of any maker', async () => {
  const given = fc.record({
    share: shares,
    state: fc.constantFrom('active' as const, ...ruleStates),
    known: often(true, false),
    locks: fc.subarray(['demo', 'admin', 'service'], { maxLength: 1 }),
    maker: fc.constantFrom('demo', 'colleague', 'admin', 'service'),
  })
  await fc.assert(
    fc.asyncProperty(given, asked, async ({ share, state, known, locks, maker }, client) => {
      const make = async (): Promise<Thing> => {
        const parent = await makeShare(share)
        const id = bench.id()
        await bench.db
          .insertInto('access_rules')
          .values({
            id,
            share_id: parent.id,
            access_type: 'ip',
            access_to: '10.0.0.1',
            canonical_to: '10.0.0.1',
            access_level: 'rw',
            access_key: null,
            state,
            created_at: bench.clock.now(),
            updated_at: null,
          })
          .execute()
        if (known) {
          await bench.db
            .insertInto('access_rule_mappings')
            .values({ access_rule_id: id, share_instance_id: parent.instanceId, state })
            .execute()
        }
        for (const by of locks) await lockOn(id, 'access_rule', by)
        return { id, shareId: parent.id }
      }
      await holds(
        'access_rule',
        {
          update: ({ id }) =>
            call('PUT', `/share-access-rules/${id}`, client, { update_access: { access_level: 'ro' } }),
          deny: ({ id, shareId }) =>
            call('POST', `/shares/${shareId}/action`, client, { deny_access: { access_id: id } }),
          update_metadata: ({ id }) =>
            call('PUT', `/share-access-rules/${id}/metadata`, client, { metadata: { k: 'v' } }),
          delete_metadata: async ({ id }) => {
            await bench.db
              .insertInto('access_rule_metadata')
              .values({ access_rule_id: id, meta_key: 'k', meta_value: 'v' })
              .execute()
            return call('DELETE', `/share-access-rules/${id}/metadata/k`, client)
          },
          lock: ({ id }) =>
            call('POST', '/resource-locks', client, {
              resource_lock: { resource_id: id, resource_type: 'access_rule', resource_action: 'delete' },
            }),
        },
        make,
        client,
      )
      const makeLock = async (): Promise<Thing> => ({
        id: await lockOn((await makeShare(share)).id, 'share', maker),
      })
      await holds('resource_lock', lockRequests(client), makeLock, client)
    }),
    runs,
  )
}, 300_000)

test('of share instances, types, operations and messages', async () => {
  const given = fc.record({
    share: shares,
    used: fc.boolean(),
    isPublic: fc.constantFrom(0 as const, 1 as const),
    kind: fc.constantFrom('extend-share', 'delete-share'),
    state: fc.constantFrom('queued', 'running', 'undoing', 'done', 'failed', 'cancelled'),
    begunAs: fc.constantFrom('user', 'service', 'admin'),
  })
  await fc.assert(
    fc.asyncProperty(given, asked, async ({ share, used, isPublic, kind, state, begunAs }, client) => {
      const onInstance =
        (name: string, value: unknown) =>
        ({ id }: Thing) =>
          call('POST', `/share_instances/${id}/action`, client, { [name]: value })
      await holds(
        'share_instance',
        {
          force_delete: onInstance('force_delete', null),
          reset_status: onInstance('reset_status', { status: 'error' }),
        },
        async () => ({ id: (await makeShare(share)).instanceId }),
        client,
      )
      const onType =
        (name: string, value: unknown) =>
        ({ id }: Thing) =>
          call('POST', `/types/${id}/action`, client, { [name]: value })
      await holds(
        'share_type',
        {
          update: ({ id }) => call('PUT', `/types/${id}`, client, { share_type: { description: 'x' } }),
          delete: ({ id }) => call('DELETE', `/types/${id}`, client),
          set_extra_specs: ({ id }) =>
            call('POST', `/types/${id}/extra_specs`, client, { extra_specs: { colour: 'red' } }),
          add_access: onType('addProjectAccess', { project: personas.other.projectId }),
          remove_access: async (thing) => {
            await bench.db
              .insertInto('share_type_projects')
              .values({ share_type_id: thing.id, project_id: personas.demo.projectId })
              .execute()
            return onType('removeProjectAccess', { project: personas.demo.projectId })(thing)
          },
        },
        async () => {
          const id = await makeType(bench.id(), { driver_handles_share_servers: 'False' }, isPublic)
          if (used) await seedShare(bench, 'demo', {}, { share_type_id: id })
          return { id }
        },
        client,
      )
      const owner = personas[share.owner]
      await holds(
        'operation',
        { cancel: ({ id }) => call('POST', `/operations/${id}/action`, client, { cancel: null }) },
        async () => {
          const { id: shareId, instanceId } = await makeShare({ ...share, status: 'extending' })
          const { backend_id: backendId } = await bench.db
            .selectFrom('share_instances')
            .select('backend_id')
            .where('id', '=', instanceId)
            .executeTakeFirstOrThrow()
          return bench.store.transaction(async (tx) => {
            const { id } = await enqueue(tx, {
              kind: 'extend-share',
              payload: { shareId, instanceId, fromGib: 1, toGib: 2, force: false },
              resourceId: shareId,
              lanes: [instanceLane(instanceId)],
              backendId,
              projectId: owner.projectId,
              userId: owner.userId,
              begunAs: begunAs as 'user',
              requestId: 'req-1',
              now: bench.clock.now(),
            })
            await tx
              .updateTable('operations')
              .set({ kind, state: state as 'queued' })
              .where('id', '=', id)
              .execute()
            return { id }
          })
        },
        client,
      )
      await holds(
        'message',
        { delete: ({ id }) => call('DELETE', `/messages/${id}`, client) },
        async () => {
          const id = bench.id()
          const now = bench.clock.now()
          await bench.db
            .insertInto('messages')
            .values({
              id,
              project_id: owner.projectId,
              request_id: 'req-1',
              resource_type: 'SHARE',
              resource_id: bench.id(),
              action_id: '001',
              detail_id: '001',
              message_level: 'ERROR',
              cause_code: null,
              cause_unmet: null,
              created_at: now,
              expires_at: now,
            })
            .execute()
          return { id }
        },
        client,
      )
    }),
    runs,
  )
}, 300_000)

test('tried every kind of answer', () => {
  const codes = new Set([...seen.keys()].map((key) => key.split(' ')[2]))
  expect(codes).toEqual(
    new Set([
      'allowed',
      'busy',
      'dependents',
      'lock',
      'policy',
      'rank',
      'recycle_bin',
      'size',
      'state',
      'unsupported',
    ]),
  )
})
