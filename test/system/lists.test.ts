/**
 * Lists of shares in a store of 20,000: an index serves each, a page costs at most two queries, and `marker` goes on
 * where it says, also when its row is gone. SQLite says itself how it would find the rows.
 */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Page } from '../../src/db/store/keyset.ts'
import { recordTombstone } from '../../src/db/store/records.ts'
import type { Scope } from '../../src/db/store/scope.ts'
import { countShares, listShares, shareForView, type ShareFilters } from '../../src/db/store/share-list.ts'
import { count, openWatched, projects, type Watched } from './lists-bench.ts'

const all: Scope = { projectId: null }
const mine: Scope = { projectId: projects[3] ?? '' }
const plain: ShareFilters = { isSoftDeleted: false, adminLocations: false, showDeferred: false }
const newest: Page = { limit: 100, offset: 0, marker: null, sortKey: 'created_at', descending: true }

let store: Watched
beforeAll(async () => {
  store = await openWatched()
})
afterAll(() => store[Symbol.asyncDispose]())

interface Listed {
  readonly scope?: Scope
  readonly filters?: Partial<ShareFilters>
  readonly page?: Partial<Page>
  readonly withPaths?: boolean
}

const list = ({ scope = mine, filters = {}, page = {}, withPaths = false }: Listed = {}) =>
  store.watch(() => listShares(store.db, scope, { ...plain, ...filters }, { ...newest, ...page }, withPaths))

/** What reads the table from end to end, in any of the plans. */
async function scans(queries: Awaited<ReturnType<typeof list>>['queries']): Promise<string[]> {
  const lines: string[] = []
  for (const query of queries) lines.push(...(await store.plan(query)))
  return lines.filter((line) => /^SCAN (shares|share_instances|share_metadata)\b/.test(line))
}

/** What is sorted after it was found, instead of being found in order. */
async function sorts(queries: Awaited<ReturnType<typeof list>>['queries']): Promise<string[]> {
  const lines: string[] = []
  for (const query of queries) lines.push(...(await store.plan(query)))
  return lines.filter((line) => line.includes('TEMP B-TREE'))
}

const filters: Readonly<Record<string, Partial<ShareFilters>>> = {
  none: {},
  'other projects, where public': { includePublic: true },
  'public or not': { isPublic: false },
  'the recycle bin': { isSoftDeleted: true },
  status: { status: 'error' },
  host: { host: 'node@beta#pool' },
  name: { name: 'share-13' },
  'part of the name': { nameLike: '13' },
  description: { description: 'x' },
  'share type': { shareTypeId: 'x' },
  snapshot: { snapshotId: 'x' },
  'share group': { shareGroupId: 'x' },
  'share network': { shareNetworkId: 'x' },
  'share server': { shareServerId: 'x' },
  zone: { availabilityZoneId: 'x' },
  metadata: { metadata: { tier: 'gold', owner: 'web' } },
  'extra specs': { extraSpecs: { driver_handles_share_servers: 'False' } },
  'export location': { exportLocationPathHash: 'x' },
  user: { userId: 'user-3' },
  project: { projectId: projects[4] ?? '' },
}

describe.each(Object.entries(filters))('filtered by %s', (_name, filter) => {
  test.each([
    ['a project', mine],
    ['all projects', all],
  ])('%s: one query by an index, in order', async (_whose, scope) => {
    for (const descending of [true, false]) {
      const { queries } = await list({ scope, filters: filter, page: { descending } })
      expect(queries).toHaveLength(1)
      expect(await scans(queries)).toEqual([])
      expect(await sorts(queries)).toEqual([])
    }
    const { queries } = await store.watch(() => countShares(store.db, scope, { ...plain, ...filter }))
    expect(queries).toHaveLength(1)
    expect(await scans(queries)).toEqual([])
  })
})

test.each(['created_at', 'name', 'size', 'updated_at'])(
  'sorted by %s: in order, also behind a marker',
  async (sortKey) => {
    const { answer } = await list({ page: { sortKey } })
    const marker = answer.at(-1)?.id ?? ''
    for (const page of [{ sortKey }, { sortKey, marker }, { sortKey, marker, descending: false }]) {
      const { queries } = await list({ page })
      expect(queries.length).toBeLessThanOrEqual(2)
      expect(await scans(queries)).toEqual([])
      expect(await sorts(queries)).toEqual([])
    }
  },
)

