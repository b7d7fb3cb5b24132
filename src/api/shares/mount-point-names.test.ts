import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordOrphan } from '../../db/store/orphans.ts'
import { mountPointNameTaken } from '../../db/store/mount-point-names.ts'
import { removeInstance } from '../../db/store/share-instances.ts'
import { openBench, personas, type Bench, type Token } from '../bench.fixture.ts'
import { shareTypeRoutes } from '../share-types/routes.ts'
import { shareRoutes } from './routes.ts'

let bench: Bench
beforeEach(async () => {
  bench = await openBench([...shareTypeRoutes, ...shareRoutes])
})
afterEach(() => bench.close())

async function type(name: string, specs: Readonly<Record<string, string>> = {}): Promise<void> {
  const extra_specs = { driver_handles_share_servers: 'False', mount_point_name_support: 'True', ...specs }
  const { status } = await bench.call('POST', '/types', { body: { share_type: { name, extra_specs } } })
  expect(status).toBe(200)
}

const create = (mount_point_name: string, token: Token = 'demo', share_type = 'named') =>
  bench.call('POST', '/shares', {
    token,
    body: { share: { share_proto: 'NFS', size: 1, share_type, mount_point_name } },
  })

const settle = { now: 5, requestId: 'req-end', operationId: 'op-end' }
const instanceOf = async (shareId: string) =>
  (
    await bench.db
      .selectFrom('share_instances')
      .select('id')
      .where('share_id', '=', shareId)
      .executeTakeFirstOrThrow()
  ).id

const taken = { code: 409, message: 'share.mount_point_name is taken: choose another name' }

describe('a mount point name', () => {
  it('of a project does not stand in the way of another project', async () => {
    await type('named')
    expect((await create('data', 'demo')).status).toBe(200)
    expect((await create('data', 'other')).status).toBe(200)
    const names = await bench.db.selectFrom('mount_point_names').select('name').orderBy('name').execute()
    expect(names.map(({ name }) => name)).toEqual(
      [`${personas.demo.projectId}_data`, `${personas.other.projectId}_data`].sort(),
    )
  })

  it('that is taken is refused at once, charges nothing, and does not say by whom', async () => {
    await type('named')
    await type('static', { 'provisioning:mount_point_prefix': 'all_' })
    expect((await create('data', 'demo')).status).toBe(200)
    const own = await create('data', 'demo')
    expect([own.status, own.body.conflictingRequest]).toEqual([409, taken])
    expect((await create('data', 'demo', 'static')).status).toBe(200)
    const foreign = await create('data', 'other', 'static')
    expect([foreign.status, foreign.body.conflictingRequest]).toEqual([409, taken])
    const used = await bench.db.selectFrom('quota_usages').selectAll().where('in_use', '>', 0).execute()
    expect(used.filter(({ project_id }) => project_id === personas.other.projectId)).toEqual([])
    expect((await create('Data', 'other', 'static')).status).toBe(200)
  })

  it('cannot be what ids name, whether there is such a share or not', async () => {
    await bench.close()
    bench = await openBench([...shareTypeRoutes, ...shareRoutes], ({ shares }) =>
      Object.assign(shares, { default_mount_point_prefix: '' }),
    )
    await type('bare')
    const { body } = await bench.call('POST', '/shares', {
      token: 'other',
      body: { share: { share_proto: 'NFS', size: 1, share_type: 'bare' } },
    })
    for (const id of [await instanceOf(body.share.id), body.share.id, bench.id(), bench.id().toUpperCase()]) {
      const answer = await create(id, 'demo', 'bare')
      expect([answer.status, answer.body.conflictingRequest]).toEqual([409, taken])
    }
    expect((await create(bench.id().replaceAll('-', ''), 'demo', 'bare')).status).toBe(200)
  })

  it('goes to exactly one of those that ask at the same time', async () => {
    await type('named')
    const answers = await Promise.all(Array.from({ length: 8 }, () => create('data')))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array<number>(7).fill(409)])
    expect(await bench.db.selectFrom('mount_point_names').selectAll().execute()).toHaveLength(1)
  })

  it('is free again when its share is gone', async () => {
    await type('named')
    const { body } = await create('data')
    const instanceId = await instanceOf(body.share.id)
    await bench.store.transaction((tx) => removeInstance(tx, instanceId, settle))
    expect(await bench.db.selectFrom('mount_point_names').selectAll().execute()).toEqual([])
    expect((await create('data')).status).toBe(200)
  })

  it('stays taken while something of a share that was deleted by force may be exported', async () => {
    await type('named')
    const { body } = await create('data')
    const resourceId = await instanceOf(body.share.id)
    const orphan = {
      backendId: 'b',
      kind: 'share',
      resourceId,
      driverState: '{}',
      reason: '',
      now: 5,
    } as const
    await bench.store.transaction(async (tx) => {
      await recordOrphan(tx, orphan)
      await removeInstance(tx, resourceId, settle, { leftBehind: true })
    })
    expect((await create('data')).status).toBe(409)
    await bench.db.deleteFrom('orphans').execute()
    expect((await create('data')).status).toBe(200)
  })

  it('is held by the row of a share that the release before made, and freed when that deletes one', async () => {
    await type('named')
    const { body } = await create('data')
    const name = `${personas.demo.projectId}_data`
    const instanceId = await instanceOf(body.share.id)
    await bench.db.deleteFrom('mount_point_names').execute()
    expect((await create('data')).status).toBe(409)
    await bench.db
      .insertInto('mount_point_names')
      .values({ name, instance_id: instanceId, created_at: 1 })
      .execute()
    await bench.db.deleteFrom('share_instances').execute()
    await bench.db.deleteFrom('shares').execute()
    expect(await mountPointNameTaken(bench.db, name)).toBe(false)
    expect((await create('data')).status).toBe(200)
  })
})
