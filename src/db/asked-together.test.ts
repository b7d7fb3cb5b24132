import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BudgetSpent, budgetForStatement, withStatementBudget } from '../runtime/statement-budget.ts'
import { askedTogether, mostTogether } from './asked-together.ts'
import type { DbOrTx } from './schema.ts'

const database = (isTransaction: boolean, isServer: boolean): DbOrTx =>
  ({
    isTransaction,
    getExecutor: () => ({ adapter: { supportsMultipleConnections: isServer } }),
  }) as unknown as DbOrTx
const server = database(false, true)

interface Row {
  readonly id: string
  readonly of: string | null
}

/** Every id is there, once for each wall, but those that begin with "no". */
function recorded() {
  const statements: { readonly wall: string | null; readonly ids: readonly string[] }[] = []
  const ask = askedTogether<Row>(async (_, wall, ids) => {
    statements.push({ wall, ids })
    await new Promise(setImmediate)
    return [...new Set(ids)].filter((id) => !id.startsWith('no')).map((id) => ({ id, of: wall }))
  })
  return { statements, ask }
}

test('whatever is asked in one moment, each gets his own row, and nobody one from behind another wall', async () => {
  const question = fc.record({
    id: fc.oneof(fc.constantFrom('a', 'b', 'no1'), fc.stringMatching(/^[0-9a-f]{1,4}$/)),
    wall: fc.constantFrom(null, 'p1', 'p2'),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(question, { minLength: 1, maxLength: 150 }), async (questions) => {
      const { statements, ask } = recorded()
      const answers = await Promise.all(questions.map(({ id, wall }) => ask(server, wall, id)))
      expect(answers).toEqual(
        questions.map(({ id, wall }) => (id.startsWith('no') ? undefined : { id, of: wall })),
      )
      const asked = (of: string | null) => questions.filter(({ wall }) => wall === of).length
      for (const of of [null, 'p1', 'p2'])
        expect(statements.filter(({ wall }) => wall === of)).toHaveLength(Math.ceil(asked(of) / mostTogether))
      // Few different statements: each is prepared by the server.
      const sizes = new Set(statements.map(({ ids }) => ids.length))
      expect([1, 2, 4, 8, 16, 32]).toEqual(expect.arrayContaining([...sizes]))
    }),
  )
})

test('who asks a moment later asks for himself, and sees what was written meanwhile', async () => {
  let written = 'before'
  const ask = askedTogether(async () => [{ id: 'a', written }])
  const first = ask(server, null, 'a')
  await first
  written = 'after'
  expect([await first, await ask(server, null, 'a')]).toEqual([
    { id: 'a', written: 'before' },
    { id: 'a', written: 'after' },
  ])
})

test.each([
  ['a transaction', database(true, true)],
  ['a database that is a file', database(false, false)],
])('in %s each question is a statement', async (_, db) => {
  const { statements, ask } = recorded()
  await Promise.all([ask(db, null, 'a'), ask(db, null, 'b')])
  expect(statements.map(({ ids }) => ids)).toEqual([['a'], ['b']])
})

test('what fails fails for each of them, and the next moment is another one', async () => {
  let fails = true
  const ask = askedTogether(async (_db, _wall, [id]) => {
    if (fails) throw new Error('the server is away')
    return [{ id }]
  })
  const both = await Promise.allSettled([ask(server, 'p', 'a'), ask(server, 'p', 'b')])
  expect(both.map((one) => one.status === 'rejected' && String(one.reason))).toEqual([
    'Error: the server is away',
    'Error: the server is away',
  ])
  fails = false
  expect(await ask(server, 'p', 'a')).toEqual({ id: 'a' })
})

test('the statement has the time of who has most left, nobody fails for another one, and all pay for it', async () => {
  const given: (number | undefined)[] = []
  const ask = askedTogether(async (_db, _wall, ids) => {
    given.push(budgetForStatement()?.leftMs)
    await new Promise((resolve) => setTimeout(resolve, 30))
    budgetForStatement()
    return ids.map((id) => ({ id }))
  })
  const left = async (limitMs: number, id: string) =>
    withStatementBudget(limitMs, async () => {
      await ask(server, 'p', id)
      return budgetForStatement()?.leftMs
    })
  const [rich, poor, spent] = await Promise.allSettled([left(5000, 'a'), left(1000, 'b'), left(20, 'c')])
  expect(given).toEqual([5000])
  expect(rich).toMatchObject({ status: 'fulfilled' })
  expect(rich.status === 'fulfilled' && rich.value).toBeLessThan(4990)
  expect(poor.status === 'fulfilled' && poor.value).toBeLessThan(990)
  // His row is there; his next statement is one too many.
  expect(spent).toMatchObject({ status: 'rejected', reason: expect.any(BudgetSpent) })
  await withStatementBudget(0, () => expect(ask(server, 'p', 'a')).rejects.toThrow(BudgetSpent))
})
