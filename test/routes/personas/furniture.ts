/** One row of every noun in each of two projects, as the services leave them, and what is no project's. */
import { seedBackend, seedLocation, seedShare, seedSnapshot } from '../../../src/api/seed.fixture.ts'
import type { Bench } from '../../../src/api/bench.fixture.ts'
import type { AuthManager } from '../../../src/auth/manager.ts'
import { enqueue } from '../../../src/engine/queue.ts'
import { instanceLane } from '../../../src/model/lanes.ts'
import { tokenOf, type Cast } from './cast.ts'

/** Whose object is asked for: a private one of project P or Q, or the public one of Q. */
export type Target = 'p' | 'q' | 'public'

/** Ids by the names that rows have in braces. */
export type Nouns = Readonly<Record<string, string>>

type Seeded = Awaited<ReturnType<typeof seedShare>>

interface Owner {
  readonly projectId: string
  readonly userId: string
}

/** Has an administrator ask the identity face at `/identity/v3/<path>`. Answers the id of what is answered, of a list that of the first. */
export type AsAdmin = (method: 'GET' | 'POST' | 'PUT', path: string, body?: object) => Promise<string>

/** `bench` needs its `db`, `store`, `clock` and `id` only. */
export async function furnish(
  bench: Bench,
  auth: AuthManager,
  cast: Cast,
  asAdmin: AsAdmin,
): Promise<Readonly<Record<Target, Nouns>>> {
  const backend = await seedBackend(bench)
  await serve(bench, backend)
  const p = await ofProject(bench, { projectId: cast.projects.p, userId: cast.userIds.member })
  const q = await ofProject(bench, { projectId: cast.projects.q, userId: cast.userIds.other })
  const people = await accounts(auth, cast, asAdmin)
  const common = { backend, host: 'node@sim', pool: 'node@sim#pool', new: bench.id(), ...people.common }
  const open = await openShare(bench, { projectId: cast.projects.q, userId: cast.userIds.other })
  return {
    p: { ...common, ...p, ...people.p },
    q: { ...common, ...q, ...people.q },
    public: { ...common, ...q, ...people.q, ...open },
  }
}

/** A service that is up, a pool, and the type that everybody sees. */
async function serve({ db, clock, id }: Bench, backend: string): Promise<void> {
  const now = clock.now()
  const zone = await db.selectFrom('availability_zones').select('id').executeTakeFirstOrThrow()
  const service = {
    disabled: 0 as const,
    disabled_reason: null,
    ensuring: null,
    stopped: 0 as const,
    heartbeat_at: now,
    availability_zone_id: zone.id,
    created_at: now,
    updated_at: null,
  }
  await db
    .insertInto('services')
    .values([
      { id: 1, host: 'node', binary_name: 'manila-scheduler', topic: 'scheduler', ...service },
      { id: 2, host: 'node@sim', binary_name: 'manila-share', topic: 'share', ...service },
    ])
    .execute()
  await db
    .insertInto('pools')
    .values({
      id: id(),
      backend_id: backend,
      label: 'node@sim#pool',
      name: 'pool',
      capabilities: '{"storage_protocol":["NFS"]}',
      total_gib: 10_000,
      free_gib: 10_000,
      measured_at: now,
      placed_gib: 0,
      reported: 1,
    })
    .execute()
  const type = await shareType({ db, clock, id } as Bench, 'default', 1)
  const groups = id()
  await db
    .insertInto('share_group_types')
    .values({ id: groups, name: 'groups', is_public: 1, created_at: now, updated_at: null })
    .execute()
  await db
    .insertInto('share_group_type_share_types')
    .values({ share_group_type_id: groups, share_type_id: type })
    .execute()
}

const specs = {
  driver_handles_share_servers: 'False',
  snapshot_support: 'True',
  create_share_from_snapshot_support: 'True',
  revert_to_snapshot_support: 'True',
  mount_snapshot_support: 'True',
  k: 'v',
}

