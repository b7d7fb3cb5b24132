/** Limits beside quota: exact however many ask at once, on every database. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { projectCounts } from '../../db/store/limits.ts'
import { accessRuleRoutes } from '../access-rules/routes.ts'
import { resourceLockRoutes } from '../resource-locks/routes.ts'
import { seedShare, seedSnapshot } from '../seed.fixture.ts'
import { shareMetadataRoutes } from '../shares/metadata-routes.ts'
import { shareRoutes } from '../shares/routes.ts'
import { snapshotRoutes } from '../snapshots/routes.ts'
import { openBench, personas, type Answer, type Bench } from '../bench.fixture.ts'
import { limitRoutes } from './routes.ts'

const limits = {
  access_rules_per_share: 7,
  locks_per_resource: 5,
  locks_per_project: 9,
  operations_per_project: 6,
  metadata_per_resource: 10,
  metadata_per_project: 25,
  // As many API processes would.
  requests_per_project: 30,
}

let bench: Bench
beforeAll(async () => {
  bench = await openBench(
    [
      ...shareRoutes,
      ...shareMetadataRoutes,
      ...snapshotRoutes,
      ...accessRuleRoutes,
      ...resourceLockRoutes,
      ...limitRoutes,
    ],
    (settings) => Object.assign(settings.limits, limits),
  )
})
afterAll(() => bench.close())

/** Sends them all at once and answers how many of each status came back; 503 and 413 are repeated as a client would. */
async function at<T>(count: number, send: (index: number) => Promise<T>): Promise<T[]> {
  return Promise.all(Array.from({ length: count }, (_, index) => send(index)))
}
const statuses = (answers: readonly Answer[]) =>
  Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => status)].map(([status, all]) => [status, all.length]),
  )

const demo = personas.demo.projectId
const post = (path: string, body: unknown, token: 'demo' | 'admin' = 'demo', version = 99) =>
  bench.call('POST', path, { token, version, body })

test('rules of a share and of a snapshot', async () => {
  const share = await seedShare(bench)
  const allow = (n: number) =>
    post(`/shares/${share.id}/action`, { allow_access: { access_type: 'ip', access_to: `10.0.0.${n}` } })
  const answers = await at(20, allow)
  expect(statuses(answers)).toEqual({ 200: 7, 413: 13 })
  const refused = answers.find(({ status }) => status === 413)
  expect(refused?.body.overLimit.message).toBe(
    'The limit of 7 access rules on one share or snapshot is reached (access_rules_per_share).',
  )
  expect(
    await bench.db.selectFrom('access_rules').select('id').where('share_id', '=', share.id).execute(),
  ).toHaveLength(7)

  // A network that servers are told address by address counts as many.
  const other = await seedShare(bench)
  const allowNetwork = async (to: string) =>
    (await post(`/shares/${other.id}/action`, { allow_access: { access_type: 'ip', access_to: to } })).status
  expect(await allowNetwork('2001:db8::/125')).toBe(413)
  expect(await allowNetwork('2001:db8::/126')).toBe(200)
  expect(await allowNetwork('2001:db8::8/126')).toBe(413)
  expect(await allowNetwork('2001:db8::/64')).toBe(200)
  expect(await allowNetwork('2001:db8::8/127')).toBe(200)
  expect(await allowNetwork('10.0.0.1')).toBe(413)

  const snapshot = await seedSnapshot(bench, share)
  const allowSnapshot = (n: number) =>
    post(`/snapshots/${snapshot.id}/action`, {
      allow_access: { access_type: 'ip', access_to: `10.0.0.${n}` },
    })
  expect(statuses(await at(20, allowSnapshot))).toEqual({ 202: 7, 413: 13 })
})

