/**
 * From a token's text to what it is worth, remembered for at most the cache window. The signature comes before the first
 * query; within the window there is none.
 */
import { hash } from 'node:crypto'
import type { Clock } from '../runtime/clock.ts'
import { Lru } from './lru.ts'
import { readStanding, type Standing, type StandingParts } from './standing.ts'
import type { Claims, TokenSigner } from './tokens.ts'
import type { CacheState } from './verifier.ts'

/** How long a standing may be old: the 5 s within which revocation reaches every process. */
const cacheUs = 5_000_000
/** Tokens remembered; each is about 2 kB. */
const cacheSize = 10_000
/** A service may still use a user's token this long after it expired, to finish what was begun (Keystone's default). */
export const expiredWindowUs = 172_800 * 1_000_000
/** A token issued by a node whose clock runs ahead is good at once; one from the far future is a sign of trouble. */
const clockSkewUs = 300_000_000

export interface ValidToken {
  readonly claims: Claims
  readonly standing: Standing
}

interface Entry {
  readonly claims: Claims
  standing: Standing | null
  readAt: number
  reading: Promise<Standing | null> | null
}

export interface ValidateOptions {
  readonly allowExpired?: boolean
  readonly fresh?: boolean
  /** Shortens the cache window for this call. */
  readonly maxAgeMs?: number
}

export class TokenValidator {
  readonly #parts: StandingParts
  readonly #clock: Clock
  readonly #signer: TokenSigner
  readonly #cache = new Lru<Entry>(cacheSize)
  #epoch = 0
  #hits = 0
  #misses = 0
  #withdrawals = 0

  constructor(parts: StandingParts, clock: Clock, signer: TokenSigner) {
    this.#parts = parts
    this.#clock = clock
    this.#signer = signer
  }

  /**
   * All there is to know about a valid token; null for any other. `fresh` asks the database even within the cache window:
   * for what outlives the window, such as a token made from this one. `allowExpired` accepts two days more.
   */
  async validate(
    token: string,
    { allowExpired = false, fresh = false, maxAgeMs = cacheUs / 1000 }: ValidateOptions = {},
  ): Promise<ValidToken | null> {
    const now = this.#clock.now()
    const withdrawals = await this.#signer.look(now)
    if (withdrawals !== this.#withdrawals) {
      this.#withdrawals = withdrawals
      this.forget()
    }
    const entry = await this.#entry(token, now)
    if (entry === null) return null
    const { claims } = entry
    if (now >= claims.expiresAt + (allowExpired ? expiredWindowUs : 0)) return null
    if (now < claims.issuedAt - clockSkewUs) return null
    const standing = fresh
      ? await readStanding(this.#parts, claims, now)
      : await this.#standing(entry, now, Math.min(cacheUs, maxAgeMs * 1000))
    return standing === null ? null : { claims, standing }
  }

  get state(): CacheState {
    return { cache: 'tokens', size: this.#cache.size, hits: this.#hits, misses: this.#misses }
  }

  /** Forgets all; called after every change made through this process. */
  forget(): void {
    this.#epoch++
    this.#cache.clear()
  }

  async #entry(token: string, now: number): Promise<Entry | null> {
    // Keyed by a hash, so that a dump of the heap shows no usable token.
    const key = hash('sha256', token, 'base64')
    const known = this.#cache.get(key)
    if (known !== undefined) return known
    const claims = await this.#signer.read(token, now)
    if (claims === null) return null
    // Requests that arrive together check the signature each, but share one entry and with it one reading.
    const entry = this.#cache.get(key) ?? { claims, standing: null, readAt: -Infinity, reading: null }
    this.#cache.set(key, entry)
    return entry
  }

  #standing(entry: Entry, now: number, maxAgeUs: number): Promise<Standing | null> | Standing | null {
    if (now - entry.readAt < maxAgeUs) {
      this.#hits++
      return entry.standing
    }
    this.#misses++
    entry.reading ??= this.#refresh(entry, now, this.#epoch)
    return entry.reading
  }

  async #refresh(entry: Entry, now: number, epoch: number): Promise<Standing | null> {
    try {
      const standing = await readStanding(this.#parts, entry.claims, now)
      // A change made while we read may not be in what we read.
      if (epoch === this.#epoch) {
        entry.standing = standing
        // Counted from before the reading, so that the window includes it.
        entry.readAt = now
      }
      return standing
    } finally {
      entry.reading = null
    }
  }
}
