import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { argon2 } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuthManager } from '../../auth/manager.ts'
import { loadSettings } from '../../config/load.ts'
import type { Store } from '../../db/open.ts'
import { systemClock } from '../../runtime/clock.ts'
import { testWorld, type Ran, type TestWorld } from '../bench.fixture.ts'

let world: TestWorld
beforeEach(async () => {
  world = testWorld()
  await world.run('identity', 'bootstrap')
  await world.run('identity', 'domain', 'create', 'corp')
})
afterEach(() => world.end())

const importing = (file: string, ...words: readonly string[]): Promise<Ran> =>
  world.run('identity', 'import', '--from-ldif', file, '--domain', 'corp', ...words, '--json')

/** All that an import may write, without stamps. */
const everything = (): Promise<Record<string, unknown>> =>
  world.inStore(async ({ db }: Store) => ({
    users: await db
      .selectFrom('users')
      .select(['id', 'name', 'email', 'description', 'enabled', 'password_hash'])
      .orderBy('id')
      .execute(),
    groups: await db.selectFrom('groups').selectAll().orderBy('id').execute(),
    members: await db
      .selectFrom('group_members')
      .selectAll()
      .orderBy('group_id')
      .orderBy('user_id')
      .execute(),
    assignments: await db.selectFrom('role_assignments').selectAll().orderBy('actor_id').execute(),
  }))

/** `alice@corp in crew@corp` of who is where, by the group's name. */
const members = async (group: string): Promise<string[]> =>
  (await world.run('identity', 'group', 'show', group, '--domain', 'corp', '--json')).json().users

const argon2id = (password: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const nonce = Buffer.from('a salt of sixteen')
    const cost = { parallelism: 1, tagLength: 32, memory: 64, passes: 1 }
    argon2('argon2id', { message: password, nonce, ...cost }, (error, tag) => {
      const part = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')
      if (error === null) resolve(`{ARGON2}$argon2id$v=19$m=64,t=1,p=1$${part(nonce)}$${part(tag)}`)
      else reject(error)
    })
  })

/** What directories of people have in them, written as badly as the format allows. */
async function nasty(): Promise<string> {
  const text = `version: 1
# a comment that
 goes on, uid=nobody

dn: dc=corp
objectClass: dcObject

dn: uid=alice,ou=people,dc=corp
objectClass: top
objectClass: inetOrgPerson
entryUUID: 11111111-1111-1111-1111-111111111111
uid: alice
mail: alice@corp.test
description:: QWxpY2UgaW0gV3VuZGVybGFuZCDwn5Cw
jpegPhoto:: ${Buffer.alloc(300_000, 7).toString('base64')}
userPassword: {SSHA}c2hhLW9mLWFsaWNl
pwdAccountLockedTime: 20260101000000Z

dn: uid=bob,ou=people,dc=
 corp
objectClass: INETORGPERSON
UID: bo
 b
userPassword:: ${Buffer.from(await argon2id('the old password')).toString('base64')}
userPassword: {CRYPT}$6$x$y

DN:: ${Buffer.from('uid=zoë,ou=people,dc=corp').toString('base64')}
objectClass: inetOrgPerson
uid:: ${Buffer.from('zoë').toString('base64')}
userPassword: {CLEARTEXT}in the open

dn: cn=nameless,ou=people,dc=corp
objectClass: inetOrgPerson

dn: uid=twice,ou=people,dc=corp
objectClass: inetOrgPerson
uid: bob

dn: uid=long,ou=people,dc=corp
objectClass: inetOrgPerson
uid: ${'x'.repeat(256)}

dn: cn=crew,ou=groups,dc=corp
objectClass: groupOfNames
cn: crew
member: UID=Alice, OU=People,  DC=corp
member: uid=bob,ou=people,dc=corp
member: uid=gone,ou=people,dc=corp
member: cn=inner,ou=groups,dc=corp

dn: cn=inner,ou=groups,dc=corp
objectClass: groupOfNames
cn: inner
member:: ${Buffer.from('uid=zoë,ou=people,dc=corp').toString('base64')}
member: cn=crew,ou=groups,dc=corp
`
  const file = join(world.dir, 'people.ldif')
  writeFileSync(file, text.replaceAll('\n', '\r\n'))
  return file
}

