import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AuthManager } from '../../auth/manager.ts'
import type { Store } from '../../db/open.ts'
import { openTestStore } from '../../db/store.fixture.ts'
import { systemClock } from '../../runtime/clock.ts'
import { Importer } from './importer.ts'
import { KeystoneSource } from './keystone-source.ts'
import { Report } from './report.ts'
import type { Source } from './wanted.ts'

let store: Store
let auth: AuthManager
let dir: string
beforeEach(async () => {
  store = await openTestStore()
  dir = mkdtempSync(join(tmpdir(), 'importer-'))
  auth = await AuthManager.open({ store, clock: systemClock(), keyFile: join(dir, 'keys.json') })
})
afterEach(async () => {
  auth.close()
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

async function bring(source: Partial<Source>, apply: boolean, on: Store = store): Promise<Report> {
  const report = new Report()
  const nothing = {
    domains: [],
    roles: [],
    implications: [],
    projects: [],
    users: [],
    groups: [],
    members: [],
    assignments: [],
  }
  const importer = new Importer({
    auth,
    store: on,
    clock: systemClock(),
    apply,
    report,
    isDirectory: () => false,
  })
  await importer.run({ ...nothing, notes: () => [], ...source })
  return report
}

/** A cloud with more of everything than one transaction takes. */
function cloud(): Omit<Source, 'notes'> {
  const domainId = 'd1'
  const many = <T>(count: number, make: (at: number) => T): T[] =>
    Array.from({ length: count }, (_, at) => make(at))
  const common = { domainId, description: '', enabled: true }
  return {
    domains: [{ id: domainId, name: 'lab', description: 'a lab', enabled: true }],
    roles: [
      { id: 'r-admin', name: 'Admin', description: '' },
      { id: 'r-keeper', name: 'keeper', description: 'keeps' },
      { id: 'r-reader', name: 'reader', description: '' },
    ],
    implications: [{ priorId: 'r-keeper', impliedId: 'r-reader' }],
    projects: many(250, (at) => ({
      ...common,
      id: `p${at}`,
      name: `project ${at}`,
      parentId: at === 0 ? null : `p${Math.floor((at - 1) / 10)}`,
      tags: at % 100 === 0 ? ['round'] : [],
    })),
    users: many(450, (at) => ({
      ...common,
      id: `u${at}`,
      name: `user ${at}`,
      email: at === 0 ? 'a@lab.test' : null,
      defaultProjectId: 'p0',
      passwordHash: null,
    })),
    groups: many(3, (at) => ({ id: `g${at}`, name: `group ${at}`, domainId, description: '' })),
    members: many(450, (at) => ({ groupId: `g${at % 3}`, userId: `u${at}` })),
    assignments: many(250, (at) => ({
      roleId: at % 2 === 0 ? 'r-keeper' : 'r-reader',
      actor:
        at % 10 === 0 ? ({ type: 'group', id: 'g0' } as const) : ({ type: 'user', id: `u${at}` } as const),
      target: { type: 'project', id: `p${at}` } as const,
      inherited: at % 5 === 0,
    })),
  }
}

async function everything(): Promise<unknown> {
  const { db } = store
  return {
    projects: await db
      .selectFrom('projects')
      .select(['id', 'name', 'parent_id', 'enabled'])
      .orderBy('id')
      .execute(),
    tags: await db.selectFrom('project_tags').selectAll().orderBy('project_id').execute(),
    users: await db
      .selectFrom('users')
      .select(['id', 'name', 'email', 'default_project_id'])
      .orderBy('id')
      .execute(),
    groups: await db.selectFrom('groups').selectAll().orderBy('id').execute(),
    members: await db.selectFrom('group_members').selectAll().orderBy('user_id').execute(),
    roles: (await db.selectFrom('roles').select('name').orderBy('name').execute()).map(({ name }) => name),
    direct: await db
      .selectFrom('role_assignments')
      .selectAll()
      .orderBy('actor_id')
      .orderBy('target_id')
      .execute(),
    below: await db
      .selectFrom('inherited_assignments')
      .selectAll()
      .orderBy('actor_id')
      .orderBy('target_id')
      .execute(),
  }
}

describe('an import', () => {
  test('says what it does, does what it says, and does it once', async () => {
    const plan = await bring(cloud(), false)
    expect(await everything()).toMatchObject({ projects: [], users: [], groups: [], roles: [] })
    const done = await bring(cloud(), true)
    expect(done.toJson('x', true)).toEqual(plan.toJson('x', true))
    expect(done.items.filter(({ action }) => action !== 'create')).toEqual([])
    const after = await everything()
    expect(after).toMatchObject({
      tags: [{ project_id: 'p0' }, { project_id: 'p100' }, { project_id: 'p200' }],
      roles: expect.arrayContaining([
        'Admin',
        'keeper',
        'manager',
        'member',
        'reader',
        'service',
      ]) as string[],
    })
    const again = await bring(cloud(), true)
    expect(again.items).toEqual([])
    expect(again.count('user', 'same')).toBe(450)
    expect(await everything()).toEqual(after)
  })

  test('cut at any transaction goes on to the same end', async () => {
    let whole = 0
    const counting: Store = { ...store, transaction: (body) => (whole++, store.transaction(body)) }
    await bring(cloud(), true, counting)
    const expected = await everything()
    expect(whole).toBeGreaterThan(10)
    for (let at = 0; at < whole; at++) {
      const { db } = store
      for (const table of [
        'project_tags',
        'users',
        'groups',
        'group_members',
        'projects',
        'role_assignments',
        'inherited_assignments',
      ] as const) {
        await db.deleteFrom(table).execute()
      }
      let seen = 0
      const cut: Store = {
        ...store,
        transaction: (body) => {
          if (seen++ === at) throw new Error('the power is gone')
          return store.transaction(body)
        },
      }
      await expect(bring(cloud(), true, cut)).rejects.toThrow('the power is gone')
      expect((await bring(cloud(), true)).conflicts).toBe(0)
      expect(await everything()).toEqual(expected)
    }
  })

  test('meets somebody who makes one of them in the same moment', async () => {
    await bring({ ...cloud(), users: [], groups: [], members: [], assignments: [] }, true)
    let isFirst = true
    const racing: Store = {
      ...store,
      transaction: async (body) => {
        if (isFirst) {
          isFirst = false
          await auth.directory.createUser({ name: 'user 7', domainId: 'd1' })
        }
        return store.transaction(body)
      },
    }
    const users = [...(cloud().users as Iterable<never>)].slice(0, 20)
    const report = await bring({ domains: cloud().domains, users }, true, racing)
    expect(report.items.filter(({ action }) => action === 'conflict')).toMatchObject([
      { kind: 'user', what: 'user 7@lab', id: 'u7', why: 'somebody made one meanwhile' },
    ])
    expect((await auth.directory.users.listUsers({ domainId: 'd1', limit: 100 })).length).toBe(20)
    expect(await auth.directory.users.findUser({ id: 'u7' })).toBeNull()
  })

  test('leaves what hangs on something that is not here, and says on what', async () => {
    await auth.directory.createDomain({ id: 'other', name: 'lab' })
    const { items } = await bring(
      {
        domains: [
          ...(cloud().domains as Iterable<never>),
          { id: 'd2', name: 'x'.repeat(65), description: '', enabled: true },
        ],
        projects: [
          { id: 'p', name: 'p', domainId: 'd1', parentId: null, description: '', enabled: true, tags: [] },
        ],
        users: [
          {
            id: '../u',
            name: 'u',
            domainId: 'd1',
            description: '',
            email: null,
            enabled: true,
            defaultProjectId: null,
            passwordHash: null,
          },
        ],
        members: [{ groupId: 'g', userId: 'u' }],
        assignments: [
          {
            roleId: 'r',
            actor: { type: 'user', id: 'u' },
            target: { type: 'system', id: 'all' },
            inherited: false,
          },
        ],
      },
      true,
    )
    expect(
      items.filter(({ kind }) => kind !== 'role').map(({ kind, action, why }) => [kind, action, why]),
    ).toEqual([
      ['domain', 'conflict', 'there is a domain named lab already, with the id other'],
      ['domain', 'left', 'domain.name must be a string of 1 to 64 characters'],
      ['project', 'left', 'its domain (d1) is not here'],
      ['user', 'left', 'its domain (d1) is not here'],
      ['membership', 'left', 'the group is not here'],
      ['assignment', 'left', 'the role is not here'],
    ])
  })

  test('ends the tokens of whom it disables', async () => {
    const [first] = [...(cloud().users as Iterable<{ id: string; enabled: boolean }>)]
    const { domains } = cloud()
    await bring({ domains, users: [first as never] }, true)
    const before = await auth.directory.users.findUser({ id: 'u0' })
    await bring({ domains, users: [{ ...first, enabled: false } as never] }, true)
    const after = await auth.directory.users.findUser({ id: 'u0' })
    expect(after?.enabled).toBe(false)
    expect(after?.generation).toBeGreaterThan(before?.generation ?? 0)
  })
})

describe('lists of a Keystone', () => {
  const reader = (answers: Readonly<Record<string, unknown>>) => ({
    url: 'https://keystone.test/v3',
    get: (path: string) => Promise.resolve(answers[path] ?? { roles: [], role_inferences: [] }),
  })

  test('are read page by page, whatever host the links name', async () => {
    const source = await KeystoneSource.read(
      reader({
        '/domains': {
          domains: [{ id: 'b', name: 'b' }],
          links: { next: 'http://inside:5000/v3/domains?marker=b' },
        },
        '/domains?marker=b': { domains: [{ id: 'a', name: 'a', enabled: false }], links: { next: null } },
      }),
    )
    expect(source.domains).toEqual([
      { id: 'a', name: 'a', description: '', enabled: false },
      { id: 'b', name: 'b', description: '', enabled: true },
    ])
  })

  test.each([
    [{ domains: [], truncated: true }, 'raise list_limit'],
    [{ domains: [], links: { next: 'http://x/v3/domains' } }, 'go in a ring'],
    [{ domains: [], links: { next: 'http://x/elsewhere' } }, 'is nowhere'],
    [{ error: 1 }, 'without domains'],
  ])('%j are refused: %s', async (answer, sentence) => {
    await expect(KeystoneSource.read(reader({ '/domains': answer }))).rejects.toThrow(sentence)
  })
})
