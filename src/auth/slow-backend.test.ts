/** Logins that wait for a slow directory wait for one another only. */
import { expect, test } from 'vitest'
import { dbBackend } from './backends/db.ts'
import type { UserBackend, UserRecord } from './backends/backend.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { Gate } from './gate.ts'
import { argon2Hasher } from './passwords.ts'
import { authBench, demoPassword, stillClock } from './parts.fixture.ts'

test('accounts of the database log in while a directory keeps everybody of its own waiting', async () => {
  const store = await openTestStore()
  const clock = stillClock()
  const hasher = argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 })
  const gate = new Gate({ slots: 2, slotsPerAccount: 1, queue: 8, queuePerAddress: 8, queuePerAccount: 8 })
  const db = dbBackend({ store, clock, hasher, gate })
  const end = Promise.withResolvers<boolean>()
  const waiting = new Set<string>()
  const away = new Gate({ slots: 4, slotsPerAccount: 2, queue: 8, queuePerAddress: 8, queuePerAccount: 8 })
  const slow = (name: string): UserRecord => ({
    id: `slow-${name}`,
    name,
    domainId: 'slow',
    description: '',
    email: null,
    enabled: true,
    defaultProjectId: null,
    generation: 0,
  })
  const users: UserBackend = {
    ...db,
    findUser: async (ref) =>
      'domainId' in ref && ref.domainId === 'slow' ? slow(ref.name) : db.findUser(ref),
    async checkPassword(user, password) {
      if (user?.domainId !== 'slow') return db.checkPassword(user, password)
      waiting.add(user.id)
      return end.promise
    },
    gateOf: async (domainId) => (domainId === 'slow' ? away : null),
  }
  const bench = await authBench({ store, clock, hasher, users })
  await bench.auth.directory.createDomain({ id: 'slow', name: 'slow' })
  const login = (name: string, domain: string, password: string) =>
    bench.auth.loginWithPassword({
      user: { name, domain: { id: domain } },
      password,
      address: '10.0.0.1',
      scope: 'unscoped',
    })
  const stuck = ['a', 'b', 'c', 'd'].map((name) => login(name, 'slow', 'x').catch(() => null))
  while (waiting.size < 4) await new Promise((resolve) => setImmediate(resolve))
  expect((await login('demo', 'default', demoPassword)).standing.user.name).toBe('demo')
  end.resolve(false)
  await Promise.all(stuck)
  await bench.close()
})
