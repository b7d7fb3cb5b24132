import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSigningKeys } from '../auth/keys.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'

let world: TestWorld
let file: string
beforeEach(async () => {
  world = testWorld()
  file = join(world.dir, 'keys', 'token-key.json')
  world.configure({ auth: { key_file: file } })
  // Where the change is written down.
  await world.run('db', 'sync')
})
afterEach(() => world.end())

const keys = async (...words: readonly string[]) => {
  const ran = await world.run('identity', ...words, '-f', 'json')
  expect([ran.code, ran.err]).toEqual([0, ''])
  return ran.json().keys as { id: string; state: string; signs_from: string | null; ends_at: string | null }[]
}

test('one key waits while the other signs; a second run says until when, and nothing tells a secret', async () => {
  await openSigningKeys(file)
  const before = readFileSync(file, 'utf8')
  const dry = await world.run('identity', 'rotate-keys', '--dry-run')
  expect(dry.out).toContain('2 keys would be there, a new one that signs in 600 s among them')
  expect(readFileSync(file, 'utf8')).toBe(before)
  const after = await keys('rotate-keys')
  expect(after.map(({ state }) => state)).toEqual(['signs', 'waits'])
  const overlapMs = Date.parse(after[1]?.signs_from ?? '') - Date.now()
  expect(overlapMs).toBeGreaterThan(590_000)
  expect(overlapMs).toBeLessThanOrEqual(600_000)
  const again = await world.run('identity', 'rotate-keys')
  expect(again.code).toBe(1)
  expect(again.err).toContain(
    `the key ${after[1]?.id} waits already and signs from ${after[1]?.signs_from} on`,
  )
  expect(await keys('keys')).toEqual(after)
  const listing = (await world.run('identity', 'keys')).out
  const { keys: stored } = JSON.parse(readFileSync(file, 'utf8')) as { keys: { d: string; x: string }[] }
  for (const { d, x } of stored) for (const secret of [d, x]) expect(listing).not.toContain(secret)
})

test('a key that is withdrawn leaves one new one', async () => {
  await openSigningKeys(file)
  const [old] = await keys('keys')
  const after = await keys('rotate-keys', '--withdraw')
  expect(after.map(({ state }) => state)).toEqual(['signs'])
  expect(after[0]?.id).not.toBe(old?.id)
})

test('without a key file it says where keys come from, and makes none', async () => {
  for (const words of [
    ['keys'],
    ['rotate-keys'],
    ['rotate-keys', '--dry-run'],
    ['rotate-keys', '--withdraw'],
  ]) {
    const { code, err } = await world.run('identity', ...words)
    expect(code).toBe(1)
    expect(err).toContain('it is made when the service starts')
  }
  expect(existsSync(file)).toBe(false)
})

test('where a Keystone signs, its keys are its own', async () => {
  world.configure({
    auth: { backend: 'keystone', keystone: { auth_url: 'https://k.example:5000', password: 'x' } },
  })
  const { code, err } = await world.run('identity', 'rotate-keys')
  expect(code).toBe(3)
  expect(err).toContain('keystone-manage')
})
