/**
 * Role assignments as they work out: groups become their members, inherited ones the projects below, and roles bring along what
 * they imply. Pure: what it needs to know of the world is given to it.
 */
import type { AssignmentRow } from '../db/store/roles.ts'

export interface EffectiveWorld {
  /** Members of each group among the rows. */
  readonly members: ReadonlyMap<string, readonly string[]>
  /** Projects in which those inherited ones can come out, or those above them. */
  readonly projects: readonly {
    readonly id: string
    readonly parent_id: string | null
    readonly domain_id: string
  }[]
  /** Role id → itself and all that it implies. */
  readonly roles: ReadonlyMap<string, readonly string[]>
}

/** Somebody's role somewhere, and how it came to be. */
export interface EffectiveRow {
  readonly role_id: string
  readonly actor_type: 'user'
  readonly actor_id: string
  readonly target_type: AssignmentRow['target_type']
  readonly target_id: string
  readonly from: AssignmentRow
}

/** Each row once, by the first way found; at most `limit`, of those that `wanted` lets through. */
export function effectiveRows(
  rows: readonly AssignmentRow[],
  world: EffectiveWorld,
  wanted: (row: EffectiveRow) => boolean,
  limit: number,
): EffectiveRow[] {
  const found = new Map<string, EffectiveRow>()
  const below = descendants(world.projects)
  for (const from of rows) {
    const users = from.actor_type === 'user' ? [from.actor_id] : (world.members.get(from.actor_id) ?? [])
    const places = from.inherited === true ? below(from) : [from.target_id]
    const type = from.inherited === true ? 'project' : from.target_type
    for (const place of places) {
      for (const user of users) {
        for (const role of world.roles.get(from.role_id) ?? []) {
          const one: EffectiveRow = {
            role_id: role,
            actor_type: 'user',
            actor_id: user,
            target_type: type,
            target_id: place,
            from,
          }
          const key = `${role} ${user} ${type} ${place}`
          if (!found.has(key) && wanted(one)) found.set(key, one)
          if (found.size >= limit) return [...found.values()]
        }
      }
    }
  }
  return [...found.values()]
}

/** Ids of the projects below a project, or in a domain. */
function descendants(projects: EffectiveWorld['projects']) {
  const children = new Map<string, string[]>()
  const inDomain = new Map<string, string[]>()
  const add = (map: Map<string, string[]>, key: string, id: string): void => {
    const list = map.get(key)
    if (list === undefined) map.set(key, [id])
    else list.push(id)
  }
  for (const { id, parent_id: parent, domain_id: domain } of projects) {
    add(inDomain, domain, id)
    if (parent !== null && parent !== domain) add(children, parent, id)
  }
  const known = new Map<string, string[]>()
  return ({ target_type: type, target_id: id }: AssignmentRow): readonly string[] => {
    if (type === 'domain') return inDomain.get(id) ?? []
    const before = known.get(id)
    if (before !== undefined) return before
    const found = new Set(children.get(id))
    for (const each of found) for (const child of children.get(each) ?? []) found.add(child)
    const all = [...found]
    known.set(id, all)
    return all
  }
}
