/** Who makes room has it at once: nobody is refused by what a pool had free before he asked. The pool is one of which each GiB is taken whole. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listMessages } from '../../src/wire/messages/schema.ts'
import {
  createShare,
  deleteShare,
  extendShare,
  showShare,
  shrinkShare,
} from '../../src/wire/shares/schema.ts'
import { until } from '../faults/world.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import type { Client } from '../../src/sdk/client.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-room-'))
let service: ServiceProcess
let client: Client

beforeAll(async () => {
  const pools = [{ name: 'sim', total_gib: 4, thin: false }]
  // The next report by itself comes long after this test.
  const alpha = { driver: 'sim', exporter: 'sim', report_interval_s: 3600, driver_options: { pools } }
  service = await startServiceProcess({ dir, kind: 'sim', settings: { backends: { alpha } } })
  client = await service.connect()
})
afterAll(async () => {
  await service?.kill()
  rmSync(dir, { recursive: true, force: true })
})

const statusOf = async (id: string): Promise<string | null> => {
  try {
    return (await client.call(showShare, { params: { id } })).share.status
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null
    throw error
  }
}

/** The status in which it rests. */
async function rests(id: string): Promise<string | null> {
  let status: string | null = null
  await until(`rest of share ${id}`, 30_000, async () => {
    status = await statusOf(id)
    return status === null || status === 'available' || status.includes('error')
  })
  return status
}

async function create(size: number): Promise<{ id: string; status: string | null }> {
  const { share } = await client.call(createShare, { body: { share: { share_proto: 'NFS', size } } })
  return { id: share.id, status: await rests(share.id) }
}

async function resize(
  id: string,
  route: typeof extendShare | typeof shrinkShare,
  size: number,
): Promise<number> {
  await client.act(route, { params: { id }, body: { new_size: size } })
  expect(await rests(id)).toBe('available')
  return (await client.call(showShare, { params: { id } })).share.size
}

test('what is deleted can be had again at once, and so can what was shrunk', async () => {
  for (let turn = 0; turn < 3; turn++) {
    const { id, status } = await create(4)
    expect(status).toBe('available')
    expect(await resize(id, shrinkShare, 1)).toBe(1)
    expect(await resize(id, extendShare, 4)).toBe(4)
    await client.call(deleteShare, { params: { id } })
    expect(await rests(id)).toBeNull()
  }
})

test('who asks for more than there is learns so after a measurement, not after hours', async () => {
  const { id } = await create(3)
  const began = performance.now()
  const refused = await create(2)
  expect(refused.status).toBe('error')
  expect(performance.now() - began).toBeLessThan(10_000)
  const { messages } = await client.call(listMessages)
  expect(messages.filter((message) => message.resource_id === refused.id)).toMatchObject([
    { detail_id: '009' },
  ])
  for (const gone of [id, refused.id]) await client.call(deleteShare, { params: { id: gone } })
})
