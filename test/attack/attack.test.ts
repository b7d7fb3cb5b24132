/** The list of `npm run test:attack`, a test for each. */
import { afterAll, describe, expect, test } from 'vitest'
import { groups } from './groups.ts'
import { countOf, lineOf, runAttacks } from './run.ts'
import { group } from './attack.ts'

for (const { name, cannotRun, attacks, close } of groups) {
  describe.skipIf(cannotRun !== null)(
    `attack on ${name}${cannotRun === null ? '' : ` (${cannotRun})`}`,
    () => {
      afterAll(close)
      for (const attack of attacks) {
        test(attack.name, async () => {
          const outcome = await attack.run()
          expect(outcome.through, lineOf(attack, outcome)).toBe(false)
        })
      }
    },
  )
}

test('no two attacks have one name', () => {
  const names = groups.flatMap(({ name, attacks }) => attacks.map((attack) => `${name} ${attack.name}`))
  expect(names.toSorted()).toEqual([...new Set(names)].toSorted())
  expect(names.length).toBeGreaterThan(0)
})

test('what is through, left open or could not be made is told and counted', async () => {
  const lines: string[] = []
  const planted = group({
    name: 'planted',
    open: () => Promise.resolve({ close: () => Promise.resolve() }),
    attacks: [
      { name: 'a', tries: 'asks', run: async () => ({ through: false, tried: '2', cameBack: 'no' }) },
      { name: 'b', tries: 'asks', run: async () => ({ through: true, tried: '2', cameBack: 'all' }) },
      {
        name: 'c',
        tries: 'asks',
        run: async () => ({ through: false, leftOpen: true, tried: '2', cameBack: 'a bit' }),
      },
      { name: 'd', tries: 'asks', run: () => Promise.reject(new Error('nobody is there')) },
    ],
  })
  const tally = await runAttacks([planted], (line) => lines.push(line))
  expect(lines.slice(0, 3)).toEqual([
    'held    a: asks: 2 → no',
    'THROUGH b: asks: 2 → all',
    'open    c: asks: 2 → a bit',
  ])
  expect(lines[3]).toMatch(/^THROUGH d: asks: could not be made → Error: nobody is there/)
  expect(countOf(tally)).toBe('4 attacks, 2 through, 1 left open (docs/guide/security.md)')
  expect(countOf({ attacks: 3, through: 0, leftOpen: 0 })).toBe('3 attacks, 0 through')
})
