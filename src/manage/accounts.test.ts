import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuthManager } from '../auth/manager.ts'
import { loadSettings } from '../config/load.ts'
import { systemClock } from '../runtime/clock.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

/** Roles that a login with this password yields; throws as a login does. */
async function rolesAfterLogin(name: string, password: string, project: string): Promise<string[]> {
  return world.inStore(async (store) => {
    const keyFile = loadSettings({ file: world.config }).auth.key_file
    const auth = await AuthManager.open({ store, clock: systemClock(), keyFile })
    const { standing } = await auth.loginWithPassword({
      user: { name, domain: { id: 'default' } },
      password,
      address: '127.0.0.1',
      scope: { project: { name: project, domain: { id: 'default' } } },
    })
    return [...standing.identity.roles].sort()
  })
}

describe('bootstrap', () => {
  test('shows the password it made once; the second run changes nothing', async () => {
    const first = await world.run('bootstrap', '-f', 'json')
    expect(first.code).toBe(0)
    const { password, created } = first.json()
    expect(created).toBe(true)
    expect(password).toMatch(/^[\w-]{20}$/)
    const second = await world.run('bootstrap', '-f', 'json')
    expect(second.json()).not.toHaveProperty('password')
    expect(second.json().created).toBe(false)
    expect(await rolesAfterLogin('admin', password, 'admin')).toContain('admin')
  })

  test('takes the first line of a file and never prints it', async () => {
    const file = world.file('password', 'correct horse\nand a comment\n')
    const { code, out } = await world.run('bootstrap', '--password-file', file)
    expect(code).toBe(0)
    expect(out).not.toContain('correct horse')
    expect(await rolesAfterLogin('admin', 'correct horse', 'admin')).toContain('admin')
  })

  test.each([
    ['a file that everybody reads', 'secret\n', 0o644, 'chmod 600'],
    ['an empty file', '\n', 0o600, 'the first line is empty'],
  ])('%s is refused', async (_, content, mode, sentence) => {
    const { code, err } = await world.run('bootstrap', '--password-file', world.file('p', content, mode))
    expect(code).toBe(1)
    expect(err).toContain(sentence)
    expect(err).not.toContain('secret')
  })

  test('a file that is not there is refused before anything is made', async () => {
    const { code, err } = await world.run('bootstrap', '--password-file', `${world.dir}/none`)
    expect(code).toBe(1)
    expect(err).toContain("password file can't be read")
    expect((await world.run('db', 'version')).err).toContain('there is no database')
  })
})

describe('user', () => {
  const create = ['user', 'create', 'ann', '--project', 'lab'] as const

  test('create makes user, project and role; the password comes from standard input', async () => {
    await world.run('bootstrap')
    const made = await world.runWith(
      { stdin: 'battery staple\n' },
      ...create,
      '--role',
      'member',
      '--role',
      'service',
      '--password-file',
      '-',
    )
    expect([made.code, made.err]).toEqual([0, ''])
    expect(made.out).toContain('user ann was made: member, service in project lab')
    expect(await rolesAfterLogin('ann', 'battery staple', 'lab')).toEqual(['member', 'reader', 'service'])
  })

  test('create of one that exists adds the role and keeps the password', async () => {
    await world.run('bootstrap')
    const { password } = (await world.run(...create, '--role', 'reader', '-f', 'json')).json()
    const again = await world.run(...create, '--role', 'member', '-f', 'json')
    expect(again.json()).toMatchObject({ created: false, project: 'lab', roles: ['member'] })
    expect(again.json()).not.toHaveProperty('password')
    expect(await rolesAfterLogin('ann', password, 'lab')).toEqual(['member', 'reader'])
  })

  test('an unknown role makes nothing', async () => {
    await world.run('bootstrap')
    const { code, err } = await world.run(...create, '--role', 'king')
    expect(code).toBe(1)
    expect(err).toContain('there is no role king; there are admin, ')
    const projects = await world.inStore(({ db }) => db.selectFrom('projects').select('name').execute())
    expect(projects).toEqual([{ name: 'admin' }])
  })

  test('what is made keeps the rules, and what is given is held to them', async () => {
    const passwords = {
      min_length: 40,
      regex: '^[a-zA-Z0-9_-]*[0-9]-',
      regex_description: 'a digit before -',
    }
    world.configure({ auth: { passwords } })
    const { password } = (await world.run('bootstrap', '-f', 'json')).json()
    expect(password).toMatch(/[0-9]-/)
    expect(password.length).toBeGreaterThanOrEqual(40)
    const short = await world.run(
      'user',
      'password',
      'admin',
      '--password-file',
      world.file('p', 'correct horse\n'),
    )
    expect([short.code, short.err]).toEqual([1, 'manila-manage: password must have at least 40 characters\n'])
    world.configure({ auth: { passwords: { regex: '^ $' } } })
    const never = await world.run('user', 'password', 'admin')
    expect(never.err).toContain('give one with --password-file')
  })

  test('before bootstrap it says what comes first', async () => {
    await world.run('db', 'sync')
    const { code, err } = await world.run(...create, '--role', 'member')
    expect([code, err]).toEqual([
      1,
      'manila-manage: there are no roles yet: run manila-manage bootstrap first\n',
    ])
  })

  test('password lets somebody in again', async () => {
    await world.run('bootstrap')
    const { password } = (await world.run('user', 'password', 'admin', '-f', 'json')).json()
    expect(await rolesAfterLogin('admin', password, 'admin')).toContain('admin')
    const { code, err } = await world.run('user', 'password', 'nobody')
    expect([code, err]).toEqual([1, 'manila-manage: there is no user nobody\n'])
  })
})

