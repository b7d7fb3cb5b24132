/**
 * The size asked for is the size enforced, seen from a client: a share is filled over NFS until it refuses, extended, filled
 * on, refused to shrink below what it holds, snapshotted, changed and reverted. Real pools, real Ganesha, real REST.
 */
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { NfsError } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { listMessages } from '../../src/wire/messages/schema.ts'
import {
  deleteShare,
  extendShare,
  revertShare,
  showShare,
  shrinkShare,
} from '../../src/wire/shares/schema.ts'
import { createSnapshot, deleteSnapshot } from '../../src/wire/snapshots/schema.ts'
import { showShareUsage, showSnapshotUsage } from '../../src/wire/usages/schema.ts'
import { obstacleOf, pools } from './nfs-bench.ts'
import { nfsService, type NfsService } from './nfs-service.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3

/** A chunk that does not compress and is the same each time. */
const chunk = Buffer.alloc(mib)
for (let at = 0; at < mib; at += 32) createHash('sha256').update(String(at)).digest().copy(chunk, at)

for (const pool of pools) {
  const cannot = obstacleOf(pool)
  // A file system holds all that was asked for, and a little more.
  const least = pool === 'image' ? gib : 0.95 * gib
  const most = pool === 'image' ? 1.07 * gib : gib
  describe.skipIf(cannot !== null)(
    `a full share (root, ${pool}, NFS-Ganesha${cannot === null ? '' : `: ${cannot}`})`,
    () => {
      let world: NfsService
      beforeAll(async () => {
        world = await nfsService(pool)
      })
      afterAll(async () => {
        expect(await world.end()).toEqual([])
      })

      it('refuses at its size, goes on after an extend, does not shrink below its use, and goes back to a snapshot', async () => {
        const { client, becomes, snapshotBecomes } = world
        const id = await world.share(1)

        // 1.3 GiB into 1 GiB: refused at the limit, and usage says so.
        const nfs = await world.mount(id)
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
        expect(first.stored * mib).toBeGreaterThanOrEqual(least)
        expect(first.stored * mib).toBeLessThanOrEqual(most)
        const full = (await client.call(showShareUsage, { params: { id }, query: { refresh: true } })).usage
        expect(full.used_bytes).toBeGreaterThan(0.95 * gib)
        expect(full.used_bytes).toBeLessThanOrEqual(most)
        expect(full.method).toContain(pool === 'image' ? 'statfs' : 'btrfs')

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
        const again = await world.mount(id)
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
    },
  )
}
