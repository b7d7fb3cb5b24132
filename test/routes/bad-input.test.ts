/**
 * Malformed, oversized, wrongly typed and hostile values to every route of the table: only 4xx, each refusal a sentence that
 * names the field. The bodies that are bent are right ones, so that what is refused is what was bent.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Answer } from '../../src/api/bench.fixture.ts'
import { maxMinor } from '../../src/model/version.ts'
import { chosen } from './chosen.ts'
import { routeTable, type TableRoute } from './table.ts'
import { openWorld, requestsOf, type World } from './world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.bench.close())

const hostile: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e308,
  -1e308,
  2 ** 53,
  '',
  ' ',
  'x'.repeat(300),
  'x'.repeat(70_000),
  '\0',
  'a\0b',
  '\ud800',
  '../../etc/passwd',
  "'; drop table shares; --",
  '$(reboot)',
  '%00',
  '%s%n',
  '${7*7}',
  '{{7*7}}',
  '\r\nX-Evil: 1',
  '‮txt',
  [],
  [[]],
  {},
  { a: { b: { c: {} } } },
  [1, 'a', null],
  { toString: 1 },
  { length: -1 },
  Array.from({ length: 2000 }, () => 'a'),
]

const idsOf = (route: TableRoute): Record<string, string> =>
  Object.fromEntries(Object.entries(route.ids).map(([name, noun]) => [name, world.ids[noun]]))

const minorOf = (route: TableRoute): number => route.until

/** Every way to put `value` somewhere into `body`, with the name of the place. */
function* bent(
  body: unknown,
  value: unknown,
  path: readonly string[] = [],
): Generator<{ path: readonly string[]; body: unknown }> {
  yield { path, body: value }
  if (typeof body !== 'object' || body === null) return
  for (const [key, inner] of Object.entries(body)) {
    for (const { path: at, body: changed } of bent(inner, value, [...path, key]))
      yield { path: at, body: { ...body, [key]: changed } }
  }
}

function isSentence({ status, body }: Answer, where: unknown): string {
  expect([where, status]).toSatisfy(([, code]: [unknown, number]) => code < 500)
  if (status < 400) return ''
  const faults = Object.values((body ?? {}) as Record<string, { message?: unknown; code?: unknown }>)
  expect([where, status, faults.length]).toEqual([where, status, 1])
  const message = String(faults[0]?.message)
  expect([where, message.length > 10]).toEqual([where, true])
  expect([where, faults[0]?.code]).toEqual([where, status])
  return message
}

const live = routeTable.filter((route) => route.later !== true && route.endless !== true && chosen(route))