describe('networks that servers are told address by address', () => {
  const ip = (to: string, more: object = {}) => ({
    allow_access: { access_type: 'ip', access_to: to, ...more },
  })
  const sentence = 'The limit of 7 access rules on one share or snapshot is reached (access_rules_per_share).'
  const kinds = {
    share: async () => `/shares/${(await seedShare(bench)).id}/action`,
    snapshot: async () => `/snapshots/${(await seedSnapshot(bench, await seedShare(bench))).id}/action`,
  }

  test.each(Object.entries(kinds))(
    'fill the limit of a %s to the last one, and no further',
    async (_, made) => {
      const path = await made()
      const allow = async (to: string) => {
        const { status, body } = await post(path, ip(to))
        return status < 300 ? 'allowed' : [status, body.overLimit?.message]
      }
      expect(await allow('10.0.0.1')).toBe('allowed')
      expect(await allow('2001:db8::/125')).toEqual([
        413,
        `${sentence} This network counts as its 8 addresses.`,
      ])
      expect(await allow('2001:db8::/126')).toBe('allowed')
      // Five and two: exactly the limit.
      expect(await allow('2001:DB8:0::8/127')).toBe('allowed')
      for (const one of ['10.0.0.2', '2001:db8::10']) expect(await allow(one)).toEqual([413, sentence])
      expect(await allow('2001:db8::20/127')).toEqual([
        413,
        `${sentence} This network counts as its 2 addresses.`,
      ])
    },
  )

  test('count once more where a hidden one is made a second time', async () => {
    const share = await seedShare(bench)
    const path = `/shares/${share.id}/action`
    const to = '2001:db8::/126'
    expect((await post(path, ip(to, { lock_visibility: true }), 'admin')).status).toBe(200)
    // Four and four would be eight; two times two are as many as there may be.
    expect((await post(path, ip(to))).status).toBe(413)
    const small = await seedShare(bench)
    const other = `/shares/${small.id}/action`
    const two = '2001:db8::/127'
    expect((await post(other, ip(two, { lock_visibility: true }), 'admin')).status).toBe(200)
    expect((await post(other, ip(two))).status).toBe(200)
    expect((await post(other, ip('2001:db8::8/126'))).status).toBe(413)
    for (const one of ['10.0.0.1', '10.0.0.2', '10.0.0.3'])
      expect((await post(other, ip(one))).status).toBe(200)
    expect((await post(other, ip('10.0.0.4'))).status).toBe(413)
  })

  test('that were made under another limit stay, and the refusal says so', async () => {
    const share = await seedShare(bench)
    const path = `/shares/${share.id}/action`
    expect((await post(path, ip('10.0.0.1'))).status).toBe(200)
    const rows = await bench.db
      .selectFrom('access_rules')
      .selectAll()
      .where('share_id', '=', share.id)
      .execute()
    const older = rows.map((row) => ({
      ...row,
      id: randomUUID(),
      access_to: '2001:db8::/121',
      canonical_to: '2001:db8::/121',
      state: 'active',
    }))
    await bench.db.insertInto('access_rules').values(older).execute()
    const refused = await post(path, ip('10.0.0.2'))
    expect(refused.body.overLimit).toMatchObject({
      code: 413,
      message: `${sentence} There are more than that, made under another limit: they stay.`,
    })
    const kept = await bench.db
      .selectFrom('access_rules')
      .select('state')
      .where('share_id', '=', share.id)
      .execute()
    expect(kept.map(({ state }) => state).sort()).toEqual(['active', 'queued_to_apply'])
    // They go as any other, and then there is room.
    const deny = { deny_access: { access_id: older[0]?.id } }
    expect((await post(path, deny)).status).toBe(202)
    await bench.db
      .deleteFrom('access_rules')
      .where('id', '=', older[0]?.id ?? '')
      .execute()
    expect((await post(path, ip('10.0.0.2'))).status).toBe(200)
  })
})

