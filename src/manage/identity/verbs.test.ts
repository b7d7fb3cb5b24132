import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuthManager } from '../../auth/manager.ts'
import { loadSettings } from '../../config/load.ts'
import { systemClock } from '../../runtime/clock.ts'
import { testWorld, type Ran, type TestWorld } from '../bench.fixture.ts'

let world: TestWorld
beforeEach(async () => {
  world = testWorld()
  expect((await world.run('identity', 'bootstrap')).code).toBe(0)
})
afterEach(() => world.end())

const identity = (...words: readonly string[]): Promise<Ran> => world.run('identity', ...words, '--json')

/** Roles that a login with this password yields; throws as a login does. */
const logIn = (name: string, password: string, project: string): Promise<string[]> =>
  world.inStore(async (store) => {
    const keyFile = loadSettings({ file: world.config }).auth.key_file
    const auth = await AuthManager.open({ store, clock: systemClock(), keyFile })
    const { standing } = await auth.loginWithPassword({
      user: { name, domain: { id: 'default' } },
      password,
      address: '127.0.0.1',
      scope: { project: { name: project, domain: { id: 'default' } } },
    })
    auth.close()
    return [...standing.identity.roles].sort()
  })

describe('people, groups, projects, domains and roles', () => {
  test('are made, shown, listed, changed and deleted', async () => {
    const made = async (...words: string[]) => {
      const ran = await identity(...words)
      expect([ran.code, ran.err]).toEqual([0, ''])
      return ran.json()
    }
    const corp = await made('domain', 'create', 'corp', '--description', 'people')
    expect(corp).toMatchObject({ name: 'corp', description: 'people', enabled: true })
    expect((await made('domain', 'list')).map(({ name }: { name: string }) => name)).toEqual([
      'Default',
      'corp',
    ])
    expect(await made('domain', 'show', 'corp')).toEqual(corp)
    const top = await made('project', 'create', 'lab', '--domain', 'corp')
    const below = await made('project', 'create', 'bench', '--domain', 'corp', '--parent', 'lab', '--disable')
    expect(below).toMatchObject({ parent_id: top.id, enabled: false, domain_id: corp.id })
    expect(await made('project', 'set', below.id, '--enable', '--name', 'desk')).toMatchObject({
      id: below.id,
      name: 'desk',
      enabled: true,
    })
    expect(await made('project', 'list', '--parent', top.id)).toMatchObject([{ name: 'desk' }])
    const ann = await made('user', 'create', 'ann', '--domain', 'corp', '--email', 'ann@corp.test')
    expect(ann).toMatchObject({ name: 'ann', email: 'ann@corp.test', enabled: true })
    expect(await made('user', 'set', 'ann', '--domain', 'corp', '--disable')).toMatchObject({
      enabled: false,
      email: 'ann@corp.test',
    })
    expect(await made('user', 'list', '--domain', 'corp')).toMatchObject([{ id: ann.id }])
    expect(await made('project', 'set', top.id, '--tag', 'b', '--tag', 'a')).toMatchObject({
      tags: ['a', 'b'],
    })
    await made('group', 'create', 'crew', '--domain', 'corp')
    const member = ['crew', 'ann', '--group-domain', 'corp', '--user-domain', 'corp']
    await made('group', 'add', 'user', ...member)
    await made('group', 'add', 'user', ...member)
    expect(await made('group', 'show', 'crew', '--domain', 'corp')).toMatchObject({ users: ['ann'] })
    expect(await made('group', 'list', '--user', ann.id)).toMatchObject([{ name: 'crew' }])
    await made('role', 'create', 'keeper', '--description', 'keeps')
    const grant = ['keeper', '--group', 'crew', '--group-domain', 'corp', '--project', top.id]
    await made('role', 'add', ...grant)
    await made('role', 'add', 'reader', '--user', ann.id, '--system')
    await made('role', 'add', 'manager', '--user', ann.id, '--domain', 'corp')
    const lines = (rows: Record<string, string>[]) =>
      rows
        .map((row) =>
          Object.entries(row)
            .map((pair) => pair.join(' '))
            .join(', '),
        )
        .toSorted()
    expect(lines(await made('role', 'assignment', 'list', '--names', '--project', top.id))).toEqual([
      'role keeper, group crew@corp, project lab@corp',
    ])
    const effective = ['role', 'assignment', 'list', '--names', '--effective', '--user', ann.id]
    expect(lines(await made(...effective))).toEqual([
      'role keeper, user ann@corp, project lab@corp',
      'role manager, user ann@corp, domain corp',
      'role member, user ann@corp, domain corp',
      'role reader, user ann@corp, domain corp',
      'role reader, user ann@corp, system all',
    ])
    const inherited = [
      'reader',
      '--group',
      'crew',
      '--group-domain',
      'corp',
      '--project',
      top.id,
      '--inherited',
    ]
    await made('role', 'add', ...inherited)
    expect(lines(await made('role', 'assignment', 'list', '--names', '--inherited'))).toEqual([
      'role reader, group crew@corp, project lab@corp, inherited true',
    ])
    expect(lines(await made(...effective))).toContain('role reader, user ann@corp, project desk@corp')
    await made('role', 'remove', ...inherited)
    await made('role', 'remove', ...grant)
    expect(await made('role', 'assignment', 'list', '--role', 'keeper')).toEqual([])
    await made('group', 'remove', 'user', ...member)
    expect(await made('role', 'set', 'keeper', '--description', 'kept')).toMatchObject({
      description: 'kept',
    })
    await made('implied', 'role', 'create', 'keeper', 'reader')
    expect(await made('implied', 'role', 'list')).toContainEqual({ role: 'keeper', implied: 'reader' })
    await made('implied', 'role', 'delete', 'keeper', 'reader')
    expect((await identity('implied', 'role', 'delete', 'keeper', 'reader')).code).toBe(1)
    const empty = await made('domain', 'create', 'empty')
    await made('domain', 'set', 'empty', '--name', 'gone', '--disable')
    for (const words of [
      ['domain', 'delete', empty.id],
      ['group', 'delete', 'crew', '--domain', 'corp'],
      ['user', 'delete', ann.id],
      ['project', 'delete', below.id],
      ['role', 'delete', 'keeper'],
    ]) {
      expect((await identity(...words)).err).toContain('say --yes')
      await made(...words, '--yes')
      const [noun = '', , word = ''] = words
      expect((await identity(noun, 'show', word)).err).toContain(`Could not find ${noun}: ${word}.`)
    }
  })

  test('a list that was cut says so', async () => {
    const { out } = await world.run('identity', 'role', 'list', '--limit', '2')
    expect(out.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^ID +NAME +DESCRIPTION$/),
      expect.stringMatching(/ admin$/),
      expect.stringMatching(/ manager$/),
      'only the first 2: say --limit, or narrow the list',
    ])
    expect((await world.run('identity', 'role', 'list', '--limit', '5')).out).not.toContain('only the first')
  })
})

