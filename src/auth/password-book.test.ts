import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fault } from '../model/errors.ts'
import { noRules, type PasswordRules } from '../model/password-rules.ts'
import { ensureAccount } from './bootstrap.ts'
import type { AuthManager, AuthOptions } from './manager.ts'
import { argon2Hasher, type PasswordHasher } from './passwords.ts'
import { authBench, demoPassword, type AuthBench } from './parts.fixture.ts'

let bench: AuthBench
const weak = argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 })
const strong = argon2Hasher({ memoryKib: 128, passes: 2, lanes: 1 })
const stronger = argon2Hasher({ memoryKib: 256, passes: 2, lanes: 1 })
const daySeconds = 86_400

const withRules = async (rules: Partial<PasswordRules>, more: Partial<AuthOptions> = {}) =>
  (bench = await authBench({ passwordRules: { ...noRules, ...rules }, ...more }))
afterEach(() => bench.close())

const login = (auth: AuthManager, password = demoPassword, userId = bench.demo.userId) =>
  auth.loginWithPassword({ user: { id: userId }, password, address: '10.0.0.1', scope: 'default' })
const answer = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: Fault) => error.code,
  )
const change = (original: string, password: string, userId = bench.demo.userId) =>
  bench.auth.changePassword({ userId, original, password, address: '10.0.0.1' })
const hashOf = async (userId = bench.demo.userId): Promise<string> =>
  (
    await bench.store.db
      .selectFrom('users')
      .select('password_hash')
      .where('id', '=', userId)
      .executeTakeFirstOrThrow()
  ).password_hash ?? ''
const demo = async () => (await bench.auth.directory.users.findUser({ id: bench.demo.userId }))!

describe('a hash weaker than those made today', () => {
  beforeEach(() => withRules({ expiresDays: 30 }, { hasher: weak }))
  const grown = () => bench.another().then(() => open(strong))
  const open = async (hasher: PasswordHasher): Promise<AuthManager> => {
    const { AuthManager: Manager } = await import('./manager.ts')
    const { store, clock, keyFile } = bench
    return Manager.open({ store, clock, keyFile, hasher, passwordRules: { ...noRules, expiresDays: 30 } })
  }

  test('grows at a right login and at no other; tokens, expiry and the password stay', async () => {
    const { token } = await login(bench.auth)
    const before = await hashOf()
    const expiry = (await demo()).passwordExpiresAt
    expect(expiry).toBeGreaterThan(bench.clock.value)
    const auth = await grown()
    expect(await answer(login(auth, 'wrong'))).toBe('Unauthorized')
    expect(await hashOf()).toBe(before)
    await login(auth)
    expect(await hashOf()).toMatch(/^argon2id\$v=19\$m=128,t=2,p=1\$/)
    expect((await demo()).passwordExpiresAt).toBe(expiry)
    expect(await auth.verify(token)).not.toBeNull()
    const after = await hashOf()
    await login(auth)
    // A process that makes weaker ones leaves it.
    await login(bench.auth)
    expect(await hashOf()).toBe(after)
  })

  test('of a disabled account stays: the time it takes would tell that the password is right', async () => {
    await bench.auth.directory.updateUser(bench.demo.userId, { enabled: false })
    const before = await hashOf()
    expect(await answer(login(await grown()))).toBe('Unauthorized')
    expect(await hashOf()).toBe(before)
  })

  test('that was changed in the meantime stays as it was changed', async () => {
    let hashing = (): void => {}
    const isHashing = new Promise<void>((resolve) => (hashing = resolve))
    let go = (): void => {}
    const mayGo = new Promise<void>((resolve) => (go = resolve))
    const slow: PasswordHasher = {
      ...strong,
      async hash(password) {
        hashing()
        await mayGo
        return strong.hash(password)
      },
    }
    const logging = login(await open(slow))
    await isHashing
    await bench.auth.directory.setPassword(bench.demo.userId, 'reset')
    const reset = await hashOf()
    go()
    await answer(logging)
    expect(await hashOf()).toBe(reset)
    expect(await answer(login(bench.auth, 'reset'))).toBe('done')
    expect(await answer(login(bench.auth))).toBe('Unauthorized')
  })

  test('of an application credential grows at its login', async () => {
    const member = await bench.auth.roles.find({ name: 'member' })
    const { row, secret } = await bench.auth.credentials.create({
      userId: bench.demo.userId,
      projectId: bench.demo.projectId,
      name: 'ac',
      roles: [member!],
    })
    const secretHash = async () => (await bench.auth.credentials.get(bench.demo.userId, row.id)).secret_hash
    const auth = await grown()
    const use = (text: string) =>
      auth.loginWithApplicationCredential({ ref: { id: row.id }, secret: text, address: '10.0.0.1' })
    expect(await answer(use('wrong'))).toBe('Unauthorized')
    expect(await secretHash()).toBe(row.secret_hash)
    const { token } = await use(secret)
    expect(await secretHash()).toMatch(/m=128,t=2/)
    expect(await auth.verify(token)).not.toBeNull()
    await use(secret)
  })

  test('a stronger one that somebody has makes the first guess at nobody as much work', async () => {
    await bench.auth.directory.setPassword(bench.demo.userId, 'x')
    await (await open(stronger)).directory.setPassword(bench.admin.userId, 'y')
    let kib = 0
    const counting = argon2Hasher(
      { memoryKib: 64, passes: 1, lanes: 1 },
      async (message, nonce, cost, length) => {
        kib += cost.memoryKib * cost.passes
        return Buffer.from(`${message}${nonce.toString('hex')}`.padEnd(length)).subarray(0, length)
      },
    )
    const auth = await open(counting)
    const workOf = async (ref: { id: string } | { name: string; domain: { id: string } }) => {
      kib = 0
      expect(
        await answer(
          auth.loginWithPassword({ user: ref, password: 'no', address: '10.9.0.1', scope: 'default' }),
        ),
      ).toBe('Unauthorized')
      return kib
    }
    const nobody = await workOf({ name: 'nobody', domain: { id: 'default' } })
    expect(nobody).toBe(512)
    expect(await workOf({ id: bench.demo.userId })).toBe(nobody)
    expect(await workOf({ id: bench.admin.userId })).toBe(nobody)
  })
})

