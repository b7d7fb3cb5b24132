import { afterEach, describe, expect, test } from 'vitest'
import { connect } from './connect.ts'
import {
  fakeService,
  oneAfterAnother,
  signedIn,
  type FakeService,
  type Said,
} from './fake-service.fixture.ts'
import { waitFor, type Progress } from './watch.ts'

const running: FakeService[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

const operation = (fields: object): Said => ({
  body: { operation: { id: 'o1', steps: [], cause: null, request_id: 'req-1', progress: 0, ...fields } },
})
const steps = (...states: string[]) => states.map((state, at) => ({ name: `step ${at}`, state, attempts: 1 }))

async function watched(
  capabilities: readonly string[],
  looks: () => Said,
  statuses: readonly (string | null)[],
  until: readonly (string | null)[] = ['available'],
) {
  const service = await fakeService({
    capabilities,
    answer: ({ path }) => (path === '/operations' ? { body: { operations: [{ id: 'o1' }] } } : looks()),
  })
  running.push(service)
  const client = await connect(signedIn(service))
  const seen: Omit<Progress, 'elapsedMs'>[] = []
  let at = 0
  const result = await waitFor(client, {
    resourceId: 's1',
    status: () => Promise.resolve(statuses[Math.min(at++, statuses.length - 1)] ?? null),
    until,
    pollMs: 1,
    timeoutMs: 2000,
    onProgress: ({ elapsedMs: _, ...rest }) => seen.push(rest),
  })
  return { result, seen, service }
}

describe('waiting', () => {
  test('follows the operation of the resource, step by step', async () => {
    const looks = oneAfterAnother(
      operation({ state: 'queued', progress: 0, steps: steps('pending') }),
      operation({ state: 'running', progress: 50, steps: steps('done', 'started') }),
      operation({ state: 'done', progress: 100 }),
    )
    const { result, seen, service } = await watched(['operations'], looks, ['available'])
    expect(result).toEqual({ ended: 'done' })
    expect(seen).toEqual([
      { step: 'queued', percent: 0, operationId: 'o1' },
      { step: 'step 1', percent: 50, operationId: 'o1' },
    ])
    expect(service.to('GET /v2/operations')[0]?.query.get('resource_id')).toBe('s1')
  })

  test('a failed operation is a result with its cause', async () => {
    const cause = { code: 'NoStorage', message: 'No pool fits.', retryable: true, detail_id: '002' }
    const { result } = await watched(['operations'], () => operation({ state: 'failed', cause }), ['error'])
    expect(result).toMatchObject({ ended: 'failed', operation: { cause } })
  })

  test('an older operation that is done does not end the wait: the status does', async () => {
    const looks = () => operation({ state: 'done' })
    const { result, seen } = await watched(['operations'], looks, ['creating', 'available'])
    expect(result).toEqual({ ended: 'done' })
    expect(seen).toEqual([{ step: 'creating', percent: null, operationId: null }])
  })

  test('an older operation that failed says nothing about a deletion that needed none', async () => {
    const looks = () => operation({ state: 'failed', cause: { code: 'NoStorage', message: 'No pool fits.' } })
    expect((await watched(['operations'], looks, [null], [null])).result).toEqual({ ended: 'done' })
    const { result } = await watched(['operations'], looks, ['error_deleting'], [null])
    expect(result).toMatchObject({ ended: 'failed' })
  })

  test('watches the status where there are no operations', async () => {
    const { result, service } = await watched([], () => ({ status: 500 }), ['creating', 'error'])
    expect(result).toEqual({ ended: 'failed', status: 'error', operation: null })
    expect(service.to('GET /v2/operations')).toHaveLength(0)
  })

  test('ends a wait for something that is gone, unless that was wanted', async () => {
    expect((await watched([], () => ({}), [null])).result).toMatchObject({ ended: 'failed', status: null })
  })
})