describe('refusals are the Auth Manager’s own', () => {
  test.each([
    [['user', 'create', ''], 'user.name must be a string of 1 to 255 characters'],
    [['project', 'create', 'x'.repeat(65)], 'project.name must be a string of 1 to 64 characters'],
    [['role', 'create', 'two words'], 'role.name must be a string of 1 to 255 characters without blanks'],
    [['role', 'create', 'Admin'], 'There is a role named Admin already.'],
    [['role', 'delete', 'admin', '--yes'], 'The role admin is part of the service'],
    [['project', 'create', 'admin'], 'There is a project named admin already.'],
    [['user', 'create', 'admin'], 'There is a user named admin already.'],
    [['user', 'create', 'ann', '--domain', 'nowhere'], 'Could not find domain: nowhere.'],
    [['role', 'add', 'king', '--user', 'admin', '--system'], 'Could not find role: king.'],
    [['role', 'remove', 'member', '--user', 'admin', '--system'], 'Could not find role assignment: member.'],
    [['domain', 'delete', 'Default', '--yes'], "can't be deleted"],
    [['implied', 'role', 'create', 'reader', 'admin'], 'No role may imply admin'],
    [['project', 'create', 'p', '--tag', 'a,b'], 'must be a string of 1 to 255 characters without / and ,'],
    [['group', 'show', 'none'], 'Could not find group: none.'],
  ])('%j', async (words, sentence) => {
    const { code, out, err } = await identity(...words)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(sentence)
  })

  test.each([
    [['user', 'set', 'admin'], 'say what to change'],
    [['user', 'set', 'admin', '--enable', '--disable'], 'say --enable or --disable'],
    [['role', 'add', 'member', '--user', 'admin'], 'needs --user or --group, and one of'],
    [['role', 'add', 'member', '--user', 'admin', '--system', '--project', 'admin'], 'name one of'],
    [['user', 'list', '--limit', '0'], '--limit is 1 to 10000'],
  ])('%j is a wrong command line', async (words, sentence) => {
    const { code, err } = await identity(...words)
    expect(code).toBe(2)
    expect(err).toContain(sentence)
  })
})

