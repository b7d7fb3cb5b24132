/**
 * The part of the load that is about share groups: a client makes one, shares in it, a group snapshot, a group from that, and ends
 * it all again; sometimes it turns back halfway. What is refused meanwhile is asked for again later.
 */
import type { Reply } from './world.ts'

export type GroupVerb = 'group' | 'group-share' | 'group-snapshot' | 'group-copy' | 'group-delete'
export const groupVerbs: readonly GroupVerb[] = [
  'group',
  'group-share',
  'group-snapshot',
  'group-copy',
  'group-delete',
]

export interface GroupClient {
  ask(method: string, path: string, body?: unknown): Promise<{ reply: Reply; again: boolean }>
  note(verb: GroupVerb, id: string, share: string, reply: Reply, again: boolean): void
  readonly random: () => number
  /** One of these is the type of a group's shares; the default type without any. */
  readonly shareTypes: readonly string[]
}

interface MyGroup {
  readonly id: string
  readonly type: string | null
  shares: number
  snapshot: string | null
  /** Of this one; it is made once. */
  copy: MyGroup | null
  copied: boolean
}

const sharesEach = 2
/** Of all turns so many turn back before everything is there; most turns are refused, for they come too soon. */
const turningBack = 0.02

/** Answers what does the next thing. */
export function groupWork(client: GroupClient): () => Promise<void> {
  const { ask, note, random, shareTypes } = client
  let mine: MyGroup | null = null
  let ending = false
  let groupType: string | null = null

  /** Answers the id of what was accepted. */
  async function make(verb: GroupVerb, path: string, key: string, fields: object): Promise<string | null> {
    const { reply, again } = await ask('POST', path, { [key]: fields })
    if (reply.status >= 300) return null
    const id = reply.body[key].id as string
    note(verb, id, id, reply, again)
    return id
  }

  /** Whether it is gone, or will be. */
  async function end(path: string, id: string): Promise<boolean> {
    const { reply, again } = await ask('DELETE', path)
    // The repeat of one that was accepted is refused: nobody was told, so it isn't in the journal.
    if (reply.status < 300) note('group-delete', id, id, reply, again)
    return reply.status < 300 || reply.status === 404
  }

  async function makeGroup(): Promise<void> {
    groupType ??= await oneGroupType(client)
    const type = shareTypes[Math.floor(random() * shareTypes.length)] ?? null
    const share_types = type === null ? {} : { share_types: [await idOfType(client, type)] }
    const fields = { share_group_type_id: groupType, ...share_types }
    const id = await make('group', '/share-groups', 'share_group', fields)
    if (id !== null) mine = { id, type, shares: 0, snapshot: null, copy: null, copied: false }
  }

  async function next(group: MyGroup): Promise<void> {
    if (group.shares < sharesEach) {
      const type = group.type === null ? {} : { share_type: group.type }
      const fields = { share_proto: 'NFS', size: 1, share_group_id: group.id, ...type }
      if ((await make('group-share', '/shares', 'share', fields)) !== null) group.shares++
    } else if (group.snapshot === null) {
      const fields = { share_group_id: group.id }
      group.snapshot = await make('group-snapshot', '/share-group-snapshots', 'share_group_snapshot', fields)
    } else if (!group.copied) {
      const fields = { source_share_group_snapshot_id: group.snapshot }
      const id = await make('group-copy', '/share-groups', 'share_group', fields)
      if (id === null) return
      group.copied = true
      group.copy = { ...group, id, snapshot: null, copied: true }
    } else ending = true
  }

  /** The last first. Answers whether nothing is left of it. */
  async function endOf(group: MyGroup): Promise<boolean> {
    if (group.copy !== null) {
      if (await endOf(group.copy)) group.copy = null
    } else if (group.snapshot !== null) {
      if (await end(`/share-group-snapshots/${group.snapshot}`, group.snapshot)) group.snapshot = null
    } else {
      const { reply } = await ask('GET', `/shares?share_group_id=${group.id}`)
      const share = (reply.body['shares'] as { id: string }[] | undefined)?.[0]
      if (share !== undefined) await end(`/shares/${share.id}?share_group_id=${group.id}`, share.id)
      else return end(`/share-groups/${group.id}`, group.id)
    }
    return false
  }

  return async () => {
    if (mine === null) return makeGroup()
    ending ||= random() < turningBack
    if (!ending) return next(mine)
    if (!(await endOf(mine))) return
    mine = null
    ending = false
  }
}

const typeName = 'groups-of-the-load'

/** For all types of shares; made by whichever client comes first. */
async function oneGroupType({ ask }: GroupClient): Promise<string> {
  const find = async () => {
    const { reply } = await ask('GET', '/share-group-types')
    const found = (reply.body['share_group_types'] as { id: string; name: string }[] | undefined) ?? []
    return found.find(({ name }) => name === typeName)?.id
  }
  const there = await find()
  if (there !== undefined) return there
  const { reply: types } = await ask('GET', '/types')
  const share_types = (types.body['share_types'] as { id: string }[]).map(({ id }) => id)
  // Refused when another one was faster.
  await ask('POST', '/share-group-types', { share_group_type: { name: typeName, share_types } })
  const id = await find()
  if (id === undefined) throw new Error(`there is no share group type ${typeName}`)
  return id
}

async function idOfType({ ask }: GroupClient, name: string): Promise<string> {
  const { reply } = await ask('GET', '/types')
  const found = (reply.body['share_types'] as { id: string; name: string }[]).find(
    (type) => type.name === name,
  )
  if (found === undefined) throw new Error(`there is no share type ${name}`)
  return found.id
}