describe('rules', () => {
  test('hold for everybody who sets a password, and nothing else of the request is done', async () => {
    await withRules({ minLength: 8 })
    const { directory } = bench.auth
    const short = { code: 'InvalidInput', message: expect.stringContaining('at least 8 characters') }
    await expect(
      directory.createUser({ name: 'new', domainId: 'default', password: 'short' }),
    ).rejects.toMatchObject(short)
    expect(await directory.users.findUser({ name: 'new', domainId: 'default' })).toBeNull()
    await expect(directory.setPassword(bench.demo.userId, 'short')).rejects.toMatchObject(short)
    await expect(
      directory.updateUser(bench.demo.userId, { description: 'd', password: 'short' }),
    ).rejects.toMatchObject(short)
    expect((await demo()).description).toBe('')
    await expect(change(demoPassword, 'short')).rejects.toMatchObject(short)
    expect(await answer(login(bench.auth))).toBe('done')
  })

  test('of history: none of the last ones again, an administrator may, and the one before those may', async () => {
    await withRules({ uniqueLast: 4 })
    const passwords = [demoPassword, 'two', 'three', 'four', 'five']
    for (let at = 1; at < passwords.length; at++) await change(passwords[at - 1]!, passwords[at]!)
    for (const old of ['three', 'four', 'five']) {
      await expect(change('five', old)).rejects.toMatchObject({
        code: 'InvalidInput',
        message: 'password must differ from the last 3',
      })
    }
    // No more is kept than is asked for.
    const rows = await bench.store.db.selectFrom('old_passwords').selectAll().execute()
    expect(rows).toHaveLength(2)
    await bench.auth.directory.setPassword(bench.demo.userId, 'four')
    expect(await answer(change('four', 'five'))).toBe('InvalidInput')
    expect(await answer(change('four', 'two'))).toBe('done')
    await bench.auth.directory.deleteUser(bench.demo.userId)
    expect(await bench.store.db.selectFrom('old_passwords').selectAll().execute()).toEqual([])
    expect(
      await bench.store.db
        .selectFrom('password_facts')
        .select('user_id')
        .where('user_id', '=', bench.demo.userId)
        .execute(),
    ).toEqual([])
  })

  test('without history none is kept', async () => {
    await withRules({})
    await change(demoPassword, 'two')
    await change('two', demoPassword)
    expect(await bench.store.db.selectFrom('old_passwords').selectAll().execute()).toEqual([])
  })

  test('of age: who changed it waits, unless an administrator set it', async () => {
    await withRules({ minimumAgeDays: 2 })
    expect(await answer(change(demoPassword, 'two'))).toBe('done')
    await expect(change('two', 'three')).rejects.toMatchObject({
      code: 'InvalidInput',
      message: expect.stringMatching(/less than 2 days ago and can be changed again from 2026-\S+Z on/),
    })
    bench.clock.pass(2 * daySeconds)
    expect(await answer(change('two', 'three'))).toBe('done')
    await bench.auth.directory.setPassword(bench.demo.userId, 'set')
    expect(await answer(change('set', 'mine'))).toBe('done')
  })
})

