/** The whole service with nothing but a directory: its first administrator, what its Keystone face says, and what it refuses. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadSettings } from '../../src/config/load.ts'
import type { LdapSettings } from '../../src/config/ldap.ts'
import { startService, type Service } from '../../src/main.ts'
import { hasSlapd, type Slapd } from '../../tools/programs/slapd.ts'
import { runManage } from './manage.ts'
import { groupBase, groupOfNames } from './layouts.ts'
import { commonOptions, startLayout } from './ldap-world.ts'
import { passwordOf } from './suite.ts'

const layout = groupOfNames()
let dir: string
let server: Slapd

/** A configuration whose domain Default is in the directory. */
function configured(name: string, ldap: Partial<LdapSettings>): string {
  const state = join(dir, name)
  mkdirSync(state)
  const file = join(state, 'manila.toml')
  const settings = {
    state_dir: state,
    api: { port: 0 },
    auth: { backend: 'ldap', ldap: { ...commonOptions([server.url]), ...layout.options, ...ldap } },
  }
  writeFileSync(file, stringify(settings), { mode: 0o600 })
  return file
}

describe.skipIf(!hasSlapd())('on a private server (slapd) auth: a service with nothing but LDAP', () => {
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ldap-service-'))
    server = await startLayout(layout)
  })
  afterAll(async () => {
    await server.remove()
    rmSync(dir, { recursive: true, force: true })
  })

  describe('bootstrap', () => {
    test('makes nobody administrator without being told whom', async () => {
      const { code, err } = await runManage(['--config', configured('nobody', {}), 'bootstrap'])
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(/name a user of the directory with --user/) as string,
      })
    })

    test('refuses somebody who is not there', async () => {
      const { code, err } = await runManage([
        '--config',
        configured('absent', {}),
        'bootstrap',
        '--user',
        'admin',
      ])
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(/no user admin in the directory/) as string,
      })
    })

    test('takes somebody of the directory, or a mapped group, and makes its project', async () => {
      const named = await runManage([
        '--config',
        configured('named', {}),
        'bootstrap',
        '--user',
        'alice',
        '-f',
        'json',
      ])
      expect(named).toMatchObject({ code: 0 })
      expect(JSON.parse(named.out)).toMatchObject({ user: 'alice', project: 'admin', created: false })
      const map = [{ group: `cn=red-readers,${groupBase}`, role: 'admin', project: 'ops' }]
      const mapped = await runManage(['--config', configured('mapped', { map }), 'bootstrap'])
      expect(mapped).toEqual({
        code: 0,
        err: '',
        out: `members of cn=red-readers,${groupBase} are admin in ops\n`,
      })
    })
  })

  test('config check names what is wrong with a directory, and shows no password', async () => {
    const good = await runManage([
      '--config',
      configured('good', { bind_password: 'hidden words' }),
      'config',
      'check',
      '-f',
      'json',
    ])
    expect(good.code).toBe(0)
    expect(good.out).not.toContain('hidden words')
    const bad = await runManage(['--config', configured('bad', { user_filter: '(uid=' }), 'config', 'check'])
    expect(bad.code).toBe(1)
    expect(bad.out).toMatch(/auth\.ldap\.user_filter is no filter/)
  })

  describe('its Keystone face', () => {
    let service: Service
    let token: string
    beforeAll(async () => {
      const map = [
        { group: 'red-readers', role: 'reader', project: 'red' },
        { group: `cn=blue-team,${groupBase}`, role: 'member', project: 'red' },
      ]
      const file = configured('face', { map })
      expect(await runManage(['--config', file, 'bootstrap', '--user', 'alice'])).toMatchObject({ code: 0 })
      service = await startService(loadSettings({ file }), { logFile: join(dir, 'face', 'log') })
      token = (await login('alice', 'admin')).token
    })
    afterAll(() => service?.stop())

    interface Reply {
      status: number
      // eslint-disable-next-line typescript/no-explicit-any
      body: any
    }
    async function ask(method: string, path: string, body?: unknown, as = token): Promise<Reply> {
      const answer = await fetch(`${service.url}/identity/v3${path}`, {
        method,
        headers: {
          'x-auth-token': as,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
    }
    async function login(
      name: string,
      project: string,
    ): Promise<{ status: number; token: string; body: unknown }> {
      const domain = { id: 'default' }
      const user = { name, domain, password: passwordOf(name) }
      const identity = { methods: ['password'], password: { user } }
      const answer = await fetch(`${service.url}/identity/v3/auth/tokens`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ auth: { identity, scope: { project: { name: project, domain } } } }),
      })
      return {
        status: answer.status,
        token: answer.headers.get('x-subject-token') ?? '',
        body: await answer.json(),
      }
    }

    test('lists and shows people and groups with ids that last', async () => {
      const { body } = await ask('GET', '/users?domain_id=default&name=bob')
      expect(body.users).toEqual([
        expect.objectContaining({ name: 'bob', domain_id: 'default', enabled: true, email: 'bob@lab.test' }),
      ])
      const [{ id }] = body.users
      expect(id).toMatch(/^[0-9a-f]{64}$/)
      expect((await ask('GET', `/users/${id}`)).body.user).toMatchObject({ id, name: 'bob' })
      const groups = await ask('GET', `/users/${id}/groups`)
      expect(groups.body.groups.map((one: { name: string }) => one.name)).toEqual(['blue-team', 'inner'])
      const members = await ask('GET', `/groups/${groups.body.groups[0].id}/users`)
      expect(members.body.users.map((one: { name: string }) => one.name)).toEqual(['bob', 'oscar'])
      const projects = await ask('GET', `/users/${id}/projects`)
      expect(projects.body.projects.map((one: { name: string }) => one.name)).toEqual(['red'])
    })

    test('roles by a mapped group and by the database are in force together', async () => {
      const before = await login('bob', 'red')
      expect(before.status).toBe(201)
      const bob = (await ask('GET', '/users?name=bob')).body.users[0].id as string
      const project = (await ask('GET', '/projects?name=red')).body.projects[0].id as string
      const manager = (await ask('GET', '/roles?name=manager')).body.roles[0].id as string
      expect((await ask('PUT', `/projects/${project}/users/${bob}/roles/${manager}`)).status).toBe(204)
      const { body } = (await login('bob', 'red')) as { body: { token?: { roles: { name: string }[] } } }
      expect(body.token?.roles.map(({ name }) => name).toSorted()).toEqual(['manager', 'member', 'reader'])
      const assigned = await ask('GET', `/role_assignments?user.id=${bob}&effective&include_names`)
      const names: string[] = assigned.body.role_assignments.map(
        (one: { role: { name: string } }) => one.role.name,
      )
      expect([...new Set(names)].sort()).toEqual(['manager', 'member', 'reader'])
      const all = await ask('GET', '/role_assignments?include_names')
      const byGroup = all.body.role_assignments.filter(
        (one: { group?: { name: string } }) => one.group !== undefined,
      )
      expect(
        byGroup
          .map(
            (one: { group: { name: string }; role: { name: string } }) =>
              `${one.group.name} ${one.role.name}`,
          )
          .toSorted(),
      ).toEqual(['blue-team member', 'red-readers reader'])
    })

    test('says of which domains users and groups are read only', async () => {
      const made = (await ask('POST', '/domains', { domain: { name: 'of the database' } })).body.domain
        .id as string
      const all = (await ask('GET', '/domains')).body.domains as { name: string; users_read_only?: boolean }[]
      const said = Object.fromEntries(all.map((one) => [one.name, one.users_read_only]))
      expect(said).toMatchObject({ Default: true, 'of the database': undefined })
      const [ours, theirs] = await Promise.all([made, 'default'].map((id) => ask('GET', `/domains/${id}`)))
      expect(Object.keys(ours?.body.domain)).not.toContain('users_read_only')
      expect(theirs?.body.domain).toMatchObject({ users_read_only: true })
      await ask('PATCH', `/domains/${made}`, { domain: { enabled: false } })
      expect((await ask('DELETE', `/domains/${made}`)).status).toBe(204)
    })

    test('refuses to write what is read only, with 403 and a sentence', async () => {
      const bob = (await ask('GET', '/users?name=bob')).body.users[0].id as string
      const group = (await ask('GET', '/groups?name=inner')).body.groups[0].id as string
      for (const [method, path, body] of [
        ['POST', '/users', { user: { name: 'new', password: 'x' } }],
        ['PATCH', `/users/${bob}`, { user: { description: 'x' } }],
        ['PATCH', `/users/${bob}`, { user: { password: 'x' } }],
        ['DELETE', `/users/${bob}`],
        ['POST', '/groups', { group: { name: 'new' } }],
        ['PATCH', `/groups/${group}`, { group: { name: 'x' } }],
        ['DELETE', `/groups/${group}`],
        ['PUT', `/groups/${group}/users/${bob}`],
        ['DELETE', `/groups/${group}/users/${bob}`],
        ['POST', `/users/${bob}/password`, { user: { original_password: passwordOf('bob'), password: 'x' } }],
      ] as const) {
        const answer = await ask(method, path, body)
        expect({ method, path, ...answer }).toMatchObject({
          status: 403,
          body: {
            error: { message: expect.stringMatching(/administered in its directory server/) as string },
          },
        })
      }
    })

    test('answers 503 while the directory is away, goes on for who is in, and says the service is well', async () => {
      const bob = (await login('bob', 'red')).token
      expect((await ask('GET', '/auth/projects', undefined, bob)).status).toBe(200)
      // What an administrator sees of the directory, and what Prometheus does.
      const seen = async (): Promise<{ source: Record<string, unknown>; reachable: string | undefined }> => {
        const health = await fetch(`${service.url}/healthcheck`, { headers: { 'x-auth-token': token } })
        const { identity } = (await health.json()) as { identity: { sources: [Record<string, unknown>] } }
        const metrics = await (await fetch(service.metricsUrl ?? '')).text()
        expect(metrics).toMatch(/manila_identity_cache_lookups_total\{cache="tokens",result="hit"\} [1-9]/)
        expect(metrics).toMatch(
          /manila_identity_source_answer_age_seconds\{source="ldap:Default",server="ldap:/,
        )
        const reachable = /manila_identity_source_reachable\{source="ldap:Default".* (\d)/.exec(metrics)?.[1]
        return { source: identity.sources[0], reachable }
      }
      expect(await seen()).toMatchObject({
        source: {
          source: 'ldap:Default',
          server: server.url,
          reachable: true,
          breaker: 'closed',
          reason: null,
        },
        reachable: '1',
      })
      await server.kill()
      try {
        const refused = await login('bob', 'red')
        expect(refused).toMatchObject({
          status: 503,
          body: { error: { message: expect.stringMatching(/directory server cannot be reached/) as string } },
        })
        expect((await ask('GET', '/auth/projects', undefined, bob)).status).toBe(200)
        const shares = await fetch(`${service.url}/v2/shares`, { headers: { 'x-auth-token': bob } })
        expect(shares.status).toBe(200)
        expect((await fetch(`${service.url}/healthcheck`)).status).toBe(200)
        const away = await seen()
        expect(away).toMatchObject({ source: { reachable: false, breaker: 'open' }, reachable: '0' })
        expect(away.source.reason).toMatch(/\w+ \w+/)
        expect(away.source.answer_age_s).toBeGreaterThanOrEqual(0)
      } finally {
        await server.start()
      }
      await expect.poll(async () => (await seen()).reachable, { timeout: 5000 }).toBe('1')
    })
  })
})
