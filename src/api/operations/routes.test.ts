import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { enqueue } from '../../engine/queue.ts'
import type { Store } from '../../db/open.ts'
import { messageDetails } from '../../model/messages.ts'
import { operationPlans } from '../../model/operations.ts'
import { routeLaws } from '../route-laws.fixture.ts'
import { permissionRoute } from '../permissions/routes.ts'
import { seedShare } from '../seed.fixture.ts'
import { shareRoutes } from '../shares/routes.ts'
import { openBench, personas, type Bench, type CallOptions, type Token } from '../bench.fixture.ts'
import { operationRoutes } from './routes.ts'

const share = '66666666-2222-3333-4444-555555555555'

/** Three operations: demo's extend (failed), demo's delete (queued), other's delete (queued). Answers their ids. */
async function seed(store: Store): Promise<[extend: string, ownDelete: string, foreignDelete: string]> {
  const common = (projectId: string, now: number) => ({
    resourceId: share,
    lanes: [`instance:${share}`] as const,
    backendId: null,
    projectId,
    userId: 'u',
    begunAs: 'user' as const,
    requestId: `req-${now}`,
    now,
  })
  const deletion = { shareId: share, instanceId: share, force: false, deferred: false }
  const ids = await store.transaction(async (tx) => {
    const extend = await enqueue(tx, {
      kind: 'extend-share',
      payload: { shareId: share, instanceId: share, fromGib: 1, toGib: 2, force: false },
      ...common(personas.demo.projectId, 1),
    })
    const own = await enqueue(tx, {
      kind: 'delete-share',
      payload: deletion,
      ...common(personas.demo.projectId, 2),
    })
    const foreign = await enqueue(tx, {
      kind: 'delete-share',
      payload: deletion,
      ...common(personas.other.projectId, 3),
    })
    return [extend.id, own.id, foreign.id] as [string, string, string]
  })
  await store.db
    .updateTable('operations')
    .set({
      state: 'failed',
      step: 1,
      progress: 50,
      cause_code: 'backend-no-room-here',
      cause_message: 'mkdir /srv/pool on stor1: No space left',
      cause_retryable: 1,
      cause_detail_id: '009',
      refusals: JSON.stringify([{ pool: 'node@alpha#one', filter: 'CapacityFilter', why: 'full' }]),
      started_at: 5,
      finished_at: 9,
    })
    .where('id', '=', ids[0])
    .execute()
  await store.db
    .insertInto('operation_steps')
    .values({
      operation_id: ids[0],
      step: 0,
      name: 'place',
      state: 'undone',
      attempts: 3,
      output: JSON.stringify({ pool: 'node@alpha#one' }),
      started_at: 5,
      finished_at: 9,
    })
    .execute()
  return ids
}

let bench: Bench
let extend: string
let ownDelete: string
let foreignDelete: string
beforeAll(async () => {
  bench = await openBench(operationRoutes)
  ;[extend, ownDelete, foreignDelete] = await seed(bench.store)
})
afterAll(() => bench.close())

const ids = async (query: string, options: CallOptions = {}): Promise<string[]> =>
  (await bench.call('GET', `/operations${query}`, { token: 'demo', ...options })).body.operations.map(
    (operation: { id: string }) => operation.id,
  )

