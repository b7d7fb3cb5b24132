/** Several schedulers on one ledger, without an API or a backend: none promises what another has promised. */
import { expect, test } from 'vitest'
import { openLedger } from './race-ledger.ts'

const asked = 300
const room = 150

test('two schedulers hammer one ledger: both work, neither oversells', async () => {
  await using ledger = await openLedger({ totalGib: room })
  await ledger.ask(asked, 1)
  const { tries, recorded, refused } = await ledger.race(['first', 'second'])
  console.log(`placements tried: ${[...tries].map(([holder, n]) => `${holder} ${n}`).join(', ')}`)
  expect(tries.size).toBe(2)
  // Each request was decided once, by one of them.
  expect(recorded).toBe(asked)
  expect(refused).toBe(asked - room)
  expect(await ledger.placedGib()).toEqual({ pool: room, fullest: room, instances: room })
})

test('a fleet that schedulers remember: 1,000 requests at once fill every pool, and none of them too far', async () => {
  await using ledger = await openLedger({ totalGib: 3, pools: 300 })
  await ledger.ask(1000, 1)
  const { tries, recorded, refused } = await ledger.race(['first', 'second'])
  expect([tries.size, recorded, refused]).toEqual([2, 1000, 100])
  expect(await ledger.placedGib()).toEqual({ pool: 900, fullest: 3, instances: 900 })
})

test('a measurement in the middle, which counts what is claimed a second time, fails nobody', async () => {
  await using ledger = await openLedger({ totalGib: 20 })
  await ledger.ask(10, 1)
  await ledger.race(['first', 'second'])
  // The backend has made all ten, their operations have not ended: 10 free, less 10 claimed, looks full.
  await ledger.measure(10, { finish: false })
  await ledger.ask(12, 1)
  const racing = ledger.race(['first', 'second'])
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(await ledger.placedGib()).toEqual({ pool: 10, fullest: 10, instances: 10 })
  await ledger.measure(10, { finish: true })
  expect((await racing).refused).toBe(2)
  expect(await ledger.placedGib()).toEqual({ pool: 20, fullest: 20, instances: 20 })
})

test('schedulers that look first and claim afterwards do oversell: the count above can fail', async () => {
  await using ledger = await openLedger({ totalGib: 20 })
  expect(await ledger.raceWithoutLock(40)).toBeGreaterThan(20)
})
