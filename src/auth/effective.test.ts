/** Laws of inheritance, groups and implied roles: what works out is what a walk on foot finds, and what tokens have. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AssignmentRow, RoleActor, RoleTarget } from '../db/store/roles.ts'
import { ancestorsOf } from '../db/store/project-tree.ts'
import { workedOutRows } from './assignment-list.ts'
import { effectiveRows, type EffectiveWorld } from './effective.ts'
import { expandRoles, implicationsOf, type ImplicationChange } from './implied-roles.ts'
import { rolesHeld } from './role-book.ts'
import { authBench, type AuthBench } from './parts.fixture.ts'

const roleIds = ['r0', 'r1', 'r2', 'r3'] as const
const users = ['u0', 'u1', 'u2'] as const
const groups = ['g0', 'g1'] as const
const domains = ['d0', 'd1'] as const

/** Project n hangs below an earlier one of its domain, or at the top. */
const trees = fc
  .array(fc.record({ domain: fc.constantFrom(...domains), parent: fc.nat(9) }), { maxLength: 7 })
  .map((list) =>
    list.reduce<{ id: string; domain_id: string; parent_id: string }[]>((made, { domain, parent }) => {
      const own = made.filter((one) => one.domain_id === domain)
      const over = own[parent]?.id ?? domain
      return [...made, { id: `p${made.length}`, domain_id: domain, parent_id: over }]
    }, []),
  )

const assignments = (projects: readonly { readonly id: string }[]): fc.Arbitrary<AssignmentRow[]> => {
  const actor = fc.constantFrom<RoleActor>(
    ...users.map((id): RoleActor => ({ type: 'user', id })),
    ...groups.map((id): RoleActor => ({ type: 'group', id })),
  )
  const target = fc.constantFrom<RoleTarget>(
    { type: 'system', id: 'all' },
    ...domains.map((id): RoleTarget => ({ type: 'domain', id })),
    ...projects.map(({ id }): RoleTarget => ({ type: 'project', id })),
  )
  return fc.array(
    fc
      .record({ actor, target, role: fc.constantFrom(...roleIds), below: fc.boolean() })
      .map(({ actor: who, target: where, role, below }) => ({
        role_id: role,
        actor_type: who.type,
        actor_id: who.id,
        target_type: where.type,
        target_id: where.id,
        ...(below && where.type !== 'system' ? { inherited: true } : {}),
      })),
    { maxLength: 8 },
  )
}

const pairs = fc.array(
  fc.record({ prior: fc.constantFrom(...roleIds), implied: fc.constantFrom(...roleIds) }),
  { maxLength: 5 },
)

const worlds = trees.chain((projects) =>
  fc.record({
    projects: fc.constant(projects),
    rows: assignments(projects),
    members: fc.record({
      g0: fc.uniqueArray(fc.constantFrom(...users)),
      g1: fc.uniqueArray(fc.constantFrom(...users)),
    }),
    pairs,
  }),
)
type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never

/** The question asked of one user, one place and one role at a time, by going up the tree and along the implications. */
function isHeld(world: World, user: string, place: RoleTarget, role: string): boolean {
  const brings = (from: string, seen: readonly string[] = []): boolean =>
    from === role ||
    (!seen.includes(from) &&
      world.pairs.some(({ prior, implied }) => prior === from && brings(implied, [...seen, from])))
  const isActor = (row: AssignmentRow): boolean =>
    row.actor_type === 'user'
      ? row.actor_id === user
      : world.members[row.actor_id as 'g0' | 'g1'].includes(user as never)
  const reaches = ({ target_type: type, target_id: id, inherited }: AssignmentRow): boolean => {
    if (inherited !== true) return type === place.type && id === place.id
    const project = world.projects.find((one) => one.id === place.id)
    if (place.type !== 'project' || project === undefined) return false
    if (type === 'domain') return project.domain_id === id
    for (let at = world.projects.find((one) => one.id === project.parent_id); at !== undefined;) {
      if (at.id === id) return true
      const { parent_id: over } = at
      at = world.projects.find((one) => one.id === over)
    }
    return false
  }
  return world.rows.some((row) => isActor(row) && reaches(row) && brings(row.role_id))
}

const placesOf = ({ projects }: World): RoleTarget[] => [
  { type: 'system', id: 'all' },
  ...domains.map((id): RoleTarget => ({ type: 'domain', id })),
  ...projects.map(({ id }): RoleTarget => ({ type: 'project', id })),
]

