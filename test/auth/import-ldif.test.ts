/** People of a private slapd are brought into the database from its own dump: who they are and what they may do stays as it was. */
import { spawn, spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { testWorld, type TestWorld } from '../../src/manage/bench.fixture.ts'
import { runAs } from '../../tools/programs/daemon.ts'
import { hasSlapd, startSlapd, type Slapd } from '../../tools/programs/slapd.ts'
import { activeDirectory, groupOfNames, posix, type Layout } from './layouts.ts'
import { commonOptions, startLayout } from './ldap-world.ts'
import { people } from './suite.ts'

/** As its operator dumps it. */
async function dumpOf(server: Slapd): Promise<string> {
  const file = join(server.dir, 'dump.ldif')
  await runAs('openldap', ['/usr/sbin/slapcat', '-f', join(server.dir, 'slapd.conf'), '-l', file])
  return file
}

const layouts: readonly Layout[] = [groupOfNames(), posix(), activeDirectory()]

describe.skipIf(!hasSlapd())('on a private server (slapd) import: a directory of', () => {
  let world: TestWorld
  beforeEach(() => {
    world = testWorld()
  })
  afterEach(() => world.end())

  test.each(layouts.map((layout) => [layout.name, layout] as const))(
    '%s: in the database everybody is who they were',
    async (_name, layout) => {
      const server = await startLayout(layout)
      const ldap = { ...commonOptions([server.url]), ...layout.options }
      const configure = (backend: string): void =>
        world.configure({ auth: { domains: { corp: { backend, ldap } } } })
      const json = async (...words: readonly string[]) => {
        const ran = await world.run('identity', ...words, '--json')
        expect([ran.code, ran.err]).toEqual([0, ''])
        return ran.json()
      }
      /** What anybody can find out about people, and what each may do: by a group's members one would miss whose primary group it is. */
      const seen = async () => {
        const found: Record<string, object> = {
          users: await json('user', 'list', '--domain', 'corp'),
          groups: await json('group', 'list', '--domain', 'corp'),
          granted: await json('role', 'assignment', 'list', '--names'),
        }
        for (const name of ['alice', 'bob', 'carol', 'oscar']) {
          const whose = ['--user', name, '--user-domain', 'corp']
          found[`groups of ${name}`] = await json('group', 'list', ...whose)
          found[`roles of ${name}`] = await json(
            'role',
            'assignment',
            'list',
            '--effective',
            '--names',
            ...whose,
          )
        }
        expect(found['roles of bob']).toHaveLength(2)
        return found
      }
      let before: object = {}
      const file = await (async () => {
        try {
          configure('ldap')
          await json('bootstrap')
          for (const actor of [
            ['--user', 'alice', '--user-domain', 'corp'],
            ['--group', 'blue-team', '--group-domain', 'corp'],
          ]) {
            await json('role', 'add', 'member', ...actor, '--project', 'admin')
          }
          before = await seen()
          const kept = await dumpOf(server)
          const refused = await importing(world, kept)
          expect([refused.code, refused.err]).toEqual([
            1,
            expect.stringContaining('users of corp are in a directory') as string,
          ])
          return world.file('dump.ldif', readFileSync(kept, 'utf8'))
        } finally {
          await server.remove()
        }
      })()
      configure('db')
      expect(await json('user', 'list', '--domain', 'corp')).toEqual([])
      const plan = await importing(world, file)
      expect([plan.code, plan.err]).toEqual([0, ''])
      expect(plan.json().counts).toMatchObject({
        user: { create: people.length, conflict: 0, left: 0 },
        group: { conflict: 0, left: 0 },
        membership: { conflict: 0, left: 0 },
      })
      // Dave's account is locked there; the others' hashes can't be checked here.
      expect(plan.json().must_reset).toHaveLength(people.length - 1)
      expect((await importing(world, file, '--apply')).json()).toMatchObject({ applied: true })
      expect(await seen()).toEqual(before)
      const again = await importing(world, file, '--apply')
      expect(again.json().items).toEqual([])
    },
  )
})

describe.skipIf(!hasSlapd())('on a private server (slapd) export: people of the database', () => {
  test('go into a directory by ldapadd, and from its dump into a database again', async () => {
    const world = testWorld()
    const base = 'dc=lab,dc=test'
    const server = await startSlapd({
      suffix: base,
      entries: [{ dn: base, attributes: { objectClass: ['dcObject', 'organization'], dc: 'lab', o: 'lab' } }],
    })
    try {
      const json = async (...words: readonly string[]) => {
        const ran = await world.run('identity', ...words, '--json')
        expect([ran.code, ran.err]).toEqual([0, ''])
        return ran.json()
      }
      await json('bootstrap')
      await json('domain', 'create', 'staff')
      const names = ['ann', 'Doe, John + "JD" <x>', ' zoë', `long ${'x'.repeat(200)}`]
      for (const name of names) {
        await json(
          'user',
          'create',
          name,
          '--domain',
          'staff',
          '--email',
          'a@lab.test',
          '--description',
          ':< of it',
        )
      }
      await json('user', 'create', 'gone', '--domain', 'staff', '--disable')
      await json('group', 'create', 'crew', '--domain', 'staff', '--description', 'all')
      await json('group', 'create', 'empty', '--domain', 'staff')
      for (const name of names) {
        await json('group', 'add', 'user', 'crew', name, '--group-domain', 'staff', '--user-domain', 'staff')
      }
      const file = join(world.dir, 'out.ldif')
      const told = await json('export', '--to-ldif', file, '--domain', 'staff', '--base', base)
      expect(told).toMatchObject({ users: 4, groups: 2, disabled: 1 })
      const { dn, password } = server.admin
      const added = spawnSync(
        'ldapadd',
        ['-c', '-x', '-H', server.url, '-D', dn, '-w', password, '-f', file],
        {
          encoding: 'utf8',
        },
      )
      expect([added.status, added.stderr]).toEqual([0, ''])
      // Now they are in a directory.
      const ldap = {
        urls: [server.url],
        bind_dn: dn,
        bind_password: password,
        user_base: `ou=people,${base}`,
        group_base: `ou=groups,${base}`,
      }
      world.configure({ auth: { domains: { corp: { backend: 'ldap', ldap } } } })
      await json('bootstrap')
      const people = async (domain: string): Promise<string[]> => {
        const users: Record<string, string>[] = await json('user', 'list', '--domain', domain)
        return users.map((one) => [one.name?.trim(), one.email, one.description].join('|')).toSorted()
      }
      const expected = (await people('staff')).filter((one) => !one.startsWith('gone|'))
      expect(await people('corp')).toEqual(expected)
      expect((await json('group', 'show', 'crew', '--domain', 'corp')).users).toHaveLength(4)
      expect((await json('group', 'show', 'empty', '--domain', 'corp')).users).toEqual([])
      // A directory that may only be read says so, whichever way it is asked.
      for (const words of [
        ['user', 'create', 'new', '--domain', 'corp'],
        ['user', 'set', 'ann', '--domain', 'corp', '--disable'],
        ['user', 'delete', 'ann', '--domain', 'corp', '--yes'],
        ['group', 'create', 'new', '--domain', 'corp'],
        ['group', 'delete', 'crew', '--domain', 'corp', '--yes'],
        ['group', 'remove', 'user', 'crew', 'ann', '--group-domain', 'corp', '--user-domain', 'corp'],
      ]) {
        const { code, err } = await world.run('identity', ...words)
        const sentence = 'administered in its directory server; here they are read only'
        expect([code, err]).toEqual([1, expect.stringContaining(sentence) as string])
      }
      const dump = world.file('back.ldif', readFileSync(await dumpOf(server), 'utf8'))
      world.configure({})
      await json('domain', 'create', 'back')
      const brought = await world.run(
        'identity',
        'import',
        '--from-ldif',
        dump,
        '--domain',
        'back',
        '--apply',
      )
      expect([brought.code, brought.err]).toEqual([0, ''])
      expect(await people('back')).toEqual(expected)
      expect((await json('group', 'show', 'crew', '--domain', 'back')).users).toHaveLength(4)
    } finally {
      await server.remove()
      world.end()
    }
  })
})

const importing = (world: TestWorld, file: string, ...words: readonly string[]) =>
  world.run('identity', 'import', '--from-ldif', file, '--domain', 'corp', '--json', ...words)

describe('import: the program', () => {
  test('killed at any moment and run again ends as one that nobody killed', async () => {
    const people = 1500
    const users = Array.from(
      { length: people },
      (_, at) => `dn: uid=u${at},dc=corp\nobjectClass: inetOrgPerson\nuid: u${at}\n\n`,
    )
    const members = users.map((_, at) => `member: uid=u${at},dc=corp\n`).join('')
    const text = `${users.join('')}dn: cn=all,dc=corp\nobjectClass: groupOfNames\ncn: all\n${members}`
    const whole = await openWorld(text)
    const unharmed = await whole.start()
    expect(unharmed.code).toBe(0)
    const expected = await whole.everything()
    expect(expected.users).toHaveLength(people + 1)
    whole.end()
    let cutShort = 0
    for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const world = await openWorld(text)
      await world.start(unharmed.written * part)
      const before = await world.everything()
      if (before.users.length > 1 && before.members.length < people) cutShort++
      expect(await world.start()).toMatchObject({ code: 0 })
      expect(await world.everything()).toEqual(expected)
      world.end()
    }
    expect(cutShort).toBeGreaterThan(0)
  })
})

