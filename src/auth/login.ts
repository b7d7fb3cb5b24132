/** Proves who somebody is: password or application-credential secret, under the login guard and the hashing gate. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Store } from '../db/open.ts'
import {
  findApplicationCredential,
  replaceSecretHash,
  type ApplicationCredentialRow,
} from '../db/store/credentials.ts'
import { findDomain } from '../db/store/identity.ts'
import type { NamedRef } from '../db/store/names.ts'
import { fault, Fault } from '../model/errors.ts'
import type { UserBackend, UserRecord } from './backends/backend.ts'
import type { Gate } from './gate.ts'
import { tooManyLogins, type InFlight } from './in-flight.ts'
import type { Attempt, LoginGuard } from './login-guard.ts'
import type { PasswordHasher } from './passwords.ts'

export type DomainRef = { readonly id: string } | { readonly name: string }
export type UserRef = { readonly id: string } | { readonly name: string; readonly domain: DomainRef }

export type CredentialRef = { readonly id: string } | { readonly name: string; readonly user: UserRef }

interface Proven {
  readonly user: UserRecord
  readonly credential: ApplicationCredentialRow
}

export interface LoginParts {
  readonly store: Store
  readonly users: UserBackend
  readonly guard: LoginGuard
  readonly gate: Gate
  readonly inFlight: InFlight
  readonly hasher: PasswordHasher
  /** Whether the account has the role admin anywhere. */
  readonly isAdministrator: (userId: string) => Promise<boolean>
}

/**
 * The user whose password this is. Throws `Unauthorized`, the same for everything that can be wrong, `TooManyRequests` when
 * the account is locked for this address or the address for all, or `Unavailable` when too many wait; each costs the same
 * whether or not the user exists.
 */
export function proveByPassword(
  parts: LoginParts,
  ref: UserRef,
  password: string,
  address: string,
): Promise<UserRecord> {
  const { inFlight, guard } = parts
  return inFlight.run(spell(ref), guard.client(address), () => byPassword(parts, ref, password, address))
}

/**
 * The same limits for a login that only a service beside this one can judge. `spelling` is what was typed for a name: whether anybody
 * has it is not known here. Throws `Unauthorized` when `prove` says no, and as {@link proveByPassword}.
 */
export function proveElsewhere(
  { guard, gate, inFlight }: Pick<LoginParts, 'guard' | 'gate' | 'inFlight'>,
  { spelling, address }: { readonly spelling: string; readonly address: string },
  prove: () => Promise<boolean>,
): Promise<void> {
  const client = guard.client(address)
  return inFlight.run(spelling, client, async () => {
    await guard.checkAddress(client)
    const account = guard.nobody(spelling)
    const isRight = await guarded({ guard, gate }, { account, client, isTrusted: false }, prove)
    if (!isRight) throw fault('Unauthorized', { account })
  })
}

/** That the user may be let in with it. Throws `PasswordExpired`, to somebody who has proved that it was his. */
export function refuseExpired({ users }: LoginParts, user: UserRecord): void {
  if (users.mustChangePassword?.(user) === true) throw fault('PasswordExpired', { id: user.id })
}

async function byPassword(
  parts: LoginParts,
  ref: UserRef,
  password: string,
  address: string,
): Promise<UserRecord> {
  const { guard, users } = parts
  await refuseLocked(guard, address)
  const { user, domainId } = await lookUp(parts, ref)
  // A user found by id and by name is one account to the guard.
  const account = user === null ? guard.nobody(spell(ref)) : guard.user(user.id)
  // What waits for a directory must not keep those waiting whose passwords are here.
  const gateThere = (await users.gateOf?.(domainId)) ?? null
  const gate = gateThere ?? parts.gate
  const attempt = await attemptOf(parts, account, address, user, gateThere !== null)
  const isRight = await guarded(
    { guard, gate },
    attempt,
    async () => (await users.checkPassword(user, password, domainId)) && user !== null && user.enabled,
  )
  if (!isRight || user === null) throw fault('Unauthorized', { account })
  return user
}

/** The application credential whose secret this is, and its owner. Throws like {@link proveByPassword}. */
export function proveBySecret(
  parts: LoginParts,
  ref: CredentialRef,
  secret: string,
  address: string,
): Promise<Proven> {
  const { inFlight, guard } = parts
  return inFlight.run(spellCredential(ref), guard.client(address), () =>
    bySecret(parts, ref, secret, address),
  )
}

async function bySecret(
  parts: LoginParts,
  ref: CredentialRef,
  secret: string,
  address: string,
): Promise<Proven> {
  const { store, users, guard, hasher } = parts
  await refuseLocked(guard, address)
  const owner = 'user' in ref ? (await lookUp(parts, ref.user)).user : null
  const credential = await findApplicationCredential(
    store.db,
    'id' in ref ? { id: ref.id } : { userId: owner?.id ?? '', name: ref.name },
  )
  const user = await users.findUser({ id: credential?.user_id ?? '' })
  const spelling = owner === null || 'id' in ref ? spellCredential(ref) : `credential ${owner.id}/${ref.name}`
  const account = credential === null ? guard.nobody(spelling) : guard.credential(credential.id)
  const attempt = await attemptOf(parts, account, address, user)
  const isRight = await guarded(parts, attempt, () => hasher.matches(secret, credential?.secret_hash ?? null))
  if (!isRight || credential === null || user === null) throw fault('Unauthorized', { account })
  if (hasher.isWeak?.(credential.secret_hash) === true) await strengthen(parts, credential, secret)
  return { user, credential }
}