const spelled = (user: string, { type, id }: RoleTarget, role: string): string =>
  `${user} ${type} ${id} ${role}`

function onFoot(world: World): string[] {
  return users.flatMap((user) =>
    placesOf(world).flatMap((place) =>
      roleIds.filter((role) => isHeld(world, user, place, role)).map((role) => spelled(user, place, role)),
    ),
  )
}

const changesOf = (world: World): ImplicationChange[] =>
  world.pairs.map(({ prior, implied }) => ({ prior_role_id: prior, implied_role_id: implied, in_force: 1 }))

const named = roleIds.map((id) => ({ id, name: id }))

function pureWorld(world: World): EffectiveWorld {
  const implications = implicationsOf(named, changesOf(world))
  return {
    members: new Map(Object.entries(world.members)),
    projects: world.projects,
    roles: new Map(
      named.map((role) => [role.id, expandRoles([role], named, implications).map(({ id }) => id)]),
    ),
  }
}

const bench = {} as { auth: AuthBench }

describe('role assignments as they work out', () => {
  test('are those that a walk on foot finds, each once', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const rows = effectiveRows(world.rows, pureWorld(world), {}, 10_000).rows
        const found = rows.map((row) =>
          spelled(row.actor_id, { type: row.target_type, id: row.target_id }, row.role_id),
        )
        expect(found.toSorted()).toEqual(onFoot(world).toSorted())
      }),
      { numRuns: 500 },
    )
  })

  test('grow with what is granted, and a bound cuts them', () => {
    fc.assert(
      fc.property(worlds, fc.nat(20), (world, bound) => {
        const all = effectiveRows(world.rows, pureWorld(world), {}, 10_000).rows
        const fewer = effectiveRows(world.rows.slice(1), pureWorld(world), {}, 10_000).rows
        expect(fewer.length).toBeLessThanOrEqual(all.length)
        const cut = effectiveRows(world.rows, pureWorld(world), {}, bound + 1)
        expect(cut).toEqual({ rows: all.slice(0, bound + 1), isCut: all.length > bound + 1 })
      }),
    )
  })
})

test('ways that all lead to the same rows are not walked without end', () => {
  const many = Array.from({ length: 500 }, (_, i) => i)
  const members = many.slice(400).map((i) => `user ${i}`)
  const world: EffectiveWorld = {
    members: new Map(many.map((i) => [`group ${i}`, members])),
    projects: many.slice(400).map((i) => ({ id: `p${i}`, parent_id: 'd0', domain_id: 'd0' })),
    roles: new Map([['r0', ['r0', 'r1']]]),
  }
  const rows = many.map((i): AssignmentRow => ({
    role_id: 'r0',
    actor_type: 'group',
    actor_id: `group ${i}`,
    target_type: 'domain',
    target_id: 'd0',
    inherited: true,
  }))
  // Ten million ways to twenty thousand rows.
  const all = effectiveRows(rows, world, {}, 50_000)
  expect([all.rows.length, all.isCut]).toEqual([20_000, true])
  const one = effectiveRows(
    rows,
    world,
    { userId: 'user 407', roleId: 'r1', places: new Set(['project p407']) },
    1_000,
  )
  expect(one.rows).toMatchObject([{ actor_id: 'user 407', role_id: 'r1', target_id: 'p407' }])
  expect(one.isCut).toBe(false)
  expect(effectiveRows(rows, world, { roleId: 'r2' }, 1_000)).toEqual({ rows: [], isCut: false })
})

describe('implied roles', () => {
  test('are the closure of the pairs: nothing more to add, rings or not, and defaults can be taken away', () => {
    fc.assert(
      fc.property(pairs, fc.constantFrom(...named), (some, first) => {
        const changes = some.map(({ prior, implied }): ImplicationChange => ({
          prior_role_id: prior,
          implied_role_id: implied,
          in_force: 1,
        }))
        const implications = implicationsOf(named, changes)
        const held = expandRoles([first], named, implications)
        expect(expandRoles(held, named, implications)).toEqual(held)
        const ids = held.map(({ id }) => id)
        for (const { prior, implied } of some) if (ids.includes(prior)) expect(ids).toContain(implied)
        const none = changes.map((change): ImplicationChange => ({ ...change, in_force: 0 }))
        expect(expandRoles([first], named, implicationsOf(named, none))).toEqual([first])
      }),
    )
    const usual = ['Admin', 'manager', 'member', 'reader'].map((name) => ({ id: `id of ${name}`, name }))
    const all = (changes: ImplicationChange[]): string[] =>
      expandRoles(usual.slice(0, 1), usual, implicationsOf(usual, changes)).map(({ name }) => name)
    expect(all([])).toEqual(['Admin', 'manager', 'member', 'reader'])
    const taken = { prior_role_id: 'id of manager', implied_role_id: 'id of member', in_force: 0 } as const
    expect(all([taken])).toEqual(['Admin', 'manager'])
  })
})

