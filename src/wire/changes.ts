/**
 * The history of a resource's wire format. Handlers speak only the newest shape: `lift` brings an older request up to it,
 * `lower` brings a reply down. A `rule` is a change of behaviour: its flag is handed to `app`, which never compares
 * versions. Each resource has one `changes.ts`, newest first.
 *
 * What a version makes of a resource is worked out once and kept. Neighbouring changes that only leave fields out are one pass; where a
 * change does more, those after it wait for it, so that each sees what it saw when it was made. `changes.test.ts` holds
 * that to the plain reading of a history: change after change, one at a time.
 */

export interface Change {
  /** The minor at which the new shape or behaviour begins. */
  readonly since: number
  /** One sentence. */
  readonly what: string
  /** Named behaviour that is on from `since`. */
  readonly flag?: string
  /** Fields of a request that are ignored before `since`. Said as data, so that neighbours can be dealt with at once. */
  readonly ignores?: readonly string[]
  /** Fields of a reply that are not there before `since`. */
  readonly hides?: readonly string[]
  /** A value of a field that clients before `since` don't know → what they are told. Says what `lower` does, so that it can be done to the field alone. */
  readonly tells?: { readonly of: string; readonly instead: Readonly<Record<string, string>> }
  /** Makes an older request body (inside its wrapper key) one of the newest shape. */
  readonly lift?: (body: JsonObject) => JsonObject
  /** Makes a newest-shape object one that clients before `since` expect. */
  readonly lower?: (view: JsonObject) => JsonObject
}

export type JsonObject = Readonly<Record<string, unknown>>

/** Fields that replies and requests did not have before `since`. */
export function fields(since: number, ...names: readonly [string, ...string[]]): Change {
  return { since, what: `adds ${names.join(', ')}`, ignores: names, hides: names }
}

/** Request fields that are ignored before `since` and never shown. */
export function inputs(since: number, ...names: readonly [string, ...string[]]): Change {
  return { since, what: `accepts ${names.join(', ')}`, ignores: names }
}

/** Reply fields that were not there before `since`. Of requests nothing is dropped: who sends them too early is told so. */
export function shown(since: number, ...names: readonly [string, ...string[]]): Change {
  return { since, what: `shows ${names.join(names.length === 2 ? ' and ' : ', ')}`, hides: names }
}

/** A change of shape that is more than a field. */
export function change(since: number, what: string, shape: Pick<Change, 'lift' | 'lower'>): Change {
  return { since, what, ...shape }
}

/** New values of the field `of`; `instead` says what older clients are told in their place. */
export function newValues(
  since: number,
  what: string,
  of: string,
  instead: Readonly<Record<string, string>>,
): Change {
  const told = telling(instead)
  const lower = (view: JsonObject): JsonObject => {
    const value = told(view[of])
    return value === view[of] ? view : { ...view, [of]: value }
  }
  return { since, what, tells: { of, instead }, lower }
}

const telling =
  (instead: Readonly<Record<string, string>>) =>
  (value: unknown): unknown =>
    typeof value === 'string' && Object.hasOwn(instead, value) ? instead[value] : value

/** A change of behaviour: `flag` is on at `since` and later. */
export function rule(since: number, flag: string, what: string): Change {
  return { since, what, flag }
}

/**
 * What clients of `minor` expect in place of `view`. Fields that they don't know are `undefined` in the answer: in JSON they are not
 * there, and no object has to be taken apart for it.
 */
export const lower = (changes: readonly Change[], minor: number, view: JsonObject): JsonObject =>
  compiled(changes, minor).lower(view)

/** `body` as a client of the newest version would have sent it. */
export const lift = (changes: readonly Change[], minor: number, body: JsonObject): JsonObject =>
  compiled(changes, minor).lift(body)

/** Names of the behaviours that are on at `minor`. */
export const flagsAt = (changes: readonly Change[], minor: number): ReadonlySet<string> =>
  compiled(changes, minor).flags

