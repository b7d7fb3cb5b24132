import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { extensionRoutes } from '../extensions/routes.ts'
import { operationRoutes } from '../operations/routes.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { openBench, type Bench } from '../bench.fixture.ts'
import { capabilityRoutes } from './routes.ts'

const routes = [...capabilityRoutes, ...extensionRoutes, ...operationRoutes]

let bench: Bench
beforeAll(async () => {
  bench = await openBench(routes)
})
afterAll(() => bench.close())

describe('capabilities', () => {
  it('announce what is ours, each with a sentence', async () => {
    const { status, body } = await bench.call('GET', '/capabilities', { token: 'reader', version: 0 })
    expect(status).toBe(200)
    const names = body.capabilities.map(({ name }: { name: string }) => name)
    expect(names).toEqual(expect.arrayContaining(['operations', 'idempotency-key', 'marker']))
    expect(new Set(names).size).toBe(names.length)
    for (const { description } of body.capabilities) expect(description).toMatch(/ .*\.$/)
  })

  it('name paths that answer', async () => {
    const { body } = await bench.call('GET', '/capabilities')
    const operations = body.capabilities.find(({ name }: { name: string }) => name === 'operations')
    for (const path of operations.paths as string[]) {
      const [, below] = path.replace('{id}', bench.id()).split('/v2')
      const answer = await bench.call('GET', below ?? '')
      expect(JSON.stringify(answer.body)).not.toContain('The resource could not be found.')
    }
  })
})

describe('whoami', () => {
  it('tells the address of the connection, as a rule would name it', async () => {
    expect((await bench.call('GET', '/whoami', { token: 'reader', version: 0 })).body).toEqual({
      address: '127.0.0.1',
    })
    expect((await bench.call('GET', '/whoami', { token: 'nobody' })).status).toBe(403)
  })
})

describe('extensions', () => {
  it('are none', async () => {
    expect((await bench.call('GET', '/extensions', { token: 'nobody', version: 0 })).body).toEqual({
      extensions: [],
    })
    expect((await bench.call('GET', '/extensions/anything')).status).toBe(404)
  })
})

routeLaws(
  'capabilities and extensions',
  [...capabilityRoutes, ...extensionRoutes],
  ['GET /capabilities 2.0–', 'GET /whoami 2.0–', 'GET /extensions 2.0–', 'GET /extensions/:alias 2.0–'],
  () => Promise.resolve(),
)
