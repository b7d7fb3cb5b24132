/**
 * Shares to race for: rows as the services leave them, made by the hundred from one pattern, and a caller who may ask for
 * anything. No HTTP, no backend: what is raced are the verbs of `src/app`, each in a transaction of its own.
 */
import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { seedBackend, seedShare, seedSnapshot } from '../../../src/api/seed.fixture.ts'
import { personas, type Bench } from '../../../src/api/bench.fixture.ts'
import type { Ctx } from '../../../src/app/context.ts'
import { memoryBus } from '../../../src/bus/memory.ts'
import { loadSettings } from '../../../src/config/load.ts'
import type { Store } from '../../../src/db/open.ts'
import type { Database, Tx } from '../../../src/db/schema.ts'
import { writePools } from '../../../src/db/store/backends.ts'
import { registerService } from '../../../src/db/store/services.ts'
import { insertRule } from '../../../src/db/store/access-rules.ts'
import { groupLane, instanceLane } from '../../../src/model/lanes.ts'
import { Policy } from '../../../src/policy/enforce.ts'
import { systemClock } from '../../../src/runtime/clock.ts'

/** One share, with what hangs on it. */
export interface Subject {
  readonly shareId: string
  readonly instanceId: string
  readonly ruleId: string
  /** Of a snapshot that only some kinds have. */
  readonly snapshotId: string
  /** The only id of the kind `type`. */
  readonly typeId: string
  /** What a share in a group is of, and by that it is known: what is raced for there is the group. */
  readonly groupShareTypeId: string
  readonly groupId: string
  readonly groupTypeId: string
  readonly groupSnapshotId: string
}

/**
 * `plain`: an available share with one access rule; `with-snapshot`; `in-bin`: its time in the recycle bin is over; `type`: a share type and no share;
 * `group`: a share group in which nothing is; `group-snapshot`: one with a share, and a snapshot of both. */
export type Start = 'plain' | 'with-snapshot' | 'in-bin' | 'type' | 'group' | 'group-snapshot'

export interface World {
  readonly store: Store
  /** The same database through connections that take no turns: every `for update` is left out. */
  readonly unlocked: Store
  ctx(tx: Tx): Ctx
  /** New ones of this kind. */
  subjects(start: Start, count: number): Promise<Subject[]>
}

const tables = ['shares', 'share_instances', 'access_rules', 'access_rule_mappings'] as const
const snapshotTables = ['snapshots', 'snapshot_instances'] as const
const groupTables = [
  'share_group_types',
  'share_group_type_share_types',
  'share_groups',
  'share_group_share_types',
  'share_group_snapshots',
] as const

/** `store` is migrated and empty. */
export async function openWorld(store: Store, unlocked: Store): Promise<World> {
  const settings = structuredClone(loadSettings({}))
  for (const name of Object.keys(settings.quota)) settings.quota[name as 'shares'] = -1
  const clock = systemClock()
  const policy = new Policy({ clock })
  const bus = memoryBus(() => {})
  const bench = { store, db: store.db, clock, settings, id: () => randomUUID() } as unknown as Bench
  await pools(bench)
  const patterns: Partial<Record<Start, readonly Pattern[]>> = {}
  for (const start of ['plain', 'with-snapshot', 'in-bin'] as const) {
    patterns[start] = await pattern(bench, start)
  }
  for (const start of ['group', 'group-snapshot'] as const) patterns[start] = await groupPattern(bench, start)
  patterns.type = typeRows(randomUUID())
  return {
    store,
    unlocked,
    ctx: (tx) => ({
      store,
      clock,
      bus,
      policy,
      settings,
      identity: { ...personas.admin, projectId: personas.demo.projectId },
      requestId: 'req-race',
      minor: 99,
      flags: new Set(['manageWithServers', 'rulesDespiteErrors', 'stateOfEachRule', 'ipv6Rules']),
      db: tx,
      tx,
      afterCommit: () => {},
      warn: () => {},
    }),
    subjects: (start, count) => copies(store, patterns[start] ?? [], count, start.startsWith('group')),
  }
}