describe('in the database', () => {
  beforeAll(async () => {
    bench.auth = await authBench()
    const { db } = bench.auth.store
    const common = { description: '', enabled: 1 as const }
    await db
      .insertInto('domains')
      .values(domains.map((id) => ({ id, name: id, ...common })))
      .execute()
    await db
      .insertInto('roles')
      .values(named.map((role) => ({ ...role, description: '' })))
      .execute()
    const place = { domain_id: 'd0', description: '' }
    await db
      .insertInto('groups')
      .values(groups.map((id) => ({ id, name: id, ...place })))
      .execute()
    const user = { ...place, email: null, enabled: 1 as const, default_project_id: null, password_hash: null }
    const stamps = { tokens_valid_after: 1, created_at: 1 }
    await db
      .insertInto('users')
      .values(users.map((id) => ({ id, name: id, ...user, ...stamps })))
      .execute()
  })
  afterAll(() => bench.auth.close())

  async function furnish(world: World): Promise<void> {
    const { db } = bench.auth.store
    for (const table of [
      'role_assignments',
      'inherited_assignments',
      'role_implications',
      'group_members',
    ] as const) {
      await db.deleteFrom(table).execute()
    }
    await db.deleteFrom('projects').execute()
    const { auth } = bench.auth
    const common = { description: '', enabled: 1 as const, created_at: 1 }
    for (const row of world.projects)
      await db
        .insertInto('projects')
        .values({ ...row, name: row.id, ...common })
        .execute()
    for (const row of world.rows) {
      const actor = { type: row.actor_type, id: row.actor_id }
      await auth.roles.grant(
        row.role_id,
        actor,
        { type: row.target_type, id: row.target_id },
        row.inherited === true,
      )
    }
    for (const { prior, implied } of world.pairs) {
      if (prior !== implied) await auth.roles.imply(prior, implied)
    }
    for (const group of groups) {
      for (const user of world.members[group]) await auth.directory.addMember(group, user)
    }
  }

  test('lists, tokens and own projects agree with the walk on foot', async () => {
    const { auth, store } = bench.auth
    await fc.assert(
      fc.asyncProperty(worlds, async (world) => {
        await furnish(world)
        const wanted = onFoot(world)
        const listed = (await workedOutRows(auth, { limit: 10_000 })).rows.map((row) =>
          spelled(row.actor_id, { type: row.target_type, id: row.target_id }, row.role_id),
        )
        expect(listed.toSorted()).toEqual(wanted.toSorted())
        for (const user of users) {
          const projects = await auth.roles.placesOf(user, 'project')
          for (const place of placesOf(world)) {
            const held = wanted.filter((line) => line.startsWith(`${user} ${place.type} ${place.id} `))
            const project = world.projects.find(({ id }) => place.type === 'project' && id === place.id)
            const row = project === undefined ? null : await auth.directory.findProject({ id: project.id })
            const above: RoleTarget[] =
              row === null
                ? []
                : [
                    { type: 'domain', id: row.domain_id },
                    ...(await ancestorsOf(store.db, row)).map(({ id }): RoleTarget => ({
                      type: 'project',
                      id,
                    })),
                  ]
            const inToken = await rolesHeld(store.db, auth.directory.users, user, place, above)
            expect(inToken.roles.map(({ id }) => spelled(user, place, id)).toSorted()).toEqual(
              held.toSorted(),
            )
            const asked = await workedOutRows(auth, { userId: user, target: place, limit: 100 })
            expect(asked.rows.map((one) => spelled(user, place, one.role_id)).toSorted()).toEqual(
              held.toSorted(),
            )
            if (place.type === 'project') expect(projects.includes(place.id)).toBe(held.length > 0)
          }
        }
      }),
      { numRuns: 25 },
    )
  }, 60_000)
})
