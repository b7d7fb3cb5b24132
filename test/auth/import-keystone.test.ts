/** A cloud of a private real Keystone is brought here: the same people have the same roles in the same projects, by their old ids. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import { startService, type Service } from '../../src/main.ts'
import { testWorld, type TestWorld } from '../../src/manage/test-bench.ts'
import { hasKeystone, startKeystone, type Keystone } from '../../src/parts/keystone.ts'
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
    const shown = async (...words: string[]) =>
      JSON.parse((await manage(config, 'identity', ...words, '--json')).out)
    expect(await shown('project', 'show', idOf('project a-leaf'))).toMatchObject({
      name: 'a-leaf',
      domain_id: idOf('domain lab'),
      parent_id: idOf('project m-middle'),
      description: 'far down',
      enabled: true,
    })
    expect(await shown('project', 'show', idOf('project z-top'))).toMatchObject({ tags: ['blue', 'round'] })
    expect(await shown('project', 'show', idOf('project resting'))).toMatchObject({ enabled: false })
    expect(await shown('domain', 'show', 'old')).toMatchObject({ id: idOf('domain old'), enabled: false })
    expect(await shown('user', 'show', idOf('user carol'))).toMatchObject({ name: 'carol', enabled: false })
    expect(await shown('user', 'show', 'alice')).toMatchObject({
      email: 'alice@lab.test',
      default_project_id: idOf('project red'),
    })
    expect(await shown('group', 'show', idOf('group crew'))).toMatchObject({ users: ['bob', 'zoë'] })
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
