/**
 * A share node's own user of the database: with it the node does all its work, and whoever takes the user from the node reads no
 * password hash and, on PostgreSQL, writes no row of another backend.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AuthManager } from '../../src/auth/manager.ts'
import { administer, createDatabase, createServiceUsers } from '../../tools/cluster/database.ts'
import { loadSettings } from '../../src/config/load.ts'
import { runGrants, grantStatements } from '../../src/db/grant-statements.ts'
import { grantsOf } from '../../src/db/grants.ts'
import { migrate, openStore, type Store } from '../../src/db/open.ts'
import { backendTables, rowPolicies } from '../../src/db/row-policies.ts'
import { settle } from '../../src/lifecycle/quotas.ts'
import { linesOf } from '../../src/model/quota-lines.ts'
import { insertGroupType } from '../../src/db/store/share-group-types.ts'
import { insertType } from '../../src/db/store/share-types.ts'
import { changeSnapshotInstance } from '../../src/lifecycle/snapshots/change.ts'
import { quotaDefaults } from '../../src/model/quota.ts'
import { startRole, type Running } from '../../src/main.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { hasMariadb, startMariadb } from '../../tools/programs/mariadb.ts'
import { hasPostgres, startPostgres } from '../../tools/programs/postgres.ts'
import { ensureAccounts } from '../../tools/quickstart/accounts.ts'
import { systemClock } from '../../src/runtime/clock.ts'
import type { Client } from '../../src/sdk/client.ts'
import { connect } from '../../src/sdk/connect.ts'
import { listOperations } from '../../src/wire/operations/schema.ts'
import { allowAccess, denyAccess, listAccessRules } from '../../src/wire/access-rules/schema.ts'
import {
  createShare,
  deleteShare,
  extendShare,
  listShares,
  revertShare,
  shrinkShare,
} from '../../src/wire/shares/schema.ts'
import { createShareGroup, deleteShareGroup } from '../../src/wire/share-groups/schema.ts'
import {
  createShareGroupSnapshot,
  deleteShareGroupSnapshot,
} from '../../src/wire/share-group-snapshots/schema.ts'
import { createSnapshot, deleteSnapshot } from '../../src/wire/snapshots/schema.ts'
import { until } from '../faults/world.ts'

const kinds = [
  ['postgres', hasPostgres(), startPostgres],
  ['mariadb', hasMariadb(), startMariadb],
] as const
/** Backend → the user of its node. */
const nodes = { alpha: 'manila_share_a', beta: 'manila_share_b' } as const
type Node = keyof typeof nodes
const [shareType, groupType] = [randomUUID(), randomUUID()]

