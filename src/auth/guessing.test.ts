/** What guessing meets, through the Auth Manager: who is locked, for how long, and who is not. */
import * as fc from 'fast-check'
import type { CompiledQuery } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Fault } from '../model/errors.ts'
import type { UserRef } from './login.ts'
import type { IssuedToken } from './identity-face.ts'
import { AuthManager, type AuthOptions } from './manager.ts'
import { argon2Hasher, type PasswordHasher } from './passwords.ts'
import { adminPassword, authBench, demoPassword, type AuthBench } from './parts.fixture.ts'

let bench: AuthBench
beforeEach(async () => {
  bench = await authBench()
})
afterEach(() => bench.close())

const cheap = argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 })

/** Another process, which counts what it compares. */
async function counting(options: Partial<AuthOptions> = {}) {
  const counts = { compared: 0 }
  const hasher: PasswordHasher = {
    hash: (password) => cheap.hash(password),
    matches: (password, stored) => {
      counts.compared++
      return cheap.matches(password, stored)
    },
  }
  const { store, clock, keyFile } = bench
  return { auth: await AuthManager.open({ store, clock, keyFile, hasher, ...options }), counts }
}

interface Try {
  readonly auth?: AuthManager
  readonly user?: UserRef
  readonly password?: string
  readonly address?: string
}

const demo: UserRef = { name: 'demo', domain: { name: 'Default' } }
const admin: UserRef = { name: 'admin', domain: { name: 'Default' } }
const nobody: UserRef = { name: 'nobody', domain: { name: 'Default' } }

const login = ({
  auth = bench.auth,
  user = demo,
  password = demoPassword,
  address = '10.0.0.1',
}: Try = {}): Promise<IssuedToken> => auth.loginWithPassword({ user, password, address, scope: 'default' })

/** `201`, `401`, `429 60`, `503 2`. */
async function answer(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return '201'
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    const { status, detail } = error
    return detail.retryAfterS === undefined ? String(status) : `${status} ${detail.retryAfterS}`
  }
}

const wrong = (one: Omit<Try, 'password'> = {}): Promise<string> =>
  answer(login({ ...one, password: 'wrong' }))

async function wrongTimes(count: number, one: Omit<Try, 'password'> = {}): Promise<string[]> {
  const answers: string[] = []
  for (let i = 0; i < count; i++) answers.push(await wrong(one))
  return answers
}

describe('one account from one address', () => {
  test('is locked after five failures, whichever process counted them, with growing pauses', async () => {
    const other = await bench.another()
    for (let i = 0; i < 5; i++) {
      const auth = i % 2 === 0 ? bench.auth : other
      expect(await wrong({ auth })).toBe('401')
    }
    const pauses: string[] = []
    for (const seconds of [60, 120, 240, 480, 900, 900]) {
      // The right password is no way around it.
      pauses.push(await answer(login({ auth: other })))
      bench.clock.pass(seconds - 1)
      expect(await answer(login())).toMatch(/^429 [12]$/)
      bench.clock.pass(1)
      expect(await wrong()).toBe('401')
    }
    expect(pauses).toEqual(['429 60', '429 120', '429 240', '429 480', '429 900', '429 900'])
  })

  test('a good login clears it, and so does a window without failures', async () => {
    for (let round = 0; round < 3; round++) {
      expect(await wrongTimes(4)).toEqual(Array(4).fill('401'))
      expect(await answer(login())).toBe('201')
    }
    await wrongTimes(4)
    bench.clock.pass(901)
    expect(await wrongTimes(5)).toEqual(Array(5).fill('401'))
    bench.clock.pass(60 + 901)
    expect(await wrongTimes(6)).toEqual([...Array(5).fill('401'), '429 60'])
  })

  test('nobody else is: the owner comes in from elsewhere, others from there', async () => {
    await wrongTimes(6)
    expect(await wrong()).toBe('429 60')
    expect(await answer(login({ address: '10.0.0.2' }))).toBe('201')
    expect(await answer(login({ user: admin, password: adminPassword }))).toBe('201')
  })

  test('it is one account by id, by name, and where passwords are changed', async () => {
    const byId: UserRef = { id: bench.demo.userId }
    const change = (original: string): Promise<string> =>
      answer(
        bench.auth.changePassword({
          userId: bench.demo.userId,
          original,
          password: 'another',
          address: '10.0.0.1',
        }),
      )
    expect(await wrongTimes(2)).toEqual(['401', '401'])
    expect(await wrongTimes(1, { user: byId })).toEqual(['401'])
    expect([await change('wrong'), await change('wrong'), await change('wrong')]).toEqual([
      '401',
      '401',
      '429 60',
    ])
    expect(await change(demoPassword)).toBe('429 60')
    expect(await answer(login({ user: byId }))).toBe('429 60')
    expect(await answer(login())).toBe('429 60')
  })

  test('one IPv6 network is one address', async () => {
    for (let i = 0; i < 5; i++) await wrong({ address: `2001:db8:0:1::${i}` })
    expect(await wrong({ address: '2001:db8:0:1:ffff::1' })).toBe('429 60')
    expect(await wrong({ address: '2001:db8:0:2::1' })).toBe('401')
  })
})

