/** Who wins when a password is changed by several at once. On every database. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Fault } from '../model/errors.ts'
import { AuthManager } from './manager.ts'
import { argon2Hasher, type PasswordHasher } from './passwords.ts'
import { authBench, demoPassword, type AuthBench } from './parts.fixture.ts'

let bench: AuthBench
beforeEach(async () => {
  bench = await authBench()
})
afterEach(() => bench.close())

const cheap = argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 })

const change = (auth: AuthManager, password: string, address = '10.0.0.1'): Promise<void> =>
  auth.changePassword({ userId: bench.demo.userId, original: demoPassword, password, address })

const canLogin = (password: string, address: string): Promise<boolean> =>
  bench.auth.loginWithPassword({ user: { id: bench.demo.userId }, password, address, scope: 'default' }).then(
    () => true,
    (error: unknown) => {
      expect((error as Fault).status).toBe(401)
      return false
    },
  )

/** A process that stops after it has compared, before it writes. */
async function paused() {
  const { store, clock, keyFile } = bench
  let compared = (): void => {}
  const hasCompared = new Promise<void>((resolve) => (compared = resolve))
  let go = (): void => {}
  const mayGo = new Promise<void>((resolve) => (go = resolve))
  const hasher: PasswordHasher = {
    matches: (password, stored) => cheap.matches(password, stored),
    async hash(password) {
      compared()
      await mayGo
      return cheap.hash(password)
    },
  }
  return { auth: await AuthManager.open({ store, clock, keyFile, hasher }), hasCompared, go }
}

test('of many changes with the same old password one wins', async () => {
  const others = await Promise.all([bench.another(), bench.another(), bench.another()])
  const results = await Promise.allSettled(others.map((auth, i) => change(auth, `new ${i}`, `10.0.0.${i}`)))
  const winners = results.flatMap(({ status }, i) => (status === 'fulfilled' ? [i] : []))
  expect(winners).toHaveLength(1)
  for (const result of results) {
    if (result.status === 'rejected') expect((result.reason as Fault).code).toBe('Unauthorized')
  }
  for (const i of [0, 1, 2]) expect(await canLogin(`new ${i}`, `10.1.0.${i}`)).toBe(i === winners[0])
})

test("an administrator's reset in the middle of a change wins", async () => {
  const { auth, hasCompared, go } = await paused()
  const changing = change(auth, 'stolen')
  await hasCompared
  await bench.auth.directory.setPassword(bench.demo.userId, 'reset')
  go()
  await expect(changing).rejects.toMatchObject({ code: 'Unauthorized' })
  expect([await canLogin('stolen', '10.1.0.1'), await canLogin('reset', '10.1.0.2')]).toEqual([false, true])
})

test('and so does one that began before the change, and ends after it', async () => {
  const { auth, hasCompared, go } = await paused()
  const resetting = auth.directory.setPassword(bench.demo.userId, 'reset')
  await hasCompared
  await change(bench.auth, 'stolen')
  const { token } = await bench.auth.loginWithPassword({
    user: { id: bench.demo.userId },
    password: 'stolen',
    address: '10.1.0.3',
    scope: 'default',
  })
  go()
  await resetting
  expect([await canLogin('stolen', '10.1.0.1'), await canLogin('reset', '10.1.0.2')]).toEqual([false, true])
  bench.auth.forget()
  expect(await bench.auth.verify(token)).toBeNull()
})

test('a disabled account keeps the password it had', async () => {
  const { auth, hasCompared, go } = await paused()
  const changing = change(auth, 'late')
  await hasCompared
  await bench.auth.directory.updateUser(bench.demo.userId, { enabled: false })
  go()
  await expect(changing).rejects.toMatchObject({ code: 'Unauthorized' })
  await bench.auth.directory.updateUser(bench.demo.userId, { enabled: true })
  expect([await canLogin('late', '10.1.0.1'), await canLogin(demoPassword, '10.1.0.2')]).toEqual([
    false,
    true,
  ])
})

test('a new description undoes no reset, and brings no token back', async () => {
  const { token } = await bench.auth.loginWithPassword({
    user: { id: bench.demo.userId },
    password: demoPassword,
    address: '10.0.0.1',
    scope: 'default',
  })
  await Promise.all([
    ...[1, 2, 3].map((i) => bench.auth.directory.updateUser(bench.demo.userId, { description: `d${i}` })),
    bench.auth.directory.setPassword(bench.demo.userId, 'reset'),
    ...[4, 5, 6].map((i) => bench.auth.directory.updateUser(bench.demo.userId, { email: `e${i}` })),
  ])
  expect([await canLogin(demoPassword, '10.1.0.1'), await canLogin('reset', '10.1.0.2')]).toEqual([
    false,
    true,
  ])
  bench.auth.forget()
  expect(await bench.auth.verify(token)).toBeNull()
})

test('every reset ends all tokens, also when its clock is behind', async () => {
  const login = (password: string, address: string) =>
    bench.auth.loginWithPassword({ user: { id: bench.demo.userId }, password, address, scope: 'default' })
  const { claims } = await login(demoPassword, '10.0.0.1')
  bench.clock.value -= 3_600_000_000
  await bench.auth.directory.setPassword(bench.demo.userId, 'one')
  await bench.auth.directory.setPassword(bench.demo.userId, 'two')
  const after = await bench.auth.directory.users.findUser({ id: bench.demo.userId })
  expect(after?.generation).toBe(claims.generation + 2)
})