describe('an LDIF file', () => {
  test('is planned, imported, and then nothing is left to do', async () => {
    const file = await nasty()
    const before = await everything()
    const plan = await importing(file)
    expect(plan.json()).toMatchObject({ applied: false })
    expect(await everything()).toEqual(before)
    const done = await importing(file, '--apply')
    expect(done.json()).toMatchObject({ applied: true })
    expect({ ...done.json(), applied: false }).toEqual(plan.json())
    expect(plan.code).toBe(1)
    const { counts, items, must_reset, hashes_kept, notes } = plan.json()
    expect(counts.user).toEqual({ create: 3, change: 0, same: 0, conflict: 1, left: 1 })
    expect(counts.group).toEqual({ create: 2, change: 0, same: 0, conflict: 0, left: 0 })
    expect(counts.membership).toMatchObject({ create: 6, left: 0 })
    expect(items.filter((one: { action: string }) => one.action !== 'create')).toEqual([
      expect.objectContaining({
        action: 'left',
        kind: 'user',
        why: expect.stringContaining('user.name must be') as string,
      }),
      expect.objectContaining({
        action: 'conflict',
        what: 'bob@corp',
        why: expect.stringContaining('two of this name') as string,
      }),
    ])
    expect(notes).toEqual([
      { what: 'the entry cn=nameless,ou=people,dc=corp', why: 'it has no uid' },
      { what: expect.stringContaining('the member uid=gone') as string, why: expect.any(String) as string },
    ])
    // Alice is locked: nobody waits for a password of hers.
    expect(must_reset).toEqual(['zoë@corp'])
    expect(hashes_kept).toEqual(['bob@corp'])
    expect(await members('crew')).toEqual(['alice', 'bob', 'zoë'])
    expect(await members('inner')).toEqual(['alice', 'bob', 'zoë'])
    const alice = (await world.run('identity', 'user', 'show', 'alice', '--domain', 'corp', '--json')).json()
    expect(alice).toMatchObject({
      email: 'alice@corp.test',
      description: 'Alice im Wunderland 🐰',
      enabled: false,
    })
    const after = await everything()
    const again = await importing(file, '--apply')
    expect(again.json().items.filter((one: { action: string }) => one.action === 'create')).toEqual([])
    expect(again.json().must_reset).toEqual(['zoë@corp'])
    expect(await everything()).toEqual(after)
  })

  test('brings along a password that can be checked, and no other', async () => {
    await importing(await nasty(), '--apply')
    const hashes = await world.inStore(({ db }) =>
      db
        .selectFrom('users')
        .select(['name', 'password_hash'])
        .where('name', '<>', 'admin')
        .orderBy('name')
        .execute(),
    )
    expect(hashes).toEqual([
      { name: 'alice', password_hash: null },
      { name: 'bob', password_hash: expect.stringMatching(/^argon2id\$v=19\$m=64,t=1,p=1\$/) as string },
      { name: 'zoë', password_hash: null },
    ])
    await world.run(
      'identity',
      'role',
      'add',
      'reader',
      '--user',
      'bob',
      '--user-domain',
      'corp',
      '--project',
      'admin',
    )
    await world.inStore(async (store) => {
      const keyFile = loadSettings({ file: world.config }).auth.key_file
      const auth = await AuthManager.open({ store, clock: systemClock(), keyFile })
      const login = (name: string, password: string) =>
        auth.loginWithPassword({
          user: { name, domain: { name: 'corp' } },
          password,
          address: '127.0.0.1',
          scope: { project: { name: 'admin', domain: { id: 'default' } } },
        })
      expect((await login('bob', 'the old password')).standing.user.name).toBe('bob')
      await expect(login('zoë', 'in the open')).rejects.toMatchObject({ code: 'Unauthorized' })
      auth.close()
    })
  })

  test('that is changed changes what it says, and deletes nobody', async () => {
    const person = (mail: string, uid = 'ann'): string =>
      `dn: uid=${uid},dc=corp\nobjectClass: inetOrgPerson\nentryUUID: 22222222-2222-2222-2222-222222222222\nuid: ${uid}\nmail: ${mail}\n`
    const other = 'dn: uid=eve,dc=corp\nobjectClass: inetOrgPerson\nuid: eve\n'
    await importing(world.file('one.ldif', `${person('a@corp.test')}\n${other}`), '--apply')
    const { items, counts } = (
      await importing(world.file('two.ldif', person('b@corp.test', 'anna')), '--apply')
    ).json()
    expect(items).toMatchObject([{ action: 'change', what: 'anna@corp', why: 'name, email' }])
    expect(counts.user).toMatchObject({ create: 0, change: 1 })
    const users = (await world.run('identity', 'user', 'list', '--domain', 'corp', '--json')).json()
    expect(users.map(({ name, email }: { name: string; email: string }) => [name, email])).toEqual([
      ['anna', 'b@corp.test'],
      ['eve', null],
    ])
  })

  test('does not touch who is there under another id, nor gives him what is another’s', async () => {
    const mine = (await world.run('identity', 'user', 'create', 'ann', '--domain', 'corp', '--json')).json()
    const text =
      'dn: uid=ann,dc=corp\nobjectClass: inetOrgPerson\nuid: ann\nmail: evil@corp.test\n\ndn: cn=crew,dc=corp\nobjectClass: groupOfNames\ncn: crew\nmember: uid=ann,dc=corp\n'
    const ran = await importing(world.file('ann.ldif', text), '--apply')
    expect(ran.code).toBe(1)
    expect(ran.json().items).toMatchObject([
      {
        action: 'conflict',
        what: 'ann@corp',
        why: `there is a user named ann already, with the id ${mine.id}`,
      },
      { action: 'create', kind: 'group' },
      { action: 'left', kind: 'membership', why: 'the user is not here' },
    ])
    const ann = (await world.run('identity', 'user', 'show', 'ann', '--domain', 'corp', '--json')).json()
    expect(ann).toEqual(mine)
    expect(await members('crew')).toEqual([])
  })

  test('of Unix accounts has groups by name, and by number', async () => {
    const person = (name: string, uid: number, gid: number): string =>
      `dn: cn=${name} ${uid},dc=corp\nobjectClass: posixAccount\nuid: ${name}\nuidNumber: ${uid}\ngidNumber: ${gid}\n\n`
    const group = (name: string, gid: number, ...names: string[]): string =>
      `dn: cn=${name},dc=corp\nobjectClass: posixGroup\ncn: ${name}\ngidNumber: ${gid}\n${names.map((one) => `memberUid: ${one}\n`).join('')}\n`
    const file = world.file(
      'unix.ldif',
      person('ann', 1, 100) +
        person('bob', 2, 200) +
        group('staff', 100) +
        group('crew', 200, 'ann', 'nobody'),
    )
    const none = await importing(file)
    expect([none.code, none.err]).toEqual([
      1,
      expect.stringContaining('none of 4 entries is a user (inetOrgPerson)') as string,
    ])
    expect((await importing(file, '--preset', 'posix', '--apply')).code).toBe(0)
    expect([await members('staff'), await members('crew')]).toEqual([['ann'], ['ann', 'bob']])
  })

  test.each([
    ['dn: uid=a\nchangetype: delete\n', 'line 2: this is a list of changes'],
    ['dn: uid=a\nuserPassword:< file:///etc/shadow\n', 'line 2: takes its value from a URL'],
    ['', 'none of 0 entries is a user'],
  ])('(%#) that can not be read makes nothing', async (text, sentence) => {
    const { code, out, err } = await importing(world.file('bad.ldif', text), '--apply')
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(sentence)
  })

  test('goes where it is told to, and only there', async () => {
    const file = await nasty()
    const bare = (...words: string[]) => world.run('identity', 'import', ...words)
    expect((await bare('--from-ldif', file)).err).toContain('needs --domain')
    expect((await bare('--from-ldif', file, '--domain', 'none')).err).toContain(
      'Could not find domain: none.',
    )
    expect((await bare()).err).toContain('needs one of --from-ldif and --from-keystone')
    expect((await importing(join(world.dir, 'none.ldif'))).err).toContain("LDIF file can't be read")
    expect((await importing(world.dir)).err).toContain('is no file')
    expect((await importing(file, '--preset', 'novell')).err).toContain('--preset is one of openldap')
    const ldap = { urls: ['ldap://127.0.0.1:1'], user_base: 'dc=corp', preset: 'openldap' }
    world.configure({ auth: { domains: { corp: { backend: 'ldap', ldap } } } })
    expect((await importing(file, '--apply')).err).toContain('users of corp are in a directory')
  })

  test('is read as the table of its domain says, when that is in the database', async () => {
    const ldap = {
      preset: 'openldap',
      user_base: 'ou=people,dc=corp',
      user_name_attribute: 'employeeNumber',
      user_object_classes: ['person'],
    }
    world.configure({ auth: { domains: { corp: { backend: 'db', ldap } } } })
    const entry = (dn: string, number: string): string =>
      `dn: ${dn}\nobjectClass: person\nemployeeNumber: ${number}\nuid: other\n\n`
    const file = world.file('a.ldif', entry('cn=a,OU=People,dc=corp', 'n1') + entry('cn=b,dc=corp', 'n2'))
    const { items } = (await importing(file)).json()
    expect(items).toMatchObject([{ what: 'n1@corp' }])
  })
})