async function shareType({ db, clock, id }: Bench, name: string, isPublic: 0 | 1): Promise<string> {
  const row = { id: id(), name, description: null, is_public: isPublic, created_at: clock.now() }
  await db
    .insertInto('share_types')
    .values({ ...row, updated_at: null })
    .execute()
  await db
    .insertInto('share_type_extra_specs')
    .values(
      Object.entries(specs).map(([spec_key, spec_value]) => ({
        share_type_id: row.id,
        spec_key,
        spec_value,
      })),
    )
    .execute()
  return row.id
}

const note = (column: string, id: string) => ({ [column]: id, meta_key: 'k', meta_value: 'v' }) as never

async function ofProject(bench: Bench, owner: Owner): Promise<Nouns> {
  const { db, clock, id } = bench
  const now = clock.now()
  const mine = { project_id: owner.projectId, user_id: owner.userId }
  const { id: share, instanceId: instance } = await seedShare(bench, 'demo', mine)
  const location = await seedLocation(bench, instance, `10.0.0.2:/exports/${share}`)
  await db.insertInto('share_metadata').values(note('share_id', share)).execute()
  await db.insertInto('export_location_metadata').values(note('export_location_id', location)).execute()

  const rule = await accessRule(bench, share, instance)

  const snapped = await seedShare(bench, 'demo', mine)
  const { id: snapshot, instanceId: snapshotInstance } = await seedSnapshot(bench, snapped, 'demo', mine)
  await db.insertInto('snapshot_metadata').values(note('snapshot_id', snapshot)).execute()
  const snapshotLocation = id()
  await db
    .insertInto('snapshot_instance_export_locations')
    .values({
      id: snapshotLocation,
      snapshot_instance_id: snapshotInstance,
      path: `10.0.0.1:/snapshots/${snapshot}`,
      is_admin_only: 0,
      created_at: now,
      updated_at: null,
    })
    .execute()
  const snapshotRule = id()
  await db
    .insertInto('snapshot_access_rules')
    .values({
      id: snapshotRule,
      snapshot_id: snapshot,
      access_type: 'ip',
      access_to: '10.0.0.1',
      canonical_to: '10.0.0.1',
      state: 'active',
      created_at: now,
      updated_at: null,
    })
    .execute()

  const binned = await seedShare(bench, 'demo', {
    ...mine,
    is_soft_deleted: 1,
    scheduled_to_be_deleted_at: now + 1_000_000_000_000,
  })

  const locked = await seedShare(bench, 'demo', mine)
  const lock = id()
  await db
    .insertInto('resource_locks')
    .values({
      id: lock,
      ...mine,
      lock_context: 'user',
      resource_type: 'share',
      resource_id: locked.id,
      resource_action: 'delete',
      lock_reason: null,
      created_at: now,
      updated_at: null,
    })
    .execute()

  const message = id()
  await db
    .insertInto('messages')
    .values({
      id: message,
      project_id: owner.projectId,
      request_id: 'req-1',
      resource_type: 'SHARE',
      resource_id: share,
      action_id: '001',
      detail_id: '002',
      cause_code: null,
      cause_unmet: null,
      message_level: 'ERROR',
      created_at: now,
      expires_at: now + 1_000_000_000_000,
    })
    .execute()

  const type = await shareType(bench, `of ${owner.projectId}`, 0)
  await db
    .insertInto('share_type_projects')
    .values({ share_type_id: type, project_id: owner.projectId })
    .execute()
  return {
    project: owner.projectId,
    share,
    instance,
    location,
    rule,
    snapped: snapped.id,
    snapshot,
    snapshot_instance: snapshotInstance,
    snapshot_location: snapshotLocation,
    snapshot_rule: snapshotRule,
    binned: binned.id,
    lock,
    message,
    type,
    operation: await operation(bench, owner, locked),
    failed: await failedOperation(bench, owner, locked),
    ...(await groups(bench, owner)),
  }
}

