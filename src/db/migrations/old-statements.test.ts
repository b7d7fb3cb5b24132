/**
 * What the release before writes of accounts, word for word, while the schema grows under it and afterwards; and what this one makes
 * of it. On whichever database. The whole program of the release before runs in `test/system/upgrade.test.ts`.
 */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Migrator } from 'kysely/migration'
import { sql } from 'kysely'
import { afterEach, expect, test } from 'vitest'
import { AuthManager } from '../../auth/manager.ts'
import { argon2Hasher } from '../../auth/passwords.ts'
import { stillClock } from '../../auth/parts.fixture.ts'
import { noRules } from '../../model/password-rules.ts'
import { migrate, type Store } from '../open.ts'
import { openBareTestStore } from '../store.fixture.ts'
import { ledgers } from './ledgers.ts'

let store: Store
afterEach(() => store?.close())

const hasher = argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 })

/** As it was when this statement was the newest: all of the first ledger, and one step of the second. */
async function releaseBefore(): Promise<void> {
  for (const [at, { migrations, table, lockTable }] of ledgers.entries()) {
    const migrator = new Migrator({
      db: store.db,
      provider: { getMigrations: async () => ({ ...migrations }) },
      migrationTableName: table,
      migrationLockTableName: lockTable,
    })
    const { error } = await (at === 0 ? migrator.migrateToLatest() : migrator.migrateTo('0001-directory-ids'))
    expect(error).toBeUndefined()
  }
}

/** A user that is made, described, given a password twice and, but for the last, removed. */
async function oldLife(hash: string, keeps: boolean): Promise<string> {
  const id = randomUUID().replaceAll('-', '')
  const { db } = store
  await sql`insert into users (id, domain_id, name, description, email, enabled, default_project_id, password_hash, tokens_valid_after, created_at)
    values (${id}, ${'default'}, ${id}, ${''}, ${null}, ${1}, ${null}, ${'x'}, ${5}, ${5})`.execute(db)
  await sql`update users set description = ${'d'} where id = ${id}`.execute(db)
  await sql`update users set password_hash = ${'y'}, tokens_valid_after = case when tokens_valid_after >= ${6} then tokens_valid_after + 1 else ${6} end where id = ${id}`.execute(
    db,
  )
  await sql`update users set password_hash = ${hash}, tokens_valid_after = ${7} where id = ${id} and tokens_valid_after = ${6}`.execute(
    db,
  )
  const { rows } = await sql<{
    name: string
  }>`select * from users where domain_id = ${'default'} and name = ${id} limit 1`.execute(db)
  expect(rows).toMatchObject([{ id, description: 'd', password_hash: hash }])
  if (keeps) return id
  await sql`delete from users where id = ${id}`.execute(db)
  return id
}

test('the release before goes on while its schema grows, and its accounts are good in this one', async () => {
  store = await openBareTestStore()
  await releaseBefore()
  const clock = stillClock()
  const hash = await hasher.hash('of before')
  await sql`insert into domains (id, name, description, enabled) values (${'default'}, ${'Default'}, ${''}, ${1})`.execute(
    store.db,
  )
  const kept = [await oldLife(hash, true)]
  const grown = new AbortController()
  let lives = 0
  const load = (async () => {
    for (; !grown.signal.aborted || lives < 10; lives++) await oldLife(hash, false)
  })()
  await migrate(store)
  grown.abort()
  await load
  kept.push(await oldLife(hash, true))

  const folder = mkdtempSync(join(tmpdir(), 'old-'))
  const keyFile = join(folder, 'keys.json')
  const passwordRules = {
    ...noRules,
    expiresDays: 1,
    inactiveDays: 1,
    changeUponFirstUse: true,
    uniqueLast: 3,
  }
  const auth = await AuthManager.open({ store, clock, keyFile, hasher, passwordRules })
  clock.pass(10 * 86_400)
  const login = (id: string, password: string) =>
    auth.loginWithPassword({ user: { id }, password, address: '127.0.0.1', scope: 'unscoped' })
  for (const id of kept) {
    expect(await auth.verify((await login(id, 'of before')).token)).not.toBeNull()
    await auth.changePassword({
      userId: id,
      original: 'of before',
      password: 'of today',
      address: '127.0.0.1',
    })
    await login(id, 'of today')
    // Set by the release before once more: what was noted of the other password is not said of this one.
    await sql`update users set password_hash = ${hash}, tokens_valid_after = tokens_valid_after + 1 where id = ${id}`.execute(
      store.db,
    )
    clock.pass(2 * 3600)
    await login(id, 'of before')
    expect((await auth.directory.users.findUser({ id }))?.passwordExpiresAt).toBeNull()
  }
  rmSync(folder, { recursive: true })
})
