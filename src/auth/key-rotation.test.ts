import { chmodSync, chownSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fileLock } from '../exec/file-lock.ts'
import { keyAges, rotated, rotateKeys, withdrawKeys } from './key-rotation.ts'
import { freshKey, readSigningKeys, signerAt, type StoredKey } from './keys.ts'
import type { IssuedToken } from './identity-face.ts'
import type { AuthManager } from './manager.ts'
import { authBench, demoPassword, type AuthBench } from './parts.fixture.ts'
import { expiredWindowUs } from './validator.ts'

let bench: AuthBench
beforeEach(async () => {
  bench = await authBench()
})
afterEach(() => bench.close())

const lifetimeS = 3600
const login = (auth: AuthManager): Promise<IssuedToken> =>
  auth.loginWithPassword({
    user: { id: bench.demo.userId },
    password: demoPassword,
    address: '10.0.0.1',
    scope: 'default',
  })
const nowMs = () => Math.floor(bench.clock.value / 1000)
const rotate = (overlapS = 60) =>
  rotateKeys({ path: bench.keyFile, now: nowMs(), overlapS, tokenLifetimeS: lifetimeS })
const kidOf = ({ token }: IssuedToken): string =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid
const statesOf = async () => (await keyAges(bench.keyFile, nowMs())).map(({ state }) => state)

test('a new key is known before it signs, and the one before checks what it signed', async () => {
  const other = await bench.another()
  const before = await login(bench.auth)
  await rotate()
  expect(await statesOf()).toEqual(['signs', 'waits'])
  bench.clock.pass(2)
  const meanwhile = await login(other)
  expect(kidOf(meanwhile)).toBe(kidOf(before))
  bench.clock.pass(60)
  const after = await login(other)
  expect(kidOf(after)).not.toBe(kidOf(before))
  expect(await statesOf()).toEqual(['checks', 'signs'])
  for (const auth of [bench.auth, other, await bench.another()]) {
    for (const { token } of [before, meanwhile, after]) expect(await auth.verify(token)).not.toBeNull()
    expect(kidOf(await login(auth))).toBe(kidOf(after))
  }
})

test('a process that has not looked yet believes a token of the new key', async () => {
  const other = await bench.another()
  const { token } = await login(bench.auth)
  await other.verify(token)
  // Within the second of its last look.
  await rotate(0)
  const after = await login(await bench.another())
  expect(kidOf(after)).not.toBe(kidOf({ token } as IssuedToken))
  expect(await other.verify(after.token)).not.toBeNull()
})

test('a key goes when nothing it signed can be alive, and not before', async () => {
  const life = expiredWindowUs / 1e6 + lifetimeS
  const first = await login(bench.auth)
  await rotate()
  bench.clock.pass(61)
  await login(bench.auth)
  bench.clock.pass(life)
  await rotate()
  expect(await statesOf()).toEqual(['signs', 'waits', 'checks'])
  bench.clock.pass(300)
  expect(await statesOf()).toEqual(['checks', 'signs', 'over'])
  await rotate()
  const kids = (await keyAges(bench.keyFile, nowMs())).map(({ kid }) => kid)
  expect(kids).toHaveLength(3)
  expect(kids).not.toContain(kidOf(first))
  // Private halves of those that sign no more are gone.
  const stored = JSON.parse(readFileSync(bench.keyFile, 'utf8')) as { keys: StoredKey[] }
  expect(stored.keys.map(({ d }) => d !== undefined)).toEqual([true, true, false])
})

test('what a key that is over signed is believed no more, whatever its own end says', async () => {
  const { AuthManager: Manager } = await import('./manager.ts')
  const { store, clock, keyFile } = bench
  // Of a process whose tokens live longer than those the rotation was told of.
  const auth = await Manager.open({ store, clock, keyFile, tokenLifetimeS: 86_400 * 30 })
  const { token } = await login(await bench.another())
  const long = await auth.exchange((await login(auth)).token, 'unscoped')
  await rotate()
  bench.clock.pass(61 + expiredWindowUs / 1e6 + lifetimeS + 200)
  expect(await auth.verify(long.token)).not.toBeNull()
  bench.clock.pass(200)
  expect(await (await bench.another()).verify(long.token)).toBeNull()
  expect(await auth.verify(token)).toBeNull()
})

test('as long as a key waits there is no other, and nothing changes', async () => {
  await rotate()
  const before = readFileSync(bench.keyFile, 'utf8')
  await expect(rotate()).rejects.toThrow(/waits already and signs from 2026-/)
  expect(readFileSync(bench.keyFile, 'utf8')).toBe(before)
})

test('a stolen key is believed nowhere within a second, also for tokens seen before', async () => {
  const other = await bench.another()
  const stolen = await login(bench.auth)
  for (const auth of [bench.auth, other]) expect(await auth.verify(stolen.token)).not.toBeNull()
  await withdrawKeys({ path: bench.keyFile, now: nowMs() })
  bench.clock.pass(1)
  for (const auth of [bench.auth, other]) expect(await auth.verify(stolen.token)).toBeNull()
  const fresh = await login(bench.auth)
  expect(await other.verify(fresh.token)).not.toBeNull()
})

