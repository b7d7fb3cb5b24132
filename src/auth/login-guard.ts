/**
 * Counts failed logins per account and per client address, in the database, so that guessing is as slow against ten
 * processes as against one. Reaching the limit locks the subject for one window, counted from the failure that did it.
 */
import { createHash } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import type { Store } from '../db/open.ts'
import {
  deleteLoginAttempts,
  findLoginAttempts,
  insertLoginAttempts,
  purgeLoginAttempts,
  replaceLoginAttempts,
} from '../db/store/credentials.ts'
import { fault } from '../model/errors.ts'
import type { Clock } from '../runtime/clock.ts'

export interface LoginLimits {
  /** Failures of one account within the window before it is locked. */
  readonly maxAccountFailures: number
  /** The same for one address, which may be a whole site behind one gateway. */
  readonly maxAddressFailures: number
  /** Seconds of the window and of the lock. */
  readonly windowS: number
}

export interface Subject {
  readonly key: string
  readonly limit: number
}

export class LoginGuard {
  readonly #store: Store
  readonly #clock: Clock
  readonly #limits: LoginLimits
  #purgedAt: number

  constructor(store: Store, clock: Clock, limits: LoginLimits) {
    this.#store = store
    this.#clock = clock
    this.#limits = limits
    this.#purgedAt = clock.now()
  }

  account(name: string): Subject {
    return { key: subjectKey('user', name), limit: this.#limits.maxAccountFailures }
  }

  credential(id: string): Subject {
    return { key: subjectKey('credential', id), limit: this.#limits.maxAccountFailures }
  }

  /** One IPv6 customer has 2^64 addresses: the first half counts. */
  address(ip: string): Subject {
    return { key: subjectKey('address', network(ip)), limit: this.#limits.maxAddressFailures }
  }

  /** Throws the `TooManyRequests` fault, with the seconds to wait, when a subject is locked. */
  async check(subjects: readonly Subject[]): Promise<void> {
    const now = this.#clock.now()
    for (const { key, limit } of subjects) {
      const row = await findLoginAttempts(this.#store.db, key)
      if (row === null || row.failures < limit) continue
      const freeAt = row.window_started_at + this.#limits.windowS * 1_000_000
      if (freeAt <= now) continue
      throw fault('TooManyRequests', {
        message: 'Too many failed logins; try again later.',
        retryAfterS: Math.ceil((freeAt - now) / 1_000_000),
      })
    }
  }

  /** Counts one failure for each subject. */
  async failed(subjects: readonly Subject[]): Promise<void> {
    for (const subject of subjects) await this.#count(subject)
    await this.#purge()
  }

  /** A good login clears its account. Not its address: whoever has one account could clear it at will. */
  async succeeded(account: Subject): Promise<void> {
    await deleteLoginAttempts(this.#store.db, account.key)
  }

  async #count({ key, limit }: Subject): Promise<void> {
    const { db, dialect } = this.#store
    const windowMicros = this.#limits.windowS * 1_000_000
    // Another process may count at the same time: compare and swap, a few times; losing a count is not a hole.
    for (let attempt = 0; attempt < 5; attempt++) {
      const now = this.#clock.now()
      const before = await findLoginAttempts(db, key)
      if (before === null) {
        try {
          await insertLoginAttempts(db, { subject: key, failures: 1, window_started_at: now })
          return
        } catch (error) {
          if (!dialect.isDuplicate(error)) throw error
          continue
        }
      }
      const isOver = before.window_started_at + windowMicros <= now
      const failures = isOver ? 1 : before.failures + 1
      const startedAt = isOver || failures >= limit ? now : before.window_started_at
      const after = { subject: key, failures, window_started_at: startedAt }
      if (await replaceLoginAttempts(db, before, after)) return
    }
  }

  /** Guesses at made-up names leave rows behind; a minute is often enough. */
  async #purge(): Promise<void> {
    const now = this.#clock.now()
    if (now - this.#purgedAt < 60_000_000) return
    this.#purgedAt = now
    await purgeLoginAttempts(this.#store.db, now - this.#limits.windowS * 1_000_000)
  }
}

/** An IPv4 address (also one written as IPv6), or the /64 of an IPv6 address; other text as it is. */
function network(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip
  const address = ipaddr.process(ip)
  if (address.kind() === 'ipv4') return address.toString()
  const { parts } = address as ipaddr.IPv6
  return `${parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`
}

/** Long names are hashed to fit the column. */
function subjectKey(kind: string, name: string): string {
  const key = `${kind}:${name}`
  return key.length <= 200 ? key : `${kind}:#${createHash('sha256').update(name).digest('hex')}`
}