describe('sent together', () => {
  test.each([1, 3, 6])('sixty guesses to %i processes: five are compared', async (processes) => {
    const all = await Promise.all(Array.from({ length: processes }, () => counting()))
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        wrong({ auth: (all[i % processes] ?? all[0])?.auth ?? bench.auth }),
      ),
    )
    expect(all.reduce((sum, { counts }) => sum + counts.compared, 0)).toBe(5)
    expect(answers.filter((one) => one === '401')).toHaveLength(5)
    // The rest was told to come back: locked, or too many at once.
    expect(answers.filter((one) => !/^(401|429 60|503 2)$/.test(one))).toEqual([])
  })

  test.each([1, 3, 6])('right logins to %i processes lock nobody out', async (processes) => {
    const all = await Promise.all(Array.from({ length: processes }, () => counting()))
    const answers = await Promise.all(
      Array.from({ length: 120 }, (_, i) =>
        answer(login({ auth: (all[i % processes] ?? all[0])?.auth ?? bench.auth })),
      ),
    )
    expect(answers.filter((one) => one !== '201' && one !== '503 2')).toEqual([])
    expect(answers.filter((one) => one === '201').length).toBeGreaterThanOrEqual(Math.min(33 * processes, 33))
    expect(await answer(login())).toBe('201')
  })

  test('sixty guesses at sixty accounts from one address: fifty are compared', async () => {
    const { auth, counts } = await counting()
    const answers: string[] = []
    // No more than may wait for one address.
    for (let i = 0; i < 60; i += 20) {
      answers.push(
        ...(await Promise.all(
          Array.from({ length: 20 }, (_, k) =>
            wrong({ auth, user: { name: `user${i + k}`, domain: { id: 'default' } } }),
          ),
        )),
      )
    }
    expect(counts.compared).toBe(50)
    expect(answers.filter((one) => one === '401')).toHaveLength(50)
  })

  test('what failed for another reason is not counted for ever', async () => {
    let isBroken = true
    const hasher: PasswordHasher = {
      hash: (password) => cheap.hash(password),
      matches: (password, stored) =>
        isBroken ? Promise.reject(new Error('no memory')) : cheap.matches(password, stored),
    }
    const { store, clock, keyFile } = bench
    const auth = await AuthManager.open({ store, clock, keyFile, hasher })
    for (let i = 0; i < 6; i++) await expect(login({ auth })).rejects.toThrow('no memory')
    isBroken = false
    expect(await answer(login({ auth }))).toBe('201')
  })
})

