/** A cloud of a private real Keystone is brought here: the same people have the same roles in the same projects, by their old ids. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import { startService, type Service } from '../../src/main.ts'
import { testWorld, type TestWorld } from '../../src/manage/bench.fixture.ts'
import { hasKeystone, startKeystone, type Keystone } from '../../tools/programs/keystone.ts'
import { hasSlapd, startSlapd } from '../../tools/programs/slapd.ts'
import { hasStockClients, stockShell, type StockShell } from '../helpers/stock-shell.ts'
import { runManage } from './manage.ts'

let dir: string
let keystone: Keystone

type Named = { readonly id: string; readonly name: string }
/** What Keystone has, by kind and name. */
const ids = new Map<string, string>()
const idOf = (what: string): string => {
  const id = ids.get(what)
  if (id === undefined) throw new Error(`there is no ${what}`)
  return id
}

async function make(kind: string, name: string, fields: object = {}): Promise<string> {
  const answer = (await keystone.admin('POST', `/${kind}s`, { [kind]: { name, ...fields } })) as Record<
    string,
    Named
  >
  const id = answer[kind]?.id ?? ''
  ids.set(`${kind} ${name}`, id)
  return id
}

/** Three domains, a tree of projects, people of one name in two domains, groups, a role that implies another, roles on everything. */
async function fill(): Promise<void> {
  const { admin } = keystone
  for (const kind of ['role', 'project', 'user'] as const) {
    const found: Record<string, Named[]> = await admin('GET', `/${kind}s`)
    for (const { id, name } of found[`${kind}s`] ?? []) ids.set(`${kind} ${name}`, id)
  }
  for (const name of ['manager', 'service', 'keeper']) await make('role', name)
  for (const [prior, implied] of [
    ['admin', 'manager'],
    ['manager', 'member'],
    ['keeper', 'reader'],
  ]) {
    await admin('PUT', `/roles/${idOf(`role ${prior}`)}/implies/${idOf(`role ${implied}`)}`)
  }
  const lab = await make('domain', 'lab', { description: 'where things are tried' })
  await make('domain', 'old', { enabled: false })
  await make('role', 'labrat', { domain_id: lab })
  // The names run against the order in which they must be made.
  const top = await make('project', 'z-top', { domain_id: lab, tags: ['blue', 'round'] })
  const middle = await make('project', 'm-middle', { domain_id: lab, parent_id: top })
  const leaf = await make('project', 'a-leaf', { domain_id: lab, parent_id: middle, description: 'far down' })
  await make('project', 'resting', { domain_id: 'default', enabled: false })
  const red = await make('project', 'red', { domain_id: 'default' })
  const people: Record<string, string> = {}
  for (const [name, domain, fields] of [
    ['alice', 'default', { email: 'alice@lab.test', default_project_id: red }],
    ['alice', lab, { description: 'another one' }],
    ['bob', lab, {}],
    ['carol', lab, { enabled: false }],
    ['zoë', lab, {}],
  ] as const) {
    people[`${name} ${domain}`] = await make('user', name, {
      domain_id: domain,
      password: `old ${name}`,
      ...fields,
    })
  }
  const crew = await make('group', 'crew', { domain_id: lab })
  await make('group', 'nobody', { domain_id: lab, description: 'empty' })
  const bob = idOf('user bob')
  for (const member of [bob, idOf('user zoë')]) await admin('PUT', `/groups/${crew}/users/${member}`)
  const [member, reader, keeper, administrator] = ['member', 'reader', 'keeper', 'admin'].map((name) =>
    idOf(`role ${name}`),
  )
  for (const path of [
    `/projects/${red}/users/${people['alice default']}/roles/${member}`,
    `/projects/${leaf}/users/${people[`alice ${lab}`]}/roles/${keeper}`,
    `/projects/${middle}/groups/${crew}/roles/${member}`,
    `/domains/${lab}/users/${bob}/roles/${administrator}`,
    `/domains/${lab}/groups/${crew}/roles/${reader}`,
    `/system/users/${people['alice default']}/roles/${reader}`,
    `/system/groups/${crew}/roles/${reader}`,
    `/OS-INHERIT/domains/${lab}/users/${people[`alice ${lab}`]}/roles/${reader}/inherited_to_projects`,
    `/OS-INHERIT/projects/${top}/groups/${crew}/roles/${keeper}/inherited_to_projects`,
    `/projects/${red}/users/${idOf('user carol')}/roles/${member}`,
  ]) {
    await admin('PUT', path)
  }
}

