/** The suite on accounts in the service's own database, on each of the three. */
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe } from 'vitest'
import { AuthManager } from '../../src/auth/manager.ts'
import { argon2Hasher } from '../../src/auth/passwords.ts'
import { stillClock } from '../../src/auth/parts.fixture.ts'
import { migrate, openStore, type Store } from '../../src/db/open.ts'
import { hasMariadb, startMariadb } from '../../tools/programs/mariadb.ts'
import { hasPostgres, startPostgres } from '../../tools/programs/postgres.ts'
import { faceWorld, furnish, grantHeld, scratchDir } from './face-world.ts'
import { authSuite, groups, held, passwordOf, people, type AuthWorld, type Person } from './suite.ts'

async function dbWorld(store: Store, end: () => Promise<void>): Promise<AuthWorld> {
  const domainId = 'people'
  const clock = stillClock()
  const { dir, remove } = scratchDir()
  const hasher = argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 })
  const limits = { maxFailures: 1_000, maxAccountFailures: 10_000, maxAddressFailures: 10_000 }
  const open = () => AuthManager.open({ store, clock, keyFile: join(dir, 'keys.json'), hasher, limits })
  const auth = await open()
  /** Another process: what it changes reaches ours when the window is over. */
  const elsewhere = await open()
  await furnish(auth, domainId)
  for (const name of people) {
    await auth.directory.createUser({ name, domainId, password: passwordOf(name), enabled: name !== 'dave' })
  }
  const idOf = async (name: Person): Promise<string> => {
    const user = await auth.directory.users.findUser({ name, domainId })
    if (user === null) throw new Error(`there is no ${name}`)
    return user.id
  }
  const groupId = async (name: string): Promise<string> =>
    (await auth.directory.users.findGroup({ name, domainId }))?.id ?? ''
  for (const name of groups) await auth.directory.createGroup({ name, domainId })
  for (const { person, through } of held) {
    if (through !== null) await auth.directory.addMember(await groupId(through), await idOf(person))
  }
  await grantHeld(auth, domainId, 'assigned')
  return faceWorld({
    auth,
    domainId,
    administrator: {
      disable: async (person) =>
        void (await elsewhere.directory.updateUser(await idOf(person), { enabled: false })),
      remove: async (person) => elsewhere.directory.deleteUser(await idOf(person)),
      leave: async (person, group) =>
        elsewhere.directory.removeMember(await groupId(group), await idOf(person)),
      setPassword: async (person, password) => elsewhere.directory.setPassword(await idOf(person), password),
      rename: async (person, name) =>
        void (await elsewhere.directory.updateUser(await idOf(person), { name })),
    },
    age: async () => clock.pass(6),
    async close() {
      await store.close()
      remove()
      await end()
    },
  })
}

async function migrated(url: string): Promise<Store> {
  const store = await openStore(url)
  await migrate(store)
  return store
}

authSuite('db on SQLite', async () => dbWorld(await migrated('sqlite::memory:'), async () => {}))

describe.skipIf(!hasPostgres())('on a private server (postgresql)', () => {
  authSuite('db on PostgreSQL', () => onServer(startPostgres))
})
describe.skipIf(!hasMariadb())('on a private server (mariadb-server)', () => {
  authSuite('db on MariaDB', () => onServer(startMariadb))
})

async function onServer(start: typeof startPostgres): Promise<AuthWorld> {
  const server = await start()
  const name = 'auth'
  const admin = await openStore(server.url(server.kind === 'postgres' ? 'postgres' : 'mysql'))
  await sql`create database ${sql.id(name)}`.execute(admin.db)
  await admin.close()
  return dbWorld(await migrated(server.url(name)), () => server.remove())
}
