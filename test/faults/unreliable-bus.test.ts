/**
 * The whole service while its messages are lost, doubled, late and out of order: every accepted request is finished all the
 * same, nothing is done twice and no count is wrong, by the judgement of a checker that shares no code with the service.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Suffered, Weather } from '../../src/bus/unreliable.fixture.ts'
import { quiet } from './every-step.ts'
import { startLoad } from './load.ts'
import { openWorld, until } from './world.ts'

const dir = mkdtempSync(join(tmpdir(), 'unreliable-bus-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const seed = Number(process.env.MANILA_FAULTS_SEED ?? Date.now() % 1_000_000)
const requests = 60

test.each<[string, Weather]>([
  ['lost, every one', { lose: 1, double: 0, lateMs: 0 }],
  ['sent twice and up to a second late', { lose: 0, double: 1, lateMs: 1000 }],
  ['lost, doubled and reordered', { lose: 0.3, double: 0.5, lateMs: 300 }],
])('messages %s', async (name, weather) => {
  const here = join(dir, name.replaceAll(/\W+/g, '-'))
  mkdirSync(here)
  const journal = join(here, 'journal.jsonl')
  const world = await openWorld('sim', here)
  const running = await world.start({ weather })
  const load = startLoad(world, journal, { clients: 8, seed })
  const accepted = () => Object.values(load.accepted()).reduce((sum, count) => sum + count, 0)
  await until(`${requests} accepted requests`, 90_000, async () => accepted() >= requests)
  await load.stop()
  await quiet(world)
  await running.stop()
  const suffered = JSON.parse(readFileSync(join(here, 'suffered.json'), 'utf8')) as Suffered
  const report = await world.check(journal)
  console.log(
    `seed ${seed}, messages ${name}: ${suffered.cast} cast, ${suffered.lost} lost, ${suffered.doubled} doubled; ` +
      `${report.accepted} requests accepted, ${report.finished} finished, ${report.failedWithCause} failed with a cause, ${report.wrong} wrong`,
  )
  expect(report.examples).toEqual({})
  expect(report.wrong).toBe(0)
  expect(report.accepted).toBeGreaterThanOrEqual(requests)
  expect(suffered.lost > 0).toBe(weather.lose > 0)
  expect(suffered.doubled > 0).toBe(weather.double > 0)
})