describe('too many at once', () => {
  test('one account compares once at a time in a process, and others beside it', async () => {
    const begun: string[] = []
    let go = (): void => {}
    const mayGo = new Promise<void>((resolve) => (go = resolve))
    const hasher: PasswordHasher = {
      hash: (password) => cheap.hash(password),
      async matches(password, stored) {
        begun.push(password)
        await mayGo
        return cheap.matches(password, stored)
      },
    }
    const { store, clock, keyFile } = bench
    const auth = await AuthManager.open({ store, clock, keyFile, hasher })
    const flood = Array.from({ length: 20 }, () => answer(login({ auth })))
    const other = answer(login({ auth, user: admin, password: adminPassword }))
    await expect.poll(() => begun.toSorted()).toEqual([demoPassword, adminPassword].toSorted())
    go()
    expect(await other).toBe('201')
    expect(new Set(await Promise.all(flood))).toEqual(new Set(['201']))
  })

  test('those that are refused cost no query', async () => {
    const { auth } = await counting()
    const queriesOf = async (count: number, one: (i: number) => Try): Promise<[number, string[]]> => {
      const { result, queries } = await countingQueries(() =>
        Promise.all(Array.from({ length: count }, (_, i) => answer(login({ auth, ...one(i) })))),
      )
      return [queries, result.filter((told) => told !== '201' && told !== '401')]
    }
    const [forty, none] = await queriesOf(33, () => ({}))
    expect(none).toEqual([])
    const [many, refused] = await queriesOf(2000, () => ({}))
    expect(new Set(refused)).toEqual(new Set(['503 2']))
    // Seven more may look than may wait.
    expect(many).toBeLessThan(forty * 1.5)
    const names = await queriesOf(2000, (i) => ({
      user: { name: `n${i}`, domain: { id: 'default' } },
      password: 'x',
    }))
    expect(names[0]).toBeLessThan(forty * 3)
    // And nothing is left behind.
    expect(await answer(login({ auth, address: '10.0.0.2' }))).toBe('201')
  })
})

describe('one account from everywhere', () => {
  /** Fifty failures, from ten addresses. */
  const siege = async (user: UserRef = demo): Promise<void> => {
    for (let i = 0; i < 10; i++) await wrongTimes(5, { user, address: `10.1.0.${i}` })
  }

  test('is slowed by seconds, never locked', async () => {
    await siege()
    const waits: string[] = []
    for (let i = 0; i < 6; i++) {
      const address = `10.2.0.${i}`
      const told = await answer(login({ address }))
      waits.push(told)
      bench.clock.pass(Number(told.split(' ')[1]))
      expect(await wrong({ address })).toBe('401')
    }
    expect(waits).toEqual(['429 1', '429 2', '429 4', '429 8', '429 10', '429 10'])
    bench.clock.pass(10)
    expect(await answer(login({ address: '10.3.0.1' }))).toBe('201')
  })

  test('but not where it lately came in from', async () => {
    expect(await answer(login({ address: '10.9.9.9' }))).toBe('201')
    bench.clock.pass(29 * 86_400)
    await siege()
    expect(await answer(login({ address: '10.9.9.8' }))).toBe('429 1')
    expect(await answer(login({ address: '10.9.9.9' }))).toBe('201')
  })

  test('a month later that address is one like others', async () => {
    expect(await answer(login({ address: '10.9.9.9' }))).toBe('201')
    bench.clock.pass(31 * 86_400)
    await siege()
    expect(await answer(login({ address: '10.9.9.9' }))).toBe('429 1')
  })
})

