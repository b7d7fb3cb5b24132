/** What `GET /v2/permissions` says of share groups, their snapshots and their types is what happens when it is asked for. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { shareGroupStatuses } from '../../model/states.ts'
import { openBench, personas, type Answer, type Bench, type Token } from '../bench.fixture.ts'
import { routes } from '../routes.ts'
import { seedBackend, seedShare } from '../seed.fixture.ts'

let bench: Bench
let typeId: string
beforeAll(async () => {
  bench = await openBench(routes, (settings) => {
    settings.api.changes_per_minute = 0
    Object.assign(settings.limits, { operations_per_project: 1_000_000 })
    Object.assign(settings.quota, { share_groups: -1, share_group_snapshots: -1, shares: -1, gigabytes: -1 })
  })
  const type = await bench.call('POST', '/types', {
    body: { share_type: { name: 'plain', extra_specs: { driver_handles_share_servers: 'False' } } },
  })
  typeId = type.body.share_type.id as string
})
afterAll(() => bench.close())

interface Told {
  readonly action: string
  readonly allowed: boolean
  readonly status: number | null
  readonly reason: string | null
}

async function told(resource: string, id: string, token: Token): Promise<readonly Told[] | undefined> {
  const { body } = await bench.call('GET', `/permissions?resource=${resource}&id=${id}`, { token })
  return (body as { permissions: { actions: Told[] }[] }).permissions[0]?.actions
}

const messageOf = ({ body }: Answer): string =>
  Object.values((body ?? {}) as Record<string, { message?: string }>)[0]?.message ?? ''

type Ask = (id: string, token: Token) => Promise<Answer>

/** Each action is tried on a thing of its own; answers how often what was told came true, by what was told. */
async function comesTrue(
  resource: string,
  actions: Readonly<Record<string, Ask>>,
  make: () => Promise<string>,
): Promise<void> {
  for (const token of ['demo', 'admin'] as const)
    for (const [action, ask] of Object.entries(actions)) {
      const id = await make()
      const one = (await told(resource, id, token))?.find((verdict) => verdict.action === action)
      const answer = await ask(id, token)
      const is = [resource, action, token, answer.status < 300 ? 'allowed' : answer.status, messageOf(answer)]
      const said = one?.allowed === true ? ['allowed', ''] : [one?.status, one?.reason]
      expect(answer.status < 300 ? is.with(4, '') : is).toEqual([resource, action, token, ...said])
    }
}

async function groupType(isPublic = true): Promise<string> {
  const { body } = await bench.call('POST', '/share-group-types', {
    body: { share_group_type: { name: bench.id(), share_types: [typeId], is_public: isPublic } },
  })
  return body.share_group_type.id as string
}

async function group(status: string, share: object | null = null, snapshots = 0): Promise<string> {
  const id = bench.id()
  const backend_id = await seedBackend(bench)
  const zone = await bench.db.selectFrom('availability_zones').select('id').executeTakeFirstOrThrow()
  const { projectId: project_id, userId: user_id } = personas.demo
  await bench.db
    .insertInto('share_groups')
    .values({
      id,
      project_id,
      user_id,
      name: null,
      description: null,
      status: status as 'available',
      host: 'node@sim#pool',
      pool_id: null,
      backend_id,
      availability_zone_id: zone.id,
      share_group_type_id: await groupType(),
      share_network_id: null,
      share_server_id: null,
      source_share_group_snapshot_id: null,
      consistent_snapshot_support: null,
      created_at: bench.clock.now(),
      updated_at: null,
    })
    .execute()
  await bench.db
    .insertInto('share_group_share_types')
    .values({ share_group_id: id, share_type_id: typeId })
    .execute()
  if (share !== null)
    await seedShare(bench, 'demo', { share_group_id: id, ...share }, { share_type_id: typeId })
  for (let at = 0; at < snapshots; at++) await groupSnapshot('available', id)
  return id
}

async function groupSnapshot(status: string, of?: string): Promise<string> {
  const id = bench.id()
  const { projectId: project_id, userId: user_id } = personas.demo
  await bench.db
    .insertInto('share_group_snapshots')
    .values({
      id,
      share_group_id: of ?? (await group('available')),
      project_id,
      user_id,
      name: null,
      description: null,
      status: status as 'available',
      created_at: bench.clock.now(),
      updated_at: null,
    })
    .execute()
  return id
}

