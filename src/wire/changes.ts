/**
 * The history of a resource's wire format. Handlers speak only the newest shape: `lift` brings an older request up to it,
 * `lower` brings a reply down. A `rule` is a change of behaviour: its flag is handed to `app`, which never compares
 * versions. Each resource has one `changes.ts`, newest first.
 */

export interface Change {
  /** The minor at which the new shape or behaviour begins. */
  readonly since: number
  /** One sentence. */
  readonly what: string
  /** Named behaviour that is on from `since`. */
  readonly flag?: string
  /** Makes an older request body (inside its wrapper key) one of the newest shape. */
  readonly lift?: (body: JsonObject) => JsonObject
  /** Makes a newest-shape object one that clients before `since` expect. */
  readonly lower?: (view: JsonObject) => JsonObject
}

export type JsonObject = Readonly<Record<string, unknown>>

/** Fields that replies and requests did not have before `since`. */
export function fields(since: number, ...names: readonly [string, ...string[]]): Change {
  return {
    since,
    what: `adds ${names.join(', ')}`,
    lift: (body) => without(body, names),
    lower: (view) => without(view, names),
  }
}

/** Request fields that are ignored before `since` and never shown. */
export function inputs(since: number, ...names: readonly [string, ...string[]]): Change {
  return { since, what: `accepts ${names.join(', ')}`, lift: (body) => without(body, names) }
}

/** A change of shape that is more than a field. */
export function change(since: number, what: string, how: Pick<Change, 'lift' | 'lower'>): Change {
  return { since, what, ...how }
}

/** A change of behaviour: `flag` is on at `since` and later. */
export function rule(since: number, flag: string, what: string): Change {
  return { since, what, flag }
}

/** Adapters run from the newest change down to the request's version. */
export function lower(changes: readonly Change[], minor: number, view: JsonObject): JsonObject {
  let shape = view
  for (const one of newestFirst(changes)) {
    if (one.since > minor && one.lower !== undefined) shape = one.lower(shape)
  }
  return shape
}

/** Adapters run from the request's version up to the newest. */
export function lift(changes: readonly Change[], minor: number, body: JsonObject): JsonObject {
  let shape = body
  for (const one of [...newestFirst(changes)].reverse()) {
    if (one.since > minor && one.lift !== undefined) shape = one.lift(shape)
  }
  return shape
}

/** Names of the behaviours that are on at `minor`. */
export function flagsAt(changes: readonly Change[], minor: number): ReadonlySet<string> {
  return new Set(changes.flatMap(({ since, flag }) => (flag !== undefined && since <= minor ? [flag] : [])))
}

export function without(object: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

/** Old name → new name, in requests. */
export function renamed(object: JsonObject, from: string, to: string): JsonObject {
  if (!(from in object)) return object
  const { [from]: value, ...rest } = object
  return to in rest ? rest : { ...rest, [to]: value }
}

const sorted = new WeakMap<readonly Change[], readonly Change[]>()

function newestFirst(changes: readonly Change[]): readonly Change[] {
  const known = sorted.get(changes)
  if (known !== undefined) return known
  const list = [...changes].sort((a, b) => b.since - a.since)
  sorted.set(changes, list)
  return list
}