describe('operations', () => {
  it('show how far they are and why they failed', async () => {
    const { status, body } = await bench.call('GET', `/operations/${extend}`, { token: 'reader', version: 0 })
    expect(status).toBe(200)
    expect(body.operation).toMatchObject({
      id: extend,
      kind: 'extend-share',
      state: 'failed',
      resource_type: 'share',
      resource_id: share,
      progress: 50,
      cancel_requested: false,
      cause: {
        code: 'backend-no-room-here',
        message: messageDetails['009'],
        retryable: true,
        detail_id: '009',
      },
      started_at: '1970-01-01T00:00:00.000005',
    })
    expect(body.operation.steps.map((step: object) => Object.values(step).slice(0, 3))).toEqual([
      ['place', 'failed', 3],
      ['backend', 'pending', 0],
      ['publish', 'pending', 0],
    ])
    expect(operationPlans['extend-share'][1].steps).toHaveLength(3)
  })

  it('tell tenants nothing about pools, payloads or outputs', async () => {
    const text = JSON.stringify((await bench.call('GET', `/operations/${extend}`, { token: 'demo' })).body)
    expect(text).not.toMatch(/alpha|refusals|payload|output|fence|lane|instanceId|srv|stor1/)
    const { body } = await bench.call('GET', `/operations/${extend}`)
    expect(body.operation.refusals).toEqual([
      { pool: 'node@alpha#one', filter: 'CapacityFilter', why: 'full' },
    ])
    expect(body.operation.cause.detail).toBe('mkdir /srv/pool on stor1: No space left')
    expect(JSON.stringify(body)).not.toMatch(/payload|output|fence|lane"/)
  })

  it('say what a driver from elsewhere calls it to nobody but administrators', async () => {
    const { db } = bench.store
    const cause = async (token: 'demo' | 'admin') =>
      (await bench.call('GET', `/operations/${extend}`, { token })).body.operation.cause as object
    const odd = { cause_code: '/dev/sdb', cause_detail_id: 'stor1' }
    await db.updateTable('operations').set(odd).where('id', '=', extend).execute()
    const unknown = { message: 'An unknown error occurred.', retryable: true, detail_id: '001' }
    expect(await cause('demo')).toEqual({ ...unknown, code: 'unknown' })
    expect(await cause('admin')).toMatchObject({ ...unknown, code: '/dev/sdb' })
    const before = { cause_code: 'backend-no-room-here', cause_detail_id: '009' }
    await db.updateTable('operations').set(before).where('id', '=', extend).execute()
  })

  it('belong to a project', async () => {
    expect(await ids('')).toEqual([ownDelete, extend])
    expect(await ids('?all_tenants=1')).toEqual([ownDelete, extend])
    expect(await ids('', { token: 'admin' })).toEqual([])
    expect(await ids('?all_tenants=1', { token: 'admin' })).toEqual([foreignDelete, ownDelete, extend])
    const status = async (id: string, token: 'demo' | 'other' | 'admin') =>
      (await bench.call('GET', `/operations/${id}`, { token })).status
    expect(await status(foreignDelete, 'demo')).toBe(404)
    expect(await status(foreignDelete, 'other')).toBe(200)
    expect(await status(foreignDelete, 'admin')).toBe(200)
    expect(await status(bench.id(), 'admin')).toBe(404)
  })

  it('are cancelled by their owner while they can be', async () => {
    const act = (id: string, token: 'demo' | 'other' | 'reader') =>
      bench.call('POST', `/operations/${id}/action`, { token, body: { cancel: null } })
    expect((await act(extend, 'other')).status).toBe(404)
    expect((await act(extend, 'reader')).status).toBe(403)
    const over = await act(extend, 'demo')
    expect([over.status, over.body.conflictingRequest.message]).toEqual([
      409,
      `Operation ${extend} is over: failed.`,
    ])
    expect((await act(ownDelete, 'demo')).body.conflictingRequest.message).toBe(
      'A deletion cannot be cancelled.',
    )
    const { db } = bench.store
    await db.updateTable('operations').set({ state: 'running' }).where('id', '=', extend).execute()
    expect((await act(extend, 'demo')).status).toBe(202)
    const { body } = await bench.call('GET', `/operations/${extend}`, { token: 'demo' })
    expect(body.operation).toMatchObject({ state: 'running', cancel_requested: true })
    const before = { state: 'failed', cancel_requested: 0 } as const
    await db.updateTable('operations').set(before).where('id', '=', extend).execute()
  })

  it('are cancelled by nobody who stands lower than whoever began them', async () => {
    const { db } = bench.store
    const begun = async (begun_as: 'user' | 'service' | 'admin' | null) => {
      const columns = { state: 'running', cancel_requested: 0, begun_as } as const
      await db.updateTable('operations').set(columns).where('id', '=', extend).execute()
    }
    const act = async (token: 'demo' | 'admin' | 'other') =>
      bench.call('POST', `/operations/${extend}/action`, { token, body: { cancel: null } })
    for (const [maker, who] of [
      ['admin', 'an administrator'],
      ['service', 'a service'],
    ] as const) {
      await begun(maker)
      const { status, body } = await act('demo')
      expect([status, body.forbidden.message]).toEqual([
        403,
        `Operation ${extend} was begun by ${who}: it can't be cancelled by this caller.`,
      ])
      expect((await act('other')).status).toBe(404)
      const { cancel_requested } = await db
        .selectFrom('operations')
        .select('cancel_requested')
        .where('id', '=', extend)
        .executeTakeFirstOrThrow()
      expect(cancel_requested).toBe(0)
      expect((await act('admin')).status).toBe(202)
    }
    // Begun by another member, or by a release that did not say.
    for (const maker of ['user', null] as const) {
      await begun(maker)
      expect((await act('demo')).status).toBe(202)
    }
    const before = { state: 'failed', cancel_requested: 0, begun_as: 'user' } as const
    await db.updateTable('operations').set(before).where('id', '=', extend).execute()
  })

  it('are retried by their owner, and answer the new operation', async () => {
    const inner = await openBench([...operationRoutes, ...shareRoutes, permissionRoute(operationRoutes)])
    const { id: shareId, instanceId, backendId } = await seedShare(inner)
    const begun = async (begunAs: 'user' | 'admin', toGib: number): Promise<string> => {
      const { id } = await inner.store.transaction((tx) =>
        enqueue(tx, {
          kind: 'extend-share',
          payload: { shareId, instanceId, fromGib: 2, toGib, force: false },
          resourceId: shareId,
          lanes: [`instance:${instanceId}`],
          backendId,
          projectId: personas.demo.projectId,
          userId: 'u',
          begunAs,
          requestId: `req-${toGib}`,
          now: inner.clock.now(),
        }),
      )
      await inner.db
        .updateTable('operations')
        .set({ state: 'failed', finished_at: 1 })
        .where('id', '=', id)
        .execute()
      return id
    }
    const act = (id: string, token: Token = 'demo') =>
      inner.call('POST', `/operations/${id}/action`, { token, body: { retry: null } })
    const told = async (id: string, token: Token = 'demo') => {
      const { body } = await inner.call('GET', `/permissions?resource=operation&id=${id}`, { token })
      return (
        body.permissions[0].actions as {
          action: string
          allowed: boolean
          code: string
          status: number
          reason: string
        }[]
      ).find(({ action }) => action === 'retry')
    }
    /** What is told beforehand is what is answered. */
    const refused = async (id: string, token: Token, code: string, status: number): Promise<string> => {
      const verdict = await told(id, token)
      const answer = await act(id, token)
      const [fault] = Object.values(answer.body) as { message: string }[]
      expect(verdict).toEqual({ action: 'retry', allowed: false, code, status, reason: fault?.message })
      expect(answer.status).toBe(status)
      return fault?.message ?? ''
    }
    const first = await begun('user', 5)
    expect((await act(first, 'other')).status).toBe(404)
    expect(await refused(first, 'reader', 'policy', 403)).toContain('operation:retry')
    const admins = await begun('admin', 6)
    expect(await refused(first, 'demo', 'state', 409)).toContain('is not the last one of Share')
    expect(await refused(admins, 'demo', 'rank', 403)).toContain('was begun by an administrator')
    expect(await told(admins, 'admin')).toMatchObject({ allowed: true })
    await inner.db.deleteFrom('operation_lanes').where('operation_id', '=', admins).execute()
    await inner.db.deleteFrom('operations').where('id', '=', admins).execute()

    expect(await told(first)).toMatchObject({ allowed: true, reason: null })
    // Quota is what it is now, and what the extension itself would answer is no conflict.
    const set = {
      project_id: personas.demo.projectId,
      scope: 'project',
      scope_id: '',
      resource: 'gigabytes',
    } as const
    await inner.db
      .insertInto('quota_limits')
      .values({ ...set, hard_limit: 3 })
      .execute()
    const before = await inner.call('GET', `/shares/${shareId}`, { token: 'demo' })
    const beyond = await act(first)
    expect([beyond.status, beyond.body.overLimit.message]).toEqual([
      413,
      expect.stringContaining('limited to 3'),
    ])
    expect((await inner.call('GET', `/shares/${shareId}`, { token: 'demo' })).body).toEqual(before.body)
    await inner.db.deleteFrom('quota_limits').execute()
    const { status, body } = await act(first)
    expect(status).toBe(202)
    expect(body.operation).toMatchObject({ kind: 'extend-share', state: 'queued', resource_id: shareId })
    expect(body.operation.id).not.toBe(first)
    expect(body.operation.user_id).toBe(personas.demo.userId)
    expect((await inner.call('GET', `/shares/${shareId}`, { token: 'demo' })).body.share.status).toBe(
      'extending',
    )
    await refused(first, 'demo', 'state', 409)
    expect(await refused(body.operation.id as string, 'demo', 'state', 409)).toContain(
      'is queued: wait for its end',
    )
    await inner.close()
  })

  it.each([
    ['?kind=extend-share', 1],
    ['?state=queued', 1],
    ['?state=queued,failed', 2],
    ['?state=failed&kind=extend-share', 1],
    [`?resource_id=${share}`, 2],
    ['?resource_type=snapshot', 0],
    ['?request_id=req-2', 1],
    ['?limit=1', 1],
    ['?limit=0', 0],
  ])('%s gives %i', async (query, count) => {
    expect(await ids(query)).toHaveLength(count)
  })

  it('are paged by marker', async () => {
    expect(await ids(`?marker=${ownDelete}`)).toEqual([extend])
    const foreign = await bench.call('GET', `/operations?marker=${foreignDelete}`, { token: 'demo' })
    expect(foreign.status).toBe(400)
  })

  it.each([
    'state=perhaps',
    'state=queued,',
    'state=queued,perhaps',
    'colour=red',
    'sort_key=payload',
    'sort_dir=sideways',
    'limit=x',
    'all_tenants=perhaps',
  ])('refuse ?%s by name', async (query) => {
    const { status, body } = await bench.call('GET', `/operations?${query}`)
    expect(status).toBe(400)
    expect(body.badRequest.message).toContain(query.split('=')[0])
  })
})

routeLaws(
  'operations',
  operationRoutes,
  [
    'GET /operations 2.0–',
    'GET /operations/:id 2.0–',
    'POST /operations/:id/action cancel 2.0–',
    'POST /operations/:id/action retry 2.0–',
  ],
  async (inner) => ({ params: { id: await seed(inner.store) } }),
)
