import { randomUUID } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Store } from '../db/open.ts'
import { identityTables } from '../db/tables/identity.ts'
import { authBench, type AuthBench } from './parts.fixture.ts'

let bench: AuthBench
beforeEach(async () => {
  bench = await authBench()
})
afterEach(() => bench.close())

/** A row with something in every column that needs it. */
async function plant(store: Store, table: string, values: Readonly<Record<string, unknown>>): Promise<void> {
  const { columns } = (await store.db.introspection.getTables()).find(({ name }) => name === table)!
  const row = Object.fromEntries(
    columns
      .filter(({ isNullable, hasDefaultValue }) => !isNullable && !hasDefaultValue)
      .map(({ name, dataType }) => [name, /int|double|real/i.test(dataType) ? 1 : randomUUID()]),
  )
  await store.db
    .insertInto(table as never)
    .values({ ...row, ...values } as never)
    .execute()
}

const kinds: readonly (readonly [table: string, values: object, told: string])[] = [
  ['shares', { is_soft_deleted: 0 }, '1 share'],
  ['shares', { is_soft_deleted: 1 }, '1 share in the recycle bin'],
  ['snapshots', {}, '1 snapshot'],
  ['share_backups', {}, '1 backup'],
  ['share_groups', {}, '1 share group'],
  ['share_group_snapshots', {}, '1 share group snapshot'],
  ['resource_locks', {}, '1 resource lock'],
  ['share_servers', {}, '1 share server'],
  ['share_networks', {}, '1 share network'],
  ['security_services', {}, '1 security service'],
  ['operations', { finished_at: null }, '1 operation under way'],
]

test.each([...kinds, ['share_transfers', {}, '1 transfer'] as const])(
  'a project with a row of %s %o is not deleted: %s',
  async (table, values, told) => {
    const { directory } = bench.auth
    const column = table === 'share_transfers' ? 'source_project_id' : 'project_id'
    await plant(bench.store, table, { ...values, [column]: bench.demo.projectId })
    await expect(directory.deleteProject(bench.demo.projectId)).rejects.toMatchObject({
      status: 409,
      message: `The project demo still has ${told}: delete or move these first.`,
    })
    expect(await directory.findProject({ id: bench.demo.projectId })).not.toBeNull()
    await bench.store.db.deleteFrom(table as never).execute()
    await directory.deleteProject(bench.demo.projectId)
    expect(await directory.findProject({ id: bench.demo.projectId })).toBeNull()
  },
)

test('all of it is told at once, in one order; what is another’s, and what is over, is not', async () => {
  const project = { project_id: bench.demo.projectId }
  for (const [table, values] of kinds) await plant(bench.store, table, { ...values, ...project })
  await plant(bench.store, 'shares', { is_soft_deleted: 0, ...project })
  await plant(bench.store, 'shares', { is_soft_deleted: 0, project_id: bench.admin.projectId })
  await plant(bench.store, 'operations', { ...project, finished_at: 5 })
  await expect(bench.auth.directory.deleteProject(bench.demo.projectId)).rejects.toThrow(
    'The project demo still has 2 shares, 1 share in the recycle bin, 1 snapshot, 1 backup, 1 share group, 1 share group snapshot, ' +
      '1 resource lock, 1 share server, 1 share network, 1 security service and 1 operation under way: delete or move these first.',
  )
})

test('no table of what projects have is forgotten', async () => {
  const counted = new Set(kinds.map(([table]) => table))
  /** What is no possession: records of what was, answers kept, limits, who may see a type. */
  const others = [
    ['events', 'idempotency_keys', 'messages', 'tombstones'],
    ['project_turns', 'quota_limits', 'quota_usages', 'share_group_type_projects', 'share_type_projects'],
    // The accounts' own go with the project.
    identityTables as readonly string[],
    // Go with the snapshot of their group.
    ['share_group_snapshot_members'],
  ].flat()
  const tables = (await bench.store.db.introspection.getTables())
    .filter(({ columns }) => columns.some(({ name }) => name === 'project_id'))
    .map(({ name }) => name)
  expect(tables.filter((name) => !counted.has(name) && !others.includes(name))).toEqual([])
})
