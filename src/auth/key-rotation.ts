/**
 * Turning the signing keys without logging anybody out. One key signs, at most one waits for its time, the others only check
 * what they signed. It knows the file and the clock, and neither the database nor the processes: those look at the file each
 * second (`tokens.ts`).
 */
import { chown, stat } from 'node:fs/promises'
import { fileLock } from '../exec/file-lock.ts'
import {
  freshKey,
  readSigningKeys,
  readStoredKeys,
  replaceStoredKeys,
  sweepBeside,
  type StoredKey,
} from './keys.ts'
import { expiredWindowUs } from './validator.ts'

export type KeyState = 'signs' | 'waits' | 'checks' | 'over'

/** What is told of a key; nothing of it is secret. Times are milliseconds, null where the file doesn't say. */
export interface KeyAge {
  readonly kid: string
  readonly state: KeyState
  readonly madeAt: number | null
  readonly signsFrom: number | null
  readonly endsAt: number | null
}

export interface Rotation {
  readonly path: string
  /** Milliseconds. */
  readonly now: number
  /** Seconds until the new key signs. */
  readonly overlapS: number
  /** `[auth] token_lifetime_s`. */
  readonly tokenLifetimeS: number
}

/** Keys that are accepted at one time: more rotations than this within two days are a script that has gone wild. */
export const maxKeys = 64

/** The longest anything signed may be asked for: a token's life, two days more for services, and nodes whose clocks differ. */
const lifeMs = (tokenLifetimeS: number): number => tokenLifetimeS * 1000 + expiredWindowUs / 1000 + 300_000

/** Every key of the file, as it is now. Throws a sentence when there is no usable file. */
export async function keyAges(path: string, now: number): Promise<KeyAge[]> {
  return agesOf(await stored(path), now)
}

/** What {@link rotateKeys} would write: pure but for the new key. Throws a sentence when it would not. */
export async function rotated(
  keys: readonly StoredKey[],
  rotation: Omit<Rotation, 'path'>,
): Promise<StoredKey[]> {
  const { now, overlapS, tokenLifetimeS } = rotation
  const ages = agesOf(keys, now)
  const waiting = ages.find(({ state }) => state === 'waits')
  if (waiting !== undefined && waiting.signsFrom !== null) {
    throw new Error(
      `the key ${waiting.kid} waits already and signs from ${new Date(waiting.signsFrom).toISOString()} on`,
    )
  }
  const left = keys.filter(({ kid }) => ages.some((age) => age.kid === kid && age.state !== 'over'))
  if (left.length >= maxKeys) {
    throw new Error(`${left.length} keys are in use by tokens that live; there can be no more`)
  }
  const signsFrom = now + overlapS * 1000
  const endOf = (from: number): string => new Date(from + lifeMs(tokenLifetimeS)).toISOString()
  const signer = ages.find(({ state }) => state === 'signs')?.kid
  const current = left
    .filter(({ kid }) => kid === signer)
    .map((key) => ({ ...key, ends_at: endOf(signsFrom) }))
  // One that stopped signing without a word of when, as earlier releases wrote them, has stopped by now.
  const retired = left
    .filter(({ kid }) => kid !== signer)
    .map(({ d: _secret, ...key }) => ({ ...key, ends_at: key.ends_at ?? endOf(now) }))
  return [...current, await freshKey(now, signsFrom), ...retired]
}

/**
 * Adds a key that signs in `overlapS` seconds; from then on the one that signs now only checks, until nothing it signed can be
 * alive. Takes out those that are over. Killed at any moment it leaves the file as it was or as it should be; running it while
 * a key still waits changes nothing and throws the sentence that says until when. Answers the keys as they are then.
 */
export function rotateKeys(rotation: Rotation): Promise<KeyAge[]> {
  const { path, now } = rotation
  return alone(path, async () => {
    const keys = await rotated(await stored(path), rotation)
    await replaceStoredKeys(path, keys)
    return agesOf(keys, now)
  })
}

/** One new key, and none of those before: for a key that somebody else may have. Everybody logs in again. */
export function withdrawKeys({ path, now }: Pick<Rotation, 'path' | 'now'>): Promise<KeyAge[]> {
  return alone(path, async () => {
    const keys = [await freshKey(now)]
    await replaceStoredKeys(path, keys)
    return agesOf(keys, now)
  })
}

/** Reads it as a service would, too: what that can't use must not be rotated on. */
async function stored(path: string): Promise<StoredKey[]> {
  const keys = (await readSigningKeys(path)) === null ? null : await readStoredKeys(path)
  if (keys === null) throw new Error(`there is no token key file ${path}: it is made when the service starts`)
  return keys
}

function agesOf(keys: readonly StoredKey[], now: number): KeyAge[] {
  const told = keys.map((key) => ({
    kid: key.kid ?? '',
    isPrivate: key.d !== undefined,
    madeAt: millisOf(key.made_at),
    signsFrom: millisOf(key.signs_from),
    endsAt: millisOf(key.ends_at),
  }))
  const able = told.filter(({ isPrivate, signsFrom }) => isPrivate && (signsFrom ?? 0) <= now)
  // As `readSigningKeys` has it: the newest, and of those that signed since ever the first.
  const signer = able.reduce<(typeof able)[number] | null>(
    (best, key) => (best === null || (key.signsFrom ?? 0) > (best.signsFrom ?? 0) ? key : best),
    null,
  )
  return told.map(({ isPrivate, ...key }) => {
    const waits = isPrivate && (key.signsFrom ?? 0) > now
    const over = key.endsAt !== null && key.endsAt <= now
    const state = key.kid === signer?.kid ? 'signs' : waits ? 'waits' : over ? 'over' : 'checks'
    return { ...key, state }
  })
}

const millisOf = (time: string | undefined): number | null => (time === undefined ? null : Date.parse(time))

/** One at a time on this host: two who read the same file would each forget the other's key. */
async function alone<T>(path: string, work: () => Promise<T>): Promise<T> {
  // Before anything is made beside it.
  await stored(path)
  const { uid, gid } = await stat(path)
  using lock = fileLock(`${path}.lock`)
  if (!lock.tryTake()) throw new Error(`somebody else is changing ${path} just now`)
  try {
    if (process.getuid?.() === 0 && uid !== undefined && gid !== undefined)
      await chown(`${path}.lock`, uid, gid)
    await sweepBeside(path)
    return await work()
  } finally {
    lock.letGo()
  }
}
