/** Services that come, fall silent and stop, on every database. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestStore } from '../db/store.fixture.ts'
import type { Store } from '../db/open.ts'
import { registerService } from '../db/store/services.ts'
import { tellServiceStates } from './service-states.ts'

const secondUs = 1_000_000
const begin = 1_787_310_300_000_000

let store: Store
let now = begin
let id: number
const parts = () =>
  ({ store, clock: { now: () => now }, settings: { shares: { service_down_time_s: 60 } } }) as never
const service = {
  host: 'node@alpha',
  binaryName: 'manila-share',
  topic: 'manila-share',
  availabilityZone: 'nova',
}
const set = (columns: object) => store.db.updateTable('services').set(columns).where('id', '=', id).execute()
const known = async () => {
  const { told_state, state_since } = await store.db
    .selectFrom('services')
    .selectAll()
    .executeTakeFirstOrThrow()
  return [told_state, (Number(state_since) - begin) / secondUs]
}
const events = async () =>
  (await store.db.selectFrom('events').selectAll().orderBy('created_at').execute()).map(
    ({ event, resource_id, project_id, detail }) => [event, resource_id, project_id, JSON.parse(detail).to],
  )

beforeEach(async () => {
  store = await openTestStore()
  now = begin
  id = await registerService(store, { ...service, now })
})
afterEach(() => store.close())

test('each change is told once, with the moment from which on it was so', async () => {
  now = begin + 2 * secondUs
  expect(await tellServiceStates(parts())).toBe(1)
  expect(await known()).toEqual(['up', 0])
  now = begin + 60 * secondUs
  expect(await tellServiceStates(parts())).toBe(0)
  now = begin + 61 * secondUs
  expect(await tellServiceStates(parts())).toBe(1)
  expect(await known()).toEqual(['down', 0])
  now = begin + 90 * secondUs
  await set({ heartbeat_at: now })
  expect(await tellServiceStates(parts())).toBe(1)
  expect(await known()).toEqual(['up', 90])
  now = begin + 100 * secondUs
  await set({ stopped: 1, updated_at: begin + 99 * secondUs })
  expect(await tellServiceStates(parts())).toBe(1)
  expect(await known()).toEqual(['stopped', 99])
  expect(await tellServiceStates(parts())).toBe(0)
  expect(await events()).toEqual(
    ['up', 'down', 'up', 'stopped'].map((state) => [`service.${state}`, String(id), '', state]),
  )
})

test('several that look at once tell it once', async () => {
  const told = await Promise.all(Array.from({ length: 5 }, () => tellServiceStates(parts())))
  expect(told.reduce((sum, one) => sum + one)).toBe(1)
  expect(await events()).toHaveLength(1)
})
