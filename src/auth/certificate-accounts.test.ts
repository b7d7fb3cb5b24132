import { afterEach, beforeEach, expect, test } from 'vitest'
import { CertificateAccounts } from './certificate-accounts.ts'
import { authBench, type AuthBench } from './parts.fixture.ts'

let bench: AuthBench
let accounts: CertificateAccounts
beforeEach(async () => {
  bench = await authBench()
  accounts = new CertificateAccounts(
    [
      { name: 'backup.example.org', user: 'demo', project: 'demo' },
      { name: 'lost.example.org', user: 'nobody', project: 'demo' },
      { name: 'stranger.example.org', user: 'demo', project: 'admin' },
    ],
    { store: bench.store, face: bench.auth, clock: bench.clock },
  )
})
afterEach(() => bench.close())

test('a configured name is its account in its project, with the roles held there', async () => {
  expect(await accounts.identityOf('backup.example.org')).toMatchObject({
    userId: bench.demo.userId,
    projectId: bench.demo.projectId,
    scope: 'project',
    roles: ['member', 'reader'],
  })
})

test.each([
  'other.example.org',
  'BACKUP.example.org',
  '',
  'lost.example.org',
  'stranger.example.org',
  '__proto__',
])('%j is nobody', async (name) => {
  expect(await accounts.identityOf(name)).toBeNull()
})

test('who is disabled is nobody, within the window of tokens', async () => {
  expect(await accounts.identityOf('backup.example.org')).not.toBeNull()
  const elsewhere = await bench.another()
  await elsewhere.directory.updateUser(bench.demo.userId, { enabled: false })
  bench.clock.pass(6)
  expect(await accounts.identityOf('backup.example.org')).toBeNull()
})

test('a database that is away is told, and not remembered', async () => {
  const { findUser } = bench.auth.directory.users
  Object.assign(bench.auth.directory.users, { findUser: () => Promise.reject(new Error('away')) })
  await expect(accounts.identityOf('backup.example.org')).rejects.toThrow('away')
  Object.assign(bench.auth.directory.users, { findUser })
  expect(await accounts.identityOf('backup.example.org')).not.toBeNull()
})
