/**
 * Passwords of the database's accounts: every one that is set goes through here, whoever sets it, and every one that is compared.
 * An administrator's must keep the rules of what a password is; its owner's those of history and age as well.
 */
import type { Store } from '../db/open.ts'
import { nextGeneration, replaceHash, unusualHashes, updateUser, updateUserOf } from '../db/store/identity.ts'
import {
  findAccount,
  oldPasswordHashes,
  rememberOldPassword,
  writePasswordFacts,
  type AccountRow,
} from '../db/store/password-facts.ts'
import type { AccountOptions } from '../model/account-options.ts'
import { fault, invalid } from '../model/errors.ts'
import { changeableAt, expiryOf, problemWithPassword, type PasswordRules } from '../model/password-rules.ts'
import { isoMicros, type Clock } from '../runtime/clock.ts'
import type { Gate } from './gate.ts'
import { markOfHash, type PasswordHasher } from './passwords.ts'

export interface PasswordBookParts {
  readonly store: Store
  readonly clock: Clock
  readonly hasher: PasswordHasher
  /** For what is hashed on behalf of administrators and for history. */
  readonly gate: Gate
  readonly rules: PasswordRules
}

/** The last login is known to the hour: a login is no reason to write each time. */
const activeEveryUs = 3_600_000_000
/** Hashes of other parameters than today's that are looked at for the strongest one. */
const unusualSeen = 1000

export class PasswordBook {
  readonly #parts: PasswordBookParts
  #noticed: Promise<void> | null = null

  constructor(parts: PasswordBookParts) {
    this.#parts = parts
  }

  /**
   * Does the same work, asks as much and answers false where there is no such user. A right password whose hash is weaker than those
   * made today gets one of today, unless it was changed meanwhile or may not grow: who is not let in must not learn from the time
   * that takes that his password is right.
   */
  async check(userId: string, password: string, mayGrow: boolean): Promise<boolean> {
    const { store, hasher } = this.#parts
    await this.#noticeStrong()
    const row = await findAccount(store.db, { id: userId })
    const hash = row?.password_hash ?? null
    const isRight = await hasher.matches(password, hash)
    if (isRight && mayGrow && hash !== null && hasher.isWeak?.(hash) === true) {
      // That it can't be written now is no reason to keep somebody out; the next login tries again.
      await this.#rehash(userId, hash, password).catch(() => {})
    }
    return isRight
  }

  /** Of an account that is about to be made. Throws `InvalidInput`. */
  async made(
    userId: string,
    user: { readonly name: string; readonly options: AccountOptions },
    password: string,
  ): Promise<{ readonly hash: string; readonly facts: ReturnType<PasswordBook['facts']> }> {
    this.refuseBad(password, user.name)
    const hash = await this.#hashed(userId, password)
    return { hash, facts: this.facts(hash, user.options, false) }
  }

