import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../db/open.ts'
import { requestCancel } from '../db/store/operation-cancel.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { Families, laneOf, namesOf, type Member } from './families.fixture.ts'
import { childId } from './families.ts'
import { bumpFence, cancelLane } from '../db/store/leases.ts'

let store: Store
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

/** Parents first, children in their order. */
const rows = async () =>
  (await store.db.selectFrom('operations').selectAll().orderBy('created_at').execute()).toSorted(
    (a, b) => (a.child_number ?? 0) - (b.child_number ?? 0),
  )
const leaf = (name: string, fails = false): Member => ({ name, fails, children: [] })
const group = (...children: readonly Member[]): Member => ({ name: 'group', fails: false, children })

/** On a server each run begins with a database of its own, which is most of its time. */
const runs = (process.env.MANILA_TEST_DATABASE ?? 'sqlite') === 'sqlite' ? 40 : 5

/** Most turns until everything is over: more means that somebody waits for nobody. */
const maxTurns = 3000

async function toTheEnd(families: Families, next: () => number, each?: (turn: number) => Promise<void>) {
  for (let turn = 0; turn < maxTurns; turn++) {
    await families.noPauses()
    const open = await families.open()
    const one = open[next() % Math.max(1, open.length)]
    if (one === undefined) return
    await each?.(turn)
    await families.runOnce(one.id, `worker-${next() % 3}`)
  }
  throw new Error(`still open: ${JSON.stringify(await families.open())}`)
}

async function brokenLaws(families: Families, root: string): Promise<string[]> {
  const wrong = [...families.wrong]
  const all = await rows()
  for (const row of all) {
    const parent = all.find(({ id }) => id === row.parent_id)
    if (parent !== undefined && (row.finished_at ?? Infinity) > (parent.finished_at ?? 0))
      wrong.push(`${row.kind} ended after its parent`)
    if (row.id !== root && row.family_id !== root) wrong.push(`${row.kind} is of no family`)
  }
  const places = await store.db.selectFrom('operation_lanes').selectAll().where('finished', '=', 0).execute()
  const held = await store.db.selectFrom('lanes').selectAll().where('holder', 'is not', null).execute()
  wrong.push(
    ...places.map(({ lane }) => `${lane} is waited for`),
    ...held.map(({ lane }) => `${lane} is held`),
  )
  return wrong
}

const member = fc.letrec<{ member: Member; children: readonly Member[] }>((tie) => ({
  member: fc.record({
    name: fc.uuid(),
    fails: fc.integer({ min: 0, max: 7 }).map((n) => n === 0),
    children: fc.oneof({ maxDepth: 2 }, fc.constant([]), tie('children')),
  }),
  children: fc.array(tie('member'), { maxLength: 3 }),
})).member