/** The backend of the shares is up and has a pool: for what is taken over from it. */
async function pools(bench: Bench): Promise<void> {
  const id = await seedBackend(bench)
  const now = bench.clock.now()
  const pool = { name: 'pool', capabilities: {}, totalGib: 1, freeGib: 1 }
  await writePools(bench.store, { id, label: 'node@sim', capabilities: {} }, [pool], now)
  await registerService(bench.store, {
    host: 'node@sim',
    binaryName: 'manila-share',
    topic: 'manila-share',
    availabilityZone: 'nova',
    now: now + 3600 * 1_000_000,
  })
}

/** A share type, in its tables. */
function typeRows(id: string): Pattern[] {
  const type = { id, name: id, description: null, is_public: 1, created_at: 1, updated_at: null }
  const spec = { share_type_id: id, spec_key: 'driver_handles_share_servers', spec_value: 'False' }
  return [
    { table: 'share_types', rows: [type] },
    { table: 'share_type_extra_specs', rows: [spec] },
  ]
}

/** A placed group of types of its own, with what the start says is in it. */
async function groupPattern(bench: Bench, start: 'group' | 'group-snapshot'): Promise<readonly Pattern[]> {
  const [typeId, groupTypeId, groupId, snapshotId] = Array.from({ length: 4 }, () => randomUUID())
  const { projectId: project_id, userId: user_id } = personas.demo
  const pool = await bench.db
    .selectFrom('pools')
    .select(['id', 'label', 'backend_id'])
    .executeTakeFirstOrThrow()
  const at = { created_at: 1, updated_at: null }
  const owned = { project_id, user_id, name: null, description: null, status: 'available', ...at }
  const group = {
    id: groupId,
    ...owned,
    host: pool.label,
    pool_id: pool.id,
    backend_id: pool.backend_id,
    share_group_type_id: groupTypeId,
  }
  const bare: readonly Pattern[] = [
    ...typeRows(String(typeId)),
    { table: 'share_group_types', rows: [{ id: groupTypeId, name: groupTypeId, is_public: 1, ...at }] },
    {
      table: 'share_group_type_share_types',
      rows: [{ share_group_type_id: groupTypeId, share_type_id: typeId }],
    },
    { table: 'share_groups', rows: [group] },
    { table: 'share_group_share_types', rows: [{ share_group_id: groupId, share_type_id: typeId }] },
    { table: 'lanes', rows: [worked(groupLane(String(groupId)))] },
  ]
  if (start === 'group') return bare
  const placed = { share_type_id: String(typeId), host: pool.label, snapshot_support: 1 as const }
  const share = await seedShare(bench, 'demo', { ...placed, share_group_id: String(groupId) })
  const snapshot = await seedSnapshot(bench, share, 'demo', { share_group_snapshot_id: String(snapshotId) })
  const taken = { id: snapshotId, share_group_id: groupId, ...owned }
  return [
    ...bare.filter(({ table }) => table !== 'lanes'),
    await rowsOf(bench, 'shares', 'id', share.id),
    await rowsOf(bench, 'share_instances', 'share_id', share.id),
    { table: 'share_group_snapshots', rows: [taken] },
    await rowsOf(bench, 'snapshots', 'id', snapshot.id),
    await rowsOf(bench, 'snapshot_instances', 'snapshot_id', snapshot.id),
    { table: 'lanes', rows: [worked(groupLane(String(groupId))), worked(instanceLane(share.instanceId))] },
  ]
}

/** Work has been done in it before: the first row of a lane would be a second place where two meet. */
const worked = (lane: string) => ({ lane, next_seq: 1, holder: null, fence: 1, expires_at: 0 })