describe('an import that is cut short', () => {
  const people = 450
  const text = (): string => {
    const users = Array.from(
      { length: people },
      (_, at) => `dn: uid=u${at},dc=corp\nobjectClass: inetOrgPerson\nuid: u${at}\n\n`,
    )
    const group = `dn: cn=all,dc=corp\nobjectClass: groupOfNames\ncn: all\n${users.map((_, at) => `member: uid=u${at},dc=corp\n`).join('')}`
    return `${users.join('')}${group}`
  }

  test('at whichever transaction goes on when it is run again, and ends the same', async () => {
    const { Importer } = await import('./importer.ts')
    const { LdifSource, ldifPresets } = await import('./ldif-source.ts')
    const { Report } = await import('./report.ts')
    const file = world.file('all.ldif', text())
    const run = (
      store: Store,
      failAt: number,
    ): Promise<{ transactions: number; report: InstanceType<typeof Report> }> =>
      (async () => {
        let transactions = 0
        const cut: Store = {
          ...store,
          transaction: async (body) => {
            if (transactions === failAt) throw new Error('the power is gone')
            transactions++
            return store.transaction(body)
          },
        }
        const keyFile = loadSettings({ file: world.config }).auth.key_file
        const auth = await AuthManager.open({ store: cut, clock: systemClock(), keyFile })
        const domain = await auth.directory.findDomain({ name: 'corp' })
        const report = new Report()
        const source = new LdifSource(
          file,
          { id: domain?.id ?? '', name: 'corp', description: '', enabled: true },
          { ...ldifPresets.openldap, user_base: '', group_base: '' },
        )
        const importer = new Importer({
          auth,
          store: cut,
          clock: systemClock(),
          apply: true,
          report,
          isDirectory: () => false,
        })
        try {
          await importer.run(source)
        } finally {
          auth.close()
        }
        return { transactions, report }
      })()
    const whole = await world.inStore((store) => run(store, -1))
    const expected = await everything()
    expect(whole.transactions).toBe(7)
    for (let at = 0; at < whole.transactions; at++) {
      await world.inStore(async ({ db }) => {
        await db.deleteFrom('group_members').execute()
        await db.deleteFrom('groups').execute()
        await db.deleteFrom('users').where('name', '<>', 'admin').execute()
      })
      await expect(world.inStore((store) => run(store, at))).rejects.toThrow('the power is gone')
      const second = await world.inStore((store) => run(store, -1))
      expect(second.report.conflicts).toBe(0)
      expect(await everything()).toEqual(expected)
    }
  })
})
