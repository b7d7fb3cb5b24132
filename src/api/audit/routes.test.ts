import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { routeLaws } from '../route-laws.fixture.ts'
import { shareRoutes } from '../shares/routes.ts'
import { quotaRoutes } from '../quotas/routes.ts'
import { seedShare } from '../seed.fixture.ts'
import { openBench, personas, type Answer, type Bench, type CallOptions } from '../bench.fixture.ts'
import { auditRoutes } from './routes.ts'

/** What a test reads of an event. */
interface Event {
  readonly id: string
  readonly action: string
  readonly outcome: string
  readonly operation: string
  readonly count: number
  readonly reason: { readonly reasonCode: string }
  readonly initiator: Readonly<Record<string, unknown>> & {
    readonly host: Readonly<Record<string, string>>
    readonly credential: Readonly<Record<string, string>>
  }
  readonly target: Readonly<Record<string, string>>
}

let bench: Bench
beforeAll(async () => {
  bench = await openBench([...auditRoutes, ...shareRoutes, ...quotaRoutes])
})
afterAll(() => bench.close())

async function trail(query = '', options: CallOptions = {}): Promise<Event[]> {
  await bench.trail.flush()
  const { status, body } = await bench.call('GET', `/audit${query}`, options)
  expect(status).toBe(200)
  return body.audit as Event[]
}

const agent = { 'user-agent': `curl/8\u0007 ${'x'.repeat(300)}` }

describe('a change', () => {
  it('has its event before it is answered: who, through what, on what, from where, how it ended', async () => {
    const share = await seedShare(bench)
    const { status, headers } = await bench.call('PUT', `/shares/${share.id}`, {
      token: 'demo',
      body: { share: { display_name: 'renamed' } },
      headers: agent,
    })
    expect(status).toBe(200)
    // Not by `trail`: nothing is flushed here.
    const { body } = await bench.call('GET', `/audit?target_id=${share.id}`)
    expect(body.audit).toHaveLength(1)
    const [event] = body.audit as Event[]
    expect(event).toMatchObject({
      typeURI: 'http://schemas.dmtf.org/cloud/audit/1.0/event',
      eventType: 'activity',
      action: 'update',
      outcome: 'success',
      reason: { reasonType: 'HTTP', reasonCode: '200' },
      operation: 'PUT /v2/shares/:id',
      target: { typeURI: 'storage/share', id: share.id, project_id: personas.demo.projectId },
      observer: { id: 'manila-api@bench' },
      count: 1,
    })
    expect(event?.initiator).toMatchObject({
      id: 'demo-user',
      name: 'demo',
      project_id: personas.demo.projectId,
      request_id: headers['x-openstack-request-id'],
      host: { address: '127.0.0.1', agent: `curl/8? ${'x'.repeat(192)}` },
      credential: { token_id: 'demo-audit', token_hash: '2a97516c354b68848cdbd8f54a226a0a' },
    })
    expect(JSON.stringify(event)).not.toContain('renamed')
  })

  it('names what it made, and is pending while an operation carries it out', async () => {
    const { body } = await bench.call('POST', '/shares', {
      token: 'demo',
      body: { share: { size: 1, share_proto: 'NFS', name: 'marked-name' } },
    })
    const [event] = await trail(`?target_id=${body.share.id}`)
    expect(event).toMatchObject({
      action: 'create',
      operation: 'POST /v2/shares',
      target: { typeURI: 'storage/share' },
    })
    const shrunk = await bench.call('POST', `/shares/${(await seedShare(bench)).id}/action`, {
      token: 'demo',
      body: { extend: { new_size: 3 } },
    })
    expect(shrunk.status).toBe(202)
    const [extended] = await trail('?limit=1')
    expect(extended).toMatchObject({
      action: 'update',
      outcome: 'pending',
      operation: 'POST /v2/shares/:id/action extend',
    })
  })

  it('of an administrator names the project of what it is about', async () => {
    const share = await seedShare(bench)
    await bench.call('POST', `/shares/${share.id}/action`, { body: { reset_status: { status: 'error' } } })
    const [event] = await trail(`?target_id=${share.id}`)
    expect(event?.target.project_id).toBe(personas.demo.projectId)
    expect(event?.initiator.project_id).toBe(personas.admin.projectId)
    await bench.call('PUT', `/quota-sets/${personas.other.projectId}`, { body: { quota_set: { shares: 9 } } })
    const [quota] = await trail(`?target_project_id=${personas.other.projectId}`)
    expect(quota).toMatchObject({ action: 'update', target: { typeURI: 'storage/quota_set' } })
  })

  it('that fails inside of its transaction leaves a refusal and no success', async () => {
    const share = await seedShare(bench, 'demo', {}, { status: 'error' })
    const before = (await trail('?outcome=success')).length
    const { status } = await bench.call('POST', `/shares/${share.id}/action`, {
      token: 'demo',
      body: { extend: { new_size: 3 } },
    })
    expect(status).toBe(400)
    expect((await trail('?outcome=success')).length).toBe(before)
    const [refused] = await trail(`?target_id=${share.id}`)
    expect(refused).toMatchObject({ outcome: 'failure', reason: { reasonCode: '400' }, count: 1 })
  })
})

