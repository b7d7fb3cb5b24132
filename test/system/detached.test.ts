/** A node that is stopped for its host to be unmounted serves all of it again after its next start, without a boot between. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../faults/world.ts'
import { obstacleOf, pools } from './nfs-bench.ts'
import { nfsService, type NfsService } from './nfs-service.ts'

describe.each(pools)('a stop that unmounts (root, %s, NFS-Ganesha)', (pool) => {
  let world: NfsService
  beforeAll(async () => {
    if (obstacleOf(pool) === null) world = await nfsService(pool)
  })
  afterAll(async () => {
    expect((await world?.end()) ?? []).toEqual([])
  })

  test.skipIf(obstacleOf(pool) !== null)('every share is served after the next start', async () => {
    const ids = [await world.share(1), await world.share(1)]
    for (const id of ids) {
      const nfs = await world.mount(id)
      await nfs.write('mine', Buffer.from(id))
      await nfs.close()
    }
    expect(await world.restart()).toEqual([])
    for (const id of ids) {
      const nfs = await until('the share to be served', 30_000, () => world.mount(id).catch(() => null))
      expect((await nfs.read('mine')).toString()).toBe(id)
      await nfs.close()
    }
  })
})
