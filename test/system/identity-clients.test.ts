/**
 * Debian's own `openstack`, unchanged, administers projects, users, groups, roles, domains, credentials and the catalog of a service
 * process: on accounts of the database, and where people are in a directory.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasSlapd, type Slapd } from '../../tools/programs/slapd.ts'
import { groupOfNames } from '../auth/layouts.ts'
import { commonOptions, startLayout } from '../auth/ldap-world.ts'
import { passwordOf } from '../auth/suite.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { hasStockClients, stockShell, type StockShell } from '../helpers/stock-shell.ts'
import { person, session, type Session, type Who } from './identity-script.ts'

const installed = hasStockClients()
const sim = {
  driver: 'sim',
  exporter: 'sim',
  driver_options: { pools: [{ name: 'p', total_gib: 100, thin: true }] },
}

interface World {
  readonly service: ServiceProcess
  readonly shell: StockShell
  readonly stock: Session
  end(): Promise<void>
}

async function open(settings: object): Promise<World> {
  const dir = mkdtempSync(join(tmpdir(), 'manila-identity-'))
  const service = await startServiceProcess({
    dir: join(dir, 'var'),
    kind: 'sim',
    settings: { backends: { alpha: sim }, ...settings },
  })
  const shell = stockShell('openstackclient.shell', dir)
  return {
    service,
    shell,
    stock: session(shell, service.clouds),
    async end() {
      shell.end()
      await service.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const names = (rows: { Name: string }[]): string[] => rows.map(({ Name }) => Name)

describe.skipIf(!installed)(
  'stock clients (python3-openstackclient, python3-manilaclient) and identity',
  () => {
    let world: World
    beforeAll(async () => {
      world = await open({})
    })
    afterAll(() => world?.end())

    it('at least 60 commands: all of them succeed', async () => {
      const { stock, service } = world
      const { run, json } = stock
      const as = (name: string, password: string, scope: Who = {}): Who =>
        person(service.clouds, name, password, 'lab', scope)

      // Tokens and the catalog.
      expect(await json('token issue')).toHaveProperty('project_id')
      expect((await json('catalog list')).map((one: { Type: string }) => one.Type)).toContain(
        'shared-file-system',
      )
      expect(await json('catalog show shared-file-system')).toMatchObject({ name: 'manila' })
      const { id: spent } = await json('token issue')
      await run('token revoke {spent}', { spent })

      // Domains.
      const { id: lab } = await json('domain create --description experiments --enable laboratory')
      await run('domain set --name lab --description science {lab}', { lab })
      expect(await json('domain show lab')).toMatchObject({ id: lab, description: 'science', enabled: true })
      expect(names(await json('domain list'))).toEqual(['Default', 'lab'])
      expect(await json('domain list --name lab --enabled')).toHaveLength(1)

      // Projects.
      const { id: eng } = await json('project create --domain lab --description all --tag nas --tag prod eng')
      const { id: disks } = await json('project create --domain lab --parent {eng} disks', { eng })
      const { id: tapes } = await json('project create --domain lab --parent disks tapes')
      expect(await json('project show --parents {tapes}', { tapes })).toMatchObject({
        parents: { [disks]: { [eng]: { [lab]: null } } },
      })
      expect(await json('project show --children --domain lab eng')).toMatchObject({
        subtree: { [disks]: { [tapes]: null } },
      })
      expect(names(await json('project list --domain lab --sort name'))).toEqual(['disks', 'eng', 'tapes'])
      expect(names(await json('project list --parent {eng} --long', { eng }))).toEqual(['disks'])
      expect(names(await json('project list --tags nas,prod'))).toEqual(['eng'])
      expect(names(await json('project list --domain lab --not-tags-any nas'))).toEqual(['disks', 'tapes'])
      await run('project set --name tape --description old --tag slow {tapes}', { tapes })
      await run('project set --disable {tapes}', { tapes })
      await run('project set --enable {tapes}', { tapes })
      expect(await json('project show {tapes}', { tapes })).toMatchObject({
        name: 'tape',
        enabled: true,
        tags: ['slow'],
      })
      await run('project set --remove-tag slow {tapes}', { tapes })
      await run('project set --clear-tags {eng}', { eng })
      expect(await json('project show {eng}', { eng })).toMatchObject({ tags: [] })

      // Users and groups.
      const { id: ann } = await json(
        'user create --domain lab --password first-secret --email ann@lab.test --description tester ann',
      )
      await json('user create --domain lab --project {eng} --password second-secret --enable bea', { eng })
      expect(names(await json('user list --domain lab'))).toEqual(['ann', 'bea'])
      expect(await json('user list --domain lab --long')).toHaveLength(2)
      await run('user set --email a@lab.test --description chief {ann}', { ann })
      expect(await json('user show --domain lab ann')).toMatchObject({
        id: ann,
        email: 'a@lab.test',
        enabled: true,
      })
      await run('user set --password another-secret --domain lab bea')
      await run('user set --disable --domain lab bea')
      await run('user set --enable --domain lab bea')
      const { id: crew } = await json('group create --domain lab --description night crew')
      await run('group add user --group-domain lab --user-domain lab crew ann bea')
      await run('group contains user --group-domain lab --user-domain lab crew ann')
      expect(names(await json('user list --group {crew}', { crew }))).toEqual(['ann', 'bea'])
      expect(names(await json('group list --user {ann}', { ann }))).toEqual(['crew'])
      await run('group remove user {crew} {ann}', { crew, ann })
      await run('group set --name shift --description day {crew}', { crew })
      expect(await json('group show --domain lab shift')).toMatchObject({ id: crew, description: 'day' })
      expect(names(await json('group list --domain lab'))).toEqual(['shift'])

      // Roles, and what they imply.
      const { id: keeper } = await json('role create --description keeps keeper')
      await run('role set --name warden --description guards {keeper}', { keeper })
      expect(await json('role show warden')).toMatchObject({ id: keeper, description: 'guards' })
      expect(names(await json('role list'))).toEqual(
        expect.arrayContaining(['admin', 'member', 'reader', 'warden']),
      )
      expect(await json('implied role create --implied-role member warden')).toMatchObject({
        implies: expect.anything(),
      })
      const implied = await json('implied role list')
      expect(implied).toContainEqual(
        expect.objectContaining({ 'Prior Role Name': 'warden', 'Implied Role Name': 'member' }),
      )

      // Who holds them: on a project, a domain, the system, from above, by a group.
      await run('role add --project {disks} --user {ann} warden', { disks, ann })
      await run('role add --domain lab --user {ann} reader', { ann })
      await run('role add --system all --user {ann} reader', { ann })
      await run('role add --project {eng} --group {crew} --inherited member', { eng, crew })
      await run('role add --domain lab --user {ann} --inherited reader', { ann })
      const assigned = await json('role assignment list --project {disks} --names', { disks })
      expect(assigned).toEqual([
        expect.objectContaining({ Role: 'warden', User: 'ann@lab', Project: 'disks@lab' }),
      ])
      const inherited = { Role: 'member', User: 'bea@lab', Project: 'tape@lab', Inherited: true }
      expect(await json('role assignment list --effective --names --project {tapes}', { tapes })).toEqual(
        expect.arrayContaining([expect.objectContaining(inherited)]),
      )
      expect(await json('role assignment list --user {ann}', { ann })).toHaveLength(4)
      expect(
        await json('role assignment list --user {ann} --effective --role reader', { ann }),
      ).not.toHaveLength(0)
      expect(await json('role assignment list --group {crew}', { crew })).toHaveLength(1)
      expect(await json('role assignment list --domain lab')).toHaveLength(2)
      expect(await json('role assignment list --domain lab --inherited')).toHaveLength(1)
      expect(await json('role assignment list --system all --user {ann}', { ann })).toHaveLength(1)
      expect(await json('role assignment list --role warden --names')).toHaveLength(1)
      expect(await json('project list --user {ann}', { ann })).toHaveLength(3)

      // As somebody: scopes, own projects, a new password.
      const inDisks = { OS_PROJECT_ID: disks }
      expect(await json('token issue', {}, as('ann', 'first-secret', inDisks))).toHaveProperty(
        'project_id',
        disks,
      )
      expect(
        await json('token issue', {}, as('ann', 'first-secret', { OS_DOMAIN_NAME: 'lab' })),
      ).toHaveProperty('domain_id', lab)
      expect(
        await json('token issue', {}, as('ann', 'first-secret', { OS_SYSTEM_SCOPE: 'all' })),
      ).toHaveProperty('system', 'all')
      expect(await json('token issue', {}, as('ann', 'first-secret'))).not.toHaveProperty('project_id')
      expect(
        names(
          await json('project list --my-projects', {}, as('bea', 'another-secret', { OS_PROJECT_ID: tapes })),
        ),
      ).toEqual(['disks', 'tape'])
      await run(
        'user password set --original-password first-secret --password third-secret',
        {},
        as('ann', 'first-secret', inDisks),
      )
      const ownAnn = as('ann', 'third-secret', inDisks)
      // In Keystone this list is for administrators as well.
      expect(await json('role assignment list --auth-user --auth-project --names')).toMatchObject([
        { Role: 'admin', User: 'admin@Default', Project: 'admin@Default' },
      ])

      // Application credentials and their access rules.
      const rules = '[{"path":"/v2/shares","method":"GET","service":"shared-file-system"}]'
      const limited = await json(
        'application credential create --description only --role member --access-rules {rules} --expiration 2031-01-01T00:00:00 limited',
        { rules },
        ownAnn,
      )
      const robot = await json(
        'application credential create --unrestricted --secret robot-secret robot',
        {},
        ownAnn,
      )
      expect(names(await json('application credential list', {}, ownAnn))).toEqual(['limited', 'robot'])
      expect(await json('application credential show limited', {}, ownAnn)).toMatchObject({
        id: limited.id,
        name: 'limited',
      })
      const asRobot = {
        OS_AUTH_TYPE: 'v3applicationcredential',
        OS_AUTH_URL: ownAnn.OS_AUTH_URL ?? '',
        OS_APPLICATION_CREDENTIAL_ID: String(robot.id),
        OS_APPLICATION_CREDENTIAL_SECRET: 'robot-secret',
        OS_IDENTITY_API_VERSION: '3',
      }
      expect(await json('token issue', {}, asRobot)).toHaveProperty('project_id', disks)
      await json('share list', {}, asRobot)
      const [rule] = await json('access rule list', {}, ownAnn)
      expect(rule).toMatchObject({ Service: 'shared-file-system', Method: 'GET', Path: '/v2/shares' })
      expect(await json('access rule show {id}', { id: rule.ID }, ownAnn)).toMatchObject({
        path: '/v2/shares',
      })
      await run('application credential delete limited robot', {}, ownAnn)
      await run('access rule delete {id}', { id: rule.ID }, ownAnn)

      // Regions, services, endpoints.
      await json('region create --description far west')
      await json('region create --parent-region west west-1')
      await run('region set --description farther west')
      expect(await json('region show west')).toMatchObject({ region: 'west', description: 'farther' })
      expect(await json('region list')).toHaveLength(3)
      const { id: nova } = await json('service create --name nova --description machines --enable compute')
      await run('service set --name nova2 --description more {nova}', { nova })
      expect(await json('service show nova2')).toMatchObject({ id: nova, type: 'compute' })
      expect(await json('service list --long')).toHaveLength(4)
      const { id: public_ } = await json(
        'endpoint create --region west --enable compute public http://nova.lab.test/%(project_id)s',
      )
      await run('endpoint set --url http://nova2.lab.test/$(project_id)s {public_}', { public_ })
      expect(await json('endpoint show {public_}', { public_ })).toMatchObject({
        region: 'west',
        service_name: 'nova2',
      })
      expect(await json('endpoint list --service compute --interface public')).toHaveLength(1)
      expect(await json('endpoint list --region west')).toHaveLength(1)
      expect(JSON.stringify(await json('catalog show compute'))).toContain('http://nova2.lab.test/')
      await run('endpoint delete {public_}', { public_ })
      await run('service delete nova2')
      await run('region delete west-1')
      await run('region delete west')

      // And all of it goes.
      await run('role remove --project {disks} --user {ann} warden', { disks, ann })
      await run('role remove --system all --user {ann} reader', { ann })
      await run('role remove --domain lab --user {ann} --inherited reader', { ann })
      await run('role remove --project {eng} --group {crew} --inherited member', { eng, crew })
      await run('implied role delete --implied-role member warden')
      await run('role delete warden')
      await run('user delete --domain lab bea')
      await run('group delete --domain lab shift')
      await run('project delete {tapes} {disks}', { tapes, disks })
      await run('project delete --domain lab eng')
      await run('domain set --disable lab')
      await run('domain delete lab')
      expect(names(await json('domain list'))).toEqual(['Default'])
      expect(await stock.refused('user show {ann}', { ann })).toMatch(/No user with a name or ID/)

      process.stdout.write(`stock openstack commands on db: ${stock.report()}\n`)
      expect(stock.failures).toEqual([])
      expect(stock.count).toBeGreaterThanOrEqual(60)
    }, 600_000)
  },
)

describe.skipIf(!installed || !hasSlapd())(
  'stock clients (python3-openstackclient, python3-manilaclient) and identity with people in a directory (slapd)',
  () => {
    const layout = groupOfNames()
    let world: World
    let server: Slapd
    beforeAll(async () => {
      server = await startLayout(layout)
      const ldap = { ...commonOptions([server.url]), ...layout.options }
      world = await open({ auth: { backend: 'db', domains: { corp: { backend: 'ldap', ldap } } } })
    })
    afterAll(async () => {
      await world?.end()
      await server?.remove()
    })

    it('commands on people, groups and their roles succeed; what would write to the directory is refused', async () => {
      const { stock, service } = world
      const { run, json, refused } = stock
      const { id: corp } = await json('domain create corp')
      const { id: lab } = await json('project create --domain corp lab')
      const { id: desk } = await json('project create --domain corp --parent {lab} desk', { lab })
      expect(names(await json('user list --domain corp'))).toEqual(expect.arrayContaining(['alice', 'bob']))
      const { id: bob } = await json('user show --domain corp bob')
      expect(await json('user show {bob}', { bob })).toMatchObject({
        name: 'bob',
        domain_id: corp,
        enabled: true,
      })
      expect(names(await json('group list --domain corp'))).toContain('blue-team')
      expect(names(await json('group list --user {bob}', { bob }))).toContain('blue-team')
      expect(names(await json('user list --group blue-team --domain corp'))).toContain('bob')
      await run('group contains user --group-domain corp --user-domain corp blue-team bob')
      await run('role add --project {lab} --group-domain corp --group blue-team --inherited member', { lab })
      await run('role add --project {lab} --user {bob} reader', { lab, bob })
      const effective = await json('role assignment list --effective --names --project {desk}', { desk })
      expect(effective).toContainEqual(
        expect.objectContaining({ User: 'bob@corp', Role: 'member', Inherited: true }),
      )
      expect(await json('role assignment list --user {bob} --effective', { bob })).toHaveLength(3)

      const asBob = person(service.clouds, 'bob', passwordOf('bob'), 'corp', { OS_PROJECT_ID: desk })
      expect(await json('token issue', {}, asBob)).toMatchObject({ project_id: desk, user_id: bob })
      expect(names(await json('project list --my-projects', {}, asBob))).toEqual(['desk', 'lab'])
      const robot = await json('application credential create --secret robot-secret robot', {}, asBob)
      expect(robot).toMatchObject({ name: 'robot', roles: expect.stringContaining('member') })
      await json('share list', {}, asBob)
      await run('application credential delete robot', {}, asBob)

      // What is kept in the directory is changed there.
      for (const command of [
        'user create --domain corp --password some-secret eve',
        'user set --email bob@elsewhere.test {bob}',
        'user set --disable {bob}',
        'user delete {bob}',
        'group create --domain corp new-team',
        'group set --description other --domain corp blue-team',
        'group delete --domain corp blue-team',
        'group add user --group-domain corp --user-domain corp red-readers bob',
        'group remove user --group-domain corp --user-domain corp blue-team bob',
      ]) {
        const words = await refused(command, { bob })
        expect([command, words]).toEqual([command, expect.stringMatching(/read only/)])
      }
      const change = 'user password set --original-password {old} --password new-secret'
      const old = { old: passwordOf('bob') }
      expect(await refused(change, old, asBob)).toMatch(/read only.*HTTP 403/s)
      expect(await json('user show {bob}', { bob })).toMatchObject({ name: 'bob', enabled: true })
      await run('group contains user --group-domain corp --user-domain corp blue-team bob')
      expect(await refused('domain set --disable Default')).toMatch(/HTTP 403/)

      await run('role remove --project {lab} --user {bob} reader', { lab, bob })
      await run('role remove --project {lab} --group-domain corp --group blue-team --inherited member', {
        lab,
      })
      expect(await refused('token issue', {}, asBob)).toMatch(/HTTP 401/)
      process.stdout.write(`stock openstack commands on ldap: ${stock.report()}\n`)
      expect(stock.failures).toEqual([])
    }, 600_000)
  },
)
