/**
 * Pairs of verbs that may not both succeed, at the same moment, on both servers. Which pairs these are is worked out from the state tables,
 * and that the working out is right is seen by trying each pair one after the other. Long form: 200 rounds a pair.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDatabase } from '../../../tools/cluster/database.ts'
import { migrate, openStore, type Store } from '../../../src/db/open.ts'
import {
  groupSnapshotAllows,
  shareAllows,
  shareGroupAllows,
  snapshotAllows,
} from '../../../src/model/states.ts'
import type { DatabaseServer } from '../../../tools/programs/database-server.ts'
import { hasMariadb, startMariadb } from '../../../tools/programs/mariadb.ts'
import { hasPostgres, startPostgres } from '../../../tools/programs/postgres.ts'
import { long } from '../../helpers/long.ts'
import { attemptOn, openUnlocked, race, type Score } from './race.ts'
import { exclusivePairs, harmlessPolicies, initial, orderedPairs, verbs, withoutVerb } from './verbs.ts'
import { openWorld, type Start, type World } from './world.ts'

const rounds = long ? 200 : 20
/** Of these many more win both, one after the other: each round is twice the work. */
const orderedRounds = long ? 50 : 20
/** Fewer: without turns they meet in deadlocks, which PostgreSQL takes a second to see. */
const unlockedRounds = long ? 20 : 3
const exclusive = exclusivePairs()
const ordered = orderedPairs()
const names = ({ pair }: Score): string => `${pair.one.name} | ${pair.other.name} (${pair.start})`

describe('the table', () => {
  test('has every row of the state tables and every verb that finds something to change', () => {
    const tables = [shareAllows, snapshotAllows, shareGroupAllows, groupSnapshotAllows].flatMap((all) =>
      Object.entries<unknown>(all),
    )
    const unused = tables.filter(([, table]) => !verbs.some((verb) => verb.table === table))
    // A revert asks both tables and is written down under the share's.
    expect(unused.map(([name]) => name)).toEqual([...withoutVerb, 'revert'])
    const app = join(import.meta.dirname, '../../../src/app')
    const asked = readdirSync(app, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(join(app, name), 'utf8').matchAll(/ToChange\(ctx, [\w.]+, '([^']+)'\)/g),
      ])
      .map(([, policy]) => policy ?? '')
    const known = new Set([...verbs.flatMap(({ policies }) => policies), ...harmlessPolicies])
    expect(asked.length).toBeGreaterThan(20)
    expect(asked.filter((policy) => !known.has(policy))).toEqual([])
    console.log(`${exclusive.length} pairs may not both succeed, ${ordered.length} in one order only`)
    expect([exclusive.length, ordered.length]).toEqual([66, 76])
  })

  test('says what happens when one is asked after the other', async () => {
    const store = await openStore('sqlite::memory:')
    await migrate(store)
    const world = await openWorld(store, store)
    const wrong: string[] = []
    let tried = 0
    for (const start of Object.keys(initial) as Start[]) {
      const state = initial[start]
      const begin = verbs.filter((verb) => verb.may(state))
      const subjects = await world.subjects(start, verbs.length + begin.length * verbs.length)
      const next = () => subjects.pop() as (typeof subjects)[number]
      for (const verb of verbs) {
        const { won, error } = await attemptOn(world, store, verb, next())
        if (won !== verb.may(state) || error !== null)
          wrong.push(`${start}: ${verb.name}: ${won} ${String(error)}`)
      }
      for (const one of begin) {
        for (const other of verbs.filter((verb) => verb.may(state))) {
          tried++
          const subject = next()
          await attemptOn(world, store, one, subject)
          const { won, error } = await attemptOn(world, store, other, subject)
          if (won !== other.may(one.after(state)) || error !== null)
            wrong.push(`${start}: ${one.name}, then ${other.name}: ${won} ${String(error)}`)
        }
      }
    }
    await store.close()
    console.log(`${tried} times one verb after another`)
    expect(wrong).toEqual([])
  })
})

const servers = [
  ['postgres', hasPostgres(), startPostgres],
  ['mariadb', hasMariadb(), startMariadb],
] as const

