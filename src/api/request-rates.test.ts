import * as fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { Rate } from '../runtime/rate.ts'
import { routes } from './routes.ts'
import { openBench, type Bench } from './bench.fixture.ts'

let bench: Bench
afterEach(() => bench.close())
const limited = async (limits: object): Promise<void> => {
  bench = await openBench(routes, (settings) => Object.assign(settings.limits, limits))
}
const statuses = async (count: number, ask: () => Promise<{ status: number }>): Promise<number[]> => {
  const seen: number[] = []
  for (let i = 0; i < count; i++) seen.push((await ask()).status)
  return seen
}

describe('requests of a project', () => {
  test('beyond its rate are answered 429 with when to come again; other projects notice nothing', async () => {
    await limited({ project_requests_per_minute: 5 })
    expect(await statuses(7, () => bench.call('GET', '/shares', { token: 'demo' }))).toEqual([
      200, 200, 200, 200, 200, 429, 429,
    ])
    const { body, headers } = await bench.call('GET', '/shares', { token: 'reader' })
    expect(body).toEqual({
      overLimit: { code: 429, message: 'Too many requests of this project in a minute.' },
    })
    expect(Number(headers['retry-after'])).toBeGreaterThan(0)
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(12)
    expect(await statuses(2, () => bench.call('GET', '/shares', { token: 'other' }))).toEqual([200, 200])
  })

  test("are told by GET /limits in Manila's form", async () => {
    await limited({ project_requests_per_minute: 60 })
    await statuses(9, () => bench.call('GET', '/shares', { token: 'demo' }))
    const { body } = await bench.call('GET', '/limits', { token: 'demo' })
    const [{ uri, regex, limit }] = body.limits.rate
    expect([uri, regex]).toEqual(['*', '.*'])
    expect(limit.map(({ verb }: { verb: string }) => verb)).toEqual(['GET', 'POST', 'PUT', 'DELETE'])
    for (const row of limit) {
      expect(row).toEqual({
        verb: row.verb,
        value: 60,
        remaining: expect.any(Number) as number,
        unit: 'MINUTE',
        'next-available': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) as string,
      })
      // A slow machine gives one or another back.
      expect(row.remaining).toBeGreaterThanOrEqual(50)
      expect(row.remaining).toBeLessThan(60)
    }
  })

  test('without a rate are any number, and nothing is told', async () => {
    await limited({})
    expect(new Set(await statuses(300, () => bench.call('GET', '/types', { token: 'demo' })))).toEqual(
      new Set([200]),
    )
    expect((await bench.call('GET', '/limits', { token: 'demo' })).body.limits.rate).toEqual([])
  })
})

describe('requests of an address', () => {
  test('beyond its rate are refused before anybody looks at their token, and not on /healthcheck or /', async () => {
    await limited({ address_requests_per_minute: 3 })
    const guess = () => bench.call('GET', '/shares', { token: null })
    expect(await statuses(5, guess)).toEqual([401, 401, 401, 429, 429])
    const good = await bench.call('GET', '/shares', { token: 'admin' })
    expect([good.status, good.body.overLimit.message]).toEqual([
      429,
      'Too many requests from this address in a minute.',
    ])
    const versions = await bench.app.inject({ url: '/' })
    expect(versions.statusCode).toBe(300)
    const elsewhere = await bench.app.inject({ url: '/v2/shares', remoteAddress: '192.0.2.9' })
    expect(elsewhere.statusCode).toBe(401)
  })

  test('an IPv6 network of 64 bits is one address', async () => {
    await limited({ address_requests_per_minute: 2 })
    const from = async (remoteAddress: string): Promise<number> =>
      (await bench.app.inject({ url: '/v2/shares', remoteAddress })).statusCode
    expect([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8::3')]).toEqual([
      401, 401, 429,
    ])
    expect(await from('2001:db8:0:1::1')).toBe(401)
  })
})

test('what is left is what can be taken', () => {
  bench = { close: async () => {} } as Bench
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.tuple(fc.integer({ min: 0, max: 30_000_000 }), fc.integer({ min: 0, max: 20 })), {
        maxLength: 8,
      }),
      (perMinute, steps) => {
        let now = 0
        const rate = new Rate(perMinute, () => now)
        for (const [pause, takes] of steps) {
          now += pause
          for (let i = 0; i < takes; i++) rate.take('p')
        }
        const { left, wholeAt } = rate.left('p') ?? { left: -1, wholeAt: -1 }
        let taken = 0
        while (taken <= perMinute && rate.take('p') === 0) taken++
        expect(taken).toBe(left)
        now = wholeAt + Math.ceil((left / perMinute) * 60_000_000) + perMinute
        expect(rate.left('p')?.left).toBe(perMinute)
      },
    ),
  )
})
