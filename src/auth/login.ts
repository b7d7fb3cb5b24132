/** Proves who somebody is: password or application-credential secret, under the login guard and the hashing gate. */
import type { Store } from '../db/open.ts'
import { findApplicationCredential, type ApplicationCredentialRow } from '../db/store/credentials.ts'
import { findDomain, type NamedRef } from '../db/store/identity.ts'
import { fault } from '../model/errors.ts'
import type { UserBackend, UserRecord } from './backends/backend.ts'
import type { Gate } from './gate.ts'
import type { LoginGuard, Subject } from './login-guard.ts'
import type { PasswordHasher } from './passwords.ts'

export type DomainRef = { readonly id: string } | { readonly name: string }
export type UserRef = { readonly id: string } | { readonly name: string; readonly domain: DomainRef }

export interface LoginParts {
  readonly store: Store
  readonly users: UserBackend
  readonly guard: LoginGuard
  readonly gate: Gate
  readonly hasher: PasswordHasher
}

/**
 * The user whose password this is. Throws `Unauthorized`, the same for everything that can be wrong, or
 * `TooManyRequests` when the account or the address is locked; both cost the same whether or not the user exists.
 */
export async function proveByPassword(
  parts: LoginParts,
  ref: UserRef,
  password: string,
  address: string,
): Promise<UserRecord> {
  const from = parts.guard.address(address)
  await parts.guard.check([from])
  const user = await lookUp(parts, ref)
  // A user found by id and by name is one account to the guard.
  const account = parts.guard.account(user === null ? spell(ref) : `${user.domainId}/${user.name}`)
  const proven = await guarded(parts, account, from, () => parts.users.checkPassword(user, password))
  if (!proven || user === null || !user.enabled) throw fault('Unauthorized')
  return user
}

/** The application credential whose secret this is, and its owner. Throws like {@link proveByPassword}. */
export async function proveBySecret(
  parts: LoginParts,
  ref: { readonly id: string } | { readonly name: string; readonly user: UserRef },
  secret: string,
  address: string,
): Promise<{ user: UserRecord; credential: ApplicationCredentialRow }> {
  const { store, users, guard, hasher } = parts
  const from = guard.address(address)
  await guard.check([from])
  const owner = 'user' in ref ? await lookUp(parts, ref.user) : null
  const credential =
    'id' in ref
      ? await findApplicationCredential(store.db, { id: ref.id })
      : owner === null
        ? null
        : await findApplicationCredential(store.db, { userId: owner.id, name: ref.name })
  const name = credential?.id ?? ('id' in ref ? ref.id : `${spell(ref.user)}/${ref.name}`)
  const proven = await guarded(parts, guard.credential(name), from, () =>
    hasher.matches(secret, credential?.secret_hash ?? null),
  )
  const user = credential === null ? null : await users.findUser({ id: credential.user_id })
  if (!proven || credential === null || user === null) throw fault('Unauthorized')
  return { user, credential }
}

async function guarded(
  { guard, gate }: LoginParts,
  account: Subject,
  from: Subject,
  prove: () => Promise<boolean>,
): Promise<boolean> {
  // Before the queue, so that a locked flood doesn't fill it; and again in the slot, where only a few are at once, so
  // that a thousand guesses sent together don't all pass the check before the first has failed.
  await guard.check([account, from])
  return gate.run(async () => {
    await guard.check([account, from])
    const proven = await prove()
    if (proven) await guard.succeeded(account)
    else await guard.failed([account, from])
    return proven
  })
}

async function lookUp({ store, users }: LoginParts, ref: UserRef): Promise<UserRecord | null> {
  if ('id' in ref) return users.findUser({ id: ref.id })
  const domain = await findDomain(store.db, ref.domain)
  return domain === null ? null : users.findUser({ name: ref.name, domainId: domain.id } satisfies NamedRef)
}

const spell = (ref: UserRef): string =>
  'id' in ref ? ref.id : `${'id' in ref.domain ? ref.domain.id : `?${ref.domain.name}`}/${ref.name}`
