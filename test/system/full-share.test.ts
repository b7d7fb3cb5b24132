/**
 * The size asked for is the size enforced, seen from a client: a share is filled over NFS until it refuses, extended, filled
 * on, refused to shrink below what it holds, snapshotted, changed and reverted. Real btrfs, real Ganesha, real REST.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mountNfs, NfsError } from '../../src/parts/nfs4/index.ts'
import type { Client } from '../../src/sdk/client.ts'
import { allowAccess, listAccessRules } from '../../src/wire/access-rules/schema.ts'
import { listExportLocations } from '../../src/wire/export-locations/schema.ts'
import { listMessages } from '../../src/wire/messages/schema.ts'
import {
  createShare,
  deleteShare,
  extendShare,
  revertShare,
  showShare,
  shrinkShare,
} from '../../src/wire/shares/schema.ts'
import { createSnapshot, deleteSnapshot, showSnapshot } from '../../src/wire/snapshots/schema.ts'
import { showShareUsage, showSnapshotUsage } from '../../src/wire/usages/schema.ts'
import { chooseNfsPort } from '../../src/quickstart/state.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3
const root = process.getuid?.() === 0
const dir = mkdtempSync(join(tmpdir(), 'manila-full-'))
let service: ServiceProcess
let client: Client
let nfsPort: number

/** Waits for a status; a share that ends in another resting state fails the test at once. */
async function becomes(id: string, status: string | null): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const now = await statusOf(id)
    if (now === status) return
    if (now?.includes('error') === true) throw new Error(`share ${id} is ${now}, not ${status}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`share ${id} did not become ${status} within 30 s`)
}

async function statusOf(id: string): Promise<string | null> {
  try {
    return (await client.call(showShare, { params: { id } })).share.status
  } catch (error) {
    if ((error as { status?: number }).status === 404) return null
    throw error
  }
}

async function snapshotBecomes(id: string, status: string | null): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const now = await client
      .call(showSnapshot, { params: { id } })
      .then(({ snapshot }) => snapshot.status)
      .catch((error: { status?: number }) => {
        if (error.status === 404) return null
        throw error
      })
    if (now === status) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`snapshot ${id} did not become ${status}`)
}

async function mount(id: string) {
  const { export_locations } = await client.call(listExportLocations, { params: { id } })
  const [host = '', path = ''] = (export_locations[0]?.path ?? '').split(/:(?=\/)/)
  return mountNfs({ host, port: nfsPort, path, timeoutMs: 60_000 })
}

async function allowed(id: string): Promise<void> {
  await client.act(allowAccess, { params: { id }, body: { access_type: 'ip', access_to: '127.0.0.1' } })
  for (let tries = 0; tries < 400; tries++) {
    const { access_list } = await client.call(listAccessRules, { query: { share_id: id } })
    if (access_list.every(({ state }) => state === 'active')) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the rule was not applied within 20 s')
}

/** A chunk that does not compress and is the same each time. */
const chunk = Buffer.alloc(mib)
for (let at = 0; at < mib; at += 32) createHash('sha256').update(String(at)).digest().copy(chunk, at)

beforeAll(async () => {
  if (!root) return
  nfsPort = await chooseNfsPort()
  service = await startServiceProcess({
    dir: join(dir, 'var'),
    kind: 'btrfs',
    env: { TEST_DETACH: '1' },
    settings: {
      backends: {
        alpha: {
          driver: 'btrfs',
          trusted_clients: true,
          exporter: 'ganesha',
          max_over_subscription_ratio: 1,
          driver_options: { loop_file: join(dir, 'pool.img'), size_gib: 8 },
          exporter_options: { port: nfsPort },
        },
      },
    },
  })
  client = await service.connect()
})
afterAll(async () => {
  await service?.stop()
  rmSync(dir, { recursive: true, force: true })
})

describe.skipIf(!root)('a full share (root, btrfs, NFS-Ganesha)', () => {
  it('refuses at its size, goes on after an extend, does not shrink below its use, and goes back to a snapshot', async () => {
    const { share } = await client.call(createShare, {
      body: { share: { share_proto: 'NFS', size: 1, name: 'full' } },
    })
    const { id } = share
    await becomes(id, 'available')
    await allowed(id)

    // 1.3 GiB into 1 GiB: refused at the limit, and usage says so.
    const nfs = await mount(id)
    const write = async (
      name: string,
      chunks: number,
    ): Promise<{ stored: number; refused: string | null }> => {
      for (let done = 0; done < chunks; done++) {
        try {
          await nfs.write(`${name}.${done}`, chunk)
        } catch (error) {
          if (error instanceof NfsError) return { stored: done, refused: error.code }
          throw error
        }
      }
      return { stored: chunks, refused: null }
    }
    const first = await write('a', 1331)
    expect(first.refused).toMatch(/NFS4ERR_(DQUOT|NOSPC)/)
    expect(first.stored * mib).toBeGreaterThan(0.95 * gib)
    expect(first.stored * mib).toBeLessThanOrEqual(gib)
    const full = (await client.call(showShareUsage, { params: { id }, query: { refresh: true } })).usage
    expect(full.used_bytes).toBeGreaterThan(0.95 * gib)
    expect(full.used_bytes).toBeLessThanOrEqual(gib)
    expect(full.method).toContain('btrfs')

    // Extend: the rest goes in.
    await client.act(extendShare, { params: { id }, body: { new_size: 2 } })
    await becomes(id, 'available')
    const rest = await write('b', 1331 - first.stored)
    expect(rest.refused).toBeNull()

    // Shrink below use: refused, nothing changed, and the owner is told (018).
    await client.act(shrinkShare, { params: { id }, body: { new_size: 1 } })
    await becomes(id, 'available')
    expect((await client.call(showShare, { params: { id } })).share.size).toBe(2)
    const { messages } = await client.call(listMessages, { query: { resource_id: id } })
    expect(messages.map(({ detail_id }) => detail_id)).toContain('018')

    // Snapshot, change, revert: the old bytes are back.
    const { snapshot } = await client.call(createSnapshot, { body: { snapshot: { share_id: id } } })
    await snapshotBecomes(snapshot.id, 'available')
    await nfs.write('c', Buffer.from('written after the snapshot'))
    await nfs.remove('a.0')
    await nfs.close()
    const kept = (
      await client.call(showSnapshotUsage, { params: { id: snapshot.id }, query: { refresh: true } })
    ).usage
    expect(kept.exclusive_bytes).toBeGreaterThan(0)
    await client.act(revertShare, { params: { id }, body: { snapshot_id: snapshot.id } })
    await becomes(id, 'available')
    const again = await mount(id)
    const names = (await again.list()).map((entry) => (typeof entry === 'string' ? entry : entry.name))
    expect(names).toContain('a.0')
    expect(names).not.toContain('c')
    expect(Buffer.compare(Buffer.from(await again.read('a.0')), chunk)).toBe(0)
    await again.close()

    await client.call(deleteSnapshot, { params: { id: snapshot.id } })
    await snapshotBecomes(snapshot.id, null)
    await client.call(deleteShare, { params: { id } })
    await becomes(id, null)
  }, 170_000)
})