describe('refusals', () => {
  it('are counted, one row a minute for one caller, route and target', async () => {
    const share = await seedShare(bench)
    for (let times = 0; times < 30; times++) {
      const { status } = await bench.call('DELETE', `/shares/${share.id}`, { token: 'reader' })
      expect(status).toBe(403)
      if (times === 10) await bench.trail.flush()
    }
    const rows = await trail(`?target_id=${share.id}`)
    expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(30)
    // A minute may end between two of them.
    expect(rows.length).toBeLessThan(3)
    expect(rows[0]).toMatchObject({ action: 'delete', outcome: 'failure', reason: { reasonCode: '403' } })
    expect(rows[0]?.initiator.name).toBe('reader')
  })

  it('of whoever has no token are failed logins of an address', async () => {
    await bench.call('DELETE', '/shares/1', { token: null })
    await bench.call('GET', '/shares', { headers: { 'x-auth-token': 'marked-but-wrong' }, token: null })
    const rows = await trail('?action=authenticate&outcome=failure&address=127.0.0.1')
    expect(rows.length).toBeGreaterThan(0)
    const text = JSON.stringify(rows)
    expect(text).not.toContain('marked-but-wrong')
    expect(rows[0]?.initiator.credential).toEqual({})
  })

  it('of reading are no events but where somebody may not', async () => {
    const share = await seedShare(bench)
    const before = (await trail()).length
    await bench.call('GET', `/shares/${share.id}`, { token: 'other' })
    await bench.call('GET', `/shares/${share.id}`, { token: 'demo' })
    expect((await trail()).length).toBe(before)
    expect((await bench.call('GET', '/audit', { token: 'demo' })).status).toBe(403)
    const [event] = await trail('?user_id=demo-user&action=read')
    expect(event).toMatchObject({
      operation: 'GET /v2/audit',
      outcome: 'failure',
      reason: { reasonCode: '403' },
    })
  })
})

describe('whoever proves who he is with each request', () => {
  it.each(['certificate', 'keystone/password'])('by %s is counted, once for a minute', async (method) => {
    const verify = () => Promise.resolve({ ...personas.admin, method })
    const own = await openBench([...auditRoutes, ...shareRoutes], () => {}, { auth: { verify } as never })
    try {
      for (let times = 0; times < 5; times++) expect((await own.call('GET', '/shares')).status).toBe(200)
      await own.trail.flush()
      const { body } = await own.call('GET', '/audit?action=authenticate&outcome=success')
      const rows = body.audit as Event[]
      expect(rows.reduce((sum, { count }) => sum + count, 0)).toBe(5)
      // A minute may end between two of them.
      expect(rows.length).toBeLessThan(3)
      expect(rows[0]?.initiator.credential.type).toBe(method)
    } finally {
      await own.close()
    }
  })
})