const credentials = (): Record<string, string> => ({
  OS_AUTH_URL: keystone.url,
  OS_USERNAME: 'admin',
  OS_PASSWORD: keystone.adminPassword,
  OS_PROJECT_NAME: 'admin',
  OS_USER_DOMAIN_ID: 'default',
  OS_PROJECT_DOMAIN_ID: 'default',
})

const manage = (world: TestWorld, ...words: readonly string[]) =>
  world.runWith({ env: credentials() }, ...words)
const importing = (world: TestWorld, ...words: readonly string[]) =>
  manage(world, 'identity', 'import', '--from-keystone', '--json', ...words)

describe.skipIf(!hasKeystone())('on a private server (python3-keystone) import: a cloud of Keystone', () => {
  let config: TestWorld
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'import-ks-'))
    keystone = await startKeystone()
    await fill()
    config = testWorld()
    config.configure({ api: { port: 0 } })
    expect(await manage(config, 'db', 'sync')).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    await keystone.remove()
    config.end()
    rmSync(dir, { recursive: true, force: true })
  })

  test('is planned without a change, brought, and then there is nothing to do', async () => {
    const plan = await importing(config)
    expect(plan).toMatchObject({ code: 0, err: '' })
    const planned = JSON.parse(plan.out)
    const { counts, notes, must_reset: mustReset } = planned
    expect(counts).toMatchObject({
      domain: { create: 3, conflict: 0, left: 0 },
      role: { create: 6, conflict: 0, left: 0 },
      project: { create: 6, conflict: 0, left: 0 },
      user: { create: 6, conflict: 0, left: 0 },
      group: { create: 2, conflict: 0, left: 0 },
      membership: { create: 2, conflict: 0, left: 0 },
      assignment: { conflict: 0, left: 0 },
    })
    expect(notes).toEqual([
      { what: 'role labrat of domain lab', why: 'roles of a domain are not known here' },
    ])
    // Carol is disabled.
    expect(mustReset).toEqual(['admin@Default', 'alice@Default', 'alice@lab', 'bob@lab', 'zoë@lab'])
    expect(plan.out).not.toContain(keystone.adminPassword)
    expect(JSON.parse((await manage(config, 'identity', 'user', 'list', '--json')).out)).toEqual([])
    const done = await importing(config, '--apply')
    expect(done.code).toBe(0)
    expect({ ...JSON.parse(done.out), applied: false }).toEqual(planned)
    const again = await importing(config, '--apply')
    expect(again.code).toBe(0)
    const after = JSON.parse(again.out)
    expect(after.items).toEqual([])
    expect(after.must_reset).toEqual(mustReset)
  })

  test('keeps the ids of projects, users, groups and domains', async () => {
    const { out } = await manage(config, 'identity', 'project', 'list', '--json')
    const projects = new Map(JSON.parse(out).map((one: Named) => [one.name, one]))
    for (const name of ['z-top', 'm-middle', 'a-leaf', 'red', 'resting', 'admin']) {
      expect(projects.get(name)).toMatchObject({ id: idOf(`project ${name}`) })
    }
    const printed = async (...words: string[]) =>
      JSON.parse((await manage(config, 'identity', ...words, '--json')).out)
    expect(await printed('project', 'show', idOf('project a-leaf'))).toMatchObject({
      name: 'a-leaf',
      domain_id: idOf('domain lab'),
      parent_id: idOf('project m-middle'),
      description: 'far down',
      enabled: true,
    })
    expect(await printed('project', 'show', idOf('project z-top'))).toMatchObject({ tags: ['blue', 'round'] })
    expect(await printed('project', 'show', idOf('project resting'))).toMatchObject({ enabled: false })
    expect(await printed('domain', 'show', 'old')).toMatchObject({ id: idOf('domain old'), enabled: false })
    expect(await printed('user', 'show', idOf('user carol'))).toMatchObject({ name: 'carol', enabled: false })
    expect(await printed('user', 'show', 'alice')).toMatchObject({
      email: 'alice@lab.test',
      default_project_id: idOf('project red'),
    })
    expect(await printed('group', 'show', idOf('group crew'))).toMatchObject({ users: ['bob', 'zoë'] })
  })

  describe.skipIf(!hasStockClients())('comes to the same roles', () => {
    let service: Service
    let shell: StockShell
    beforeAll(async () => {
      const file = join(dir, 'password')
      writeFileSync(file, 'a new one\n', { mode: 0o600 })
      for (const user of ['admin', 'alice', idOf('user bob')]) {
        const set = await manage(config, 'identity', 'user', 'set', user, '--password-file', file)
        expect(set).toMatchObject({ code: 0 })
      }
      service = await startService(loadSettings({ file: config.config }), { logFile: join(dir, 'log') })
      shell = stockShell('openstackclient.shell', dir)
    })
    afterAll(async () => {
      shell?.end()
      await service?.stop()
    })
    const here = (): Record<string, string> => ({
      ...credentials(),
      OS_AUTH_URL: `${service.url}/identity/v3`,
      OS_PASSWORD: 'a new one',
    })
    const listed = async (env: Record<string, string>, ...words: string[]) => {
      const args = ['role', 'assignment', 'list', '--names', '-f', 'json', ...words]
      const { code, out, err } = await shell.run(args, env)
      if (code !== 0) throw new Error(err)
      return JSON.parse(out) as Record<string, string | boolean>[]
    }
    const lines = (rows: readonly object[]): string[] =>
      [...new Set(rows.map((row) => JSON.stringify(row)))].toSorted()

    test('as they were granted, by the stock client', async () => {
      const there = lines(await listed(credentials()))
      expect(there.length).toBeGreaterThan(9)
      expect(lines(await listed(here()))).toEqual(there)
    })

    test('as they work out, by the stock client', async () => {
      // Keystone tells each way to a role, and of the system none; we tell each role once.
      const effective = async (env: Record<string, string>): Promise<string[]> => {
        const rows = await listed(env, '--effective')
        return lines(rows.filter(({ System: on }) => on === '').map(({ Inherited: _way, ...row }) => row))
      }
      const there = await effective(credentials())
      expect(there.length).toBeGreaterThan(20)
      expect(await effective(here())).toEqual(there)
    })

    test('and lets people in after they got a new password, as the one of that id', async () => {
      const login = async (name: string, domain: string, project: string) => {
        const user = { name, domain: { id: domain }, password: 'a new one' }
        const identity = { methods: ['password'], password: { user } }
        const reply = await fetch(`${service.url}/identity/v3/auth/tokens`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ auth: { identity, scope: { project: { id: project } } } }),
        })
        const { token } = (await reply.json()) as { token?: { user: Named; roles: Named[] } }
        return {
          status: reply.status,
          id: token?.user.id,
          roles: token?.roles.map((role) => role.name).toSorted(),
        }
      }
      expect(await login('alice', 'default', idOf('project red'))).toMatchObject({
        status: 201,
        roles: ['member', 'reader'],
      })
      expect(await login('bob', idOf('domain lab'), idOf('project a-leaf'))).toEqual({
        status: 201,
        id: idOf('user bob'),
        roles: ['keeper', 'reader'],
      })
      // Their old ones are in Keystone, and only there.
      expect(await login('zoë', idOf('domain lab'), idOf('project a-leaf'))).toMatchObject({ status: 401 })
    })
  })

  test.skipIf(!hasSlapd())(
    'gives people of a directory what they hold in Keystone, by their names',
    async () => {
      const suffix = 'dc=lab,dc=test'
      const person = (name: string) => ({
        dn: `uid=${name},${suffix}`,
        attributes: { objectClass: 'inetOrgPerson', uid: name, cn: name, sn: name },
      })
      const server = await startSlapd({
        suffix,
        entries: [
          { dn: suffix, attributes: { objectClass: ['dcObject', 'organization'], dc: 'lab', o: 'lab' } },
          person('alice'),
          person('bob'),
          {
            dn: `cn=crew,${suffix}`,
            attributes: { objectClass: 'groupOfNames', cn: 'crew', member: `uid=bob,${suffix}` },
          },
        ],
      })
      const here = testWorld()
      try {
        const { dn, password } = server.admin
        const ldap = {
          urls: [server.url],
          bind_dn: dn,
          bind_password: password,
          user_base: suffix,
          group_base: suffix,
        }
        here.configure({ auth: { domains: { lab: { backend: 'ldap', ldap } } } })
        await manage(here, 'db', 'sync')
        const early = (await importing(here)).json()
        expect(early.items).toContainEqual(
          expect.objectContaining({
            action: 'left',
            what: 'bob@lab',
            why: expect.stringContaining('identity domain create lab') as string,
          }),
        )
        await manage(here, 'identity', 'domain', 'create', 'lab')
        const plan = await importing(here)
        const done = await importing(here, '--apply')
        expect([done.code, done.err]).toEqual([0, ''])
        expect({ ...done.json(), applied: false }).toEqual(plan.json())
        expect(done.json()).toMatchObject({ in_directory: 2, must_reset: ['admin@Default', 'alice@Default'] })
        const left = done
          .json()
          .items.filter(
            ({ action, kind }: { action: string; kind: string }) => action === 'left' && kind === 'user',
          )
        expect(left.map(({ what }: { what: string }) => what)).toEqual(['carol@lab', 'zoë@lab'])
        const effective = [
          'role',
          'assignment',
          'list',
          '--effective',
          '--names',
          '--user',
          'bob',
          '--user-domain',
          'lab',
        ]
        const rows = (await manage(here, 'identity', ...effective, '--json')).json()
        expect(rows).toEqual(
          expect.arrayContaining([
            { role: 'admin', user: 'bob@lab', domain: 'lab' },
            { role: 'member', user: 'bob@lab', project: 'm-middle@lab' },
            { role: 'keeper', user: 'bob@lab', project: 'a-leaf@lab' },
          ]),
        )
        expect(
          (await importing(here, '--apply'))
            .json()
            .items.filter(({ action }: { action: string }) => action !== 'left'),
        ).toEqual([])
      } finally {
        here.end()
        await server.remove()
      }
    },
  )

  test('that changed meanwhile is brought again; what was made here stays', async () => {
    const { admin } = keystone
    await admin('PATCH', `/projects/${idOf('project red')}`, { project: { description: 'painted' } })
    await admin('PATCH', `/users/${idOf('user zoë')}`, { user: { name: 'zoe', enabled: false } })
    await admin('DELETE', `/users/${idOf('user carol')}`)
    await admin('POST', '/projects', { project: { name: 'new', domain_id: 'default' } })
    await manage(config, 'identity', 'project', 'create', 'ours')
    const ran = await importing(config, '--apply')
    const { items } = JSON.parse(ran.out)
    expect(items).toMatchObject([
      { action: 'create', kind: 'project', what: 'new@Default' },
      { action: 'change', kind: 'project', what: 'red@Default', why: 'description' },
      { action: 'change', kind: 'user', what: 'zoe@lab', why: 'name, enabled' },
    ])
    for (const words of [
      ['project', 'show', 'ours'],
      ['user', 'show', idOf('user carol')],
    ]) {
      expect(await manage(config, 'identity', ...words)).toMatchObject({ code: 0 })
    }
  })

  test('into a service that has an administrator already tells whom it can not bring, and brings the others', async () => {
    const taken = testWorld()
    await manage(taken, 'identity', 'bootstrap')
    const ran = await importing(taken, '--apply')
    taken.end()
    expect(ran.code).toBe(1)
    const { items, counts } = JSON.parse(ran.out)
    expect(items.filter((one: { action: string }) => one.action === 'conflict')).toMatchObject([
      {
        kind: 'project',
        what: 'admin@Default',
        why: expect.stringContaining('already, with the id') as string,
      },
      { kind: 'user', what: 'admin@Default', why: expect.stringContaining('already, with the id') as string },
    ])
    expect(items.filter((one: { action: string }) => one.action === 'left')).toMatchObject([
      { kind: 'assignment', why: 'the user is not here' },
      { kind: 'assignment', why: 'the user is not here' },
    ])
    expect(counts.user.create).toBe(4)
  })

  test('is not read with credentials that are refused, or none', async () => {
    const wrong = await runManage(['--config', config.config, 'identity', 'import', '--from-keystone'], {
      ...credentials(),
      OS_PASSWORD: 'a guess of mine',
    })
    expect(wrong.code).toBe(1)
    expect(wrong.err).toContain('refused the credentials of admin')
    expect(wrong.out + wrong.err).not.toContain('a guess of mine')
    const none = await runManage(['--config', config.config, 'identity', 'import', '--from-keystone'], {
      HOME: dir,
      XDG_CONFIG_HOME: dir,
    })
    expect([none.code, none.err]).toEqual([1, expect.stringContaining('set OS_AUTH_URL') as string])
  })
})