test('the eyes see a scan and a sort where there are some', async () => {
  const unindexed = await store.watch(() =>
    store.db.selectFrom('shares').select('id').where('description', '=', 'x').orderBy('task_state').execute(),
  )
  expect(await scans(unindexed.queries)).toHaveLength(1)
  expect(await sorts(unindexed.queries)).toHaveLength(1)
})

test('a page behind a marker starts in the index at the marker', async () => {
  const { answer } = await list({ scope: all })
  const { queries } = await list({ scope: all, page: { marker: answer.at(-1)?.id ?? '' } })
  const plan = (await store.plan(queries.at(-1)!)).join('\n')
  expect(plan).toContain('(is_soft_deleted=? AND created_at<?)')
})

test('markers walk through everything once, ties and nulls included', async () => {
  const expected = (await list({ page: { limit: null } })).answer.map(({ id }) => id)
  expect(expected).toHaveLength(count / projects.length)
  for (const sortKey of ['created_at', 'name', 'updated_at', 'size', 'host']) {
    for (const descending of [true, false]) {
      const whole = (await list({ page: { limit: null, sortKey, descending } })).answer.map(({ id }) => id)
      const walked: string[] = []
      for (let marker: string | null = null; ;) {
        const { answer, queries } = await list({ page: { limit: 300, sortKey, descending, marker } })
        expect(queries.length).toBeLessThanOrEqual(2)
        walked.push(...answer.map(({ id }) => id))
        marker = answer.at(-1)?.id ?? null
        if (marker === null) break
      }
      expect(walked).toEqual(whole)
      expect(new Set(walked)).toEqual(new Set(expected))
    }
  }
})

test('the marker of a deleted share still works; one that never was is refused', async () => {
  const before = (await list({ page: { limit: 20 } })).answer.map(({ id }) => id)
  const gone = before[9] ?? ''
  const row = await store.db.selectFrom('shares').selectAll().where('id', '=', gone).executeTakeFirstOrThrow()
  await store.db.transaction().execute(async (tx) => {
    await recordTombstone(tx, 'share', row, row.created_at)
    await tx.deleteFrom('share_instances').where('share_id', '=', gone).execute()
    await tx.deleteFrom('shares').where('id', '=', gone).execute()
  })
  const { answer, queries } = await list({ page: { limit: 10, marker: gone } })
  expect(answer.map(({ id }) => id)).toEqual(before.slice(10))
  expect(queries).toHaveLength(2)

  await expect(list({ page: { marker: randomUUID() } })).rejects.toThrow(/marker/)
  // Another project's share is no row of this list, deleted or not.
  const foreign = await list({ scope: { projectId: projects[5] ?? '' }, page: { limit: 1 } })
  await expect(list({ page: { marker: foreign.answer[0]?.id ?? '' } })).rejects.toThrow(/marker/)
  await expect(list({ scope: { projectId: projects[5] ?? '' }, page: { marker: gone } })).rejects.toThrow(
    /marker/,
  )
})

test('metadata and export paths come with the rows', async () => {
  const [first, second] = (await list({ page: { limit: 2 } })).answer
  const metadata = { 'naïve "key"': 'a\nb', empty: '' }
  const rows = Object.entries(metadata).map(([meta_key, meta_value]) => ({
    share_id: first?.id ?? '',
    meta_key,
    meta_value,
  }))
  await store.db.insertInto('share_metadata').values(rows).execute()
  const instance = await store.db
    .selectFrom('share_instances')
    .select('id')
    .where('share_id', '=', first?.id ?? '')
    .executeTakeFirst()
  const location = { path_hash: 'h', preferred: 0, created_at: 1, updated_at: null } as const
  const at = (path: string, is_admin_only: 0 | 1) => ({
    ...location,
    id: randomUUID(),
    share_instance_id: instance?.id ?? '',
    path,
    is_admin_only,
  })
  await store.db
    .insertInto('share_instance_export_locations')
    .values([at('10.0.0.1:/a', 0), at('10.0.0.2:/hidden', 1)])
    .execute()
  const { answer, queries } = await list({ page: { limit: 2 }, withPaths: true })
  expect(queries).toHaveLength(1)
  expect(answer.map((row) => [row.id, row.metadata, row.paths])).toEqual([
    [first?.id, metadata, ['10.0.0.1:/a']],
    [second?.id, {}, []],
  ])
  const one = await store.watch(() => shareForView(store.db, mine, first?.id ?? '', false))
  expect([one.queries.length, one.answer?.metadata, one.answer?.paths]).toEqual([1, metadata, []])
})
