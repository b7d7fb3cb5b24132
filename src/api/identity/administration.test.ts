/** What administrators do through the identity face: domains, trees of projects, tags, roles from above, implied roles, the catalog. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoPassword } from '../../auth/parts.fixture.ts'
import { openFace, type Face, type FaceReply } from './face.fixture.ts'

let face: Face
let demoToken: string
let memberId: string

beforeAll(async () => {
  face = await openFace()
  demoToken = (await face.login({ name: 'demo' }, demoPassword)).token
  memberId = await roleId('member')
})
afterAll(() => face.close())

const { ask, ok }: Pick<Face, 'ask' | 'ok'> = {
  ask: (...all) => face.ask(...all),
  ok: (...all) => face.ok(...all),
}
const project = async (name: string, more: object = {}): Promise<string> =>
  (await ok('POST', '/projects', { project: { name, ...more } })).project.id
const user = async (name: string, more: object = {}): Promise<string> =>
  (await ok('POST', '/users', { user: { name, password: 'pass word', ...more } })).user.id
const roleId = async (name: string): Promise<string> => (await ok('GET', `/roles?name=${name}`)).roles[0].id
const rolesIn = (reply: FaceReply): string[] =>
  reply.body.token.roles.map((role: { name: string }) => role.name).toSorted()
const enter = (id: string, scope: unknown): Promise<FaceReply> => face.login({ id }, 'pass word', scope)

describe('domains', () => {
  test('are made, found, renamed, disabled, and only then deleted with their users', async () => {
    const { domain } = await ok('POST', '/domains', { domain: { name: 'corp', description: 'people' } })
    expect(domain).toMatchObject({ name: 'corp', description: 'people', enabled: true })
    const path = `/domains/${domain.id}`
    expect((await ask('POST', '/domains', { domain: { name: 'corp' } })).status).toBe(409)
    expect((await ok('PATCH', path, { domain: { name: 'company' } })).domain.name).toBe('company')
    expect((await ok('GET', '/domains?name=company')).domains).toHaveLength(1)
    const anna = await user('anna', { domain_id: domain.id })
    const inside = await project('inside', { domain_id: domain.id })
    await ok('PUT', `/projects/${inside}/users/${anna}/roles/${await roleId('member')}`)
    const { token } = await enter(anna, { project: { id: inside } })
    await ok('GET', '/auth/projects', undefined, token)

    const early = await ask('DELETE', path)
    expect([early.status, early.body.error.message]).toEqual([
      403,
      'The domain company is enabled; disable it first.',
    ])
    expect((await ok('PATCH', path, { domain: { enabled: false } })).domain.enabled).toBe(false)
    expect((await ask('GET', '/auth/projects', undefined, token)).status).toBe(401)
    expect((await enter(anna, 'unscoped')).status).toBe(401)
    const full = await ask('DELETE', path)
    expect([full.status, full.body.error.message]).toEqual([
      403,
      'The domain company has projects, such as inside; delete those first.',
    ])
    await ok('DELETE', `/projects/${inside}`)
    await ok('DELETE', path)
    expect((await ask('GET', path)).status).toBe(404)
    expect((await ask('GET', `/users/${anna}`)).status).toBe(404)
    const { db } = face.bench.store
    for (const table of ['password_facts', 'old_passwords'] as const) {
      expect(await db.selectFrom(table).selectAll().where('user_id', '=', anna).execute()).toEqual([])
    }
    expect(
      await db.selectFrom('role_assignments').selectAll().where('actor_id', '=', anna).execute(),
    ).toEqual([])
  })

  test('the default one stays, and nobody shuts the door behind them', async () => {
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { domain: { enabled: false } }],
    ] as const) {
      expect((await ask(method, '/domains/default', body)).status).toBe(403)
    }
  })

  test('of one’s own account stays enabled, whoever one is', async () => {
    const { domain } = await ok('POST', '/domains', { domain: { name: 'remote' } })
    const boss = await user('remote boss', { domain_id: domain.id })
    const { projectId } = face.bench.admin
    await ok('PUT', `/projects/${projectId}/users/${boss}/roles/${await roleId('admin')}`)
    const { token } = await enter(boss, { project: { id: projectId } })
    const off = { domain: { enabled: false } }
    expect((await ask('PATCH', `/domains/${domain.id}`, off, token)).status).toBe(403)
    await ok('PATCH', `/domains/${domain.id}`, { domain: { description: 'far' } }, token)
    await ok('PATCH', `/domains/${domain.id}`, off)
    await ok('DELETE', `/domains/${domain.id}`)
  })

  test('with the last administrator in it stays enabled, even if another closes it', async () => {
    const { directory, roles } = face.bench.auth
    const { domain } = await ok('POST', '/domains', { domain: { name: 'bosses' } })
    const boss = await user('only boss', { domain_id: domain.id })
    const { userId, projectId } = face.bench.admin
    const admin = { id: await roleId('admin'), target: { type: 'project', id: projectId } as const }
    await roles.grant(admin.id, { type: 'user', id: boss }, admin.target)
    await roles.take(admin.id, { type: 'user', id: userId }, admin.target)
    await expect(directory.updateDomain(domain.id, { enabled: false })).rejects.toMatchObject({ status: 409 })
    await roles.grant(admin.id, { type: 'user', id: userId }, admin.target)
    await directory.updateDomain(domain.id, { enabled: false })
    await directory.deleteDomain(domain.id)
  })

  test('as projects', async () => {
    const { project: top } = await ok('POST', '/projects', { project: { name: 'top', is_domain: true } })
    expect(top).toMatchObject({ is_domain: true, domain_id: null, parent_id: null, name: 'top' })
    expect((await ok('GET', `/projects/${top.id}`)).project).toEqual(top)
    expect((await ok('GET', `/domains/${top.id}`)).domain.name).toBe('top')
    const below = await project('below', { parent_id: top.id })
    expect((await ok('GET', `/projects/${below}`)).project).toMatchObject({
      domain_id: top.id,
      parent_id: top.id,
    })
    const mixed = { name: 'mixed', is_domain: true, parent_id: top.id }
    expect((await ask('POST', '/projects', { project: mixed })).status).toBe(400)
  })

  test('are for administrators', async () => {
    expect((await ask('POST', '/domains', { domain: { name: 'x' } }, demoToken)).status).toBe(403)
    expect((await ask('PATCH', '/domains/default', { domain: {} }, demoToken)).status).toBe(403)
    expect((await ask('DELETE', '/domains/default', undefined, demoToken)).status).toBe(403)
  })
})

describe('the tree of projects', () => {
  test('is shown upwards and downwards, as ids and as lists', async () => {
    const a = await project('a')
    const b = await project('b', { parent_id: a })
    const c = await project('c', { parent_id: b })
    const d = await project('d', { parent_id: b })
    const family = async (id: string, query: string) => (await ok('GET', `/projects/${id}?${query}`)).project
    expect((await family(c, 'parents_as_ids')).parents).toEqual({ [b]: { [a]: { default: null } } })
    expect((await family(a, 'subtree_as_ids')).subtree).toEqual({ [b]: { [c]: null, [d]: null } })
    expect((await family(c, 'subtree_as_ids')).subtree).toBeNull()
    const ids = (list: { project: { id: string } }[]): string[] => list.map((one) => one.project.id)
    expect(ids((await family(c, 'parents_as_list')).parents)).toEqual([b, a])
    expect(ids((await family(a, 'subtree_as_list')).subtree)).toEqual([b, c, d])
    expect((await ask('GET', `/projects/${a}?subtree_as_list&subtree_as_ids`)).status).toBe(400)
    expect((await ok('GET', `/projects?parent_id=${b}`)).projects).toHaveLength(2)

    // Somebody who has a role below sees nothing of the others in lists.
    const own = await user('below only')
    await ok('PUT', `/projects/${c}/users/${own}/roles/${await roleId('reader')}`)
    const { token } = await enter(own, { project: { id: c } })
    const seen = await ok('GET', `/projects/${c}?parents_as_list`, undefined, token)
    expect(seen.project.parents).toEqual([])
    expect((await ask('GET', `/projects/${a}`, undefined, token)).status).toBe(404)
  })

  test('has a bound', async () => {
    let parent = await project('level 1')
    for (let level = 2; level <= 5; level++) parent = await project(`level ${level}`, { parent_id: parent })
    const { status, body } = await ask('POST', '/projects', {
      project: { name: 'level 6', parent_id: parent },
    })
    expect([status, body.error.message]).toEqual([403, 'Projects are at most 5 levels deep.'])
    expect((await ask('POST', '/projects', { project: { name: 'x', parent_id: 'nothing' } })).status).toBe(
      404,
    )
  })

  test('below a disabled project nothing is enabled, nor can anybody work there', async () => {
    const top = await project('shelf')
    const low = await project('box', { parent_id: top })
    const who = await user('boxer')
    await ok('PUT', `/projects/${low}/users/${who}/roles/${await roleId('member')}`)
    const { token } = await enter(who, { project: { id: low } })
    const off = { project: { enabled: false } }
    const refused = await ask('PATCH', `/projects/${top}`, off)
    expect([refused.status, refused.body.error.message]).toEqual([
      403,
      'The project box below it is enabled; disable that first.',
    ])
    expect(
      (await ask('PATCH', `/projects/${top}/cascade`, { project: { enabled: false, name: 'x' } })).status,
    ).toBe(400)
    expect((await ok('PATCH', `/projects/${top}/cascade`, off)).project.enabled).toBe(false)
    expect((await ok('GET', `/projects/${low}`)).project.enabled).toBe(false)
    expect((await ask('GET', '/auth/projects', undefined, token)).status).toBe(401)
    expect((await ask('PATCH', `/projects/${low}`, { project: { enabled: true } })).status).toBe(403)
    const late = { name: 'late', parent_id: top }
    expect((await ask('POST', '/projects', { project: late })).status).toBe(403)
    expect((await ask('DELETE', `/projects/${top}`)).status).toBe(403)
    await ok('PATCH', `/projects/${top}/cascade`, { project: { enabled: true } })
    expect((await ok('GET', `/projects/${low}`)).project.enabled).toBe(true)
    expect((await ask('DELETE', `/projects/${top}/cascade`)).status).toBe(403)
    await ok('PATCH', `/projects/${top}/cascade`, off)
    await ok('DELETE', `/projects/${top}/cascade`)
    expect((await ask('GET', `/projects/${low}`)).status).toBe(404)
  })

  test('a project that was enabled below a disabled one by another release is no door', async () => {
    const top = await project('old shelf')
    const low = await project('old box', { parent_id: top })
    const who = await user('old boxer')
    await ok('PUT', `/projects/${low}/users/${who}/roles/${await roleId('member')}`)
    await face.bench.store.db.updateTable('projects').set({ enabled: 0 }).where('id', '=', top).execute()
    expect((await enter(who, { project: { id: low } })).status).toBe(401)
  })

  test('a project stays where it is', async () => {
    const a = await project('here')
    const b = await project('there')
    expect((await ask('PATCH', `/projects/${a}`, { project: { parent_id: b } })).status).toBe(400)
    expect((await ask('PATCH', `/projects/${a}`, { project: { is_domain: true } })).status).toBe(400)
    await ok('PATCH', `/projects/${a}`, { project: { domain_id: 'default', parent_id: 'default' } })
  })
})

describe('tags', () => {
  test('are set, added, asked for and taken away', async () => {
    const id = await project('tagged', { tags: ['red', 'blue', 'red'] })
    expect((await ok('GET', `/projects/${id}`)).project.tags).toEqual(['blue', 'red'])
    expect((await ok('GET', `/projects/${id}/tags`)).tags).toEqual(['blue', 'red'])
    await ok('PUT', `/projects/${id}/tags/dark%20green`)
    await ok('PUT', `/projects/${id}/tags/red`)
    await ok('HEAD', `/projects/${id}/tags/dark%20green`)
    expect((await ask('GET', `/projects/${id}/tags/yellow`)).status).toBe(404)
    await ok('DELETE', `/projects/${id}/tags/red`)
    expect((await ask('DELETE', `/projects/${id}/tags/red`)).status).toBe(404)
    expect((await ok('PUT', `/projects/${id}/tags`, { tags: ['one', 'two'] })).tags).toEqual(['one', 'two'])
    expect((await ok('PATCH', `/projects/${id}`, { project: { tags: ['one'] } })).project.tags).toEqual([
      'one',
    ])
    await ok('DELETE', `/projects/${id}/tags`)
    expect((await ok('GET', `/projects/${id}`)).project.tags).toEqual([])
  })

  test('filter lists in all four ways', async () => {
    for (const [name, tags] of [
      ['xy', ['x', 'y']],
      ['xz', ['x', 'z']],
      ['none', []],
    ] as const) {
      await project(`t-${name}`, { tags })
    }
    const found = async (query: string): Promise<string[]> =>
      (await ok('GET', `/projects?name__startswith=t-&${query}`)).projects.map(
        (one: { name: string }) => one.name,
      )
    expect(await found('tags=x,y')).toEqual(['t-xy'])
    expect(await found('tags-any=y,z')).toEqual(['t-xy', 't-xz'])
    expect(await found('not-tags=x,y')).toEqual(['t-none', 't-xz'])
    expect(await found('not-tags-any=y,z')).toEqual(['t-none'])
    expect(await found('tags=x&not-tags-any=z')).toEqual(['t-xy'])
  })

  test('are words of a bounded number, set by administrators', async () => {
    const id = await project('bounded')
    for (const bad of ['a/b', 'a,b', '', 'x'.repeat(256)]) {
      expect((await ask('PUT', `/projects/${id}/tags`, { tags: [bad] })).status).toBe(400)
    }
    const many = Array.from({ length: 81 }, (_, i) => `t${i}`)
    expect((await ask('POST', '/projects', { project: { name: 'too many', tags: many } })).status).toBe(400)
    expect((await ok('GET', '/projects?name=too%20many')).projects).toEqual([])
    expect((await ask('PUT', `/projects/${id}/tags`, { tags: many })).status).toBe(400)
    await ok('PUT', `/projects/${id}/tags`, { tags: many.slice(1) })
    expect((await ask('PUT', `/projects/${id}/tags/more`)).status).toBe(400)
    const own = face.bench.demo.projectId
    expect((await ask('PUT', `/projects/${own}/tags/mine`, undefined, demoToken)).status).toBe(403)
    expect((await ok('GET', `/projects/${own}/tags`, undefined, demoToken)).tags).toEqual([])
    expect((await ask('GET', `/projects/${id}/tags`, undefined, demoToken)).status).toBe(404)
  })
})

describe('lists', () => {
  test('compare parts of names, and go on after a marker', async () => {
    for (const name of ['Nas-a', 'nas-b', 'nas-c%', 'other-nas']) {
      await ok('POST', '/groups', { group: { name } })
    }
    const found = async (query: string): Promise<string[]> =>
      (await ok('GET', `/groups?${query}`)).groups.map((one: { name: string }) => one.name)
    expect(await found('name__contains=NAS-')).toEqual(['Nas-a', 'nas-b', 'nas-c%'])
    expect(await found('name__istartswith=nas-&name__endswith=B')).toEqual(['nas-b'])
    expect(await found('name__contains=%25')).toEqual(['nas-c%'])
    expect(await found('name__iexact=OTHER-nas')).toEqual(['other-nas'])

    const pages: string[] = []
    let path: string | null = '/groups?limit=3'
    while (path !== null) {
      const { groups, links } = await ok('GET', path)
      expect(groups.length).toBeLessThanOrEqual(3)
      pages.push(...groups.map((one: { name: string }) => one.name))
      path = links.next === null ? null : String(links.next).replace(/^.*\/v3/, '')
    }
    expect(pages).toEqual(await found('limit=1000'))
    expect((await ask('GET', '/groups?marker=nothing')).status).toBe(400)
  })

  test('each kind of them goes on', async () => {
    for (const kind of ['users', 'projects', 'domains', 'roles', 'groups']) {
      const all = (await ok('GET', `/${kind}`))[kind].map((one: { id: string }) => one.id)
      expect(all.length).toBeGreaterThan(1)
      const first = await ok('GET', `/${kind}?limit=1`)
      expect(first[kind][0].id).toBe(all[0])
      const rest = (await ok('GET', `/${kind}?marker=${all[0]}`))[kind].map((one: { id: string }) => one.id)
      expect(rest).toEqual(all.slice(1))
    }
  })
})

describe('roles from above', () => {
  test('reach every project below, from a project and from a domain, and not the place itself', async () => {
    const a = await project('hq')
    const b = await project('floor', { parent_id: a })
    const c = await project('desk', { parent_id: b })
    const who = await user('heir')
    const reader = await roleId('reader')
    const path = `/OS-INHERIT/projects/${a}/users/${who}/roles/${reader}/inherited_to_projects`
    expect((await ask('HEAD', path)).status).toBe(404)
    await ok('PUT', path)
    await ok('PUT', path)
    await ok('HEAD', path)
    const listPath = `/OS-INHERIT/projects/${a}/users/${who}/roles/inherited_to_projects`
    expect((await ok('GET', listPath)).roles).toMatchObject([{ name: 'reader' }])
    expect((await ok('GET', `/projects/${a}/users/${who}/roles`)).roles).toEqual([])
    expect((await enter(who, { project: { id: a } })).status).toBe(401)
    const deep = await enter(who, { project: { id: c } })
    expect(rolesIn(deep)).toEqual(['reader'])
    const mine = await ok('GET', '/auth/projects', undefined, deep.token)
    expect(mine.projects.map((one: { name: string }) => one.name)).toEqual(['desk', 'floor'])
    expect((await ok('GET', `/users/${who}/projects`)).projects).toHaveLength(2)

    const wide = `/OS-INHERIT/domains/default/users/${who}/roles/${await roleId('member')}/inherited_to_projects`
    await ok('PUT', wide)
    expect(rolesIn(await enter(who, { project: { id: a } }))).toEqual(['member', 'reader'])
    expect((await enter(who, { domain: { id: 'default' } })).status).toBe(401)
    await ok('DELETE', wide)
    // The token of before has no more than there is now, at once.
    expect((await ask('GET', '/auth/projects', undefined, deep.token)).status).toBe(200)
    await ok('DELETE', path)
    expect((await ask('DELETE', path)).status).toBe(404)
    expect((await ask('GET', '/auth/projects', undefined, deep.token)).status).toBe(401)
  })

  test('reach members of groups', async () => {
    const top = await project('club')
    const low = await project('bar', { parent_id: top })
    const who = await user('clubber')
    const { group } = await ok('POST', '/groups', { group: { name: 'clubbers' } })
    await ok('PUT', `/groups/${group.id}/users/${who}`)
    await ok(
      'PUT',
      `/OS-INHERIT/projects/${top}/groups/${group.id}/roles/${await roleId('member')}/inherited_to_projects`,
    )
    expect(rolesIn(await enter(who, { project: { id: low } }))).toEqual(['member', 'reader'])
    await ok('DELETE', `/groups/${group.id}`)
    expect((await enter(who, { project: { id: low } })).status).toBe(401)
  })

  test('and those on the system', async () => {
    const who = await user('operator')
    const path = `/system/users/${who}/roles/${await roleId('reader')}`
    await ok('PUT', path)
    await ok('HEAD', path)
    expect((await ok('GET', `/system/users/${who}/roles`)).roles).toMatchObject([{ name: 'reader' }])
    const { token, body } = await enter(who, { system: { all: true } })
    expect(body.token.system).toEqual({ all: true })
    expect((await ok('GET', '/auth/system', undefined, token)).system).toEqual([{ all: true }])
    expect((await ok('GET', '/auth/system', undefined, demoToken)).system).toEqual([])
    const listed = await ok('GET', `/role_assignments?scope.system=all&user.id=${who}`)
    expect(listed.role_assignments).toMatchObject([{ scope: { system: { all: true } }, user: { id: who } }])
    await ok('DELETE', path)
    expect((await enter(who, { system: { all: true } })).status).toBe(401)
    expect((await ask('PUT', `/system/users/nobody/roles/${await roleId('reader')}`)).status).toBe(404)
  })
})

describe('role assignments', () => {
  test('are listed by every filter, as granted and as they work out', async () => {
    const top = await project('tree')
    const low = await project('leaf', { parent_id: top })
    const who = await user('gardener')
    const { group } = await ok('POST', '/groups', { group: { name: 'gardeners' } })
    await ok('PUT', `/groups/${group.id}/users/${who}`)
    const [member, reader] = [await roleId('member'), await roleId('reader')]
    await ok('PUT', `/projects/${top}/users/${who}/roles/${reader}`)
    await ok('PUT', `/OS-INHERIT/projects/${top}/groups/${group.id}/roles/${member}/inherited_to_projects`)
    const list = async (query: string) => (await ok('GET', `/role_assignments?${query}`)).role_assignments
    const v3 = 'http://manila.example:8786/identity/v3'

    expect(await list(`group.id=${group.id}`)).toEqual([
      {
        role: { id: member },
        group: { id: group.id },
        scope: { project: { id: top }, 'OS-INHERIT:inherited_to': 'projects' },
        links: {
          assignment: `${v3}/OS-INHERIT/projects/${top}/groups/${group.id}/roles/${member}/inherited_to_projects`,
        },
      },
    ])
    expect(await list(`scope.project.id=${top}&scope.OS-INHERIT:inherited_to=projects`)).toHaveLength(1)
    expect(await list(`scope.project.id=${top}`)).toHaveLength(2)
    expect(await list(`scope.project.id=${low}`)).toEqual([])
    expect(await list(`scope.project.id=${top}&include_subtree`)).toHaveLength(2)
    expect(await list(`role.id=${reader}&user.id=${who}`)).toHaveLength(1)

    const effective = await list(`effective&scope.project.id=${low}&include_names`)
    expect(effective).toEqual(
      [
        { role: member, name: 'member', prior: {} },
        {
          role: reader,
          name: 'reader',
          prior: { prior_role: `${v3}/roles/${member}/implies/${reader}` },
        },
      ].map(({ role, name, prior }) => ({
        role: { id: role, name },
        user: { id: who, name: 'gardener', domain: { id: 'default', name: 'Default' } },
        scope: {
          project: { id: low, name: 'leaf', domain: { id: 'default', name: 'Default' } },
          'OS-INHERIT:inherited_to': 'projects',
        },
        links: {
          assignment: `${v3}/OS-INHERIT/projects/${top}/groups/${group.id}/roles/${member}/inherited_to_projects`,
          membership: `${v3}/groups/${group.id}/users/${who}`,
          ...prior,
        },
      })),
    )
    expect(await list(`effective&user.id=${who}`)).toHaveLength(3)
    for (const query of [`effective&user.id=${who}`, `scope.project.id=${top}`]) {
      const part = await ok('GET', `/role_assignments?${query}&limit=1`)
      expect([part.role_assignments.length, part.truncated, part.links.next]).toEqual([1, true, null])
      expect((await ok('GET', `/role_assignments?${query}&limit=9`)).truncated).toBeUndefined()
    }
    expect(await list(`effective&user.id=${who}&role.id=${reader}`)).toHaveLength(2)
    expect(await list(`effective&scope.project.id=${top}`)).toHaveLength(1)
    expect(await list(`effective&scope.project.id=${top}&include_subtree`)).toHaveLength(3)
    for (const bad of [
      `effective&group.id=${group.id}`,
      `user.id=${who}&group.id=${group.id}`,
      'include_subtree',
      'scope.OS-INHERIT:inherited_to=users',
      `scope.project.id=${top}&scope.domain.id=default`,
    ]) {
      expect((await ask('GET', `/role_assignments?${bad}`)).status).toBe(400)
    }
  })
})

describe('implied roles', () => {
  test('are changed, and tokens follow at once', async () => {
    const { role: boss } = await ok('POST', '/roles', { role: { name: 'boss', description: 'of some' } })
    const { role: helper } = await ok('POST', '/roles', { role: { name: 'helper' } })
    const where = await project('office')
    const who = await user('chief')
    await ok('PUT', `/projects/${where}/users/${who}/roles/${boss.id}`)
    const held = async (): Promise<string[]> => rolesIn(await enter(who, { project: { id: where } }))
    const { token } = await enter(who, { project: { id: where } })
    const seenOf = async (): Promise<string[]> =>
      (await face.bench.auth.verify(token))?.roles.toSorted() ?? []
    expect(await held()).toEqual(['boss'])
    const member = await roleId('member')
    expect((await ask('PUT', `/roles/${boss.id}/implies/${helper.id}`)).status).toBe(201)
    expect((await ask('PUT', `/roles/${helper.id}/implies/${member}`)).status).toBe(201)
    expect(await held()).toEqual(['boss', 'helper', 'member', 'reader'])
    expect(await seenOf()).toEqual(['boss', 'helper', 'member', 'reader'])
    expect((await ok('GET', `/roles/${boss.id}/implies`)).role_inference).toMatchObject({
      prior_role: { name: 'boss' },
      implies: [{ name: 'helper' }],
    })
    expect((await ok('GET', `/roles/${boss.id}/implies/${helper.id}`)).role_inference.implies.name).toBe(
      'helper',
    )
    expect((await ask('HEAD', `/roles/${boss.id}/implies/${helper.id}`)).status).toBe(204)
    expect((await ask('GET', `/roles/${boss.id}/implies/${member}`)).status).toBe(404)
    // A ring is no trap.
    await ok('PUT', `/roles/${helper.id}/implies/${boss.id}`)
    expect(await held()).toEqual(['boss', 'helper', 'member', 'reader'])
    await ok('DELETE', `/roles/${boss.id}/implies/${helper.id}`)
    expect((await ask('DELETE', `/roles/${boss.id}/implies/${helper.id}`)).status).toBe(404)
    expect(await seenOf()).toEqual(['boss'])
    expect((await ok('PATCH', `/roles/${boss.id}`, { role: { name: 'lead' } })).role.name).toBe('lead')
    expect(await seenOf()).toEqual(['lead'])
    await ok('DELETE', `/roles/${helper.id}`)
    expect(await held()).toEqual(['lead'])
  })

  test('of the standard ones are changed too, and bootstrap does not bring them back', async () => {
    const [manager, member] = [await roleId('manager'), await roleId('member')]
    await ok('DELETE', `/roles/${manager}/implies/${member}`)
    const names = async (): Promise<string[]> =>
      (await ok('GET', '/role_inferences')).role_inferences.flatMap(
        (one: { prior_role: { name: string }; implies: { name: string }[] }) =>
          one.implies.map(({ name }) => `${one.prior_role.name} ${name}`),
      )
    expect(await names()).not.toContain('manager member')
    const other = await face.bench.another()
    expect((await other.roles.implications()).get(manager)?.has(member)).toBe(false)
    await ok('PUT', `/roles/${manager}/implies/${member}`)
    expect(await names()).toEqual(
      expect.arrayContaining(['admin manager', 'manager member', 'member reader']),
    )
  })

  test('make no administrator by a side door', async () => {
    const [admin, reader] = [await roleId('admin'), await roleId('reader')]
    expect((await ask('PUT', `/roles/${reader}/implies/${admin}`)).status).toBe(403)
    expect((await ask('PUT', `/roles/${reader}/implies/${reader}`)).status).toBe(400)
    expect((await ask('PUT', `/roles/${reader}/implies/nothing`)).status).toBe(404)
    expect((await ask('PATCH', `/roles/${reader}`, { role: { name: 'other' } })).status).toBe(403)
    expect((await ask('PUT', `/roles/${reader}/implies/${admin}`, undefined, demoToken)).status).toBe(403)
    const { role } = await ok('POST', '/roles', { role: { name: 'second' } })
    expect((await ask('PATCH', `/roles/${role.id}`, { role: { name: 'READER' } })).status).toBe(409)
  })
})

describe('the catalog', () => {
  test('of other services is kept, and in tokens', async () => {
    const { region } = await ok('PUT', '/regions/west', { region: { description: 'there' } })
    expect(region).toMatchObject({ id: 'west', description: 'there', parent_region_id: null })
    await ok('POST', '/regions', { region: { id: 'west-1', parent_region_id: 'west' } })
    expect((await ask('POST', '/regions', { region: { id: 'west' } })).status).toBe(409)
    expect((await ask('PATCH', '/regions/west', { region: { parent_region_id: 'west-1' } })).status).toBe(400)
    expect((await ok('GET', '/regions?parent_region_id=west')).regions).toHaveLength(1)
    const { service } = await ok('POST', '/services', {
      service: { type: 'compute', name: 'nova', description: 'machines' },
    })
    const url = 'https://nova.example.org/v2.1/%(project_id)s'
    const { endpoint } = await ok('POST', '/endpoints', {
      endpoint: { service_id: service.id, interface: 'public', region_id: 'west', url },
    })
    expect(endpoint).toMatchObject({ region: 'west', region_id: 'west', url, enabled: true })
    const inToken = async (token: string) =>
      (await ok('GET', '/auth/catalog', undefined, token)).catalog.find(
        (one: { type: string }) => one.type === 'compute',
      )
    const { projectId } = face.bench.demo
    expect((await inToken(demoToken)).endpoints).toMatchObject([
      { region: 'west', url: `https://nova.example.org/v2.1/${projectId}` },
    ])
    const fresh = await face.login({ name: 'demo' }, demoPassword)
    const entry = fresh.body.token.catalog.find((one: { type: string }) => one.type === 'compute')
    expect(entry.endpoints[0].url).toContain(projectId)

    expect((await ask('DELETE', '/regions/west')).status).toBe(403)
    await ok('PATCH', `/endpoints/${endpoint.id}`, { endpoint: { enabled: false } })
    expect((await inToken(demoToken)).endpoints).toEqual([])
    await ok('PATCH', `/services/${service.id}`, { service: { enabled: false } })
    expect(await inToken(demoToken)).toBeUndefined()
    await ok('DELETE', `/services/${service.id}`)
    expect((await ask('GET', `/endpoints/${endpoint.id}`)).status).toBe(404)
    await ok('DELETE', '/regions/west-1')
    await ok('DELETE', '/regions/west')
  })

  test('of this service is shown and stays as it is', async () => {
    const { services } = await ok('GET', '/services?type=shared-file-system')
    const { endpoints } = await ok('GET', `/endpoints?service_id=${services[0].id}&interface=public`)
    expect(endpoints).toMatchObject([{ url: 'http://manila.example:8786/v2', region: 'RegionOne' }])
    for (const [path, noun] of [
      [`/services/${services[0].id}`, 'service'],
      [`/endpoints/${endpoints[0].id}`, 'endpoint'],
      ['/regions/RegionOne', 'region'],
    ] as const) {
      for (const [method, body] of [
        ['PATCH', { [noun]: {} }],
        ['DELETE', undefined],
      ] as const) {
        const { status, body: said } = await ask(method, path, body)
        expect([status, said.error.message]).toEqual([403, expect.stringContaining("service's own")])
      }
    }
  })

  test('refuses what would be no endpoint', async () => {
    const { service } = await ok('POST', '/services', { service: { type: 'image' } })
    const bad = (more: object) => ({
      endpoint: { service_id: service.id, interface: 'public', url: 'http://glance', ...more },
    })
    for (const [more, status] of [
      [{ url: 'glance' }, 400],
      [{ url: 'http://glance/%(password)s' }, 400],
      [{ url: 'http://glance/$(project_id)' }, 400],
      [{ interface: 'secret' }, 400],
      [{ region_id: 'nowhere' }, 404],
      [{ service_id: 'nothing' }, 404],
    ] as const) {
      expect((await ask('POST', '/endpoints', bad(more))).status).toBe(status)
    }
    expect((await ask('POST', '/endpoints', bad({}), demoToken)).status).toBe(403)
    await ok('DELETE', `/services/${service.id}`)
  })
})

describe('access rules', () => {
  test('are shared by credentials, outlive them, and go when none has them', async () => {
    const mine = `/users/${face.bench.demo.userId}`
    const rule = { path: '/v2/shares', method: 'GET', service: 'sharev2' }
    const make = async (name: string, rules: object[]) =>
      (
        await ok(
          'POST',
          `${mine}/application_credentials`,
          { application_credential: { name, access_rules: rules } },
          demoToken,
        )
      ).application_credential
    const first = await make('first', [rule, rule])
    const second = await make('second', [rule, { ...rule, method: 'POST' }])
    expect(first.access_rules[1].id).toBe(first.access_rules[0].id)
    expect(second.access_rules[0].id).toBe(first.access_rules[0].id)
    const third = await make('third', [{ id: second.access_rules[1].id }])
    expect(third.access_rules).toEqual([second.access_rules[1]])
    const list = async (query = ''): Promise<string[]> =>
      (await ok('GET', `${mine}/access_rules${query}`, undefined, demoToken)).access_rules.map(
        (one: { method: string }) => one.method,
      )
    expect(await list()).toEqual(['GET', 'POST'])
    expect(await list('?method=POST')).toEqual(['POST'])
    const path = `${mine}/access_rules/${first.access_rules[0].id}`
    expect((await ask('DELETE', path, undefined, demoToken)).status).toBe(403)
    for (const { id } of [first, second, third]) {
      await ok('DELETE', `${mine}/application_credentials/${id}`, undefined, demoToken)
    }
    expect(await list()).toEqual(['GET', 'POST'])
    const { token: stranger } = await face.login({ id: await user('stranger') }, 'pass word', 'unscoped')
    expect((await ask('DELETE', path, undefined, stranger)).status).toBe(403)
    await ok('DELETE', path, undefined, demoToken)
    expect((await ask('DELETE', path, undefined, demoToken)).status).toBe(404)
    expect(await list()).toEqual(['POST'])
    const gone = { application_credential: { name: 'x', access_rules: [{ id: first.access_rules[0].id }] } }
    expect((await ask('POST', `${mine}/application_credentials`, gone, demoToken)).status).toBe(404)
    const half = { application_credential: { name: 'x', access_rules: [{ path: '/v2' }] } }
    expect((await ask('POST', `${mine}/application_credentials`, half, demoToken)).status).toBe(400)
  })
})

test('a change is in force in other processes after 5 s at most', async () => {
  const other = await face.bench.another()
  const top = await project('far top')
  const low = await project('far low', { parent_id: top })
  const who = await user('far away')
  const { role } = await ok('POST', '/roles', { role: { name: 'far' } })
  const path = `/OS-INHERIT/projects/${top}/users/${who}/roles/${role.id}/inherited_to_projects`
  await ok('PUT', path)
  const { token } = await enter(who, { project: { id: low } })
  const seen = async (): Promise<readonly string[] | undefined> => (await other.verify(token))?.roles
  expect(await seen()).toEqual(['far'])
  const { service } = await ok('POST', '/services', { service: { type: 'far-service' } })
  const { clock } = face.bench
  const types = async (): Promise<string[]> => (await other.catalog.recent()).services.map(({ type }) => type)
  await types()
  for (const [change, after] of [
    [() => ok('PUT', `/roles/${role.id}/implies/${memberId}`), ['far', 'member', 'reader']],
    [() => ok('PATCH', `/roles/${role.id}`, { role: { name: 'farther' } }), ['farther', 'member', 'reader']],
    [() => ok('DELETE', `/roles/${role.id}/implies/${memberId}`), ['farther']],
    [() => ok('PATCH', `/projects/${top}/cascade`, { project: { enabled: false } }), undefined],
    [() => ok('PATCH', `/projects/${top}/cascade`, { project: { enabled: true } }), ['farther']],
    [() => ok('DELETE', path), undefined],
  ] as const) {
    await change()
    clock.pass(5)
    expect(await seen()).toEqual(after)
  }
  expect(await types()).toEqual(['far-service'])
  await ok('DELETE', `/services/${service.id}`)
  clock.pass(5)
  expect(await types()).toEqual([])
})

describe('two at the same time', () => {
  const twice = async (method: string, path: string, body?: unknown, token?: string): Promise<number[]> => {
    const replies = await Promise.all([1, 2, 3].map(() => ask(method, path, body, token)))
    return replies.map(({ status }) => status).toSorted((a, b) => a - b)
  }

  test('are one where both want the same', async () => {
    const where = await project('crowded')
    const who = await user('crowd')
    const { role } = await ok('POST', '/roles', { role: { name: 'crowded' } })
    const { group } = await ok('POST', '/groups', { group: { name: 'crowd' } })
    const inherited = `/OS-INHERIT/projects/${where}/users/${who}/roles/${role.id}/inherited_to_projects`
    expect(await twice('PUT', inherited)).toEqual([204, 204, 204])
    expect(await twice('PUT', `/projects/${where}/users/${who}/roles/${role.id}`)).toEqual([204, 204, 204])
    expect(await twice('PUT', `/roles/${role.id}/implies/${memberId}`)).toEqual([201, 201, 201])
    expect(await twice('PUT', `/groups/${group.id}/users/${who}`)).toEqual([204, 204, 204])
    expect(await twice('PUT', `/projects/${where}/tags/full`)).toEqual([201, 201, 201])
    expect(await twice('PUT', `/projects/${where}/tags`, { tags: ['a', 'b'] })).toEqual([200, 200, 200])
    expect((await ok('GET', `/projects/${where}`)).project.tags).toEqual(['a', 'b'])
    expect(await twice('DELETE', inherited)).toEqual([204, 404, 404])
  })

  test('are one and refusals where each wants its own', async () => {
    expect(await twice('POST', '/domains', { domain: { name: 'rushed' } })).toEqual([201, 409, 409])
    expect(await twice('POST', '/projects', { project: { name: 'rushed' } })).toEqual([201, 409, 409])
    expect(await twice('POST', '/roles', { role: { name: 'rushed' } })).toEqual([201, 409, 409])
    expect(await twice('PUT', '/regions/rushed', { region: {} })).toEqual([201, 409, 409])
    const path = `/users/${face.bench.demo.userId}/application_credentials`
    const access_rules = [{ path: '/v2/rushed', method: 'GET', service: 'share' }]
    const made = await Promise.all(
      [1, 2, 3].map((i) =>
        ask('POST', path, { application_credential: { name: `rushed ${i}`, access_rules } }, demoToken),
      ),
    )
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201])
    const ids = made.map(({ body }) => body.application_credential.access_rules[0].id as string)
    expect(new Set(ids).size).toBe(1)
  })
})

test('whatever can be got can be asked for without its body', async () => {
  for (const path of [
    '/users',
    '/auth/projects',
    '/roles',
    '/regions',
    '/domains/default',
    '/auth/catalog',
  ]) {
    expect(await ask('HEAD', path)).toMatchObject({ status: 200, body: undefined })
  }
  expect((await ask('HEAD', '/users/nobody')).status).toBe(404)
})
