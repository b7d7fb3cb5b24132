/**
 * Ways round a rule: each verb that comes to the same as another one is held to what that one asks (locks, quotas, states,
 * administrators' keys). docs/decisions/0034-one-turn-per-share.md has the table.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { registerBackend, setHealth, writePools } from '../db/store/backends.ts'
import { registerService } from '../db/store/services.ts'
import { insertType } from '../db/store/share-types.ts'
import { accessRuleRoutes } from './access-rules/routes.ts'

import { quotaRoutes } from './quotas/routes.ts'
import { resourceLockRoutes } from './resource-locks/routes.ts'
import { seedShare, seedSnapshot } from './seed.fixture.ts'
import { shareInstanceRoutes } from './share-instances/routes.ts'
import { shareMetadataRoutes } from './shares/metadata-routes.ts'
import { shareRoutes } from './shares/routes.ts'
import { snapshotRoutes } from './snapshots/routes.ts'
import { openBench, personas, type Answer, type Bench, type Token } from './bench.fixture.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench([
    ...shareRoutes,
    ...shareInstanceRoutes,
    ...snapshotRoutes,
    ...accessRuleRoutes,
    ...resourceLockRoutes,
    ...shareMetadataRoutes,
    ...quotaRoutes,
  ])
})
afterEach(() => bench.close())

const post = (path: string, body: unknown, token: Token = 'admin') =>
  bench.call('POST', path, { body, token })
const act = (id: string, action: object, token: Token = 'admin') =>
  post(`/shares/${id}/action`, action, token)
const messageOf = ({ body }: Answer): string =>
  (Object.values(body as Record<string, { message: string }>)[0] as { message: string }).message
const statusOf = async (id: string) =>
  (await bench.db.selectFrom('shares').select('status').where('id', '=', id).executeTakeFirst())?.status
const metadataOf = async (id: string) =>
  Object.fromEntries(
    (await bench.db.selectFrom('share_metadata').selectAll().where('share_id', '=', id).execute()).map(
      (row) => [row.meta_key, row.meta_value],
    ),
  )
const limit = (resource: string, hard_limit: number, token: Token = 'demo') =>
  bench.db
    .insertInto('quota_limits')
    .values({
      project_id: personas[token].projectId,
      scope: 'project',
      scope_id: '',
      resource,
      hard_limit,
    } as never)
    .execute()

describe('locks', () => {
  const lock = (id: string) =>
    post('/resource-locks', { resource_lock: { resource_id: id, resource_type: 'share' } }, 'demo')

  test('the last instance of a locked share is no way to delete it', async () => {
    const share = await seedShare(bench)
    const made = await lock(share.id)
    expect(made.status).toBe(200)
    const force = () => post(`/share_instances/${share.instanceId}/action`, { force_delete: null })
    const refused = await force()
    expect([refused.status, messageOf(refused)]).toEqual([400, expect.stringContaining('is locked')])
    expect(messageOf(await act(share.id, { force_delete: null }))).toBe(messageOf(refused))
    expect(await statusOf(share.id)).toBe('available')
    await bench.call('DELETE', `/resource-locks/${made.body.resource_lock.id}`, { token: 'demo' })
    expect((await force()).status).toBe(202)
    expect(await statusOf(share.id)).toBe('deleting')
  })

  test('a rule that locks its share comes too late for a share that is half gone', async () => {
    const share = await seedShare(bench, 'demo', {}, { status: 'error_deleting' })
    const rule = { access_type: 'ip', access_to: '10.0.0.9', lock_deletion: true }
    const refused = await act(share.id, { allow_access: rule }, 'demo')
    expect([refused.status, messageOf(refused)]).toEqual([409, expect.stringContaining('too late')])
    expect((await lock(share.id)).status).toBe(409)
    expect(await bench.db.selectFrom('access_rules').selectAll().execute()).toEqual([])
  })
})

describe('metadata of administrators', () => {
  test.each(['__affinity_same_host', '__affinity_different_host', '__managed_at', 'ours'])(
    '%s is refused to members at birth as it is later',
    async (key) => {
      bench.settings.shares.admin_only_metadata = [...bench.settings.shares.admin_only_metadata, 'ours']
      const born = (token: Token) =>
        post(
          '/shares',
          { share: { share_proto: 'NFS', size: 1, metadata: { [key]: 'x', mine: 'y' } } },
          token,
        )
      const refused = await born('demo')
      expect([refused.status, messageOf(refused)]).toEqual([403, expect.stringContaining(key)])
      expect(await bench.db.selectFrom('shares').select('id').execute()).toEqual([])
      expect((await born('admin')).status).toBe(200)
      const share = await seedShare(bench)
      for (const [method, path, body] of [
        ['POST', '', { metadata: { [key]: 'x' } }],
        ['PUT', '', { metadata: { [key]: 'x' } }],
        ['POST', `/${key}`, { metadata: { [key]: 'x' } }],
      ] as const) {
        const later = await bench.call(method, `/shares/${share.id}/metadata${path}`, { body, token: 'demo' })
        expect([later.status, messageOf(later)], `${method} ${path}`).toEqual([403, messageOf(refused)])
      }
      expect(await metadataOf(share.id)).toEqual({})
    },
  )
})

describe('scheduler hints', () => {
  const near = (hints: object, token: Token = 'demo') =>
    post('/shares', { share: { share_proto: 'NFS', size: 1, scheduler_hints: hints } }, token)

  test("are remembered where the caller may write, and leave another project's public share alone", async () => {
    const own = await seedShare(bench)
    const foreign = await seedShare(bench, 'other', { is_public: 1 })
    const made = await near({ same_host: `${own.id},${foreign.id}`, different_host: foreign.id })
    expect(made.status).toBe(200)
    const { id } = made.body.share
    expect(await metadataOf(id)).toMatchObject({ __affinity_same_host: `${own.id},${foreign.id}` })
    expect(await metadataOf(own.id)).toEqual({ __affinity_same_host: id })
    expect(await metadataOf(foreign.id)).toEqual({})
    // What the scheduler is told is whole.
    const [operation] = await bench.db.selectFrom('operations').select('payload').execute()
    expect(JSON.parse(operation?.payload ?? '{}')).toMatchObject({ differentHost: [foreign.id] })
    expect((await near({ same_host: foreign.id }, 'admin')).status).toBe(200)
    expect(Object.keys(await metadataOf(foreign.id))).toEqual(['__affinity_same_host'])
  })

  test('fill what remembers them and are then refused with a sentence', async () => {
    const own = await seedShare(bench)
    for (let count = 1; count <= 27; count++) expect((await near({ same_host: own.id })).status).toBe(200)
    const refused = await near({ same_host: own.id })
    expect([refused.status, messageOf(refused)]).toEqual([400, expect.stringContaining('27 shares name it')])
    const { __affinity_same_host: full } = await metadataOf(own.id)
    expect([full?.split(',').length, (full?.length ?? 0) <= 1023]).toEqual([27, true])
    expect((await near({ different_host: own.id })).status).toBe(200)
  })
})

describe('quotas', () => {
  async function poolUp(): Promise<void> {
    const now = bench.clock.now()
    const [label, zone] = ['node@pool', { availabilityZone: 'nova', now }]
    const id = await registerBackend(bench.store, { label, backendName: 'pool', reach: 'host', ...zone })
    await setHealth(bench.db, id, 'ready', null, now)
    await registerService(bench.store, {
      host: label,
      binaryName: 'manila-share',
      topic: 'manila-share',
      ...zone,
    })
    const pool = { name: 'p', capabilities: {}, totalGib: 100, freeGib: 100 }
    await writePools(bench.store, { id, label, capabilities: {} }, [pool], now)
    await bench.store.transaction((tx) =>
      insertType(tx, {
        id: bench.id(),
        name: 'plain',
        description: null,
        is_public: 1,
        created_at: now,
        updated_at: null,
        extra_specs: { driver_handles_share_servers: 'False' },
      }),
    )
  }
  const takeOver = (path = '/exports/a') => {
    const where = { service_host: 'node@pool#p', export_path: path, protocol: 'NFS', share_type: 'plain' }
    return post('/shares/manage', { share: where })
  }
  test('a tree is taken over once, also while the first take-over is under way', async () => {
    await poolUp()
    expect((await takeOver()).status).toBe(200)
    const refused = await takeOver()
    expect([refused.status, messageOf(refused)]).toEqual([409, expect.stringContaining('managed already')])
    expect((await takeOver('/exports/b')).status).toBe(200)
    await bench.db.updateTable('operations').set({ state: 'failed', finished_at: 1 }).execute()
    expect((await takeOver()).status).toBe(200)
  })

  const usage = async () =>
    Object.fromEntries(
      (await bench.db.selectFrom('quota_usages').selectAll().where('scope', '=', 'project').execute()).map(
        (row) => [row.resource, row.in_use],
      ),
    )

  test.each(['shares', 'gigabytes'])('of %s hold for a share that is taken over', async (resource) => {
    await poolUp()
    await limit(resource, 0, 'admin')
    const refused = await takeOver()
    expect([refused.status, messageOf(refused)]).toEqual([413, expect.stringContaining(`${resource} of`)])
    await bench.db.deleteFrom('quota_limits').execute()
    expect((await takeOver()).status).toBe(200)
    // Nothing is charged before its size is known.
    expect(Object.values(await usage()).filter((used) => used !== 0)).toEqual([])
  })

  test.each(['snapshots', 'snapshot_gigabytes'])(
    'of %s hold for a snapshot that is taken over',
    async (resource) => {
      const share = await seedShare(bench)
      await limit(resource, 0, 'admin')
      const snapshot = { share_id: share.id, provider_location: 'found' }
      const refused = await post('/snapshots/manage', { snapshot })
      expect([refused.status, messageOf(refused)]).toEqual([413, expect.stringContaining(`${resource} of`)])
      await bench.db.deleteFrom('quota_limits').execute()
      expect((await post('/snapshots/manage', { snapshot })).status).toBe(202)
      expect((await usage())[resource] ?? 0).toBe(0)
    },
  )

  test('hold for a status that charges again what was given back', async () => {
    const share = await seedShare(bench, 'demo', {}, { status: 'error_deferred_deleting' })
    await limit('shares', 0)
    const refused = await act(share.id, { reset_status: { status: 'available' } })
    expect([refused.status, await statusOf(share.id)]).toEqual([413, 'error_deferred_deleting'])
    const instance = await post(`/share_instances/${share.instanceId}/action`, {
      reset_status: { status: 'available' },
    })
    expect(instance.status).toBe(413)
    // What is charged already may take any status.
    const charged = await seedShare(bench)
    expect((await act(charged.id, { reset_status: { status: 'error' } })).status).toBe(202)
  })

  test("are the share's own, also when an administrator of another project asks", async () => {
    const share = await seedShare(bench)
    await limit('per_share_gigabytes', 4)
    const refused = await act(share.id, { extend: { new_size: 5 } })
    expect([refused.status, messageOf(refused)]).toEqual([413, expect.stringContaining('at most 4 GiB')])
    await limit('per_share_gigabytes', 1, 'admin')
    expect((await act(share.id, { extend: { new_size: 4 } })).status).toBe(202)
  })
})

describe('a revert to a larger snapshot', () => {
  const larger = async (size = 5) => {
    const share = await seedShare(bench)
    const snapshot = await seedSnapshot(bench, share, 'demo', { size })
    return { share, revert: () => act(share.id, { revert: { snapshot_id: snapshot.id } }, 'demo') }
  }
  const kinds = async () =>
    (await bench.db.selectFrom('operations').select(['kind', 'topic']).execute()).map(
      ({ kind, topic }) => `${kind} on ${topic}`,
    )

  test('asks the scheduler for room first', async () => {
    const { share, revert } = await larger()
    expect((await revert()).status).toBe(202)
    expect(await kinds()).toEqual(['revert-and-extend-share on scheduler'])
    const row = await bench.db.selectFrom('shares').selectAll().where('id', '=', share.id).executeTakeFirst()
    expect(row).toMatchObject({ status: 'reverting', size: 2, target_size: 5 })
  })

  test('and one to the same size does not', async () => {
    const { revert } = await larger(2)
    expect((await revert()).status).toBe(202)
    expect(await kinds()).toEqual(['revert-share on share'])
  })

  test.each([
    ['per_share_gigabytes', 4],
    ['gigabytes', 4],
  ])('keeps to %s as an extension does', async (resource, most) => {
    const { share, revert } = await larger()
    await limit(resource, most)
    const refused = await revert()
    expect([refused.status, messageOf(refused)]).toEqual([
      403,
      expect.stringContaining(resource === 'gigabytes' ? resource : '4 GiB'),
    ])
    expect(await statusOf(share.id)).toBe('available')
    expect((await act(share.id, { extend: { new_size: 5 } }, 'demo')).status).toBe(
      resource === 'gigabytes' ? 403 : 413,
    )
  })
})

describe('states', () => {
  test('a snapshot is taken over only where one may be taken', async () => {
    for (const status of ['deleting', 'reverting', 'error', 'creating', 'unmanage_starting']) {
      const share = await seedShare(bench, 'demo', {}, { status })
      const snapshot = { share_id: share.id, provider_location: 'found' }
      const managed = await post('/snapshots/manage', { snapshot })
      const taken = await post('/snapshots', { snapshot: { share_id: share.id } })
      expect([status, managed.status, taken.status]).toEqual([status, 400, 400])
    }
    expect(await bench.db.selectFrom('snapshots').selectAll().execute()).toEqual([])
  })

  test('the status of what is in the recycle bin stays, at the share and at its instance', async () => {
    const share = await seedShare(bench, 'demo', { is_soft_deleted: 1 })
    const reset = { reset_status: { status: 'error' } }
    expect((await act(share.id, reset)).status).toBe(403)
    expect((await post(`/share_instances/${share.instanceId}/action`, reset)).status).toBe(403)
    expect(await statusOf(share.id)).toBe('available')
  })
})
