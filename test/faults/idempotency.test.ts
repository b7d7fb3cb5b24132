/** A client whose connection dies with the service asks again with the same Idempotency-Key: one share, one answer. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { quiet } from './every-step.ts'
import { openWorld, until, type Reply, type World } from './world.ts'

const bench = scratch()
afterAll(() => bench.clean())

const create = (world: World, name: string, key: string): Promise<Reply> =>
  world.call('POST', '/shares', { share: { share_proto: 'NFS', size: 1, name } }, key)

describe('Idempotency-Key over a kill', () => {
  test('however soon after the request the service dies', { timeout: 180_000 }, async () => {
    const dir = join(bench.dir, 'idempotency')
    mkdirSync(dir)
    const world = await openWorld('sim', dir)
    let running = await world.start()
    let lost = 0
    let committed = 0
    // The last ones are for a server on a busy machine, which takes as long to accept.
    const delaysMs = [0, 1, 2, 4, 8, 12, 20, 50, 120]
    for (const [index, delayMs] of delaysMs.entries()) {
      const name = `once-${index}`
      const key = `key-${index}`
      const first = create(world, name, key).catch(() => null)
      await new Promise((resolve) => setTimeout(resolve, delayMs))
      await running.kill()
      const answered = await first
      if (answered === null) lost++
      const [{ count } = { count: 0 }] = await world.query<{ count: number }>(
        'select count(*) as count from shares where name = ?',
        name,
      )
      committed += count
      running = await world.start()
      const again = await create(world, name, key)
      const andAgain = await create(world, name, key)
      expect(again.status).toBeLessThan(300)
      expect(andAgain.body).toEqual(again.body)
      // Whoever got the first answer gets the very same one.
      if (answered !== null) expect(again.body).toEqual(answered.body)
      const { body } = await world.call('GET', `/shares?name=${name}`)
      expect(body.shares.map(({ id }: { id: string }) => id)).toEqual([again.body.share.id])
    }
    console.log(
      `${delaysMs.length} kills: ${lost} answers lost, ${committed} of the requests had been accepted`,
    )
    expect(lost).toBeGreaterThan(0)
    await quiet(world)
    await running.kill()
    const report = await world.check()
    expect(report.examples).toEqual({})
    expect(report.shares).toBe(delaysMs.length)
  })

  test(
    'accepted, but the answer was lost: the repeat finds the first share',
    { timeout: 60_000 },
    async () => {
      const dir = join(bench.dir, 'idempotency-lost')
      mkdirSync(dir)
      const world = await openWorld('sim', dir)
      let running = await world.start({ failpoint: 'create-share/place/before-effect' })
      const first = await create(world, 'once', 'the-key').catch(() => null)
      expect(await running.ended).toBe('SIGKILL')
      const [row] = await world.query<{ id: string }>("select id from shares where name = 'once'")
      running = await world.start()
      const again = await create(world, 'once', 'the-key')
      expect(again.body.share.id).toBe(row?.id)
      if (first !== null) expect(again.body).toEqual(first.body)
      // Another request under the same key is a mistake, and is told so.
      expect((await create(world, 'another', 'the-key')).status).toBe(422)
      await until('the share', 30_000, async () => {
        const { body } = await world.call('GET', `/shares/${row?.id}`)
        return body.share.status === 'available'
      })
      await running.kill()
      expect((await world.check()).wrong).toBe(0)
    },
  )
})
