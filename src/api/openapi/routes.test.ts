import { afterAll, beforeAll, expect, test } from 'vitest'
import { maxMinor } from '../../model/version.ts'
import { resourceLockRoutes } from '../resource-locks/routes.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { openapiRoute } from './routes.ts'

const routes = [...resourceLockRoutes, openapiRoute(resourceLockRoutes)]
routeLaws('openapi', [openapiRoute(resourceLockRoutes)], ['GET /openapi 2.0–'], () => Promise.resolve())

let bench: Bench
beforeAll(async () => {
  bench = await openBench(routes)
})
afterAll(() => bench.close())

const get = (path: string, version = 99) => bench.call('GET', path, { token: 'nobody', version })

test('the document of the version asked for, by default of the negotiated one', async () => {
  expect((await get('/openapi.json?version=2.81', 0)).body).toMatchObject({
    openapi: '3.1.0',
    info: { version: '2.81' },
    paths: { '/v2/resource-locks': { get: { operationId: 'listResourceLocks' } } },
  })
  expect(Object.keys((await get('/openapi.json?version=2.80')).body.paths)).toEqual(['/v2/openapi'])
  expect((await get('/openapi.json', 45)).body.info.version).toBe('2.45')
  expect((await get('/openapi', 45)).status).toBe(200)
})

test.each([`2.${maxMinor + 1}`, '1.0', '99', 'latest', ''])('version %j is 400', async (version) => {
  expect((await get(`/openapi.json?version=${version}`)).status).toBe(400)
})