describe('the list', () => {
  const page = async (query: string): Promise<Answer['body']> =>
    (await bench.call('GET', `/audit?${query}`)).body
  const ids = (body: Answer['body']): string[] => body.audit.map(({ id }: Event) => id)
  const link = (body: Answer['body'], rel: string): string | undefined =>
    body.audit_links?.find((one: { rel: string }) => one.rel === rel)?.href.replace(/^.*\?/, '')

  it('is walked forth and back by its links, under its filters, in either direction', async () => {
    const share = await seedShare(bench, 'other')
    const rename = (display_name: string) =>
      bench.call('PUT', `/shares/${share.id}`, { token: 'other', body: { share: { display_name } } })
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) expect((await rename(name)).status).toBe(200)
    for (const direction of ['desc', 'asc']) {
      const filter = `target_id=${share.id}&sort_dir=${direction}`
      const all = ids(await page(filter))
      expect(all).toHaveLength(7)
      const forth: string[] = []
      let query: string | undefined = `${filter}&limit=3`
      let last: Answer['body']
      while (query !== undefined) {
        last = await page(query)
        forth.push(...ids(last))
        query = link(last, 'next')
      }
      expect(forth).toEqual(all)
      const back: string[] = ids(last)
      query = link(last, 'previous')
      while (query !== undefined) {
        const before = await page(query)
        back.unshift(...ids(before))
        query = link(before, 'previous')
      }
      expect(back).toEqual(all)
    }
    // A marker is a row of this very list.
    const [own] = ids(await page(`target_id=${share.id}`))
    expect((await bench.call('GET', `/audit?user_id=admin-user&marker=${own}`)).status).toBe(400)
    expect((await bench.call('GET', '/audit?page_reverse=1')).status).toBe(400)
  })

  it('is bounded, and by time', async () => {
    const [newest, older] = (await page('limit=2')).audit as { eventTime: string }[]
    expect(ids(await page(`until=${newest?.eventTime}&limit=1`))).toEqual(ids({ audit: [older] }))
    expect(ids(await page(`since=${newest?.eventTime}`))).toEqual(ids({ audit: [newest] }))
    expect(ids(await page('limit=0'))).toEqual([])
  })

  it.each([
    'since=yesterday',
    'action=steal',
    'outcome=perhaps',
    'colour=red',
    'limit=x',
    'sort_dir=up',
    'address=',
    'marker=nobody',
  ])('refuses ?%s by name', async (query) => {
    const { status, body } = await bench.call('GET', `/audit?${query}`)
    expect(status).toBe(400)
    expect(body.badRequest.message).toContain(query.split('=')[0])
  })

  it.each(['demo', 'reader', 'other', 'nobody'] as const)('is not for %s', async (token) => {
    expect((await bench.call('GET', '/audit', { token })).status).toBe(403)
  })
})

describe('nothing secret', () => {
  const marker = 'Mk-7f3a9c'
  const dirty = fc.string({ maxLength: 20 }).map((text) => `${text.replaceAll(/[^ -~]/g, '')}${marker}`)

  it('of a body, a query, a header or a strange URL is in an event, whatever becomes of the request', async () => {
    const share = await seedShare(bench)
    const body = fc.oneof(
      dirty,
      fc.dictionary(
        fc.constantFrom('share', 'extend', 'password', 'secret', marker),
        fc.oneof(dirty, fc.dictionary(dirty, dirty)),
      ),
      fc.array(dirty),
    )
    const call = fc.record({
      method: fc.constantFrom('POST' as const, 'PUT' as const, 'DELETE' as const),
      path: fc.constantFrom(
        `/shares/${share.id}`,
        `/shares/${share.id}/action`,
        '/shares',
        `/shares/${marker} ${marker}`,
        `/quota-sets/${marker}%20`,
        '/nowhere',
      ),
      token: fc.constantFrom('admin' as const, 'demo' as const, 'reader' as const, null),
      header: fc.constantFrom(
        'x-auth-token',
        'authorization',
        'cookie',
        'x-service-token',
        'idempotency-key',
        'x-forwarded-for',
      ),
      query: dirty,
      value: dirty,
      body,
    })
    await fc.assert(
      fc.asyncProperty(call, async ({ method, path, token, header, query, value, body: sent }) => {
        const headers = header === 'x-auth-token' && token !== null ? {} : { [header]: value }
        await bench.call(method, `${path.replaceAll(' ', '%20')}?q=${encodeURIComponent(query)}`, {
          token,
          body: sent,
          headers,
        })
      }),
      { numRuns: 150 },
    )
    const rows = await trail('?limit=1000')
    expect(rows.length).toBeGreaterThan(20)
    expect(JSON.stringify(rows)).not.toContain(marker)
  })
})

routeLaws('audit', auditRoutes, ['GET /audit 2.0–'], async () => {})