describe.each(servers)('%s', { timeout: long ? 1_800_000 : 900_000 }, (kind, there, start) => {
  describe.runIf(there)('a real server', () => {
    let server: DatabaseServer
    let store: Store
    let unlocked: Store
    let world: World
    beforeAll(async () => {
      server = await start()
      const url = await createDatabase(server)
      store = await openStore(url, { max: 4 })
      await migrate(store)
      unlocked = await openUnlocked(url, 4)
      world = await openWorld(store, unlocked)
    })
    afterAll(async () => {
      await store?.close()
      await unlocked?.close()
      await server?.remove()
    })

    test('of two that may not both succeed one does', async () => {
      const scores: Score[] = []
      for (const pair of exclusive) scores.push(await race(world, pair, rounds))
      report(kind, 'may not both succeed', scores)
      const bad = scores.filter(({ both, neither, unexpected }) => both + neither + unexpected.length > 0)
      expect(
        bad.map(
          (score) =>
            `${names(score)}: both ${score.both}, neither ${score.neither} ${String(score.unexpected[0])}`,
        ),
      ).toEqual([])
      // Each wins a fifth; a verb with itself wins whatever happens.
      const unfair = scores.filter(
        ({ pair, one, other, rounds: all }) => pair.one !== pair.other && Math.min(one, other) < all / 5,
      )
      expect(unfair.map((score) => `${names(score)}: ${score.one} to ${score.other}`)).toEqual([])
    })

    test('of two that may succeed in one order only the work is in that order', async () => {
      const scores: Score[] = []
      for (const pair of ordered) scores.push(await race(world, pair, orderedRounds))
      report(kind, 'may succeed in one order', scores)
      const bad = scores.filter(
        ({ wrongOrder, neither, unexpected }) => wrongOrder + neither + unexpected.length > 0,
      )
      expect(
        bad.map(
          (score) =>
            `${names(score)}: wrong order ${score.wrongOrder}, neither ${score.neither} ${String(score.unexpected[0])}`,
        ),
      ).toEqual([])
    })

    test('without turns many pairs do both succeed: the races can find it', async () => {
      const scores: Score[] = []
      for (const pair of exclusive) scores.push(await race(world, pair, unlockedRounds, { store: unlocked }))
      const queued = ordered.filter(({ one, other }) =>
        ['share from the snapshot | delete the snapshot', 'snapshot | extend'].includes(
          `${one.name} | ${other.name}`,
        ),
      )
      const behind: Score[] = []
      for (const pair of queued) behind.push(await race(world, pair, orderedRounds, { store: unlocked }))
      report(kind, 'may not both succeed, without turns', scores)
      report(kind, 'may succeed in one order, without turns', behind)
      const broken = scores.filter(({ both }) => both > 0)
      console.log(broken.map((score) => `${names(score)} ${score.both}/${score.rounds}`).join('; '))
      expect(broken.length).toBeGreaterThan(10)
      expect(broken.map(names)).toContain('delete | snapshot (plain)')
      expect(behind.reduce((sum, { wrongOrder }) => sum + wrongOrder, 0)).toBeGreaterThan(0)
    })
  })
})

function report(kind: string, what: string, scores: readonly Score[]): void {
  const sum = (of: (score: Score) => number): number => scores.reduce((all, score) => all + of(score), 0)
  const with_ = (of: (score: Score) => number): string =>
    `${sum(of)} (in ${scores.filter((score) => of(score) > 0).length} pairs)`
  const split = scores.filter(({ pair }) => pair.one !== pair.other)
  const least = Math.min(...split.map(({ one, other, rounds: all }) => Math.min(one, other) / all))
  console.log(
    [
      `${kind}, ${what}: ${scores.length} pairs, ${sum((score) => score.rounds)} rounds`,
      `both won ${with_(({ both }) => both)}`,
      `neither ${sum(({ neither }) => neither)}`,
      `wrong order ${with_(({ wrongOrder }) => wrongOrder)}`,
      `transactions repeated ${with_(({ repeats }) => repeats)}`,
      `no refusal ${sum(({ unexpected }) => unexpected.length)}`,
      ...(what === 'may not both succeed'
        ? [`the rarer winner has at least ${Math.round(least * 100)} %`]
        : []),
    ].join(', '),
  )
}
