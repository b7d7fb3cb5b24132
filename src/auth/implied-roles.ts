/** What roles bring along: `admin` is also `manager`, and so on. Pure; who changed what is read elsewhere. */

export interface RoleName {
  readonly id: string
  readonly name: string
}

/** Prior → implied, by name, unless it was changed: as Keystone's bootstrap makes them. */
export const impliedRoles: readonly (readonly [prior: string, implied: string])[] = [
  ['admin', 'manager'],
  ['manager', 'member'],
  ['member', 'reader'],
]

/** A pair that was added, or a default one that was taken away. */
export interface ImplicationChange {
  readonly prior_role_id: string
  readonly implied_role_id: string
  readonly in_force: 0 | 1
}

/** Role id → ids of the roles that it implies by itself. */
export type Implications = ReadonlyMap<string, ReadonlySet<string>>

/**
 * The defaults among the roles that exist, with the changes. Defaults are no rows, so that there is no moment at which an
 * administrator is no member because nobody has written them yet.
 */
export function implicationsOf(
  all: readonly RoleName[],
  changes: readonly ImplicationChange[],
): Implications {
  const found = new Map<string, Set<string>>()
  const idsOf = (name: string): string[] =>
    all.filter((role) => role.name.toLowerCase() === name).map(({ id }) => id)
  const add = (prior: string, implied: string): void =>
    void found.set(prior, (found.get(prior) ?? new Set()).add(implied))
  for (const [prior, implied] of impliedRoles) {
    for (const id of idsOf(prior)) for (const other of idsOf(implied)) add(id, other)
  }
  for (const { prior_role_id: prior, implied_role_id: implied, in_force: isThere } of changes) {
    if (isThere === 1) add(prior, implied)
    else found.get(prior)?.delete(implied)
  }
  return found
}

/** Adds what the roles imply, over any number of hops; rings end. `all` are the roles that exist. */
export function expandRoles(
  roles: readonly RoleName[],
  all: readonly RoleName[],
  implications: Implications,
): RoleName[] {
  const byId = new Map(all.map((role) => [role.id, role]))
  const held = new Map(roles.map((role) => [role.id, role]))
  // A map that grows while it is walked is walked to its end.
  for (const id of held.keys()) {
    for (const implied of implications.get(id) ?? []) {
      const role = byId.get(implied)
      if (role !== undefined && !held.has(implied)) held.set(implied, role)
    }
  }
  return [...held.values()].map(({ id, name }) => ({ id, name }))
}