/** A group with a share and a snapshot of both, and one that is empty; each project has group types of its own. */
async function groups(bench: Bench, owner: Owner): Promise<Nouns> {
  const { db } = bench
  const mine = { project_id: owner.projectId, user_id: owner.userId }
  const at = { created_at: bench.clock.now(), updated_at: null }
  const type = await groupType(bench, owner)
  const backend = await seedBackend(bench)
  const place = { host: 'node@sim#pool', backend_id: backend, status: 'available' }
  const [group, empty, groupSnapshot] = [bench.id(), bench.id(), bench.id()]
  const like = { ...mine, ...place, share_group_type_id: type, ...at }
  await db
    .insertInto('share_groups')
    .values([
      { id: group, ...like },
      { id: empty, ...like },
    ])
    .execute()
  const share = await seedShare(bench, 'demo', { ...mine, share_group_id: group })
  await db
    .insertInto('share_group_snapshots')
    .values({ id: groupSnapshot, share_group_id: group, ...mine, status: 'available', ...at })
    .execute()
  await seedSnapshot(bench, share, 'demo', { ...mine, share_group_snapshot_id: groupSnapshot })
  return {
    share_group: group,
    empty_group: empty,
    group_snapshot: groupSnapshot,
    group_type: type,
    unused_group_type: await groupType(bench, owner),
  }
}

async function groupType({ db, clock, id }: Bench, { projectId }: Owner): Promise<string> {
  const type = id()
  await db
    .insertInto('share_group_types')
    .values({ id: type, name: type, is_public: 0, created_at: clock.now(), updated_at: null })
    .execute()
  await db
    .insertInto('share_group_type_projects')
    .values({ share_group_type_id: type, project_id: projectId })
    .execute()
  await db
    .insertInto('share_group_type_specs')
    .values({ share_group_type_id: type, spec_key: 'k', spec_value: 'v' })
    .execute()
  return type
}

async function accessRule({ db, clock, id }: Bench, share: string, instance: string): Promise<string> {
  const now = clock.now()
  const rule = id()
  await db
    .insertInto('access_rules')
    .values({
      id: rule,
      share_id: share,
      access_type: 'ip',
      access_to: '10.0.0.1',
      canonical_to: '10.0.0.1',
      access_level: 'rw',
      access_key: null,
      state: 'active',
      created_at: now,
      updated_at: null,
    })
    .execute()
  await db
    .insertInto('access_rule_mappings')
    .values({ access_rule_id: rule, share_instance_id: instance, state: 'active' })
    .execute()
  await db.insertInto('access_rule_metadata').values(note('access_rule_id', rule)).execute()
  return rule
}

/** Waits for a worker that never comes. */
async function operation({ store, clock }: Bench, owner: Owner, share: Seeded): Promise<string> {
  const { id: shareId, instanceId, backendId } = share
  const work = await store.transaction((tx) =>
    enqueue(tx, {
      kind: 'extend-share',
      payload: { shareId, instanceId, fromGib: 2, toGib: 3, force: false },
      resourceId: shareId,
      lanes: [instanceLane(instanceId)],
      backendId,
      ...owner,
      begunAs: 'user',
      requestId: 'req-1',
      now: clock.now(),
    }),
  )
  return work.id
}

/** No pool had room for it; the last of its share. */
async function failedOperation(bench: Bench, owner: Owner, share: Seeded): Promise<string> {
  const id = await operation(bench, owner, share)
  await bench.db
    .updateTable('operations')
    .set({ state: 'failed', finished_at: bench.clock.now(), cause_code: 'no-valid-host' })
    .where('id', '=', id)
    .execute()
  return id
}

/** A share that every project may look at, with everything a share has. */
async function openShare(bench: Bench, owner: Owner): Promise<Nouns> {
  const { db } = bench
  const mine = { project_id: owner.projectId, user_id: owner.userId, is_public: 1 as const }
  const { id: share, instanceId: instance } = await seedShare(bench, 'demo', mine)
  const location = await seedLocation(bench, instance, `10.0.0.2:/exports/${share}`)
  await db.insertInto('share_metadata').values(note('share_id', share)).execute()
  await db.insertInto('export_location_metadata').values(note('export_location_id', location)).execute()
  return { share, instance, location, rule: await accessRule(bench, share, instance) }
}

