/** What holds of every route of the identity face: who is let in, and that nothing that anybody sends is answered with a 5xx. */
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { demoPassword } from '../../auth/parts.fixture.ts'
import { openFace, type Face } from './face.fixture.ts'
import { routes } from './plugin.ts'

let face: Face
let demoToken: string

beforeAll(async () => {
  face = await openFace({ limits: { maxAddressFailures: 1_000_000 } })
  demoToken = (await face.login({ name: 'demo' }, demoPassword)).token
})
afterAll(() => face.close())

/** Those below `/v3`. */
const below = routes
  .filter(({ path }) => path.startsWith('/v3/'))
  .map(({ method, path, access }) => ({ method, path: path.slice('/v3'.length), access }))

const filled = (path: string, values: (name: string) => string): string =>
  path.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(values(name)))

describe('every route', () => {
  test('of administrators lets nobody else in, whatever is asked for', async () => {
    const admin = below.filter(({ access }) => access === 'admin')
    expect(admin.length).toBeGreaterThan(80)
    for (const { method, path } of admin) {
      const url = filled(path, () => 'nothing')
      const { status } = await face.ask(method, url, undefined, demoToken)
      expect({ method, path, status }).toEqual({ method, path, status: 403 })
      const nobody = await face.ask(method, url, undefined, null)
      expect({ method, path, status: nobody.status }).toEqual({ method, path, status: 401 })
    }
  })

  test('of accounts wants a token', async () => {
    for (const { method, path } of below.filter(({ access }) => access === 'token')) {
      const { status } = await face.ask(
        method,
        filled(path, () => 'nothing'),
        undefined,
        null,
      )
      expect({ method, path, status }).toEqual({ method, path, status: 401 })
    }
  })

  test('says in words what is wrong with a hostile request, and never 5xx', async () => {
    const { demo, admin } = face.bench
    const ids = [
      'default',
      'RegionOne',
      demo.userId,
      demo.projectId,
      'nothing',
      '__proto__',
      "'; --",
      'ä',
      '%00',
      '..',
    ]
    const word = fc.oneof(fc.constantFrom(...ids), fc.string({ maxLength: 12 }))
    const value = fc.oneof(
      fc.anything({ maxDepth: 2, withNullPrototype: false }),
      word,
      fc.constantFrom(true, null, 'x'.repeat(300), 'http://x/%(project_id)s', '\0', 1e99, [], {}),
    )
    const fields = [
      'id',
      'name',
      'domain_id',
      'parent_id',
      'enabled',
      'tags',
      'description',
      'type',
      'url',
      'is_domain',
    ]
    const more = [
      'service_id',
      'interface',
      'region_id',
      'parent_region_id',
      'access_rules',
      'roles',
      'expires_at',
      'password',
    ]
    const inner = fc.dictionary(fc.constantFrom(...fields, ...more), value)
    const nouns = [
      'project',
      'domain',
      'user',
      'group',
      'role',
      'region',
      'service',
      'endpoint',
      'application_credential',
    ]
    const body = fc.oneof(
      fc.dictionary(fc.constantFrom(...nouns, 'tags', 'auth'), fc.oneof(inner, value)),
      fc.constantFrom(...nouns).chain((noun) => inner.map((one) => ({ [noun]: one }))),
      value,
    )
    const filters = [
      'name',
      'name__contains',
      'marker',
      'limit',
      'tags',
      'not-tags-any',
      'effective',
      'user.id',
      'enabled',
    ]
    const scopes = [
      'scope.project.id',
      'scope.domain.id',
      'include_subtree',
      'include_names',
      'parents_as_list',
      'subtree_as_ids',
    ]
    const query = fc.dictionary(fc.constantFrom(...filters, ...scopes), word, { maxKeys: 4 })
    const safe = below.filter(({ path }) => path !== '/auth/tokens')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...safe),
        fc.array(word, { minLength: 3, maxLength: 3 }),
        query,
        body,
        async (route, names, asked, sent) => {
          let at = 0
          const path = `${filled(route.path, () => names[at++ % 3] ?? '')}?${new URLSearchParams(asked)}`
          // Not away with what the test stands on.
          fc.pre(
            !(
              route.method === 'DELETE' &&
              names.some((name) => [demo.userId, admin.userId, demo.projectId].includes(name))
            ),
          )
          fc.pre(!(route.method === 'PATCH' && names.some((name) => name === demo.userId)))
          const isRead = route.method === 'GET' || route.method === 'HEAD'
          const { status, body: said } = await face.ask(
            route.method,
            path,
            isRead ? undefined : jsonable(sent),
          )
          expect({ route, path, fine: status < 500, said: status < 500 ? null : said }).toEqual({
            route,
            path,
            fine: true,
            said: null,
          })
          if (status >= 400 && route.method !== 'HEAD') expect(said.error.message.length).toBeGreaterThan(5)
        },
      ),
      { numRuns: 1500 },
    )
  }, 120_000)
})

/** What JSON can say of it; undefined is no body. */
function jsonable(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null')
  } catch {
    return null
  }
}