describe('identity recover', () => {
  test('lets somebody in whatever became of the administrator', async () => {
    await world.run('bootstrap')
    await world.inStore(async ({ db }) => {
      await db.deleteFrom('role_assignments').execute()
      for (const table of ['users', 'projects', 'domains'] as const)
        await db.updateTable(table).set({ enabled: 0 }).execute()
    })
    const made = await world.run('identity', 'recover', '-f', 'json')
    expect([made.code, made.err]).toEqual([0, ''])
    expect(made.json()).toMatchObject({ user: 'admin', created: false })
    expect(await rolesAfterLogin('admin', made.json().password, 'admin')).toContain('admin')
  })

  test('makes one where there is none, with the password of a file, and shows it nowhere', async () => {
    await world.run('bootstrap')
    await world.inStore(async ({ db }) => {
      await db.deleteFrom('users').execute()
    })
    const file = world.file('password', 'correct horse\n')
    const made = await world.run('identity', 'recover', '--user', 'ann', '--password-file', file)
    expect([made.code, made.err]).toEqual([0, ''])
    expect(made.out).not.toContain('correct horse')
    expect(await rolesAfterLogin('ann', 'correct horse', 'admin')).toContain('admin')
  })
})

describe('where a Keystone has the accounts', () => {
  test.each([
    ['identity', 'recover', '--password-file', 'FILE'],
    ['bootstrap', '--password-file', 'FILE'],
    ['user', 'create', 'ann', '--project', 'p', '--role', 'member', '--password-file', 'FILE'],
    ['user', 'password', 'ann', '--password-file', 'FILE'],
  ])('%s %s refuses, says where to go, and makes nothing', async (...words) => {
    const file = world.file('password', 'correct horse')
    writeFileSync(
      world.config,
      `${readFileSync(world.config, 'utf8')}\n[auth]\nbackend = "keystone"\n[auth.keystone]\nauth_url = "https://inside.example:5000"\nwww_authenticate_uri = "https://keystone.example"\npassword = "of the service"\n`,
    )
    const { code, err } = await world.run(...words.map((word) => (word === 'FILE' ? file : word)))
    expect(code).toBe(3)
    expect(err).toContain('those of the Keystone at https://keystone.example')
    expect(existsSync(join(world.dir, 'var', 'manila.db'))).toBe(false)
    const check = await world.run('config', 'check', '-f', 'json')
    expect(check.code).toBe(0)
    expect(check.out).toContain('[secret]')
    expect(check.out).not.toContain('of the service')
  })
})