const groups = {
  update: (id, token) =>
    bench.call('PUT', `/share-groups/${id}`, { token, body: { share_group: { name: 'x' } } }),
  delete: (id, token) => bench.call('DELETE', `/share-groups/${id}`, { token }),
  reset_status: (id, token) =>
    bench.call('POST', `/share-groups/${id}/action`, { token, body: { reset_status: { status: 'error' } } }),
  force_delete: (id, token) =>
    bench.call('POST', `/share-groups/${id}/action`, { token, body: { force_delete: null } }),
  create_snapshot: (id, token) =>
    bench.call('POST', '/share-group-snapshots', {
      token,
      body: { share_group_snapshot: { share_group_id: id } },
    }),
  create_share: (id, token) =>
    bench.call('POST', '/shares', {
      token,
      body: { share: { share_proto: 'NFS', size: 1, share_type: typeId, share_group_id: id } },
    }),
} satisfies Record<string, Ask>

it('of groups in each status', async () => {
  for (const status of shareGroupStatuses) await comesTrue('share_group', groups, () => group(status))
}, 300_000)

it('of groups with something in them', async () => {
  const { delete: remove, create_snapshot } = groups
  const some: readonly (readonly [object | null, number])[] = [
    [{}, 0],
    [{ is_soft_deleted: 1 }, 0],
    [{ task_state: 'migration_in_progress' }, 0],
    [{ snapshot_support: 0 }, 0],
    [null, 1],
    [{}, 2],
  ]
  for (const [share, snapshots] of some)
    await comesTrue('share_group', { delete: remove, create_snapshot }, () =>
      group('available', share, snapshots),
    )
}, 300_000)

it('of group snapshots in each status', async () => {
  const act =
    (name: string, value: unknown): Ask =>
    (id, token) =>
      bench.call('POST', `/share-group-snapshots/${id}/action`, { token, body: { [name]: value } })
  const actions: Record<string, Ask> = {
    update: (id, token) =>
      bench.call('PUT', `/share-group-snapshots/${id}`, {
        token,
        body: { share_group_snapshot: { name: 'x' } },
      }),
    delete: (id, token) => bench.call('DELETE', `/share-group-snapshots/${id}`, { token }),
    reset_status: act('reset_status', { status: 'error' }),
    force_delete: act('force_delete', null),
    create_group: (id, token) =>
      bench.call('POST', '/share-groups', {
        token,
        body: { share_group: { source_share_group_snapshot_id: id } },
      }),
  }
  for (const status of shareGroupStatuses)
    await comesTrue('share_group_snapshot', actions, () => groupSnapshot(status))
}, 300_000)

it('of group types, private ones and those in use', async () => {
  const act =
    (name: string): Ask =>
    (id, token) =>
      bench.call('POST', `/share-group-types/${id}/action`, {
        token,
        body: { [name]: { project: personas.other.projectId } },
      })
  const actions: Record<string, Ask> = {
    delete: (id, token) => bench.call('DELETE', `/share-group-types/${id}`, { token }),
    set_group_specs: (id, token) =>
      bench.call('POST', `/share-group-types/${id}/group-specs`, {
        token,
        body: { group_specs: { note: 'x' } },
      }),
    add_access: act('addProjectAccess'),
  }
  const used = async (): Promise<string> => {
    const id = await groupType()
    const of = await group('available')
    await bench.db.updateTable('share_groups').set({ share_group_type_id: id }).where('id', '=', of).execute()
    return id
  }
  await comesTrue('share_group_type', actions, () => groupType())
  await comesTrue('share_group_type', { delete: actions.delete as Ask }, used)
  // One that a project may not use is not told of, and not there.
  const secret = await groupType(false)
  expect(await told('share_group_type', secret, 'demo')).toBeUndefined()
  expect((await bench.call('GET', `/share-group-types/${secret}`, { token: 'demo' })).status).toBe(404)
  const { add_access } = Object.fromEntries(
    ((await told('share_group_type', secret, 'admin')) ?? []).map((one) => [one.action, one.allowed]),
  )
  expect(add_access).toBe(true)
}, 300_000)

it('of groups of another project nothing, to whoever does not administer', async () => {
  const id = await group('available')
  expect(await told('share_group', id, 'other')).toBeUndefined()
  expect(await told('share_group_snapshot', await groupSnapshot('available', id), 'other')).toBeUndefined()
})
