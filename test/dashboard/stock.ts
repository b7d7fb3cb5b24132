/** A project in which something of every noun is there, made over the API; and names as people give them. */
import { allowAccess } from '../../src/wire/access-rules/schema.ts'
import { createLock } from '../../src/wire/resource-locks/schema.ts'
import { listOperations } from '../../src/wire/operations/schema.ts'
import { listInstancesOfShare } from '../../src/wire/share-instances/schema.ts'
import {
  createShareGroupSnapshot,
  showShareGroupSnapshot,
} from '../../src/wire/share-group-snapshots/schema.ts'
import { addShareGroupTypeAccess, createShareGroupType } from '../../src/wire/share-group-types/schema.ts'
import { createShareGroup, showShareGroup } from '../../src/wire/share-groups/schema.ts'
import { listShareTypes } from '../../src/wire/share-types/schema.ts'
import { createShare, showShare, softDeleteShare } from '../../src/wire/shares/schema.ts'
import { createSnapshot, showSnapshot } from '../../src/wire/snapshots/schema.ts'
import type { Client } from '../../src/sdk/client.ts'

export const names = {
  long: `long-${'x'.repeat(250)}`,
  rightToLeft: 'קבצים של \u202Eevil\u202C الأرشيف',
  emoji: 'photos 📷👨‍👩‍👧‍👦 写真',
  shell: `it's; rm -rf "$HOME" \`x\``,
} as const

export interface Stock {
  readonly share: string
  readonly snapshot: string
  readonly failed: string
  readonly operation: string
  readonly type: string
  readonly instance: string
  readonly user: string
  readonly project: string
  readonly group: string
  readonly groupType: string
  readonly shareGroup: string
  readonly groupSnapshot: string
}

const patienceMs = 30_000

/** Asks until the answer is not null. */
export async function until<Answer>(what: string, ask: () => Promise<Answer | null>): Promise<Answer> {
  for (const began = performance.now(); performance.now() < began + patienceMs;) {
    const answer = await ask()
    if (answer !== null) return answer
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${what}: not within ${patienceMs / 1000} s`)
}

/** Makes a share and waits until it rests; answers its id. */
export async function restingShare(
  client: Client,
  name: string,
  size = 1,
  extra: object = {},
): Promise<string> {
  const { share } = await client.call(createShare, {
    body: { share: { share_proto: 'NFS', size, name, ...extra } },
  })
  await until(`${name} rests`, async () => {
    const { status } = (await client.call(showShare, { params: { id: share.id } })).share
    return ['available', 'error'].includes(status) ? status : null
  })
  return share.id
}

/** `api`: where the service is; the client is an administrator's. */
export async function stock(client: Client, api: string): Promise<Stock> {
  const share = await restingShare(client, 'projects', 20)
  for (const name of Object.values(names)) await restingShare(client, name)
  const binned = await restingShare(client, 'thrown-away', 2)
  await client.act(softDeleteShare, { params: { id: binned }, body: null })
  await client.act(allowAccess, {
    params: { id: share },
    body: { access_type: 'ip', access_to: '192.0.2.0/24', access_level: 'rw' },
  })
  const { snapshot } = await client.call(createSnapshot, {
    body: { snapshot: { share_id: share, name: 'before-the-move' } },
  })
  await until('the snapshot', async () => {
    const { status } = (await client.call(showSnapshot, { params: { id: snapshot.id } })).snapshot
    return status === 'available' ? status : null
  })
  await client.call(createLock, {
    body: {
      resource_lock: {
        resource_id: share,
        resource_type: 'share',
        resource_action: 'delete',
        lock_reason: 'is used',
      },
    },
  })
  // More than any pool has.
  const failed = await restingShare(client, 'too-large', 5000)
  const [operations, types, instances, token] = await Promise.all([
    client.call(listOperations, { query: { resource_id: failed } }),
    client.call(listShareTypes),
    client.call(listInstancesOfShare, { params: { id: share } }),
    client.tokens.current(),
  ])
  const made = await fetch(`${api}/identity/v3/groups`, {
    method: 'POST',
    headers: { 'x-auth-token': token, 'content-type': 'application/json' },
    body: JSON.stringify({ group: { name: 'storage-team', domain_id: 'default' } }),
  })
  const { group } = (await made.json()) as { group: { id: string } }
  return {
    ...(await stockOfGroups(client, types.share_types)),
    share,
    snapshot: snapshot.id,
    failed,
    operation: operations.operations[0]?.id ?? '',
    type: types.share_types[0]?.id ?? '',
    instance: instances.share_instances[0]?.id ?? '',
    user: client.tokens.session?.userId ?? '',
    project: client.tokens.session?.projectId ?? '',
    group: group.id,
  }
}

/** A private type of groups, a share group with two shares in it, and a snapshot of it. `admin` makes the type, if the client is no administrator's. */
export async function stockOfGroups(
  client: Client,
  types: readonly { readonly id: string; readonly name: string }[],
  admin = client,
): Promise<Pick<Stock, 'groupType' | 'shareGroup' | 'groupSnapshot'>> {
  const { share_group_type: type } = await admin.call(createShareGroupType, {
    body: {
      share_group_type: { name: 'together', share_types: types.map(({ id }) => id), is_public: false },
    },
  })
  const { projectId } = client.tokens.session ?? {}
  await admin.call(addShareGroupTypeAccess, { params: { id: type.id }, body: { project: projectId ?? '' } })
  const shareGroup = await restingGroup(client, 'laboratory', { share_group_type_id: type.id })
  for (const name of ['measurements', 'evaluation'])
    await restingShare(client, name, 3, { share_group_id: shareGroup, share_type: types[0]?.name })
  const groupSnapshot = await restingGroupSnapshot(client, shareGroup, 'end-of-term')
  return { groupType: type.id, shareGroup, groupSnapshot }
}

/** Makes a group and waits until it rests; answers its id. */
export async function restingGroup(client: Client, name: string, extra: object = {}): Promise<string> {
  const { share_group: group } = await client.call(createShareGroup, {
    body: { share_group: { name, ...extra } },
  })
  await until(`${name} rests`, async () => {
    const { status } = (await client.call(showShareGroup, { params: { id: group.id } })).share_group
    return ['available', 'error'].includes(status) ? status : null
  })
  return group.id
}

export async function restingGroupSnapshot(client: Client, groupId: string, name: string): Promise<string> {
  const { share_group_snapshot: made } = await client.call(createShareGroupSnapshot, {
    body: { share_group_snapshot: { share_group_id: groupId, name } },
  })
  await until(`${name} rests`, async () => {
    const found = await client.call(showShareGroupSnapshot, { params: { id: made.id } })
    return ['available', 'error'].includes(found.share_group_snapshot.status) ? true : null
  })
  return made.id
}
