import { Migrator } from 'kysely/migration'
import { afterEach, expect, test } from 'vitest'
import { migrate, type Store } from '../open.ts'
import { openBareTestStore } from '../store.fixture.ts'
import { migrations } from './index.ts'

let store: Store
afterEach(() => store?.close())

test('shares that are there hold their names; of two with one name the older does', async () => {
  store = await openBareTestStore()
  const provider = { getMigrations: async () => ({ ...migrations }) }
  const { error } = await new Migrator({ db: store.db, provider }).migrateTo('0009-read-only-pools')
  expect(error).toBeUndefined()
  const tables = await store.db.introspection.getTables()
  const { columns } = tables.find(({ name }) => name === 'shares')!
  const bare = Object.fromEntries(
    columns
      .filter(({ isNullable }) => !isNullable)
      .map(({ name, dataType }) => [name, /char|text/i.test(dataType) ? 'x' : 0]),
  )
  const share = (id: string, mount_point_name: string | null, created_at: number) => ({
    ...bare,
    id,
    instance_id: `instance-${id}`,
    mount_point_name,
    created_at,
  })
  const rows = [share('a', 'data', 7), share('b', 'data', 5), share('c', 'other', 9), share('d', null, 1)]
  await store.db
    .insertInto('shares')
    .values(rows as never)
    .execute()
  await migrate(store)
  const held = await store.db.selectFrom('mount_point_names').selectAll().orderBy('name').execute()
  expect(held).toEqual([
    { name: 'data', instance_id: 'instance-b', created_at: 5 },
    { name: 'other', instance_id: 'instance-c', created_at: 9 },
  ])
})