test('locks of a resource, then of the project', async () => {
  const [one, two] = [await seedShare(bench), await seedShare(bench)]
  const lock = (id: string) => () =>
    post('/resource-locks', { resource_lock: { resource_id: id, resource_type: 'share' } }, 'demo', 81)
  expect(statuses(await at(15, lock(one.id)))).toEqual({ 200: 5, 413: 10 })
  expect(await projectCounts.locks_per_project(bench.db, demo)).toBe(5)
  expect(statuses(await at(15, lock(two.id)))).toEqual({ 200: 4, 413: 11 })
  expect(await projectCounts.locks_per_project(bench.db, demo)).toBe(9)
  const locks = await bench.db.selectFrom('resource_locks').select('id').execute()
  for (const { id } of locks)
    await bench.call('DELETE', `/resource-locks/${id}`, { token: 'demo', version: 81 })
  expect((await lock(two.id)()).status).toBe(200)
})

describe('metadata', () => {
  test('of a resource: two at once don’t get past it together', async () => {
    const share = await seedShare(bench, 'other')
    const answers = await at(10, (n) =>
      bench.call('POST', `/shares/${share.id}/metadata`, {
        token: 'other',
        body: { metadata: { [`a${n}`]: 'x', [`b${n}`]: 'x' } },
      }),
    )
    expect(statuses(answers)).toEqual({ 200: 5, 413: 5 })
  })

  test('of a project: of shares, snapshots and rules together; what is written again costs nothing', async () => {
    const shares = [await seedShare(bench), await seedShare(bench), await seedShare(bench)]
    const snapshot = await seedSnapshot(bench, shares[0]!)
    const write = (n: number) => {
      const path = n % 4 === 3 ? `/snapshots/${snapshot.id}` : `/shares/${shares[n % 4]?.id}`
      return post(`${path}/metadata`, { metadata: { [`k${n}`]: 'x' } })
    }
    const answers = await at(40, write)
    expect(statuses(answers)).toEqual({ 200: 25, 413: 15 })
    expect(await projectCounts.metadata_per_project(bench.db, demo)).toBe(25)
    const full = answers.findIndex(({ status }) => status === 413)
    expect((await write(full)).body.overLimit.message).toContain('25 metadata items of one project')
    const there = answers.findIndex(({ status }) => status === 200)
    expect((await write(there)).status).toBe(200)
    const made = await post('/shares', { share: { size: 1, share_proto: 'NFS', metadata: { one: 'more' } } })
    expect(made.status).toBe(413)
    // Others have their own.
    const foreign = await seedShare(bench, 'other')
    const own = await bench.call('POST', `/shares/${foreign.id}/metadata`, {
      token: 'other',
      body: { metadata: { a: 'x' } },
    })
    expect(own.status).toBe(200)
  })
})

test('unfinished operations of a project; an administrator clears up all the same, and finished ones don’t count', async () => {
  const shares = await Promise.all(Array.from({ length: 20 }, () => seedShare(bench)))
  const remove = (n: number) => bench.call('DELETE', `/shares/${shares[n]?.id}`, { token: 'demo' })
  const answers = await at(18, remove)
  expect(statuses(answers)).toEqual({ 202: 6, 413: 12 })
  expect(await projectCounts.operations_per_project(bench.db, demo)).toBe(6)
  const byAdmin = await bench.call('DELETE', `/shares/${shares[18]?.id}`, { token: 'admin' })
  expect(byAdmin.status).toBe(202)
  await bench.db.updateTable('operations').set({ state: 'done', finished_at: 1 }).execute()
  expect((await remove(19)).status).toBe(202)
})

test('are told, with what is used of them, where no client of Manila’s looks', async () => {
  const { body } = await bench.call('GET', '/limits/service', { token: 'demo' })
  expect(body.service_limits).toMatchObject({
    access_rules_per_share: { limit: 7, in_use: null },
    metadata_per_project: { limit: 25, in_use: 25 },
    operations_per_project: { limit: 6, in_use: 1 },
    request_ms: { limit: 2000, in_use: null },
  })
  const stock = await bench.call('GET', '/limits', { token: 'demo' })
  expect(Object.keys(stock.body.limits.absolute).filter((name) => !/^(maxTotal|total)/.test(name))).toEqual(
    [],
  )
})

