/** Two tenants and an administrator over a whole API in memory, with one row of every noun in the first tenant's project. */
import { routes } from '../../src/api/routes.ts'
import { pathHash } from '../../src/db/store/export-locations.ts'
import { openBench, personas, type Answer, type Bench, type Token } from '../../src/api/bench.fixture.ts'
import type { Noun, TableRoute } from './table.ts'

export interface World {
  readonly bench: Bench
  /** Ids of rows in the project of token `demo`. */
  readonly ids: Readonly<Record<Noun, string>>
  /** A share of token `other`. */
  readonly ownShare: string
  ask(
    token: Token,
    route: TableRoute,
    ids: Readonly<Record<string, string>>,
    body: unknown,
    minor: number,
  ): Promise<Answer>
}

export async function openWorld(): Promise<World> {
  const bench = await openBench(routes, (settings) => {
    settings.shares.default_share_type = 'default'
    settings.shares.default_share_group_type = 'groups'
  })
  const must = async (answer: Promise<Answer>): Promise<Answer['body']> => {
    const { status, body } = await answer
    if (status >= 300) throw new Error(`the world could not be made: ${status} ${JSON.stringify(body)}`)
    return body
  }
  const specs = {
    driver_handles_share_servers: false,
    snapshot_support: true,
    create_share_from_snapshot_support: true,
    revert_to_snapshot_support: true,
    mount_snapshot_support: true,
  }
  const { share_type } = await must(
    bench.call('POST', '/types', { body: { share_type: { name: 'default', extra_specs: specs } } }),
  )
  const privateType = await must(
    bench.call('POST', '/types', {
      body: { share_type: { name: 'private', extra_specs: specs, 'share_type_access:is_public': false } },
    }),
  )
  const newShare = { body: { share: { share_proto: 'NFS', size: 2, name: 's' } } }
  const share = (await must(bench.call('POST', '/shares', { ...newShare, token: 'demo' }))).share.id as string
  const ownShare = (await must(bench.call('POST', '/shares', { ...newShare, token: 'other' }))).share
    .id as string
  // No share manager runs here: say what it would have said.
  await bench.db
    .updateTable('share_instances')
    .set({ status: 'available', host: 'h@b#p', backend_id: 'b' })
    .execute()
  await bench.db.updateTable('shares').set({ status: 'available', host: 'h@b#p' }).execute()
  const { instance_id: instance } = await bench.db
    .selectFrom('shares')
    .select('instance_id')
    .where('id', '=', share)
    .executeTakeFirstOrThrow()
  const now = bench.clock.now()
  const location = bench.id()
  await bench.db
    .insertInto('share_instance_export_locations')
    .values({
      id: location,
      share_instance_id: instance,
      path: '10.0.0.1:/x',
      path_hash: pathHash('10.0.0.1:/x'),
      is_admin_only: 0,
      preferred: 1,
      created_at: now,
      updated_at: null,
    })
    .execute()
  const asDemo = { token: 'demo' as const }
  const rule = (
    await must(
      bench.call('POST', `/shares/${share}/action`, {
        ...asDemo,
        body: { allow_access: { access_type: 'ip', access_to: '10.0.0.1' } },
      }),
    )
  ).access.id as string
  const snapshot = (
    await must(bench.call('POST', '/snapshots', { ...asDemo, body: { snapshot: { share_id: share } } }))
  ).snapshot.id as string
  await bench.db.updateTable('snapshot_instances').set({ status: 'available' }).execute()
  await bench.db.updateTable('snapshots').set({ status: 'available' }).execute()
  const snapshotInstance = (
    await bench.db
      .selectFrom('snapshot_instances')
      .select('id')
      .where('snapshot_id', '=', snapshot)
      .executeTakeFirstOrThrow()
  ).id
  const snapshotRule = (
    await must(
      bench.call('POST', `/snapshots/${snapshot}/action`, {
        ...asDemo,
        body: { allow_access: { access_type: 'ip', access_to: '10.0.0.1' } },
      }),
    )
  ).snapshot_access.id as string
  const groups = await someGroups(bench, share, { instance, type: share_type.id as string })
  const lock = (
    await must(
      bench.call('POST', '/resource-locks', {
        ...asDemo,
        body: { resource_lock: { resource_id: share, resource_type: 'share', resource_action: 'delete' } },
      }),
    )
  ).resource_lock.id as string
  const message = bench.id()
  await bench.db
    .insertInto('messages')
    .values({
      id: message,
      project_id: personas.demo.projectId,
      request_id: 'req-1',
      resource_type: 'SHARE',
      resource_id: share,
      action_id: '001',
      detail_id: '002',
      message_level: 'ERROR',
      created_at: now,
      expires_at: now + 1_000_000_000,
    })
    .execute()
  const operation = (
    await bench.db
      .selectFrom('operations')
      .select('id')
      .where('resource_id', '=', share)
      .executeTakeFirstOrThrow()
  ).id
  const ids: Record<Noun, string> = {
    share,
    instance,
    location,
    rule,
    snapshot,
    snapshotInstance,
    snapshotLocation: bench.id(),
    snapshotRule,
    type: privateType.share_type.id as string,
    project: personas.demo.projectId,
    message,
    lock,
    operation,
    ...groups,
    class: 'default',
    key: 'k',
    other: bench.id(),
  }
  void share_type
  return {
    bench,
    ids,
    ownShare,
    ask(token, route, given, body, minor) {
      const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) =>
        encodeURIComponent(given[name] ?? 'missing'),
      )
      return bench.call(route.method, path, { token, version: minor, experimental: true, body })
    },
  }
}