/** A database, and the program on it: killed when so many bytes were written to the database's log. */
async function openWorld(text: string) {
  const world = testWorld()
  await world.run('identity', 'bootstrap')
  await world.inStore(({ db }) =>
    db.insertInto('domains').values({ id: 'c', name: 'corp', description: '', enabled: 1 }).execute(),
  )
  const file = world.file('all.ldif', text)
  const log = join(world.dir, 'state', 'manila.db-wal')
  const program = join(import.meta.dirname, '..', '..', 'src', 'bin', 'manila-manage.mjs')
  const words = [
    '--config',
    world.config,
    'identity',
    'import',
    '--from-ldif',
    file,
    '--domain',
    'corp',
    '--apply',
  ]
  return {
    end: world.end,
    start: (killAt = Infinity): Promise<{ code: number | null; written: number }> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [program, ...words], { stdio: 'ignore' })
        let written = 0
        const look = setInterval(() => {
          written = Math.max(written, statSync(log, { throwIfNoEntry: false })?.size ?? 0)
          if (written >= killAt) child.kill('SIGKILL')
        }, 1)
        child.once('exit', (code) => {
          clearInterval(look)
          resolve({ code, written })
        })
      }),
    everything: () =>
      world.inStore(async ({ db }) => ({
        users: (await db.selectFrom('users').select('name').orderBy('name').execute()).map(
          ({ name }) => name,
        ),
        groups: await db.selectFrom('groups').select(['id', 'name']).execute(),
        members: await db.selectFrom('group_members').selectAll().orderBy('user_id').execute(),
      })),
  }
}