describe('what an exporter says it can not hold more of', () => {
  const stated = (limits: object | null) =>
    bench.db
      .updateTable('backends')
      .set({ capabilities: JSON.stringify(limits === null ? {} : { export_limits: { CIFS: limits } }) })
      .execute()
  afterAll(() => stated(null))
  const cifs = () => seedShare(bench, 'demo', { share_proto: 'CIFS' })
  const user = (n: number) => ({ allow_access: { access_type: 'user', access_to: `user-${n}` } })

  test('rules beyond it are refused before anything is written, of a share as of a snapshot', async () => {
    const share = await cifs()
    const snapshot = await seedSnapshot(bench, share)
    const proto = { share_proto: 'CIFS' }
    await bench.db.updateTable('snapshots').set(proto).where('id', '=', snapshot.id).execute()
    await stated({ rulesPerExport: 2, serverPer: 'backend' })
    for (const [kind, id, table] of [
      ['shares', share.id, 'access_rules'],
      ['snapshots', snapshot.id, 'snapshot_access_rules'],
    ] as const) {
      const answers: Answer[] = []
      for (const n of [1, 2, 3]) answers.push(await post(`/${kind}/${id}/action`, user(n)))
      const [, second, third] = answers
      expect([second!.status < 300, third!.status]).toEqual([true, 413])
      expect(third!.body.overLimit.message).toBe(
        'What exports it over CIFS takes 2 access rules for each share or snapshot, and no more.',
      )
      const rows =
        table === 'access_rules'
          ? await bench.db.selectFrom(table).select('id').where('share_id', '=', id).execute()
          : await bench.db.selectFrom(table).select('id').where('snapshot_id', '=', id).execute()
      expect(rows).toHaveLength(2)
    }
    // Of another protocol, and of a backend that has not said so, there is room.
    const nfs = await seedShare(bench)
    const ip = (n: number) => ({ allow_access: { access_type: 'ip', access_to: `10.0.0.${n}` } })
    for (const n of [1, 2, 3]) expect((await post(`/shares/${nfs.id}/action`, ip(n))).status).toBe(200)
  })

  test('a snapshot that would be one export too many is refused, one that is no export is not', async () => {
    const share = await cifs()
    const { length } = await bench.db
      .selectFrom('shares')
      .leftJoin('snapshots', 'snapshots.share_id', 'shares.id')
      .select('shares.id')
      .where('shares.share_proto', '=', 'CIFS')
      .execute()
    // Every share, and the one snapshot of the test before.
    const exportsPerServer = length + 2
    await stated({ exportsPerServer, serverPer: 'backend' })
    const take = (share_id: string) => post('/snapshots', { snapshot: { share_id } })
    expect((await take(share.id)).status).toBe(202)
    const refused = await take(share.id)
    expect([refused.status, refused.body.overLimit?.message]).toEqual([
      413,
      `What exports it over CIFS has ${exportsPerServer} exports, and can have no more: delete shares or snapshots there.`,
    ])
    const plain = await seedShare(bench, 'demo', { share_proto: 'CIFS', mount_snapshot_support: 0 })
    expect((await take(plain.id)).status).toBe(202)
    // Where each project has a server, it counts its own.
    await stated({ exportsPerServer: 1, serverPer: 'project' })
    const others = await seedShare(bench, 'other', { share_proto: 'CIFS' })
    expect((await post('/snapshots', { snapshot: { share_id: others.id } }, 'admin')).status).toBe(413)
    await stated({ exportsPerServer: 2, serverPer: 'project' })
    expect((await post('/snapshots', { snapshot: { share_id: others.id } }, 'admin')).status).toBe(202)
  })
})