/** What the identity face is asked for: accounts that nobody of the cast needs. */
async function accounts(
  auth: AuthManager,
  cast: Cast,
  asAdmin: AsAdmin,
): Promise<Record<'common' | 'p' | 'q', Nouns>> {
  const { directory, roles, credentials } = auth
  const domainId = 'default'
  const group = await directory.createGroup({ name: 'spare', domainId })
  const grouped = await directory.createUser({ name: 'spare', domainId, password: cast.password })
  await directory.addMember(group.id, grouped.id)
  const elsewhere = await directory.findDomain({ name: 'elsewhere' })
  const project = await directory.createProject({ name: 'spare', domainId })
  const role = await roles.create('spare', '/v2/shares')
  const reader = await roles.find({ name: 'reader' })
  const held = reader ?? role
  for (const actor of [
    { type: 'user', id: grouped.id },
    { type: 'group', id: group.id },
  ] as const) {
    await roles.grant(held.id, actor, { type: 'project', id: project.id })
    await roles.grant(held.id, actor, { type: 'domain', id: domainId })
  }
  const spares = await spare(asAdmin, {
    user: grouped.id,
    group: group.id,
    project: project.id,
    role: held.id,
  })
  const of = async (userId: string, projectId: string): Promise<Nouns> => {
    const create = (name: string, path: string) =>
      credentials.create({
        userId,
        projectId,
        name,
        description: '',
        roles: [held],
        accessRules: [{ path, method: 'GET', service: 'share' }],
        unrestricted: false,
        expiresAt: null,
      })
    // Its rule stays when it is gone, and can be taken away then.
    const { row: gone } = await create('gone', '/v2/snapshots')
    const accessRule = await asAdmin('GET', `users/${userId}/access_rules`)
    await credentials.delete(userId, gone.id)
    const { row } = await create('spare', '/v2/shares')
    await asAdmin('PUT', `projects/${projectId}/tags/k`)
    return {
      user: userId,
      credential: row.id,
      access_rule: accessRule,
      token: await tokenOf(auth, userId, { project: { id: projectId } }),
    }
  }
  return {
    common: {
      domain: domainId,
      elsewhere: elsewhere?.id ?? 'none',
      group: group.id,
      grouped: grouped.id,
      spare_project: project.id,
      spare_role: role.id,
      role: held.id,
      password: cast.password,
      ...spares,
      region: await asAdmin('GET', 'regions'),
      service: await asAdmin('GET', 'services'),
      endpoint: await asAdmin('GET', 'endpoints'),
    },
    p: await of(cast.userIds.member, cast.projects.p),
    q: await of(cast.userIds.other, cast.projects.q),
  }
}

interface Granted {
  readonly user: string
  readonly group: string
  readonly project: string
  readonly role: string
}

/** What may be changed and deleted without anybody missing it, and grants of every kind. */
async function spare(asAdmin: AsAdmin, { user, group, project, role }: Granted): Promise<Nouns> {
  for (const actor of [`users/${user}`, `groups/${group}`]) {
    await asAdmin('PUT', `system/${actor}/roles/${role}`)
    for (const target of [`projects/${project}`, 'domains/default'])
      await asAdmin('PUT', `OS-INHERIT/${target}/${actor}/roles/${role}/inherited_to_projects`)
  }
  const prior = await asAdmin('POST', 'roles', { role: { name: 'prior' } })
  await asAdmin('PUT', `roles/${prior}/implies/${role}`)
  const service = await asAdmin('POST', 'services', { service: { type: 'spare' } })
  const endpoint = { service_id: service, interface: 'public', url: 'http://here' }
  return {
    prior_role: prior,
    off_project: await asAdmin('POST', 'projects', { project: { name: 'off', enabled: false } }),
    spare_domain: await asAdmin('POST', 'domains', { domain: { name: 'spare', enabled: false } }),
    spare_region: await asAdmin('POST', 'regions', { region: { id: 'spare' } }),
    spare_service: service,
    spare_endpoint: await asAdmin('POST', 'endpoints', { endpoint }),
  }
}