describe('one address', () => {
  const sweep = async (address: string): Promise<void> => {
    for (let i = 0; i < 50; i++) {
      const user: UserRef = { name: `user${i}`, domain: { id: 'default' } }
      expect(await wrong({ user, address })).toBe('401')
    }
  }

  test('that tries many accounts is locked for the window, and then as good as new', async () => {
    await sweep('10.0.0.1')
    expect(await answer(login())).toBe('429 900')
    expect(await answer(login({ user: admin, password: adminPassword }))).toBe('429 900')
    expect(await answer(login({ address: '10.0.0.2' }))).toBe('201')
    bench.clock.pass(900)
    expect(await wrongTimes(4)).toEqual(Array(4).fill('401'))
  })

  test('good logins in between do not clear it', async () => {
    for (let i = 0; i < 50; i++) {
      await wrong({ user: { name: `user${i}`, domain: { id: 'default' } } })
      if (i % 10 === 0) await login()
    }
    expect(await answer(login())).toBe('429 900')
  })

  test('administrators come in from where they are allowed, whatever others did there', async () => {
    const { auth } = await counting({ limits: { adminNetworks: ['10.0.0.0/24', '2001:db8:7::/48'] } })
    const asAdmin = (address: string): Promise<string> =>
      answer(login({ auth, user: admin, password: adminPassword, address }))
    for (const address of ['10.0.0.7', '2001:db8:7::7']) {
      await sweep(address)
      expect(await answer(login({ auth, address }))).toBe('429 900')
      expect(await asAdmin(address)).toBe('201')
    }
    for (let i = 0; i < 10; i++) await wrongTimes(5, { user: admin, address: `10.1.0.${i}` })
    expect(await asAdmin('10.0.0.8')).toBe('201')
    expect(await asAdmin('10.0.1.8')).toBe('429 1')
    // Guessing their password from there is as slow as anywhere.
    expect(await wrongTimes(6, { auth, user: admin, address: '10.0.0.9' })).toEqual([
      ...Array(5).fill('401'),
      '429 60',
    ])
  })

  test('by default the host itself is one of those', async () => {
    await sweep('127.0.0.1')
    expect(await answer(login({ user: admin, password: adminPassword, address: '127.0.0.1' }))).toBe('201')
    expect(await answer(login({ address: '127.0.0.1' }))).toBe('429 900')
  })
})

describe('names that nobody has', () => {
  const change = (userId: string, address: string): Promise<string> =>
    answer(bench.auth.changePassword({ userId, original: 'wrong', password: 'new', address }))
  const secret = (ref: { id: string } | { name: string; user: UserRef }, address: string): Promise<string> =>
    answer(bench.auth.loginWithApplicationCredential({ ref, secret: 'wrong', address }))

  test('are answered like those that are, whatever is tried', async () => {
    const { row } = await credential()
    const pairs: ((isKnown: boolean, address: string) => Promise<string>)[] = [
      (isKnown, address) => wrong({ user: isKnown ? demo : nobody, address }),
      (isKnown, address) => wrong({ user: { id: isKnown ? bench.demo.userId : 'nobody' }, address }),
      (isKnown, address) => change(isKnown ? bench.demo.userId : 'nobody', address),
      (isKnown, address) => secret({ id: isKnown ? row.id : 'none' }, address),
      (isKnown, address) => secret({ name: isKnown ? 'robot' : 'none', user: demo }, address),
    ]
    const step = fc.record({
      address: fc.constantFrom(0, 0, 0, 1),
      pass: fc.constantFrom(0, 0, 0, 30, 60, 300),
    })
    const forget = (): Promise<unknown> => bench.store.db.deleteFrom('login_records').execute()
    await fc.assert(
      fc.asyncProperty(
        fc.nat(pairs.length - 1),
        fc.array(step, { minLength: 12, maxLength: 25, size: 'max' }),
        async (which, steps) => {
          const told: string[][] = []
          for (const isKnown of [true, false]) {
            await forget()
            const answers: string[] = []
            for (const { address, pass } of steps) {
              bench.clock.pass(pass)
              answers.push((await pairs[which]?.(isKnown, `10.4.0.${address}`)) ?? '')
            }
            told.push(answers)
          }
          expect(told[1]).toEqual(told[0])
        },
      ),
      { numRuns: 40 },
    )
  })

  test('cost as many queries and comparisons', async () => {
    const { row } = await credential()
    const { auth, counts } = await counting()
    const cost = async (attempt: () => Promise<string>): Promise<[string, number, number]> => {
      counts.compared = 0
      const { result, queries } = await countingQueries(attempt)
      return [result, queries, counts.compared]
    }
    const disabled = await auth.directory.createUser({ name: 'off', domainId: 'default', enabled: false })
    const by = (user: UserRef, address: string) => () => wrong({ auth, user, address })
    const key = (ref: { id: string } | { name: string; user: UserRef }) => () =>
      answer(auth.loginWithApplicationCredential({ ref, secret: 'x', address: '10.5.0.1' }))
    // From a network of administrators too, where it is looked up whether somebody is one.
    for (const address of ['10.5.0.1', '127.0.0.1']) {
      const known = await cost(by(demo, address))
      expect(known[2]).toBe(1)
      expect(await cost(by(nobody, address))).toEqual(known)
      expect(await cost(by({ name: 'demo', domain: { name: 'Nowhere' } }, address))).toEqual(known)
      const byId = await cost(by({ id: bench.admin.userId }, address))
      expect(byId[2]).toBe(1)
      expect(await cost(by({ id: 'nobody' }, address))).toEqual(byId)
      expect(await cost(by({ id: disabled.id }, address))).toEqual(byId)
    }
    expect(await cost(key({ id: 'none' }))).toEqual(await cost(key({ id: row.id })))
    expect(await cost(key({ name: 'none', user: nobody }))).toEqual(
      await cost(key({ name: 'robot', user: demo })),
    )
  })

  test('are not kept as they were written, and no more of them than the table holds', async () => {
    const { auth } = await counting({ limits: { maxRecords: 100, maxAddressFailures: 1_000_000 } })
    const rows = () => bench.store.db.selectFrom('login_records').selectAll().execute()
    await login({ address: '10.9.9.9' })
    for (let i = 0; i < 120; i++) {
      await wrong({
        auth,
        user: { name: `hunter2-${i}`, domain: { name: 'Default' } },
        address: `10.6.${i}.1`,
      })
    }
    expect(JSON.stringify(await rows())).not.toContain('hunter2')
    expect((await rows()).length).toBeGreaterThan(300)
    bench.clock.pass(61)
    await wrong({ auth })
    const kept = await rows()
    const failed = kept.filter(({ ok_at: okAt }) => okAt === 0).length
    // One login writes three, and they go together.
    expect([failed <= 100, failed > 96]).toEqual([true, true])
    // The good login is older than all of them, and still known.
    expect(kept.filter(({ ok_at: okAt }) => okAt > 0)).toHaveLength(1)
    bench.clock.pass(31 * 86_400)
    await wrong({ auth })
    expect(await rows()).toHaveLength(3)
  })
})

