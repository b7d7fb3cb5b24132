import { afterEach, beforeEach, expect, test } from 'vitest'
import { addUse, countDatabaseUse, keptUse } from '../runtime/database-use.ts'
import { WorkUse } from './work-use.ts'

beforeEach(() => countDatabaseUse(true))
afterEach(() => countDatabaseUse(false))

test('an operation is told with its steps, each with all its tries', async () => {
  const use = new WorkUse()
  await use.of(null, async () => {
    addUse({ statements: 3, transactions: 1 })
    use.of('backend', () => addUse({ statements: 1 }))
    await use.of('backend', async () => addUse({ statements: 1, roundTrips: 2 }))
  })
  expect(use.told()).toMatchObject({
    database: { statements: 5, transactions: 1, round_trips: 2 },
    steps: { backend: { statements: 2, transactions: 0, round_trips: 2 } },
  })
  const kind = `kind-${Math.random()}`
  use.addUp(kind)
  use.addUp(kind)
  const kept = [...keptUse()].filter(({ of }) => of === kind)
  expect(kept.map(({ step, use: { statements } }) => [step, statements])).toEqual([
    ['', 10],
    ['backend', 4],
  ])
})

test('says nothing while nothing is counted', () => {
  countDatabaseUse(false)
  const use = new WorkUse()
  expect(use.of(null, () => use.of('backend', () => 7))).toBe(7)
  expect(use.told()).toEqual({})
})
