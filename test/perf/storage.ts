/**
 * What a driver costs beside another on the same machine: snapshots, clones and reverts through the whole service, and what a client
 * of NFS-Ganesha reads and writes. Caches are those of one machine that is client and server at once.
 */
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { create, untilAvailable } from './creates.ts'
import { parsed } from './http.ts'
import { figure, spread, type Figure } from './report.ts'
import { startMeasured, type Measured, type Storage } from './service.ts'
import { timed } from './timing.ts'
import type { Nfs } from '../../src/storage/contract/conformance/nfs4/files.ts'

const mib = 1024 ** 2
/** Bytes of a file that is read and written in order. */
const sequential = 256 * mib
const block = 4096
const turns = 20

export async function measureStorage(dir: string, storage: Storage): Promise<Figure[]> {
  const nfsPort = await freePort()
  const service = await startMeasured(dir, storage, { nfsPort })
  const on = `, ${storage}`
  try {
    const id = await create(service)
    await untilAvailable(service, id)
    const nfs = await mounted(service, id, nfsPort)
    const io = await measureIo(nfs, on)
    const snapshots: string[] = []
    const snapped = await timed(turns, async () => void snapshots.push(await snapshot(service, id)))
    const newest = snapshots.at(-1) ?? ''
    const cloned = await timed(turns, async () => untilAvailable(service, await create(service, newest)))
    const reverted = await timed(turns, () => revert(service, id, newest))
    await nfs.close()
    return [
      figure(`snapshot of 256 MiB${on}`, spread(snapped), `${turns}, asked every 2 ms`),
      figure(`clone → available${on}`, spread(cloned), `${turns}`),
      figure(`revert to the newest snapshot${on}`, spread(reverted), `${turns}`),
      ...io,
    ]
  } finally {
    await service.stop()
  }
}

/** The share's export, open to this host from now on. */
export async function mounted(service: Measured, id: string, port: number): Promise<Nfs> {
  const rule = { access_type: 'ip', access_to: '127.0.0.1', access_level: 'rw' }
  parsed(await service.call('POST', `/v2/shares/${id}/action`, { allow_access: rule }))
  return mountedAgain(service, id, port)
}

/** The export of a share whose rules let this host in. */
export async function mountedAgain({ call }: Measured, id: string, port: number): Promise<Nfs> {
  const { export_locations } = parsed(await call('GET', `/v2/shares/${id}/export_locations`)) as {
    export_locations: readonly { readonly path: string }[]
  }
  const [host = '', path = ''] = (export_locations[0]?.path ?? '').split(/:(?=\/)/)
  for (const end = performance.now() + 30_000; ;) {
    try {
      return await mountNfs({ host, port, path })
    } catch (error) {
      // The rule is applied in the background.
      if (performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

async function measureIo(nfs: Nfs, on: string): Promise<Figure[]> {
  const fillWith = (into: Uint8Array, offset: number): void => void into.fill((offset / mib) & 0xff)
  const [written = 0] = await timed(1, () => nfs.write('file', { size: sequential, fillWith }))
  const [over = 0] = await timed(1, () => nfs.write('file', { size: sequential, fillWith }, { resumeAt: 0 }))
  const [read = 0] = await timed(1, () => nfs.readTo('file', { update: () => {} }))
  const places = sequential / block
  const anywhere = (n: number): number => ((n * 104_729) % places) * block
  const reads = await nfs.reading('file', (file) => timed(2000, (n) => file.readAt(anywhere(n), block)))
  const bytes = Buffer.alloc(block, 7)
  const writes = await nfs.overwriting('file', (file) => timed(500, (n) => file.writeAt(anywhere(n), bytes)))
  const speed = (ms: number): string => `${(sequential / mib / (ms / 1000)).toFixed(0)} MiB/s`
  return [
    figure(`NFS: write 256 MiB in order${on}`, speed(written), 'committed at the end'),
    figure(`NFS: write it again in place${on}`, speed(over)),
    figure(`NFS: read 256 MiB in order${on}`, speed(read), "from the server's memory"),
    figure(`NFS: read 4 KiB anywhere${on}`, spread(reads), "2000, from the server's memory"),
    figure(`NFS: write 4 KiB anywhere, synced${on}`, spread(writes), '500, one after the other'),
  ]
}

async function snapshot({ call }: Measured, shareId: string): Promise<string> {
  const body = { snapshot: { share_id: shareId } }
  const { snapshot: made } = parsed(await call('POST', '/v2/snapshots', body)) as { snapshot: { id: string } }
  for (;;) {
    const { snapshot: now } = parsed(await call('GET', `/v2/snapshots/${made.id}`)) as {
      snapshot: { status: string }
    }
    if (now.status === 'available') return made.id
    if (now.status !== 'creating') throw new Error(`snapshot ${made.id} is ${now.status}`)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

async function revert(service: Measured, id: string, snapshotId: string): Promise<void> {
  const body = { revert: { snapshot_id: snapshotId } }
  const { status, text } = await service.call('POST', `/v2/shares/${id}/action`, body)
  if (status >= 300) throw new Error(`revert: ${status} ${text}`)
  await untilAvailable(service, id)
}