  /** As an administrator. Throws `InvalidInput`. */
  async set(row: AccountRow, password: string): Promise<void> {
    this.refuseBad(password, row.name)
    const hash = await this.#hashed(row.id, password)
    await this.#parts.store.transaction(async (tx) => {
      const before = await findAccount(tx, { id: row.id })
      if (before === null) return
      const now = this.#parts.clock.now()
      await updateUser(tx, row.id, { password_hash: hash, tokens_valid_after: nextGeneration(now) })
      await writePasswordFacts(tx, row.id, this.facts(hash, optionsOf(before.options), false))
      await this.#remember(tx, before)
    })
  }

  /** As its owner; false when somebody else changed the account meanwhile. Throws `InvalidInput` or `Refused`. */
  async replace(row: AccountRow, password: string): Promise<boolean> {
    const { store, clock } = this.#parts
    const options = optionsOf(row.options)
    if (options.lock_password === true) {
      throw fault('Refused', { message: 'The password of this account is changed by an administrator only.' })
    }
    this.refuseBad(password, row.name)
    this.#refuseEarly(row)
    await this.#refuseOld(row, password)
    const hash = await this.#hashed(row.id, password)
    return store.transaction(async (tx) => {
      const set = { password_hash: hash, tokens_valid_after: nextGeneration(clock.now()) }
      if (!(await updateUserOf(tx, row.id, row.tokens_valid_after, set))) return false
      await writePasswordFacts(tx, row.id, this.facts(hash, options, true))
      await this.#remember(tx, row)
      return true
    })
  }

  /** What is known of a password that is set now. */
  facts(hash: string, options: AccountOptions, byOwner: boolean) {
    const now = this.#parts.clock.now()
    return {
      password_mark: markOfHash(hash),
      set_at: now,
      expires_at: expiryOf(this.#parts.rules, options, { now, byOwner }),
      by_owner: (byOwner ? 1 : 0) as 0 | 1,
    }
  }

  async noteLogin(userId: string): Promise<void> {
    const { store, clock, rules } = this.#parts
    const now = clock.now()
    // Where nobody is disabled for it, it should be known all the same when that rule comes.
    const everyUs = rules.inactiveDays > 0 ? activeEveryUs : 24 * activeEveryUs
    const row = await findAccount(store.db, { id: userId })
    if (row === null || (row.last_active_at ?? 0) > now - everyUs) return
    await store.transaction((tx) => writePasswordFacts(tx, userId, { last_active_at: now }))
  }

  #hashed(userId: string, password: string): Promise<string> {
    const { gate, hasher } = this.#parts
    return gate.run({ account: `u:${userId}`, address: 'administration' }, () => hasher.hash(password))
  }

  /** Throws `InvalidInput` for a password that nobody may set. */
  refuseBad(password: string, userName: string): void {
    const problem = problemWithPassword(this.#parts.rules, password, userName)
    if (problem !== null) throw invalid(problem)
  }

  #refuseEarly(row: AccountRow): void {
    const { clock, rules } = this.#parts
    const { setAt, byOwner } = factsOf(row)
    if (setAt === null || changeableAt(rules, { setAt, byOwner }) <= clock.now()) return
    const until = isoMicros(changeableAt(rules, { setAt, byOwner })).slice(0, 19)
    throw invalid(
      `password was changed less than ${rules.minimumAgeDays} days ago and can be changed again from ${until}Z on; an administrator can set another one`,
    )
  }

  async #refuseOld(row: AccountRow, password: string): Promise<void> {
    const { store, gate, hasher, rules } = this.#parts
    if (rules.uniqueLast < 2) return
    const before = await oldPasswordHashes(store.db, row.id, rules.uniqueLast - 2)
    for (const hash of [row.password_hash, ...before]) {
      if (hash === null) continue
      const payer = { account: `u:${row.id}`, address: 'administration' }
      if (await gate.run(payer, () => hasher.matches(password, hash))) {
        throw invalid(`password must differ from the last ${rules.uniqueLast - 1}`)
      }
    }
  }

  #remember(tx: Parameters<typeof rememberOldPassword>[0], row: AccountRow): Promise<void> {
    const { clock, rules } = this.#parts
    // The present one is beside them.
    return rememberOldPassword(tx, {
      userId: row.id,
      hash: row.password_hash,
      at: clock.now(),
      most: Math.max(0, rules.uniqueLast - 2),
    })
  }

  /** In the same transaction what is known of the password goes over to its new hash. */
  async #rehash(userId: string, before: string, password: string): Promise<void> {
    const { store, hasher } = this.#parts
    const after = await hasher.hash(password)
    await store.transaction(async (tx) => {
      if (!(await replaceHash(tx, userId, { before, after }))) return
      const row = await findAccount(tx, { id: userId })
      if (row?.password_mark === markOfHash(before)) {
        await writePasswordFacts(tx, userId, { password_mark: markOfHash(after) })
      }
    })
  }

  /** Once in a process: what is stronger than today's makes every comparison as much work, from the first one on. */
  #noticeStrong(): Promise<void> {
    const { store, hasher } = this.#parts
    this.#noticed ??= this.#read(store, hasher).catch(() => {
      this.#noticed = null
    })
    return this.#noticed
  }

  async #read(store: Store, hasher: PasswordHasher): Promise<void> {
    if (hasher.notice === undefined || hasher.usual === undefined) return
    for (const hash of await unusualHashes(store.db, hasher.usual, unusualSeen)) hasher.notice(hash)
  }
}

/** Of the password it has now: what was written of another one says nothing of this. */
export function factsOf(row: AccountRow): {
  readonly setAt: number | null
  readonly expiresAt: number | null
  readonly byOwner: boolean
} {
  const isAbout = row.password_hash !== null && row.password_mark === markOfHash(row.password_hash)
  return isAbout
    ? { setAt: row.set_at, expiresAt: row.expires_at, byOwner: row.by_owner === 1 }
    : { setAt: null, expiresAt: null, byOwner: false }
}

export const optionsOf = (text: string | null): AccountOptions =>
  text === null ? {} : (JSON.parse(text) as AccountOptions)

export const textOfOptions = (options: AccountOptions): string | null =>
  Object.keys(options).length === 0 ? null : JSON.stringify(options)