describe.skipIf(!hasKeystone() || !hasStockClients())(
  'on a private server (python3-keystone) export: what was made here goes into a Keystone',
  () => {
    let there: Keystone
    let world: TestWorld
    let shell: StockShell
    let home: string
    beforeAll(async () => {
      home = mkdtempSync(join(tmpdir(), 'export-ks-'))
      world = testWorld()
      there = await startKeystone()
      shell = stockShell('openstackclient.shell', home)
    })
    afterAll(async () => {
      shell.end()
      await there.remove()
      world.end()
      rmSync(home, { recursive: true, force: true })
    })
    const env = (): Record<string, string> => ({
      OS_AUTH_URL: there.url,
      OS_USERNAME: 'admin',
      OS_PASSWORD: there.adminPassword,
      OS_PROJECT_NAME: 'admin',
      OS_USER_DOMAIN_ID: 'default',
      OS_PROJECT_DOMAIN_ID: 'default',
    })
    const identity = async (...words: readonly string[]) => {
      const ran = await world.run('identity', ...words, '--json')
      expect([ran.code, ran.err]).toEqual([0, ''])
      return ran.json()
    }

    test('by the commands that export writes, once and again, and comes back as it was', async () => {
      const odd = 'it\'s $(touch no) `no`; -x "y" é'
      await identity('bootstrap')
      await identity('domain', 'create', 'lab', '--description', odd)
      await identity('project', 'create', 'top', '--domain', 'lab', '--tag', 'blue', '--description=-dashed')
      await identity('project', 'create', 'below', '--domain', 'lab', '--parent', 'top', '--disable')
      await identity('user', 'create', odd, '--domain', 'lab', '--email', 'odd@lab.test')
      await identity('user', 'create', 'gone', '--domain', 'lab', '--disable')
      await identity('group', 'create', 'crew', '--domain', 'lab')
      const member = ['crew', odd, '--group-domain', 'lab', '--user-domain', 'lab']
      await identity('group', 'add', 'user', ...member)
      await identity('role', 'create', 'keeper', '--description', 'keeps')
      await identity('implied', 'role', 'create', 'keeper', 'reader')
      const crew = ['--group', 'crew', '--group-domain', 'lab']
      await identity('role', 'add', 'keeper', ...crew, '--project', 'top', '--project-domain', 'lab')
      await identity('role', 'add', 'member', ...crew, '--domain', 'lab', '--inherited')
      await identity('role', 'add', 'reader', '--user', odd, '--user-domain', 'lab', '--system')
      const file = join(home, 'commands.sh')
      const { counts } = await identity('export', '--to-openstack', file)
      expect(counts).toMatchObject({ project: 3, user: 3, group: 1, membership: 1, assignment: 4 })
      expect(statSync(file).mode & 0o777).toBe(0o600)
      const commands = wordsOf(file)
      const oncePerVerb = new Map(commands.map((words) => [words.slice(0, 4).join(' '), words]))
      for (const [program, ...args] of [...commands, ...oncePerVerb.values()]) {
        expect(program).toBe('openstack')
        const ran = await shell.run(args, env())
        // Keystone has no word for a pair of roles that is there already.
        const isThere = args[0] === 'implied' && ran.err.includes('Duplicate entry')
        expect([args.slice(0, 3), isThere ? 0 : ran.code]).toEqual([args.slice(0, 3), 0])
      }
      expect(existsSync(join(home, 'no'))).toBe(false)
      // What is in Keystone now, brought into an empty service, is what was here, but for the ids.
      const back = testWorld()
      await back.run('db', 'sync')
      const brought = await back.runWith({ env: env() }, 'identity', 'import', '--from-keystone', '--apply')
      expect([brought.code, brought.err]).toEqual([0, ''])
      const told = async (from: TestWorld): Promise<unknown> => {
        const list = async (...words: readonly string[]) =>
          (await from.run('identity', ...words, '--json')).json()
        const named = (rows: Record<string, unknown>[], ...fields: string[]) =>
          rows.map((row) => fields.map((field) => row[field]))
        return {
          projects: named(await list('project', 'list'), 'name', 'enabled'),
          top: named([await list('project', 'show', 'top', '--domain', 'lab')], 'description', 'tags'),
          users: named(await list('user', 'list'), 'name', 'email', 'enabled'),
          crew: named([await list('group', 'show', 'crew', '--domain', 'lab')], 'users'),
          // Keystone's own bootstrap leaves out the manager.
          roles: named(await list('implied', 'role', 'list'), 'role', 'implied').filter(
            (pair) => pair.join(' ') !== 'admin member',
          ),
          assignments: (await list('role', 'assignment', 'list', '--names'))
            .map((row: object) => JSON.stringify(row))
            // Keystone's own bootstrap gives its administrator the system.
            .filter((row: string) => !(row.includes('admin@Default') && row.includes('"system"')))
            .toSorted(),
        }
      }
      expect(await told(back)).toEqual(await told(world))
      back.end()
    })
  },
)

/** The words of each command, as a shell reads them. */
function wordsOf(file: string): string[][] {
  const printed = execFileSync(
    '/bin/sh',
    ['-c', 'openstack() { printf "%s\\0" openstack "$@" ""; }\n. "$1"', 'sh', file],
    { cwd: tmpdir(), encoding: 'utf8' },
  )
  return printed
    .split('\0\0')
    .filter((one) => one !== '')
    .map((one) => one.split('\0'))
}