const rowsOf = (bench: Bench, table: keyof Database, column: string, id: string): Promise<Pattern> =>
  sql<Record<string, unknown>>`select * from ${sql.table(table)} where ${sql.ref(column)} = ${id}`
    .execute(bench.db)
    .then(({ rows }) => ({ table, rows }) as Pattern)

interface Pattern {
  readonly table:
    | (typeof tables)[number]
    | (typeof snapshotTables)[number]
    | (typeof groupTables)[number]
    | 'lanes'
    | 'share_types'
    | 'share_type_extra_specs'
  readonly rows: readonly Record<string, unknown>[]
}

async function pattern(bench: Bench, start: Start): Promise<readonly Pattern[]> {
  const gone = { is_soft_deleted: 1, scheduled_to_be_deleted_at: 1 } as const
  const share = await seedShare(bench, 'demo', start === 'in-bin' ? gone : {})
  const snapshot = start === 'with-snapshot' ? await seedSnapshot(bench, share) : null
  const rule = {
    id: randomUUID(),
    share_id: share.id,
    access_type: 'ip',
    access_to: '10.0.0.1',
    canonical_to: '10.0.0.1/32',
    access_level: 'rw',
    access_key: null,
    state: 'active',
    created_at: 1,
    updated_at: null,
  }
  await bench.store.transaction((tx) => insertRule(tx, rule, [share.instanceId], {}))
  const of = (table: keyof Database, column: string, id: string) => rowsOf(bench, table, column, id)
  return [
    await of('shares', 'id', share.id),
    await of('share_instances', 'share_id', share.id),
    await of('access_rules', 'id', rule.id),
    await of('access_rule_mappings', 'access_rule_id', rule.id),
    ...(snapshot === null
      ? []
      : [
          await of('snapshots', 'id', snapshot.id),
          await of('snapshot_instances', 'snapshot_id', snapshot.id),
        ]),
    { table: 'lanes', rows: [worked(instanceLane(share.instanceId))] },
  ]
}

/** The pattern's rows again, with other ids. */
async function copies(
  store: Store,
  pattern: readonly Pattern[],
  count: number,
  grouped: boolean,
): Promise<Subject[]> {
  const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
  const own = new Set(
    pattern.flatMap(({ rows }) => rows.flatMap(({ id }) => (typeof id === 'string' ? [id] : []))),
  )
  const subjects: Subject[] = []
  const written = new Map<string, Record<string, unknown>[]>(pattern.map(({ table }) => [table, []]))
  for (let number = 0; number < count; number++) {
    const ids = new Map([...own].map((id) => [id, randomUUID()]))
    const renewed = (value: unknown): unknown =>
      typeof value === 'string' ? value.replaceAll(uuid, (id) => ids.get(id) ?? id) : value
    for (const { table, rows } of pattern) {
      for (const row of rows) {
        const copy = Object.fromEntries(Object.entries(row).map(([key, value]) => [key, renewed(value)]))
        written.get(table)?.push(copy)
      }
    }
    const idOf = (table: string): string => String(written.get(table)?.[number]?.id ?? '')
    // What is in a group is no subject of its own.
    const alone = (table: string): string => (grouped ? '' : idOf(table))
    subjects.push({
      shareId: alone('shares'),
      instanceId: alone('share_instances'),
      ruleId: alone('access_rules'),
      snapshotId: alone('snapshots'),
      typeId: alone('share_types'),
      groupShareTypeId: grouped ? idOf('share_types') : '',
      groupId: idOf('share_groups'),
      groupTypeId: idOf('share_group_types'),
      groupSnapshotId: idOf('share_group_snapshots'),
    })
  }
  await store.transaction(async (tx) => {
    for (const [table, rows] of written) {
      for (let from = 0; from < rows.length; from += 50) {
        await tx
          .insertInto(table as 'shares')
          .values(rows.slice(from, from + 50) as never)
          .execute()
      }
    }
  })
  return subjects
}