describe.each(kinds)('%s', (kind, there, start) => {
  describe.runIf(there)('a share node with a user of its own', () => {
    const dir = mkdtempSync(join(tmpdir(), 'manila-nodes-'))
    const running: Running[] = []
    const urls: Partial<Record<Node, string>> = {}
    let schedulerUrl = ''
    let server: DatabaseServer
    let owner: Store
    let client: Client
    const narrowed = kind === 'postgres'

    const settingsOf = (program: string, url: string, more: object = {}) =>
      loadSettings({
        defaults: {
          host: 'node',
          state_dir: join(dir, program),
          log_level: 'error',
          database: { url },
          auth: { key_file: join(dir, 'token-key.json') },
          api: { port: 0 },
          shares: { default_share_type: 'default' },
          ...more,
        },
      })

    beforeAll(async () => {
      server = await start()
      const url = await createDatabase(server)
      owner = await openStore(url)
      await migrate(owner)
      const logins = await createServiceUsers(server, owner)
      schedulerUrl = logins.scheduler
      for (const [backend, user] of Object.entries(nodes)) {
        await administer(
          server,
          kind === 'postgres'
            ? `create role ${user} login password 'x'`
            : `create user ${user}@'%' identified by 'x'`,
        )
        const policies = narrowed ? rowPolicies(user, [`node@${backend}`]) : []
        const statements = [...(await grantStatements(owner, 'share', user, grantsOf)), ...policies]
        // What an operator does after each db sync.
        for (let turn = 0; turn < 2; turn++) await runGrants(owner, statements)
        urls[backend as Node] = server.url('manila', { user, password: 'x' })
      }
      const common = { driver: 'sim', exporter: 'sim', report_interval_s: 2 }
      const up = async (
        name: string,
        role: 'api' | 'scheduler' | 'share' | 'data',
        at: string,
        more: object = {},
      ) => {
        const one = await startRole(settingsOf(name, at, more), role, { logFile: join(dir, `${name}.log`) })
        running.push(one)
        return one
      }
      const api = await up('api', 'api', logins.api)
      await up('scheduler', 'scheduler', logins.scheduler)
      await up('data', 'data', logins.data)
      for (const backend of ['alpha', 'beta'] as const)
        await up(backend, 'share', urls[backend] ?? '', {
          backends: { [backend]: { ...common, availability_zone: backend } },
        })
      const clock = systemClock()
      const auth = await AuthManager.open({ store: owner, clock, keyFile: join(dir, 'token-key.json') })
      const clouds = await ensureAccounts(auth, dir, api.url, { link: false })
      const specs = {
        driver_handles_share_servers: 'False',
        snapshot_support: 'True',
        revert_to_snapshot_support: 'True',
        create_share_from_snapshot_support: 'True',
        mount_snapshot_support: 'True',
      }
      await owner.transaction((tx) =>
        insertType(tx, {
          id: shareType,
          name: 'default',
          description: null,
          is_public: 1,
          created_at: 1,
          updated_at: null,
          extra_specs: specs,
        }),
      )
      await owner.transaction((tx) =>
        insertGroupType(tx, {
          id: groupType,
          name: 'pairs',
          is_public: 1,
          created_at: 1,
          updated_at: null,
          group_specs: {},
          share_types: [shareType],
        }),
      )
      client = await connect({ cloud: 'manila-demo', env: { OS_CLIENT_CONFIG_FILE: clouds } })
      await until(
        'both backends report',
        60_000,
        async () =>
          (await owner.db.selectFrom('pools').select('id').where('reported', '=', 1).execute()).length === 2,
      )
    })
    afterAll(async () => {
      for (const one of running.toReversed()) await one.stop()
      await owner?.close()
      await server?.remove()
      rmSync(dir, { recursive: true, force: true })
    })

    /** Nobody wakes anybody here: there is no broker, so each looks for its work every two seconds. */
    const ended = async (id: string): Promise<string> => {
      let states: string[] = []
      await until(`work on ${id} is over`, 60_000, async () => {
        const { operations } = await client.call(listOperations, { query: { resource_id: id } })
        states = operations.map(({ state, cause }) => `${state} ${cause?.code ?? ''}`.trim())
        return states.every((state) => /^(done|failed|cancelled)/.test(state))
      })
      return states[0] ?? ''
    }
    const reverts = async (id: string): Promise<string[]> =>
      (await client.call(listOperations, { query: { resource_id: id } })).operations
        .map(({ kind }) => kind)
        .filter((kind) => kind.startsWith('revert'))
    const newShare = async (backend: Node, more: object = {}): Promise<string> => {
      const share = { share_proto: 'NFS', size: 2, metadata: { a: 'b' }, ...more }
      const { share: made } = await client.call(createShare, {
        body: { share: { ...share, availability_zone: backend } },
      })
      expect(await ended(made.id)).toBe('done')
      return made.id
    }

    const newGroup = async (backend: Node): Promise<{ group: string; snapshot: string; share: string }> => {
      const { share_group } = await client.call(createShareGroup, {
        body: {
          share_group: {
            share_group_type_id: groupType,
            share_types: [shareType],
            availability_zone: backend,
          },
        },
      })
      expect(await ended(share_group.id)).toBe('done')
      const share = await newShare(backend, { share_group_id: share_group.id })
      const { share_group_snapshot: taken } = await client.call(createShareGroupSnapshot, {
        body: { share_group_snapshot: { share_group_id: share_group.id } },
      })
      expect(await ended(taken.id)).toBe('done')
      return { group: share_group.id, snapshot: taken.id, share }
    }

    test('does all the work of its share groups', async () => {
      const { group, snapshot, share } = await newGroup('alpha')
      const { share_group: again } = await client.call(createShareGroup, {
        body: { share_group: { share_group_type_id: groupType, source_share_group_snapshot_id: snapshot } },
      })
      expect(await ended(again.id)).toBe('done')
      const made = await owner.db
        .selectFrom('shares')
        .select(['id', 'status'])
        .where('share_group_id', '=', again.id)
        .executeTakeFirstOrThrow()
      expect(made.status).toBe('available')
      const deletions = [
        [
          made.id,
          () => client.call(deleteShare, { params: { id: made.id }, query: { share_group_id: again.id } }),
        ],
        [again.id, () => client.call(deleteShareGroup, { params: { id: again.id } })],
        [snapshot, () => client.call(deleteShareGroupSnapshot, { params: { id: snapshot } })],
        [share, () => client.call(deleteShare, { params: { id: share }, query: { share_group_id: group } })],
        [group, () => client.call(deleteShareGroup, { params: { id: group } })],
      ] as const
      for (const [id, ask] of deletions) {
        await ask()
        expect([id, await ended(id)]).toEqual([id, 'done'])
      }
      for (const table of ['share_groups', 'share_group_share_types', 'share_group_snapshots'] as const)
        expect([table, await owner.db.selectFrom(table).selectAll().execute()]).toEqual([table, []])
    })

    test('does all the work of its backend', async () => {
      const id = await newShare('alpha')
      const neighbour = await newShare('beta', { scheduler_hints: { different_host: id } })
      const { access } = (await client.act(allowAccess, {
        params: { id },
        body: { access_type: 'ip', access_to: '10.0.0.1', lock_deletion: true, metadata: { k: 'v' } },
      })) as { access: { id: string } }
      const rules = async () =>
        (await client.call(listAccessRules, { query: { share_id: id } })).access_list.map(
          ({ state }) => state,
        )
      await until('the rule is active', 30_000, async () => (await rules())[0] === 'active')
      const { snapshot } = await client.call(createSnapshot, {
        body: { snapshot: { share_id: id, metadata: { a: 'b' } } },
      })
      expect(await ended(snapshot.id)).toBe('done')
      const clone = await newShare('alpha', { snapshot_id: snapshot.id })
      await client.act(revertShare, { params: { id }, body: { snapshot_id: snapshot.id } })
      expect(await ended(id)).toBe('done')
      await client.act(extendShare, { params: { id }, body: { new_size: 3 } })
      expect(await ended(id)).toBe('done')
      await client.act(shrinkShare, { params: { id }, body: { new_size: 2 } })
      expect(await ended(id)).toBe('done')
      // To a snapshot that is larger by now: the scheduler claims the room.
      await client.act(shrinkShare, { params: { id }, body: { new_size: 1 } })
      expect(await ended(id)).toBe('done')
      await client.act(revertShare, { params: { id }, body: { snapshot_id: snapshot.id } })
      expect(await ended(id)).toBe('done')
      expect(await reverts(id)).toEqual(['revert-and-extend-share', 'revert-share'])
      await client.act(denyAccess, { params: { id }, body: { access_id: access.id, unrestrict: true } })
      await until('the rule is gone', 30_000, async () => (await rules()).length === 0)
      await client.call(deleteSnapshot, { params: { id: snapshot.id } })
      expect(await ended(snapshot.id)).toBe('done')
      for (const share of [clone, id, neighbour]) {
        await client.call(deleteShare, { params: { id: share } })
        expect(await ended(share)).toBe('done')
      }
      expect((await client.call(listShares, {})).shares).toEqual([])
      // Nothing was silently left: what hung on them is gone with them.
      for (const table of [
        'share_instances',
        'share_metadata',
        'access_rules',
        'access_rule_metadata',
        'resource_locks',
        'snapshots',
        'snapshot_metadata',
        'snapshot_instances',
        'share_instance_export_locations',
        'usages',
        'pool_claims',
      ] as const)
        expect([table, await owner.db.selectFrom(table).selectAll().execute()]).toEqual([table, []])
      const placed = await owner.db.selectFrom('pools').select('placed_gib').execute()
      expect(placed.map(({ placed_gib }) => placed_gib)).toEqual([0, 0])
      expect(
        await owner.db.selectFrom('operation_lanes').select('lane').where('finished', '=', 0).execute(),
      ).toEqual([])
    })

    test('has the rights that the ends of work need', async () => {
      // What is taken over is charged within limits; a revert without room gives its snapshot back.
      const node = await openStore(urls.alpha ?? '')
      const payer = { projectId: 'p', userId: 'u', shareTypeId: null }
      const charging = node.transaction((tx) =>
        settle(tx, { before: [], after: linesOf(payer, { shares: 1 }) }, { ...quotaDefaults, shares: 0 }),
      )
      await expect(charging).rejects.toThrow(/Quota exceeded/)
      await node.close()
      const scheduler = await openStore(schedulerUrl)
      await scheduler.transaction(async (tx) => {
        const change = { snapshotInstanceId: 'none', from: ['restoring'], to: 'available', now: 1 }
        expect(await changeSnapshotInstance(tx, change)).toBe(false)
      })
      await scheduler.close()
    })

    test('reads no password hash and no secret of a credential', async () => {
      const thief = await openStore(urls.alpha ?? '')
      for (const table of [
        'users',
        'application_credentials',
        'security_services',
        'idempotency_keys',
      ] as const)
        await expect(thief.db.selectFrom(table).selectAll().execute()).rejects.toThrow(/denied/)
      // Nor does it take back what was said.
      for (const table of ['events', 'messages', 'tombstones'] as const)
        await expect(thief.db.deleteFrom(table).execute()).rejects.toThrow(/denied/)
      await thief.close()
    })

    // What MariaDB can't promise is not asked of it.
    const testNarrowed = narrowed ? test : () => undefined
    testNarrowed('writes no row of another backend, in any table that has some', async () => {
      const [mine, theirs] = [await newShare('alpha'), await newShare('beta')]
      await newGroup('alpha')
      await newGroup('beta')
      for (const id of [mine, theirs])
        await client.act(allowAccess, {
          params: { id },
          body: { access_type: 'ip', access_to: '10.0.0.1', lock_deletion: true, metadata: { k: 'v' } },
        })
      const snapshots = []
      for (const share_id of [mine, theirs]) {
        const { snapshot } = await client.call(createSnapshot, {
          body: { snapshot: { share_id, metadata: { a: 'b' } } },
        })
        expect(await ended(snapshot.id)).toBe('done')
        snapshots.push(snapshot.id)
      }
      const hung = async (table: string, values: Record<string, unknown>) =>
        sql`insert into ${sql.table(table)} (${sql.join(Object.keys(values).map((name) => sql.ref(name)))}) values (${sql.join(Object.values(values))})`.execute(
          owner.db,
        )
      for (const [n, share] of [mine, theirs].entries()) {
        const { id, backend_id, pool_id } = await owner.db
          .selectFrom('share_instances')
          .selectAll()
          .where('share_id', '=', share)
          .executeTakeFirstOrThrow()
        const location = await owner.db
          .selectFrom('share_instance_export_locations')
          .select('id')
          .where('share_instance_id', '=', id)
          .executeTakeFirstOrThrow()
        const snapshotInstance = await owner.db
          .selectFrom('snapshot_instances')
          .select('id')
          .where('snapshot_id', '=', snapshots[n] ?? '')
          .executeTakeFirstOrThrow()
        await hung('mount_point_names', { name: `m${n}`, instance_id: id, created_at: 1 })
        await hung('ensure_runs', {
          id: `e${n}`,
          backend_id,
          made_for: 'now',
          left_over: '[]',
          checked: 1,
          lost: 0,
          updated_at: 1,
        })
        await hung('orphans', {
          id: `o${n}`,
          backend_id,
          kind: 'share',
          resource_id: 'r',
          driver_state: '{}',
          reason: 'x',
          created_at: 1,
        })
        await hung('pool_claims', {
          id: `c${n}`,
          pool_id,
          owner_id: 'o',
          size_gib: 0,
          claimed_at: Number.MAX_SAFE_INTEGER,
        })
        await hung('export_location_metadata', {
          export_location_id: location.id,
          meta_key: 'k',
          meta_value: 'v',
        })
        await hung('snapshot_access_rules', {
          id: `r${n}`,
          snapshot_id: snapshots[n],
          access_type: 'ip',
          access_to: 'x',
          canonical_to: 'x',
          state: 'active',
          created_at: 1,
        })
        await owner.db
          .deleteFrom('snapshot_instance_export_locations')
          .where('snapshot_instance_id', '=', snapshotInstance.id)
          .execute()
        await hung('snapshot_instance_export_locations', {
          id: `l${n}`,
          snapshot_instance_id: snapshotInstance.id,
          path: 'p',
          is_admin_only: 0,
          created_at: 1,
        })
        await owner.db.deleteFrom('usages').where('id', '=', id).execute()
        await hung('storage_findings', {
          backend_id,
          kind: 'share',
          resource_id: `f${n}`,
          problem: 'orphan',
          first_seen_at: 1,
          last_seen_at: 1,
        })
        await hung('mount_point_names', { name: `n${n}`, instance_id: id, created_at: 1 })
        await hung('usages', { id, kind: 'share', reason: 'x', method: 'x', measured_at: 1 })
      }
      // The nodes stop: what is counted here changes nothing by itself.
      for (const one of running.splice(0).toReversed()) await one.stop()
      const thief = await openStore(urls.alpha ?? '')
      const writable = async (table: string): Promise<number> => {
        const { rows } = await sql<{
          count: number
        }>`select count(*) as count from (select 1 from ${sql.table(table)} for update) as x`.execute(
          thief.db,
        )
        return Number(rows[0]?.count)
      }
      const ownersOf = new Map<string, { all: number; mine: number }>()
      for (const table of backendTables) {
        const { rows } = await sql<{
          count: number
        }>`select count(*) as count from ${sql.table(table)}`.execute(owner.db)
        ownersOf.set(table, { all: Number(rows[0]?.count), mine: await writable(table) })
      }
      console.log([...ownersOf].map(([table, { all, mine: own }]) => `${table} ${own}/${all}`).join(', '))
      for (const [table, { all, mine: own }] of ownersOf) {
        expect([table, own > 0 && own < all]).toEqual([table, true])
        // What a thief would try: everything at once. His own may go, theirs stay.
        const before = all
        await thief.db
          .transaction()
          .execute(async (tx) => {
            const { numAffectedRows } = await sql`delete from ${sql.table(table)}`.execute(tx)
            expect([table, Number(numAffectedRows)]).toEqual([table, own])
            throw new Error('enough')
          })
          .catch((error: Error) => expect([table, error.message]).toEqual([table, 'enough']))
        const { rows } = await sql<{
          count: number
        }>`select count(*) as count from ${sql.table(table)}`.execute(owner.db)
        expect(Number(rows[0]?.count)).toBe(before)
      }
      // Nor does a row of his become another's, nor a new one begin as another's.
      const beta = await owner.db
        .selectFrom('backends')
        .select('id')
        .where('label', '=', 'node@beta')
        .executeTakeFirstOrThrow()
      for (const statement of [
        sql`update shares set host = 'node@beta#pool'`,
        sql`update share_instances set backend_id = ${beta.id}`,
        sql`update operations set backend_id = ${beta.id} where backend_id is not null`,
        sql`update backends set label = 'node@gamma'`,
        sql`insert into orphans (id, backend_id, kind, resource_id, driver_state, reason, created_at) values ('n', ${beta.id}, 'share', 'r', '{}', 'x', 1)`,
      ])
        await expect(statement.execute(thief.db)).rejects.toThrow(/row-level security/)
      await sql`update shares set name = 'taken'`.execute(thief.db)
      const taken = await owner.db
        .selectFrom('shares')
        .select(['id', 'host'])
        .where('name', '=', 'taken')
        .execute()
      expect(taken.map(({ id }) => id)).toContain(mine)
      expect(taken.filter(({ host }) => !host.startsWith('node@alpha#'))).toEqual([])
      await thief.close()
    })
  })
})
