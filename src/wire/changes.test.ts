/** What is compiled against the plain reading of a history: change after change, one at a time, each an object of its own. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { maxMinor } from '../model/version.ts'
import { change, fields, flagsAt, inputs, lift, lower, rule, shown, type Change } from './changes.ts'
import type { JsonObject } from './changes.ts'

const newestFirst = (changes: readonly Change[]) => [...changes].sort((a, b) => b.since - a.since)

const leftOut = (object: JsonObject, names: readonly string[] = []): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))

function plainlyLowered(changes: readonly Change[], minor: number, view: JsonObject): JsonObject {
  let shape = view
  for (const one of newestFirst(changes)) {
    if (one.since <= minor) continue
    shape = leftOut(shape, one.hides)
    shape = one.lower?.(shape) ?? shape
  }
  return shape
}

function plainlyLifted(changes: readonly Change[], minor: number, body: JsonObject): JsonObject {
  let shape = body
  for (const one of newestFirst(changes).reverse()) {
    if (one.since <= minor) continue
    shape = leftOut(shape, one.ignores)
    shape = one.lift?.(shape) ?? shape
  }
  return shape
}

/** Every history of `wire/`, by the name of its constant. */
const histories: (readonly [string, readonly Change[]])[] = []
for (const resource of readdirSync(import.meta.dirname)) {
  if (resource.includes('.')) continue
  const folder = join(import.meta.dirname, resource)
  if (!readdirSync(folder).includes('changes.ts')) continue
  const module = (await import(join(folder, 'changes.ts'))) as Record<string, readonly Change[]>
  for (const [name, changes] of Object.entries(module)) histories.push([name, changes])
}

/** Names that a history says anything about, those that its functions know, and one that nobody knows. */
const known = ['id', 'status', 'share_type', 'share_type_name', 'state', '__paths', '__rules_status']
const namesOf = (changes: readonly Change[]): string[] => [
  ...new Set([
    ...known,
    ...changes.flatMap(({ hides = [], ignores = [] }) => [...hides, ...ignores]),
    'share_type_access:is_public',
    'access_rules_status',
  ]),
]

const value = (name: string): fc.Arbitrary<unknown> => {
  if (name === '__paths') return fc.array(fc.string(), { maxLength: 2 })
  if (name === 'status') return fc.constantFrom('available', 'creating_from_snapshot')
  if (name === 'access_rules_status' || name === '__rules_status') return fc.constantFrom('active', 'syncing')
  return fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null))
}

const specs = fc.dictionary(
  fc.constantFrom(
    'snapshot_support',
    'mount_snapshot_support',
    'snapshot_inherit_share_access_support',
    'a_key',
  ),
  fc.oneof(fc.constant(false), fc.constant('False'), fc.constant('True')),
)

/** Objects with some of the names, in any order. */
const viewOf = (changes: readonly Change[]): fc.Arbitrary<JsonObject> =>
  fc
    .shuffledSubarray(namesOf(changes))
    .chain((names) => fc.tuple(...names.map((name) => value(name).map((one) => [name, one] as const))))
    .chain((pairs) => specs.map((extra_specs) => ({ ...Object.fromEntries(pairs), extra_specs })))

describe.each(histories)('%s', (_, changes) => {
  test('makes of any reply, at every microversion, the text that its changes make of it one by one', () => {
    fc.assert(
      fc.property(viewOf(changes), (view) => {
        const before = JSON.stringify(view)
        for (let minor = 0; minor <= maxMinor; minor++) {
          const text = JSON.stringify(lower(changes, minor, view))
          expect(text).toBe(JSON.stringify(plainlyLowered(changes, minor, view)))
        }
        expect(JSON.stringify(view)).toBe(before)
      }),
      { numRuns: 40 },
    )
  })

  test('makes of any request the same object', () => {
    fc.assert(
      fc.property(viewOf(changes), (body) => {
        for (let minor = 0; minor <= maxMinor; minor++)
          expect(Object.entries(lift(changes, minor, body))).toEqual(
            Object.entries(plainlyLifted(changes, minor, body)),
          )
      }),
      { numRuns: 40 },
    )
  })

  test('has at every microversion the flags that began by then', () => {
    for (let minor = 0; minor <= maxMinor; minor++) {
      const begun = changes.filter(({ since }) => since <= minor).flatMap(({ flag }) => flag ?? [])
      expect([...flagsAt(changes, minor)].sort()).toEqual([...new Set(begun)].sort())
    }
  })
})

test('any history, whatever its changes read and write of one another', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd')
  const since = fc.integer({ min: 1, max: 12 })
  const moved = (from: string, to: string) => (view: JsonObject) =>
    view[from] === undefined ? view : { ...leftOut(view, [from, to]), [to]: view[from] }
  const one = fc.oneof(
    fc.tuple(since, name).map(([at, field]) => fields(at, field)),
    fc.tuple(since, name, name).map(([at, field, other]) => shown(at, field, other)),
    fc.tuple(since, name).map(([at, field]) => inputs(at, field)),
    fc.tuple(since, name).map(([at, flag]) => rule(at, flag, 'on')),
    fc
      .tuple(since, name, name)
      .map(([at, from, to]) => change(at, 'moves', { lower: moved(from, to), lift: moved(from, to) })),
  )
  const view = fc.dictionary(name, fc.integer(), { noNullPrototype: true })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 12 }), view, (changes, object) => {
      for (let minor = 0; minor <= 12; minor++) {
        const expected = plainlyLowered(changes, minor, object)
        expect(JSON.parse(JSON.stringify(lower(changes, minor, object)))).toEqual(expected)
        expect(lift(changes, minor, object)).toEqual(plainlyLifted(changes, minor, object))
      }
    }),
    { numRuns: 500 },
  )
})

test('is worked out once per history and version', () => {
  let read = 0
  const counted: readonly Change[] = [
    {
      since: 9,
      what: 'adds a',
      get hides() {
        read++
        return ['a']
      },
    },
  ]
  for (let row = 0; row < 100; row++) lower(counted, 3, { a: 1, b: row })
  expect(read).toBe(1)
})