/** What a version makes of each field of a reply by itself. */
export interface Fieldwise {
  readonly hides: ReadonlySet<string>
  /** Fields of which it knows fewer values, and what makes theirs of those. */
  readonly values: ReadonlyMap<string, (value: unknown) => unknown>
}

/** Null when one of the changes takes the whole reply in hand. */
export function fieldwise(changes: readonly Change[], minor: number): Fieldwise | null {
  const hides = new Set<string>()
  const values = new Map<string, (value: unknown) => unknown>()
  for (const change of newestFirst(changes, minor)) {
    for (const name of change.hides ?? []) hides.add(name)
    if (change.tells === undefined && change.lower !== undefined) return null
    if (change.tells === undefined) continue
    const { of, instead } = change.tells
    const newer = values.get(of)
    const told = telling(instead)
    values.set(of, newer === undefined ? told : (value) => told(newer(value)))
  }
  return { hides, values }
}

export function without(object: JsonObject, names: readonly string[]): JsonObject {
  const kept: Record<string, unknown> = {}
  for (const name of Object.keys(object)) if (!names.includes(name)) kept[name] = object[name]
  return kept
}

/** Old name → new name, in requests. */
export function renamed(object: JsonObject, from: string, to: string): JsonObject {
  if (!(from in object)) return object
  const { [from]: value, ...rest } = object
  return to in rest ? rest : { ...rest, [to]: value }
}

interface Version {
  readonly flags: ReadonlySet<string>
  readonly lift: (body: JsonObject) => JsonObject
  readonly lower: (view: JsonObject) => JsonObject
}

const versions = new WeakMap<readonly Change[], (Version | undefined)[]>()

/** A history is a constant of its module: what is found for it stays true. */
function compiled(changes: readonly Change[], minor: number): Version {
  let known = versions.get(changes)
  if (known === undefined) versions.set(changes, (known = []))
  return (known[minor] ??= compile(changes, minor))
}

/** Those that clients of `minor` don't know. */
const newestFirst = (changes: readonly Change[], minor: number): Change[] =>
  changes.filter(({ since }) => since > minor).sort((a, b) => b.since - a.since)

function compile(changes: readonly Change[], minor: number): Version {
  const later = newestFirst(changes, minor)
  const down = passes(later, ({ hides, lower }) => [hides, lower])
  const up = passes(later.toReversed(), ({ ignores, lift }) => [ignores, lift])
  const flags = changes.flatMap(({ since, flag }) => (flag !== undefined && since <= minor ? [flag] : []))
  return { flags: new Set(flags), lift: (body) => lifted(body, up), lower: (view) => lowered(view, down) }
}

/** Names to leave out, or something to do. */
type Pass = readonly string[] | ((object: JsonObject) => JsonObject)

function passes(
  changes: readonly Change[],
  of: (change: Change) => readonly [Change['hides'], Change['lower']],
): readonly Pass[] {
  const found: Pass[] = []
  for (const [names, adapt] of changes.map(of)) {
    const last = found.at(-1)
    if (names !== undefined) {
      if (typeof last === 'object') found[found.length - 1] = [...last, ...names]
      else found.push(names)
    }
    if (adapt !== undefined) found.push(adapt)
  }
  return found
}

function lifted(body: JsonObject, up: readonly Pass[]): JsonObject {
  let shape = body
  for (const pass of up) shape = typeof pass === 'function' ? pass(shape) : without(shape, pass)
  return shape
}

/** One copy, whatever is hidden: to leave a property out of an object costs as much as to make it. */
function lowered(view: JsonObject, down: readonly Pass[]): JsonObject {
  if (down.length === 0) return view
  let shape: Record<string, unknown> = { ...view }
  for (const pass of down) {
    if (typeof pass === 'function') shape = pass(shape)
    // What is not there must not come to be there.
    else for (const name of pass) if (shape[name] !== undefined) shape[name] = undefined
  }
  return shape
}