describe('passwords', () => {
  test('come from a file, standard input or a terminal, and are never printed', async () => {
    const file = world.file('password', 'from a file\n')
    const ran = [
      await identity('user', 'create', 'ann', '--password-file', file),
      await world.runWith(
        { stdin: 'from stdin\n' },
        'identity',
        'user',
        'create',
        'bob',
        '--password-file',
        '-',
      ),
      await world.runWith(
        { typed: ['from the keys', 'from the keys'] },
        'identity',
        'user',
        'create',
        'eve',
        '--password-prompt',
      ),
    ]
    for (const { code, out, err } of ran) {
      expect(code).toBe(0)
      expect(out + err).not.toContain('from ')
    }
    for (const name of ['ann', 'bob', 'eve']) {
      await identity('role', 'add', 'reader', '--user', name, '--project', 'admin')
    }
    expect(await logIn('ann', 'from a file', 'admin')).toEqual(['reader'])
    expect(await logIn('bob', 'from stdin', 'admin')).toEqual(['reader'])
    expect(await logIn('eve', 'from the keys', 'admin')).toEqual(['reader'])
    const changed = await world.runWith(
      { stdin: 'another one\n' },
      'identity',
      'user',
      'set',
      'ann',
      '--password-file',
      '-',
    )
    expect([changed.code, changed.out.includes('another')]).toEqual([0, false])
    await expect(logIn('ann', 'from a file', 'admin')).rejects.toMatchObject({ code: 'Unauthorized' })
    expect(await logIn('ann', 'another one', 'admin')).toEqual(['reader'])
  })

  test('that differ when typed twice change nothing', async () => {
    const typed = { typed: ['one of them', 'another'] }
    const { code, err } = await world.runWith(typed, 'identity', 'user', 'create', 'ann', '--password-prompt')
    expect([code, err]).toEqual([1, 'manila-manage: the two passwords are not the same\n'])
    expect((await identity('user', 'show', 'ann')).code).toBe(1)
  })

  test('have no option of the command line', async () => {
    const { code, err } = await identity('user', 'create', 'ann', '--password', 'hidden words')
    expect(code).toBe(2)
    expect(err).not.toContain('hidden words')
  })

  test('an account made without one lets nobody in', async () => {
    await identity('user', 'create', 'ann')
    await identity('role', 'add', 'reader', '--user', 'ann', '--project', 'admin')
    await expect(logIn('ann', '', 'admin')).rejects.toMatchObject({ code: 'Unauthorized' })
  })
})
