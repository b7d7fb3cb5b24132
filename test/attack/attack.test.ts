/** The list of `npm run test:attack`, a test for each. */
import { afterAll, describe, expect, test } from 'vitest'
import { hostLock } from '../../src/exec/host-lock.ts'
import { groups, planted } from './groups.ts'
import { countOf, lineOf, runAttacks } from './run.ts'
import { group } from './attack.ts'
import { driverNames, loadDriver } from '../../src/storage/drivers/index.ts'
import { complete } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { localExec } from '../../src/exec/local.ts'

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

const holes = [
  'file systems',
  'inodes, subvolumes and generations',
  "the host's file systems",
  'bits and joints',
  'small numbers in every word',
]
for (const { name, cannotRun, attacks, close } of planted) {
  describe.skipIf(cannotRun !== null)(
    `a hole in ${name}${cannotRun === null ? '' : ` (${cannotRun})`}`,
    () => {
      afterAll(close)
      let said = ''
      test.each(holes)('is found by %s', async (hole) => {
        const outcome = await attacks.find((attack) => attack.name === hole)?.run()
        expect(outcome).toMatchObject({ through: true })
        said += outcome?.cameBack
      })
      test("and the victim's file is read", () => {
        expect(said).toMatch(/\d+ bytes of the secret of the victim's share/)
        expect(said).toMatch(/a listing with secret-[0-9a-f]+/)
      })
    },
  )
}

test('every driver that says it keeps clients apart is attacked', async () => {
  const parts = {
    exec: localExec(),
    log: silent,
    backend: 'alpha',
    dir: '/nowhere',
    lock: hostLock,
    now: () => 0,
  }
  // What only pretends has no server to attack.
  for (const name of driverNames.filter((one) => one !== 'sim')) {
    const { options, create } = await loadDriver(name, import.meta.dirname)
    const { separates } = create(complete(options, needed[name] ?? {}), parts)
    const attacked = groups.some((one) => one.name.startsWith(`${name},`))
    expect([name, attacked]).toEqual([name, separates !== undefined])
  }
})

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
/** Options that have no default. */
const needed: Readonly<Record<string, object>> = {
  btrfs: { directory: '/nowhere' },
  image: { directory: '/nowhere' },
  cephfs: { conf_file: '/nowhere/ceph.conf' },
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