describe('expiry', () => {
  test('after its days the password opens nothing but its own change; tokens of before live on', async () => {
    await withRules({ expiresDays: 30 }, { tokenLifetimeS: 40 * daySeconds })
    const { token } = await login(bench.auth)
    bench.clock.pass(30 * daySeconds)
    await expect(login(bench.auth)).rejects.toMatchObject({
      code: 'PasswordExpired',
      status: 401,
      message: expect.stringContaining(`POST /identity/v3/users/${bench.demo.userId}/password`),
    })
    // Who does not know it learns nothing.
    expect(await answer(login(bench.auth, 'wrong'))).toBe('Unauthorized')
    expect(await bench.auth.verify(token)).not.toBeNull()
    await change(demoPassword, 'two')
    expect(await answer(login(bench.auth, 'two'))).toBe('done')
    expect((await demo()).passwordExpiresAt).toBeGreaterThan(bench.clock.value + 29 * daySeconds * 1e6)
  })

  test('an expired password that is right is no failure: it locks nobody', async () => {
    await withRules({ expiresDays: 1 })
    bench.clock.pass(2 * daySeconds)
    for (let turn = 0; turn < 8; turn++) expect(await answer(login(bench.auth))).toBe('PasswordExpired')
  })

  test('what an administrator set must be changed at once; his owner’s own must not', async () => {
    await withRules({ changeUponFirstUse: true })
    expect(await answer(login(bench.auth))).toBe('PasswordExpired')
    await change(demoPassword, 'mine')
    expect(await answer(login(bench.auth, 'mine'))).toBe('done')
    await bench.auth.directory.updateUser(bench.demo.userId, { password: 'reset' })
    expect(await answer(login(bench.auth, 'reset'))).toBe('PasswordExpired')
  })

  test('the options of an account except it, and those of a service come with it', async () => {
    await withRules({ changeUponFirstUse: true, expiresDays: 5, inactiveDays: 10 })
    const service = await ensureAccount(bench.auth, {
      userName: 'nova',
      projectName: 'service',
      password: 'of nova',
      roles: ['service'],
    })
    bench.clock.pass(100 * daySeconds)
    expect(await answer(login(bench.auth, 'of nova', service.userId))).toBe('done')
    // Given later, an option holds for the password that is there.
    await bench.auth.directory.updateUser(bench.demo.userId, { enabled: true })
    expect(await answer(login(bench.auth))).toBe('PasswordExpired')
    await bench.auth.directory.updateUser(bench.demo.userId, { options: { ignore_password_expiry: true } })
    expect(await answer(login(bench.auth))).toBe('done')
    expect((await demo()).options).toEqual({ ignore_password_expiry: true })
  })

  test('a password of the release before never expires, nor does one it sets while both run', async () => {
    await withRules({ expiresDays: 5 })
    const old = (hash: string) =>
      bench.store.db
        .updateTable('users')
        .set({ password_hash: hash })
        .where('id', '=', bench.demo.userId)
        .execute()
    bench.clock.pass(6 * daySeconds)
    expect(await answer(login(bench.auth))).toBe('PasswordExpired')
    await old(await weak.hash('of before'))
    expect((await demo()).passwordExpiresAt).toBeNull()
    expect(await answer(login(bench.auth, 'of before'))).toBe('done')
    await bench.store.db.deleteFrom('password_facts').execute()
    expect(await answer(login(bench.auth, 'of before'))).toBe('done')
    expect(
      (await bench.auth.directory.users.listUsers({ limit: 10 })).map(
        ({ passwordExpiresAt }) => passwordExpiresAt,
      ),
    ).toEqual([null, null])
  })
})

