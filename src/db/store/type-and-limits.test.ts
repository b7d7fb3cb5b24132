/** The limits that come with a share type are those that a read of its own would answer. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Store } from '../open.ts'
import { quotaDefaults, type QuotaResource } from '../../model/quota.ts'
import { openTestStore } from '../store.fixture.ts'
import { limitsOf } from './quota-room.ts'
import { everything } from './scope.ts'
import { deleteType, insertType, typeAndLimits } from './share-types.ts'

let store: Store
beforeAll(async () => {
  store = await openTestStore()
  for (const id of ['t1', 't2']) {
    const row = {
      id,
      name: `name of ${id}`,
      description: null,
      is_public: 1,
      created_at: 1,
      updated_at: null,
    } as const
    await store.transaction((tx) =>
      insertType(tx, { ...row, extra_specs: { snapshot_support: 'True', a: id } }),
    )
  }
})
afterAll(() => store.close())

const resources = Object.keys(quotaDefaults) as QuotaResource[]
const projects = ['p1', 'p2']
// A user of a directory may be called anything.
const users = ['', 'u1', 'u1 shares', 'user "x"\n\\', 'Ünï']
const limit = fc.record({
  project_id: fc.constantFrom(...projects),
  owner: fc.oneof(
    fc.constant({ scope: 'project', scope_id: '' } as const),
    fc.record({ scope: fc.constant('user' as const), scope_id: fc.constantFrom(...users.slice(1)) }),
    fc.record({ scope: fc.constant('share_type' as const), scope_id: fc.constantFrom('t1', 't2') }),
  ),
  resource: fc.constantFrom(...resources),
  hard_limit: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
})
const ofClass = fc.record({
  class_name: fc.constantFrom('default', 'other'),
  resource: fc.constantFrom(...resources),
  hard_limit: fc.integer({ min: -1, max: 1000 }),
})
const asked = fc.record({
  limits: fc.uniqueArray(limit, {
    maxLength: 12,
    selector: ({ project_id, owner, resource }) => JSON.stringify([project_id, owner, resource]),
  }),
  classes: fc.uniqueArray(ofClass, {
    maxLength: 6,
    selector: ({ class_name, resource }) => `${class_name} ${resource}`,
  }),
  payer: fc.record({ projectId: fc.constantFrom(...projects), userId: fc.constantFrom(...users) }),
  called: fc.constantFrom('t1', 't2', 'name of t1', 'name of t2'),
  scoped: fc.boolean(),
})

test('whoever set them, and they are not read again in the same transaction', async () => {
  await fc.assert(
    fc.asyncProperty(asked, async ({ limits, classes, payer, called, scoped }) => {
      const rows = limits.map(({ owner, ...row }) => ({ ...row, ...owner }))
      await store.transaction(async (tx) => {
        await tx.deleteFrom('quota_limits').execute()
        await tx.deleteFrom('quota_classes').execute()
        if (rows.length > 0) await tx.insertInto('quota_limits').values(rows).execute()
        if (classes.length > 0) await tx.insertInto('quota_classes').values(classes).execute()
      })
      const id = called.slice(-2)
      const configured = { ...quotaDefaults, shares: 7 }
      const whole = { ...payer, shareTypeId: id }
      const read = await limitsOf(store.db, whole, configured)
      await store.transaction(async (tx) => {
        const scope = scoped ? { projectId: payer.projectId } : everything
        const type = await typeAndLimits(tx, scope, payer, called)
        expect(type).toMatchObject({ id, extra_specs: { snapshot_support: 'True', a: id } })
        expect(type).not.toHaveProperty('own_limits')
        expect(await limitsOf(tx, whole, configured)).toEqual(read)
        await tx.deleteFrom('quota_limits').execute()
        await tx.deleteFrom('quota_classes').execute()
        expect(await limitsOf(tx, whole, configured)).toEqual(read)
      })
    }),
    { numRuns: 60 },
  )
})

test('a private type is not there for a project that was not given it, nor one that is gone for anybody', async () => {
  const row = {
    id: 't3',
    name: 'third',
    description: null,
    is_public: 0,
    created_at: 1,
    updated_at: null,
  } as const
  const payer = { projectId: 'p1', userId: 'u1' }
  const find = (projectId: string | null) =>
    store.transaction(async (tx) => (await typeAndLimits(tx, { projectId }, payer, 'third'))?.id)
  await store.transaction((tx) => insertType(tx, { ...row, extra_specs: {} }))
  expect([await find('p1'), await find(null)]).toEqual([undefined, 't3'])
  await store.transaction((tx) => deleteType(tx, 't3'))
  expect(await find(null)).toBeUndefined()
})
