/** Work that failed is asked once more, and the process is killed in the middle of that: nothing is done twice, nothing is left. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import { setFaults } from '../../src/storage/sim/faults.ts'
import { quiet } from './every-step.ts'
import { openWorld, until, type World } from './world.ts'

const bench = scratch()
afterAll(() => bench.clean())

/** Without the pauses between tries. */
const fail = { kind: 'fail', retry_after_s: 0 } as const

interface Failed {
  readonly shareId: string
  readonly operationId: string
}

const operationOf = async (world: World, shareId: string, kind: string): Promise<any> => {
  const { body } = await world.call('GET', `/operations?resource_id=${shareId}&kind=${kind}`)
  return body.operations[0]
}

const ended = (world: World, shareId: string, kind: string, state: string): Promise<any> =>
  until(`${kind} of ${shareId} to be ${state}`, 60_000, async () => {
    const operation = await operationOf(world, shareId, kind)
    return operation?.state === state ? operation : null
  })

const create = async (world: World): Promise<string> => {
  const { body } = await world.call('POST', '/shares', { share: { share_proto: 'NFS', size: 1 } })
  return body.share.id as string
}

/** Shares that were made and could not be published. */
async function failedCreates(world: World, count: number): Promise<Failed[]> {
  await setFaults(world.backendDir, { publish: fail })
  const ids = await Promise.all(Array.from({ length: count }, () => create(world)))
  const found = []
  for (const shareId of ids)
    found.push({ shareId, operationId: (await ended(world, shareId, 'create-share', 'failed')).id as string })
  await setFaults(world.backendDir, {})
  return found
}

async function failedDeletes(world: World, count: number): Promise<Failed[]> {
  const ids = await Promise.all(Array.from({ length: count }, () => create(world)))
  for (const shareId of ids) await ended(world, shareId, 'create-share', 'done')
  await setFaults(world.backendDir, { delete: fail })
  for (const shareId of ids) await world.call('DELETE', `/shares/${shareId}`)
  const found = []
  for (const shareId of ids)
    found.push({ shareId, operationId: (await ended(world, shareId, 'delete-share', 'failed')).id as string })
  await setFaults(world.backendDir, {})
  return found
}

const retry = (world: World, { operationId }: Failed) =>
  world.call('POST', `/operations/${operationId}/action`, { retry: null })

async function opened(name: string): Promise<World> {
  const dir = join(bench.dir, name)
  mkdirSync(dir)
  return openWorld('sim', dir)
}

const points = [
  'create-share/place/before-effect',
  'create-share/backend/before-effect',
  'create-share/backend/after-effect',
  'create-share/export/after-effect',
  'create-share/publish/before-effect',
  'delete-share/withdraw/after-effect',
  'delete-share/backend/after-effect',
  'delete-share/forget/before-effect',
]

describe('a retry over a kill', () => {
  test('at a step: the next process carries it on, and nothing is left', { timeout: 240_000 }, async () => {
    const world = await opened('retry-steps')
    let running = await world.start()
    const kinds = points.map((point) => point.split('/')[0] as 'create-share' | 'delete-share')
    const creates = await failedCreates(world, kinds.filter((kind) => kind === 'create-share').length)
    const deletes = await failedDeletes(world, kinds.filter((kind) => kind === 'delete-share').length)
    for (const [index, point] of points.entries()) {
      const kind = kinds[index]!
      const failed = (kind === 'create-share' ? creates : deletes).pop()!
      await running.kill()
      running = await world.start({ failpoint: point })
      await retry(world, failed).catch(() => null)
      expect([point, await running.ended]).toEqual([point, 'SIGKILL'])
      running = await world.start()
      const done = await ended(world, failed.shareId, kind, 'done')
      expect(done.id).not.toBe(failed.operationId)
      const { status, body } = await world.call('GET', `/shares/${failed.shareId}`)
      expect([point, status, body.share?.status]).toEqual(
        kind === 'create-share' ? [point, 200, 'available'] : [point, 404, undefined],
      )
      // The first one, too, was not the last any more.
      expect((await retry(world, failed)).status).toBe(409)
    }
    await quiet(world)
    await running.kill()
    const report = await world.check()
    expect(report.examples).toEqual({})
    expect(report.shares).toBe(5)
  })

  test('while it is asked for: it is begun or it is not, and once', { timeout: 180_000 }, async () => {
    const world = await opened('retry-asked')
    let running = await world.start()
    const delaysMs = [0, 3, 10, 40, 150]
    const all = await failedCreates(world, delaysMs.length)
    let begun = 0
    for (const [index, delayMs] of delaysMs.entries()) {
      const failed = all[index]!
      const twice = [retry(world, failed), retry(world, failed)].map((one) => one.catch(() => null))
      await sleep(delayMs)
      await running.kill()
      const answers = (await Promise.all(twice)).filter((one) => one?.status === 202)
      const [{ count } = { count: 0 }] = await world.query<{ count: number }>(
        'select count(*) as count from operations where resource_id = ? and id <> ?',
        failed.shareId,
        failed.operationId,
      )
      expect(answers.length).toBeLessThanOrEqual(Number(count))
      expect(Number(count)).toBeLessThanOrEqual(1)
      begun += Number(count)
      running = await world.start()
      expect((await retry(world, failed)).status).toBe(Number(count) === 1 ? 409 : 202)
      await ended(world, failed.shareId, 'create-share', 'done')
    }
    console.log(`${delaysMs.length} kills: ${begun} retries had been begun`)
    await quiet(world)
    await running.kill()
    const report = await world.check()
    expect(report.examples).toEqual({})
    expect(report.shares).toBe(delaysMs.length)
  })
})
