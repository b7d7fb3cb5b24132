/** What several processes may do to the same rows at once; on SQLite one after the other, on the servers really together. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { faultReply } from '../../api/faults.ts'
import { openTestStore } from '../store.fixture.ts'
import { quotaDefaults } from '../../model/quota.ts'
import { linesOf } from '../../model/quota-lines.ts'
import { settle } from '../../lifecycle/quotas.ts'
import type { Store } from '../open.ts'
import { DatabaseBusy } from '../unavailable.ts'

let store: Store
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const payer = { projectId: 'p'.repeat(32), userId: 'u'.repeat(32), shareTypeId: null }
const one = linesOf(payer, { shares: 1 })
const inUse = async () =>
  (await store.db.selectFrom('quota_usages').select(['scope', 'in_use']).execute())
    .map(({ scope, in_use }) => `${scope} ${in_use}`)
    .sort()

test('the first charges of a project, all at once, are all counted', async () => {
  await Promise.all(
    Array.from({ length: 30 }, () => store.transaction((tx) => settle(tx, { before: [], after: one }, null))),
  )
  expect(await inUse()).toEqual(['project 30', 'user 30'])
})

test('of thirty at once, exactly as many are accepted as the limit allows', async () => {
  const limits = { ...quotaDefaults, shares: 10 }
  const outcomes = await Promise.allSettled(
    Array.from({ length: 30 }, () =>
      store.transaction((tx) => settle(tx, { before: [], after: one }, limits)),
    ),
  )
  const refused = outcomes.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).name] : []))
  expect([outcomes.length - refused.length, new Set(refused).size]).toEqual([10, 1])
  expect(await inUse()).toEqual(['project 10', 'user 10'])
})

test('charges of several resources in different orders do not end in a deadlock', async () => {
  const both = [
    { shares: 1, gigabytes: 2 },
    { gigabytes: 2, shares: 1 },
  ]
  await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      store.transaction((tx) => settle(tx, { before: [], after: linesOf(payer, both[n % 2] ?? {}) }, null)),
    ),
  )
  expect(await inUse()).toEqual(['project 30', 'project 60', 'user 30', 'user 60'])
})

test('a row that breaks a unique key however often it is tried is refused', async () => {
  let tried = 0
  const row = { project_id: 'p', scope: 'project', scope_id: '', resource: 'shares', in_use: 1 } as const
  const twice = store.transaction(async (tx) => {
    tried++
    await tx.insertInto('quota_usages').values([row, row]).execute()
  })
  const error = await twice.catch((cause: unknown) => cause)
  expect([store.dialect.isDuplicate(error), tried]).toEqual([true, 4])
})

test('a conflict that does not end is no error of the server: its caller is to come again', async () => {
  let tried = 0
  const conflict = Object.assign(new Error('database is locked'), { code: '40P01', errno: 1213 })
  const never = store.transaction(async () => {
    tried++
    throw conflict
  })
  const error = await never.catch((cause: unknown) => cause)
  expect([error instanceof DatabaseBusy, tried]).toEqual([true, 8])
  const { status, headers, body } = faultReply(error, 'req-1')
  expect([status, headers['retry-after']]).toEqual([503, '1'])
  expect(JSON.stringify(body)).toContain('nothing was done')
})