describe('a family', () => {
  it('is whole or not at all, whatever fails, is cancelled or killed', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(member, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        fc.option(fc.nat(20)),
        fc.nat(9),
        fc.infiniteStream(fc.nat(1000)),
        async (children, existing, cancelAt, killsOf10, random) => {
          const own = await openTestStore()
          const before = store
          store = own
          try {
            const families = new Families(own)
            const next = (): number => random.next().value as number
            let kills = 0
            families.kills = () => next() % 10 < killsOf10 - 6 && kills++ < 10
            const root = group(...children)
            const id = await families.enqueue(root, existing)
            await toTheEnd(families, next, async (turn) => {
              if (turn === cancelAt)
                await own.transaction((tx) => requestCancel(tx, id, families.clock.now()))
            })
            const end = (await rows()).find((row) => row.id === id)?.state
            expect([...families.made].sort()).toEqual(end === 'done' ? namesOf(root).sort() : [])
            expect(await brokenLaws(families, id)).toEqual([])
          } finally {
            store = before
            await own.close()
          }
        },
      ),
      { numRuns: runs },
    )
  })

  it('waits without lease or slot, and is woken by its last child', async () => {
    const families = new Families(store)
    const id = await families.enqueue(group(leaf('a'), leaf('b')), true)
    const end = await families.runOnce(id, 'one')
    expect(end).toMatchObject({ end: 'has-children', due: [{ topic: 'share+' }, { topic: 'share+' }] })
    expect(
      await store.db.selectFrom('lanes').select('lane').where('holder', 'is not', null).execute(),
    ).toEqual([])
    expect((await families.runOnce(id, 'one')).end).toBe('not-mine')
    const children = [childId(id, 'members', 1), childId(id, 'members', 2)]
    expect(await families.runOnce(children[0]!, 'one')).toMatchObject({ end: 'finished', due: [] })
    expect(await families.runOnce(children[1]!, 'one')).toMatchObject({ end: 'finished', due: [{ id }] })
    expect((await families.runOnce(id, 'one')).end).toBe('finished')
    expect((await rows()).map(({ state }) => state)).toEqual(['done', 'done', 'done'])
  })

  it('is woken by one of two children that end at the same moment', async () => {
    const families = new Families(store)
    const members = ['a', 'b', 'c', 'd'].map((name) => leaf(name))
    const id = await families.enqueue(group(...members), true)
    await families.runOnce(id, 'one')
    const ends = await Promise.all(
      members.map((_, at) => families.runOnce(childId(id, 'members', at + 1), `worker-${at}`)),
    )
    expect(ends.flatMap((end) => (end.end === 'finished' ? end.due.map((due) => due.id) : []))).toEqual([id])
    expect((await families.runOnce(id, 'one')).end).toBe('finished')
  })

  it('keeps strangers out of every lane that it works in until all of it is over', async () => {
    const families = new Families(store)
    // The child makes its lane, and is done with it before the family is.
    const id = await families.enqueue(group(leaf('a'), leaf('b', true)), false)
    await families.runOnce(id, 'one')
    await families.runOnce(childId(id, 'members', 1), 'one')
    const stranger = await families.stranger('a')
    expect((await families.runOnce(stranger, 'two')).end).toBe('not-mine')
    await families.runOnce(childId(id, 'members', 2), 'one')
    // It unwinds: what `a` made is taken back in the family's place, before the stranger's turn.
    await families.runOnce(id, 'one')
    expect((await families.runOnce(stranger, 'two')).end).toBe('not-mine')
    expect(families.made.has('a')).toBe(true)
    await families.runOnce(childId(id, 'undo members', 1), 'one')
    expect(families.made.has('a')).toBe(false)
    await families.runOnce(id, 'one')
    expect((await families.runOnce(stranger, 'two')).end).toBe('finished')
  })

  it('says why the first child failed, and asks the others to stop', async () => {
    const families = new Families(store)
    const id = await families.enqueue(group(leaf('a', true), leaf('b')), true)
    await families.runOnce(id, 'one')
    expect(await families.runOnce(childId(id, 'members', 1), 'one')).toMatchObject({
      end: 'finished',
      due: [{ id: childId(id, 'members', 2) }],
    })
    await families.runOnce(childId(id, 'members', 2), 'one')
    await families.runOnce(id, 'one')
    expect(await rows()).toMatchObject([
      { state: 'failed', cause_code: 'no' },
      { state: 'failed', cause_code: 'no' },
      { state: 'cancelled', cause_code: 'cancelled' },
    ])
  })

  it('ends whole when an administrator overrules one of it, and nobody writes on', async () => {
    const families = new Families(store)
    const id = await families.enqueue(group(leaf('a'), leaf('b')), true)
    await families.runOnce(id, 'one')
    const now = families.clock.now()
    await store.transaction(async (tx) => {
      await bumpFence(tx, laneOf('a'))
      await cancelLane(tx, laneOf('a'), { code: 'status-reset', message: 'reset' }, now)
    })
    expect((await rows()).map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'cancelled'])
    expect(await families.open()).toEqual([])
    expect((await families.runOnce(childId(id, 'members', 2), 'one')).end).toBe('not-mine')
  })

  it('refuses a child that wants a lane of somebody else', async () => {
    const families = new Families(store)
    const stranger = await families.stranger('a')
    const id = await families.enqueue(group(leaf('a')), false)
    expect((await families.runOnce(id, 'one')).end).toBe('waiting')
    expect((await rows()).find((row) => row.id === id)?.cause_message).toMatch(
      /lane thing:a is in use by others/,
    )
    expect((await families.runOnce(stranger, 'two')).end).toBe('finished')
  })
})