/** As a password's hash grows at a login, so does a secret's. */
async function strengthen(
  { store, gate, hasher }: LoginParts,
  { id, user_id: userId, secret_hash: before }: ApplicationCredentialRow,
  secret: string,
): Promise<void> {
  const payer = { account: `u:${userId}`, address: 'administration' }
  // That it can't be done now is no reason to keep somebody out; the next login tries again.
  const after = await gate.run(payer, () => hasher.hash(secret)).catch(() => null)
  if (after !== null) await replaceSecretHash(store.db, id, { before, after }).catch(() => {})
}

/** Before anything is looked up, unless it may be an administrator whom that does not touch. */
async function refuseLocked(guard: LoginGuard, address: string): Promise<void> {
  if (!guard.isAdminNetwork(address)) await guard.checkAddress(guard.client(address))
}

async function attemptOf(
  { guard, isAdministrator }: LoginParts,
  account: string,
  address: string,
  user: UserRecord | null,
  isElsewhere = false,
): Promise<Attempt> {
  const isNeverLocked = user?.options?.ignore_lockout_failure_attempts === true
  const plain = { account, client: guard.client(address), isTrusted: false, isNeverLocked }
  if (!guard.isAdminNetwork(address)) return plain
  // Of nobody a directory can't be asked what it is asked of somebody: it is asked only where the answer matters.
  if (isElsewhere && !(await isRefused(guard, plain))) return plain
  // Asked for nobody as well, so that time doesn't tell.
  return { ...plain, isTrusted: await isAdministrator(user?.id ?? '') }
}

const isRefused = (guard: LoginGuard, attempt: Attempt): Promise<boolean> =>
  guard.check(attempt).then(
    () => false,
    () => true,
  )

/** Milliseconds between two looks at whether those under way have ended, and looks. */
const busyPauseMs = 100
const busyTries = 20

/**
 * Compares, when it is the attempt's turn and the guard takes it. Where other processes compare for the same account, and all
 * of them wrong would be too many, it waits for what they find, outside of the gate.
 */
async function guarded(
  parts: Pick<LoginParts, 'guard' | 'gate'>,
  attempt: Attempt,
  prove: () => Promise<boolean>,
): Promise<boolean> {
  try {
    return await inTurn(parts, attempt, prove)
  } catch (error) {
    // Whose it was is for the audit trail; no answer says it.
    if (!(error instanceof Fault)) throw error
    throw fault(error.code, { ...error.detail, account: attempt.account }, { cause: error })
  }
}

async function inTurn(
  { guard, gate }: Pick<LoginParts, 'guard' | 'gate'>,
  attempt: Attempt,
  prove: () => Promise<boolean>,
): Promise<boolean> {
  const payer = { account: attempt.account, address: attempt.client }
  for (let tries = 0; tries < busyTries; tries++) {
    // Before the queue, so that a locked flood doesn't fill it; in the slot it is looked at again.
    await guard.check(attempt)
    const isRight = await gate.run(payer, () => taken(guard, attempt, prove))
    if (isRight !== 'busy') return isRight
    await sleep(busyPauseMs)
  }
  throw tooManyLogins()
}

async function taken(
  guard: LoginGuard,
  attempt: Attempt,
  prove: () => Promise<boolean>,
): Promise<boolean | 'busy'> {
  if ((await guard.take(attempt)) === 'busy') return 'busy'
  let isRight = false
  try {
    isRight = await prove()
  } catch (error) {
    // If this fails as well, what is under way is forgotten after a while.
    await guard.ended(attempt).catch(() => {})
    throw error
  }
  await (isRight ? guard.succeeded(attempt) : guard.failed(attempt))
  return isRight
}

/** The user, and the domain where it is or was looked for. Asks as much for what is not there as for what is. */
async function lookUp(
  { store, users }: LoginParts,
  ref: UserRef,
): Promise<{ readonly user: UserRecord | null; readonly domainId: string }> {
  if ('id' in ref) {
    const user = await users.findUser({ id: ref.id })
    return { user, domainId: user?.domainId ?? '' }
  }
  const domainId = (await findDomain(store.db, ref.domain))?.id ?? ''
  const user = await users.findUser({ name: ref.name, domainId } satisfies NamedRef)
  return { user, domainId }
}

const spell = (ref: UserRef): string =>
  'id' in ref ? `id ${ref.id}` : `${'id' in ref.domain ? ref.domain.id : `?${ref.domain.name}`}/${ref.name}`

const spellCredential = (ref: CredentialRef): string =>
  `credential ${'id' in ref ? ref.id : `${spell(ref.user)}/${ref.name}`}`
