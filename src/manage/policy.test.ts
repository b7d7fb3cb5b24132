/** `manila-manage policy …`: real files, and a real database for users and shares. */
import { mkdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { defaultRules } from '../policy/defaults/index.ts'
import { testWorld, type TestWorld } from './bench.fixture.ts'

let world: TestWorld
beforeEach(() => {
  world = testWorld()
})
afterEach(() => world.end())

const withFile = (text: string): string => {
  const file = world.file('policy.yaml', text)
  world.configure({ api: { policy_file: file } })
  return file
}

describe('policy list', () => {
  test('has every rule with its default, what is in force and where that is from', async () => {
    const file = withFile('"share:delete": "rule:mine"\nmine: "role:boss"\n"share:get": "role:x"\n')
    const { code, json } = await world.run('policy', 'list', '--json')
    expect(code).toBe(0)
    const rules = json().rules as { rule: string; default: string; effective: string; from: string }[]
    expect(rules.map(({ rule }) => rule)).toEqual([...Object.keys(defaultRules), 'mine'])
    const byName = Object.fromEntries(rules.map((one) => [one.rule, one]))
    expect(byName['share:delete']).toMatchObject({
      default: defaultRules['share:delete'],
      effective: 'rule:mine',
      from: file,
      routes: ['DELETE /shares/{id}'],
    })
    expect(byName['mine']).toMatchObject({ default: null, effective: 'role:boss', from: file })
    expect(byName['share:create']).toMatchObject({ effective: defaultRules['share:create'], from: 'default' })
    expect(byName['share_network:create']).toMatchObject({ guards_nothing_yet: true })
    const { out } = await world.run('policy', 'list')
    expect(out).toMatch(/^share:get +rule:context_is_admin or rule:project-reader +role:x +\//m)
    expect(out).toMatch(/^share:create +\S.* +the default +default$/m)
  })

  test('ends with 3 and words when the file is wrong or not there', async () => {
    withFile('"share:get": "rule:project-reeder"\n')
    const { code, err } = await world.run('policy', 'list')
    expect([code, err]).toEqual([3, expect.stringContaining('did you mean "project-reader"?')])
    world.configure({ api: { policy_file: '/nowhere/policy.yaml' } })
    expect(await world.run('policy', 'diff')).toMatchObject({
      code: 3,
      err: expect.stringContaining('ENOENT'),
    })
  })
})

describe('policy diff', () => {
  test('says nothing without a file', async () => {
    expect(await world.run('policy', 'diff')).toMatchObject({
      code: 0,
      out: 'nothing differs from the defaults\n',
    })
  })

  test('names what is changed, redundant, to come, deprecated and unknown', async () => {
    withFile(
      [
        '"share:get": "(rule:context_is_admin or rule:project-reader)"',
        '"share:delete": "role:mine"',
        '"share_network:create": "!"',
        'admin_api: "role:root"',
        '"share:craete": "!"',
      ].join('\n'),
    )
    const { code, out } = await world.run('policy', 'diff')
    expect(code).toBe(1)
    expect(out).toBe(
      [
        'admin_api\n  - is_admin:True\n  + role:root',
        'share:delete\n  - rule:context_is_admin or rule:project-member\n  + role:mine',
        'share_network:create\n  - rule:context_is_admin or rule:project-member\n  + !',
        'the same as the default: share:get',
        'of resources still to come: share_network:create',
        'deprecated: admin_api',
        'warning: there is no rule "share:craete"; did you mean "share:create"?\n',
      ].join('\n'),
    )
  })

  test('the sample differs in nothing, and with its # taken off everything is the default', async () => {
    const { out: sample } = await world.run('policy', 'sample')
    withFile(sample)
    expect((await world.run('policy', 'diff')).out).toBe('nothing differs from the defaults\n')
    withFile(sample.replaceAll(/^#"/gm, '"'))
    const { json } = await world.run('policy', 'diff', '--json')
    expect(json()).toMatchObject({ changed: [], helpers: [], unknown: [] })
    expect(json().redundant.toSorted()).toEqual(Object.keys(defaultRules).toSorted())
  })
})

describe('policy check', () => {
  const elsewhere = ['--project', 'p1', '--target', 'project_id=p2'] as const

  test('draws the rule with what each part came to, and ends with 1 when it is refused', async () => {
    const { code, out } = await world.run('policy', 'check', 'share:extend', '--role', 'member', ...elsewhere)
    expect(code).toBe(1)
    expect(out).toBe(
      [
        'rule    share:extend, from the defaults: Make a share larger.',
        'caller  user nobody, project p1, scope project, roles member, reader',
        'target  project_id=p2',
        'false   rule:context_is_admin or rule:project-member',
        'false     rule:context_is_admin',
        'false       role:admin  (the caller has member, reader)',
        'false     rule:project-member',
        'false       role:member and project_id:%(project_id)s',
        'true          role:member  (the caller has member, reader)',
        "false         project_id:%(project_id)s  (the caller's project_id is p1, the target's is p2)",
        'refused\n',
      ].join('\n'),
    )
  })

  test('follows the file, and ends with 0 when it is allowed', async () => {
    withFile('"share:extend": "role:grower"\n')
    const { code, out } = await world.run('policy', 'check', 'share:extend', '--role', 'Grower', ...elsewhere)
    expect([code, out.split('\n').at(-2)]).toEqual([0, 'allowed'])
    const admin = await world.run('policy', 'check', 'share:extend', '--role', 'admin', '--json')
    expect([admin.code, admin.json().tree.passes]).toEqual([1, false])
  })

  test('a token of a system passes no rule, and the tree says what it would have come to', async () => {
    const { code, out } = await world.run(
      'policy',
      'check',
      'share:get',
      '--role',
      'admin',
      '--scope',
      'system',
    )
    expect(code).toBe(1)
    expect(out).toContain('false   a token of scope "system" passes no rule')
    expect(out).toContain('true        role:admin')
  })

  test('reads a user with the roles he has, and a share, from the store', async () => {
    mkdirSync(`${world.dir}/state`, { recursive: true })
    const stdin = 'a long enough secret 1'
    const from = { stdin }
    await world.runWith(from, 'bootstrap', '--password-file', '-')
    const made = ['user', 'create', 'ann', '--project', 'lab', '--role', 'member', '--password-file', '-']
    const created = await world.runWith(from, ...made, '--json')
    expect(created.err).toBe('')
    const { user_id: user, project_id: project } = created.json()
    const share = (await world.seedShare({ project_id: project, user_id: 'u2' })) as { id: string }
    const ask = ['policy', 'check', 'share:extend', '--user', 'ann', '--project', 'lab']
    const own = await world.run(...ask, '--share', share.id, '--json')
    expect(own.json()).toMatchObject({
      allowed: true,
      caller: { user_id: user, project_id: project, roles: expect.arrayContaining(['member', 'reader']) },
      target: { project_id: project, user_id: 'u2' },
    })
    const other = (await world.seedShare({ project_id: 'p2' })) as { id: string }
    expect((await world.run(...ask, '--share', other.id)).code).toBe(1)
    // What can't be decided is not refused.
    expect((await world.run(...ask, '--share', 'none')).code).toBe(3)
    expect((await world.run(...ask.with(4, 'bob'))).code).toBe(3)
    expect((await world.run(...ask.with(6, 'nowhere'))).code).toBe(3)
  })

  test.each([
    [['share:get'], /--user/],
    [['share:get', '--user', 'a', '--role', 'b'], /--user/],
    [['share:get', '--user', 'a'], /--project/],
    [['share:get', '--role', 'a', '--scope', 'world'], /project, domain, system/],
    [['share:get', '--role', 'a', '--target', 'x'], /KEY=VALUE/],
  ])('%j is a wrong line', async (argv, message) => {
    const { code, err } = await world.run('policy', 'check', ...argv)
    expect([code, err]).toEqual([2, expect.stringMatching(message)])
  })

  test('a rule that nobody knows is neither allowed nor refused', async () => {
    expect((await world.run('policy', 'check', 'share:gte', '--role', 'a')).code).toBe(3)
  })
})