test('who does not log in is disabled, loses what he has, and is let in again by an administrator', async () => {
  await withRules({ inactiveDays: 10 }, { tokenLifetimeS: 40 * daySeconds })
  bench.clock.pass(9 * daySeconds)
  const { token } = await login(bench.auth)
  bench.clock.pass(9 * daySeconds)
  expect((await demo()).enabled).toBe(true)
  bench.clock.pass(2 * daySeconds)
  expect((await demo()).enabled).toBe(false)
  expect((await bench.auth.directory.users.listUsers({ name: 'demo', limit: 1 }))[0]?.enabled).toBe(false)
  expect(await answer(login(bench.auth))).toBe('Unauthorized')
  expect(await bench.auth.verify(token)).toBeNull()
  await bench.auth.directory.updateUser(bench.demo.userId, { enabled: true })
  expect(await answer(login(bench.auth))).toBe('done')
})

test('a locked password is an administrator’s to change', async () => {
  await withRules({})
  await bench.auth.directory.updateUser(bench.demo.userId, { options: { lock_password: true } })
  await expect(change(demoPassword, 'two')).rejects.toMatchObject({ code: 'Refused', status: 403 })
  await bench.auth.directory.setPassword(bench.demo.userId, 'two')
  expect(await answer(login(bench.auth, 'two'))).toBe('done')
  await bench.auth.directory.updateUser(bench.demo.userId, { options: { lock_password: null } })
  expect(await answer(change('two', 'three'))).toBe('done')
})

test('an account that failures do not lock is not; the address is all the same', async () => {
  await withRules({}, { limits: { maxFailures: 3 } })
  await bench.auth.directory.updateUser(bench.demo.userId, {
    options: { ignore_lockout_failure_attempts: true },
  })
  for (let turn = 0; turn < 10; turn++) expect(await answer(login(bench.auth, 'wrong'))).toBe('Unauthorized')
  expect(await answer(login(bench.auth))).toBe('done')
  for (let turn = 0; turn < 20; turn++) await answer(login(bench.auth, 'wrong'))
  expect(await answer(login(bench.auth))).toBe('TooManyRequests')
})

describe('another scope', () => {
  test.each([true, false])('for a scoped token, where that is allowed: %s', async (allowRescope) => {
    await withRules({}, { allowRescope })
    const scope = { project: { id: bench.demo.projectId } }
    const scoped = await login(bench.auth)
    const unscoped = await bench.auth.exchange(scoped.token, 'unscoped').catch((error: Fault) => error.status)
    expect(typeof unscoped === 'number' ? unscoped : 'done').toBe(allowRescope ? 'done' : 403)
    const first = await bench.auth.loginWithPassword({
      user: { id: bench.demo.userId },
      password: demoPassword,
      address: '10.0.0.1',
      scope: 'unscoped',
    })
    const second = await bench.auth.exchange(first.token, scope)
    expect(second.claims.scope).toEqual({ type: 'project', id: bench.demo.projectId })
    // It ends with the first one, and what it is exchanged for goes no further.
    expect(second.claims.expiresAt).toBe(first.claims.expiresAt)
    expect(await answer(bench.auth.exchange(second.token, scope))).toBe(allowRescope ? 'done' : 'Refused')
  })
})