describe('bad input', () => {
  it.each(live.flatMap((route) => requestsOf(route).map((request) => ({ ...request, route }))))(
    'in the body: $name',
    async ({ route, body }) => {
      if (route.method === 'GET') return
      for (const value of hostile) {
        for (const { path, body: sent } of bent(body ?? {}, value)) {
          // Text in a number's place and the like is what is wrong; a right value in a right place may be accepted.
          const answer = await world.ask('admin', route, idsOf(route), sent, minorOf(route))
          const message = isSentence(answer, {
            route: route.path,
            path,
            value: String(JSON.stringify(value)).slice(0, 60),
          })
          const refusedForShape =
            answer.status === 400 &&
            (typeof value === 'object' || typeof value === 'boolean') &&
            path.length > 1
          if (refusedForShape) {
            const names = [...path, 'body', 'action']
            expect([path, message]).toSatisfy(
              ([, text]: [unknown, string]) =>
                names.some((name) => text.includes(name)) || /is |must|not|can/.test(text),
            )
          }
        }
      }
    },
    60_000,
  )

  it.each(live)(
    'in the query: $method $path',
    async (route) => {
      if (route.method !== 'GET') return
      const names = [
        'limit',
        'offset',
        'marker',
        'sort_key',
        'sort_dir',
        'all_tenants',
        'with_count',
        'metadata',
        'extra_specs',
        'name',
        'name~',
        'status',
        'share_id',
        'is_public',
        'created_since',
        'size',
        'usage',
        'host',
        'pool',
        'backend',
        'share_type',
        'user_id',
        'access_to',
        'resource_id',
        'is_soft_deleted',
        'availability_zone',
        'refresh',
        '__proto__',
        'constructor',
      ]
      const values = [
        '',
        '-1',
        '1e9',
        'x',
        '0x10',
        '99999999999999999999',
        "'",
        '%',
        '__proto__',
        'toString',
        "{'a': 'b'",
        '{"a": {"b": 1}}',
        '(a+)+$',
        '[',
        '../x',
        'true',
        'maybe',
        '2026-13-45',
        'x'.repeat(5000),
      ]
      for (const name of names) {
        for (const value of values) {
          if (name === 'refresh' && value === 'true') continue // a real measurement, nobody is there to make it
          const path = route.path.replaceAll(/:(\w+)/g, (_, key: string) => idsOf(route)[key] ?? 'x')
          const url = `${path}?${encodeURIComponent(name)}=${encodeURIComponent(value)}`
          const answer = await world.bench.call('GET', url, { version: minorOf(route) })
          const message = isSentence(answer, url.slice(0, 120))
          if (answer.status === 400)
            expect([url, message]).toSatisfy(
              ([, text]: [string, string]) =>
                text.includes(name.replace('~', '')) ||
                /^id |share_id|pool|query|marker|user|resource/.test(text),
            )
        }
      }
      const nul = await world.bench.call(
        'GET',
        `${route.path.replaceAll(/:(\w+)/g, (_, key: string) => idsOf(route)[key] ?? 'x')}?name=a%00b`,
      )
      expect(nul.status).toBeLessThan(500)
    },
    60_000,
  )

  it.each(live)('in the path: $method $path', async (route) => {
    for (const value of [
      '%00',
      'a%00b',
      '..%2f..',
      '%ff',
      'x'.repeat(3000),
      "'",
      '%22',
      '0',
      '-1',
      '%0d%0aX: 1',
      '%F0%9F%92%A9',
      'ABCDEF',
    ]) {
      const path = route.path.replaceAll(/:(\w+)/g, value)
      if (path === route.path) return
      const body =
        route.actions === undefined
          ? route.body
          : { [Object.keys(route.actions)[0] ?? 'x']: Object.values(route.actions)[0] }
      const answer = await world.bench.call(route.method, path, {
        version: minorOf(route),
        ...(route.method === 'GET' ? {} : { body }),
      })
      isSentence(answer, path.slice(0, 100))
      // A quota may be asked for about any project and class name; everything else has no such id.
      if (!/quota|\/types\/:type\/extra|metadata/.test(route.path))
        expect([path.slice(0, 80), answer.status >= 400]).toEqual([path.slice(0, 80), true])
    }
  })

  it('as raw bytes', async () => {
    const url = '/v2/shares'
    const headers = { 'x-auth-token': 'admin', 'x-openstack-manila-api-version': '2.99' }
    const send = async (payload: string | Buffer, type = 'application/json') => {
      const reply = await world.bench.app.inject({
        method: 'POST',
        url,
        headers: { ...headers, 'content-type': type },
        payload,
      })
      return { status: reply.statusCode, text: reply.body }
    }
    for (const text of [
      '{',
      '[1,',
      'null',
      '"x"',
      '{"share": {"size": 1e999}}',
      '{"__proto__": {"a": 1}}',
      '{"share": {"__proto__": {}}}',
      '﻿{}',
      '{"a":1}{"b":2}',
      Buffer.from([0xff, 0xfe, 0x00]),
    ]) {
      const { status } = await send(text)
      expect([String(text), status]).toSatisfy(([, code]: [string, number]) => code >= 400 && code < 500)
    }
    expect((await send(JSON.stringify({ share: { name: 'x'.repeat(200_000) } }))).status).toBe(413)
    expect((await send('a=b', 'application/x-www-form-urlencoded')).status).toBeLessThan(500)
    expect((await send('<a/>', 'text/xml')).status).toBeLessThan(500)
    const deep = `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`
    expect((await send(deep)).status).toBeLessThan(500)
  })

  it('in the version and the token', async () => {
    for (const version of [
      '2',
      '2.',
      '2.x',
      'latest',
      '2.100',
      '3.0',
      '1.0',
      '0.1',
      '-2.1',
      '2.01',
      '2.1.1',
      '٢.١',
      'x'.repeat(9000),
    ]) {
      const reply = await world.bench.app.inject({
        url: '/v2/shares',
        headers: { 'x-auth-token': 'admin', 'x-openstack-manila-api-version': encodeURI(version) },
      })
      expect([version.slice(0, 20), reply.statusCode]).toSatisfy(
        ([, code]: [string, number]) => code === 400 || code === 406,
      )
    }
    for (const token of ['', 'x', 'a.b.c', 'x'.repeat(10_000)]) {
      const reply = await world.bench.app.inject({ url: '/v2/shares', headers: { 'x-auth-token': token } })
      expect(reply.statusCode).toBe(401)
    }
  })

  it('of any shape at all, to any route', async () => {
    const requests = live
      .flatMap((route) => requestsOf(route).map((request) => ({ ...request, route })))
      .filter(({ route }) => route.method !== 'GET')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...requests),
        fc.jsonValue({ maxDepth: 4 }),
        fc.integer({ min: 0, max: maxMinor }),
        async ({ route }, body, minor) => {
          const answer = await world.ask('admin', route, idsOf(route), body, minor)
          expect(answer.status).toBeLessThan(500)
        },
      ),
      { numRuns: 1500 },
    )
  }, 60_000)
})