test('a file broken by hand stops nothing, and what replaces it is read', async () => {
  const { token } = await login(bench.auth)
  const good = readFileSync(bench.keyFile)
  writeFileSync(bench.keyFile, '{"keys": [')
  bench.clock.pass(2)
  expect(await bench.auth.verify(token)).not.toBeNull()
  expect(await bench.auth.verify((await login(bench.auth)).token)).not.toBeNull()
  await expect(rotate()).rejects.toThrow(/is not JSON/)
  writeFileSync(bench.keyFile, good)
  await rotate(0)
  bench.clock.pass(2)
  expect(kidOf(await login(bench.auth))).not.toBe(kidOf({ token } as IssuedToken))
})

describe('the file', () => {
  test('keeps its mode and owner, and killed writers leave nothing behind', async () => {
    chmodSync(bench.keyFile, 0o640)
    if (process.getuid?.() === 0) chownSync(bench.keyFile, 1234, 4321)
    const { uid, gid } = statSync(bench.keyFile)
    writeFileSync(`${bench.keyFile}.0123456789ab.new`, '{}')
    await rotate()
    const after = statSync(bench.keyFile)
    expect([after.mode & 0o777, after.uid, after.gid]).toEqual([0o640, uid, gid])
    const beside = readdirSync(dirname(bench.keyFile)).filter((name) =>
      name.startsWith(basename(bench.keyFile)),
    )
    expect(beside.toSorted()).toEqual([basename(bench.keyFile), `${basename(bench.keyFile)}.lock`])
  })

  test('is changed by one at a time', async () => {
    using lock = fileLock(`${bench.keyFile}.lock`)
    expect(lock.tryTake()).toBe(true)
    await expect(rotate()).rejects.toThrow(/somebody else is changing/)
    lock.letGo()
    await rotate()
  })

  test('that is not there is not made', async () => {
    const path = `${bench.keyFile}.none`
    await expect(rotateKeys({ path, now: 0, overlapS: 60, tokenLifetimeS: lifetimeS })).rejects.toThrow(
      /there is no token key file/,
    )
    expect(readdirSync(dirname(path)).some((name) => name.startsWith(basename(path) + '.0'))).toBe(false)
  })

  test('of the release before: the first private key signs, and goes on to check', async () => {
    const [one, two] = [await old(), await old()]
    const { d: _secret, ...open } = await old()
    writeFileSync(bench.keyFile, JSON.stringify({ keys: [one, two, open] }))
    expect((await keyAges(bench.keyFile, nowMs())).map(({ state }) => state)).toEqual([
      'signs',
      'checks',
      'checks',
    ])
    await rotate()
    const keys = await readSigningKeys(bench.keyFile)
    expect(signerAt(keys!, bench.clock.value).kid).toBe(one.kid)
    expect(keys!.verifiers.size).toBe(4)
    // The release before, which signs with the first one it can, does so with the same.
    const stored = JSON.parse(readFileSync(bench.keyFile, 'utf8')) as { keys: StoredKey[] }
    expect(stored.keys.find(({ d }) => d !== undefined)?.kid).toBe(one.kid)
    bench.clock.pass(61)
    expect(await statesOf()).toEqual(['checks', 'signs', 'checks', 'checks'])
  })
})

async function old(): Promise<StoredKey> {
  const { made_at: _made, ...key } = await freshKey(0)
  return key
}

test('whenever keys are rotated: what signs is known for the overlap, and checks for as long as its tokens live', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(90_000), fc.integer({ min: 5, max: 4000 })), { minLength: 1, maxLength: 8 }),
      async (steps) => {
        let now = 1_790_000_000_000
        let keys: StoredKey[] = [await freshKey(now)]
        const life = expiredWindowUs / 1000 + lifetimeS * 1000
        /** Kid → when it signed last. */
        const signed = new Map<string, number>()
        const seenSince = new Map(keys.map(({ kid }) => [kid ?? '', -Infinity]))
        for (const [pauseS, overlapS] of steps) {
          now += pauseS * 1000
          const signer = signerOf(keys, now)
          signed.set(signer, now)
          keys = await rotated(keys, { now, overlapS, tokenLifetimeS: lifetimeS }).catch(() => keys)
          for (const { kid = '' } of keys) if (!seenSince.has(kid)) seenSince.set(kid, now + overlapS * 1000)
          // The same one signs on, and the last moment of it is when the next begins.
          expect(signerOf(keys, now)).toBe(signer)
          expect(seenSince.get(signer)).toBeLessThanOrEqual(now)
          for (const [kid, at] of signed) {
            if (at + life <= now) continue
            const key = keys.find((one) => one.kid === kid)
            expect(key).toBeDefined()
            if (key?.ends_at !== undefined) expect(Date.parse(key.ends_at)).toBeGreaterThanOrEqual(at + life)
          }
          expect(keys.filter(({ d }) => d !== undefined).length).toBeLessThanOrEqual(2)
        }
      },
    ),
    { numRuns: 60 },
  )
})

/** By the words of the file. */
const signerOf = (keys: readonly StoredKey[], now: number): string =>
  keys
    .filter(({ d, signs_from: from }) => d !== undefined && (from === undefined || Date.parse(from) <= now))
    .toSorted(
      (a, b) => Date.parse(b.signs_from ?? '1970-01-01') - Date.parse(a.signs_from ?? '1970-01-01'),
    )[0]?.kid ?? ''