test('a disabled account answers as a wrong password does, and its right password clears nothing', async () => {
  await bench.auth.directory.updateUser(bench.demo.userId, { enabled: false })
  expect(await answer(login())).toBe(await wrong())
  for (let i = 0; i < 3; i++) await answer(login())
  expect(await answer(login())).toBe('429 60')
})

test('a user is given so many tokens a minute, however they are asked for', async () => {
  const { auth } = await counting({ tokensPerMinute: 3 })
  const { token } = await login({ auth })
  await auth.exchange(token, 'unscoped')
  await auth.exchange(token, 'unscoped')
  expect(await answer(auth.exchange(token, 'unscoped'))).toBe('429 20')
  expect(await answer(login({ auth }))).toBe('429 20')
  expect(await answer(login({ auth, user: admin, password: adminPassword }))).toBe('201')
  bench.clock.pass(20)
  expect(await answer(login({ auth }))).toBe('201')
})

async function credential() {
  const role = await bench.auth.roles.find({ name: 'member' })
  return bench.auth.credentials.create({
    userId: bench.demo.userId,
    projectId: bench.demo.projectId,
    name: 'robot',
    roles: [{ id: role?.id ?? '', name: 'member' }],
  })
}

/** What the work answers, and how often it asked the database. */
async function countingQueries<T>(work: () => Promise<T>): Promise<{ result: T; queries: number }> {
  let queries = 0
  const executor = bench.store.db.getExecutor()
  const original = executor.executeQuery.bind(executor)
  executor.executeQuery = ((query: CompiledQuery) => {
    queries++
    return original(query)
  }) as typeof executor.executeQuery
  try {
    return { result: await work(), queries }
  } finally {
    executor.executeQuery = original
  }
}