/** A group type, a group with a share of the first tenant, and a snapshot of it, as the services leave them. */
async function someGroups(
  bench: Bench,
  share: string,
  { instance, type }: { readonly instance: string; readonly type: string },
): Promise<Record<'group' | 'groupType' | 'groupSnapshot', string>> {
  const { db } = bench
  const [group, groupType, groupSnapshot] = [bench.id(), bench.id(), bench.id()]
  const at = { created_at: bench.clock.now(), updated_at: null }
  const owner = { project_id: personas.demo.projectId, user_id: personas.demo.userId }
  await db
    .insertInto('share_group_types')
    .values({ id: groupType, name: 'private', is_public: 0, ...at })
    .execute()
  await db
    .insertInto('share_group_types')
    .values({ id: bench.id(), name: 'groups', is_public: 1, ...at })
    .execute()
  await db
    .insertInto('share_groups')
    .values({
      id: group,
      ...owner,
      name: 'g',
      status: 'available',
      host: 'h@b#p',
      backend_id: 'b',
      share_group_type_id: groupType,
      ...at,
    })
    .execute()
  await db
    .insertInto('share_group_share_types')
    .values({ share_group_id: group, share_type_id: type })
    .execute()
  await db
    .insertInto('share_group_snapshots')
    .values({ id: groupSnapshot, share_group_id: group, ...owner, name: 'gs', status: 'available', ...at })
    .execute()
  const member = bench.id()
  await db
    .insertInto('snapshots')
    .values({
      id: member,
      share_id: share,
      ...owner,
      size: 2,
      share_size: 2,
      share_proto: 'NFS',
      share_group_snapshot_id: groupSnapshot,
      status: 'available',
      ...at,
    })
    .execute()
  await db
    .insertInto('snapshot_instances')
    .values({
      id: bench.id(),
      snapshot_id: member,
      share_instance_id: instance,
      status: 'available',
      driver_state: '{}',
      access_generation: 0,
      access_applied: 0,
      ...at,
    })
    .execute()
  return { group, groupType, groupSnapshot }
}

/** Every request of a table route: one, or one for each action. */
export function requestsOf(route: TableRoute): { name: string; body: unknown }[] {
  if (route.actions === undefined) return [{ name: `${route.method} ${route.path}`, body: route.body }]
  return Object.entries(route.actions).map(([action, body]) => ({
    name: `${route.method} ${route.path} ${action}`,
    body: { [action]: body },
  }))
}
