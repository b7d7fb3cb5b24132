/** One walk through the API on CephFS, for the test that has the cluster: NFS by its own Ganesha, and keys of tenants. */
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { mountNfs, NfsError } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { allowAccess, denyAccess, listAccessRules } from '../../src/wire/access-rules/schema.ts'
import { listExportLocations } from '../../src/wire/export-locations/schema.ts'
import { listOperations } from '../../src/wire/operations/schema.ts'
import { createShareType } from '../../src/wire/share-types/schema.ts'
import { createShare, deleteShare, extendShare, showShare } from '../../src/wire/shares/schema.ts'
import { createSnapshot, deleteSnapshot, showSnapshot } from '../../src/wire/snapshots/schema.ts'
import { showShareUsage } from '../../src/wire/usages/schema.ts'
import { startServiceProcess } from '../helpers/service-process.ts'
import { keyringText } from '../../src/storage/drivers/cephfs/bench.fixture.ts'
import type { Bench } from '../../src/storage/drivers/cephfs/bench.fixture.ts'
import type { Client } from '../../src/sdk/client.ts'

const mib = 1024 ** 2
const gib = 1024 ** 3

export interface CephfsService {
  readonly client: Client
  readonly nfsPort: number
  /** A share of 1 GiB that is available; of 2 GiB when it comes from a snapshot. */
  share(protocol: 'NFS' | 'CEPHFS', from?: string): Promise<string>
  becomes(id: string, status: string | null): Promise<void>
  /** Applies a rule and answers its key. */
  allow(
    id: string,
    type: 'ip' | 'cephx',
    to: string,
    level?: 'rw' | 'ro',
  ): Promise<{ id: string; key: string }>
  stop(): Promise<void>
}

/** Polls until `look` answers `wanted`. */
async function until<T>(what: string, wanted: T, look: () => Promise<T>): Promise<void> {
  let last: T | undefined
  for (let tries = 0; tries < 900; tries++) {
    last = await look()
    if (last === wanted) return
    if (String(last).includes('error')) break
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${what} is ${String(last)}, not ${String(wanted)}`)
}

const orGone = <T>(asked: Promise<T>): Promise<T | null> =>
  asked.catch((error: { status?: number }) => {
    if (error.status === 404) return null
    throw error
  })

/** A whole service in a process of its own, with one CephFS backend that offers NFS and CEPHFS. */
export async function startCephfsService(bench: Bench): Promise<CephfsService> {
  const nfsPort = await freePort()
  const service = await startServiceProcess({
    dir: join(bench.dir, 'var'),
    kind: 'sim',
    env: { TEST_DETACH: '1' },
    settings: {
      shares: { enabled_share_protocols: ['NFS', 'CEPHFS'], default_share_type: 'cephfs' },
      backends: {
        ceph: {
          driver: 'cephfs',
          exporter: 'ganesha',
          driver_options: { ...bench.driverOptions, subvolume_group: 'manila' },
          exporter_options: { ...bench.exporterOptions, port: nfsPort },
        },
      },
    },
  })
  const client = await service.connect()
  const admin = await service.connect('manila-admin')
  const extra_specs = {
    driver_handles_share_servers: 'False',
    snapshot_support: 'True',
    create_share_from_snapshot_support: 'True',
  }
  await admin.call(createShareType, { body: { share_type: { name: 'cephfs', extra_specs } } })
  const becomes = async (id: string, status: string | null): Promise<void> => {
    try {
      await until(`share ${id}`, status, async () => {
        const found = await orGone(client.call(showShare, { params: { id } }))
        return found?.share.status ?? null
      })
    } catch (error) {
      const { operations } = await admin.call(listOperations, {
        query: { resource_id: id, all_projects: 'true' },
      })
      throw new Error(`${(error as Error).message}: ${JSON.stringify(operations)}`, { cause: error })
    }
  }
  return {
    client,
    nfsPort,
    becomes,
    async share(share_proto, from) {
      const body = {
        share_proto,
        size: from === undefined ? 1 : 2,
        name: randomUUID(),
        ...(from === undefined ? {} : { snapshot_id: from }),
      }
      const { share } = await client.call(createShare, { body: { share: body } })
      await becomes(share.id, 'available')
      return share.id
    },
    async allow(id, access_type, access_to, access_level = 'rw') {
      await client.act(allowAccess, { params: { id }, body: { access_type, access_to, access_level } })
      const rule = async () => {
        const { access_list } = await client.call(listAccessRules, { query: { share_id: id } })
        return access_list.find((one) => one.access_to === access_to)
      }
      await until(`the rule for ${access_to}`, 'active', async () => (await rule())?.state ?? null)
      const applied = await rule()
      return { id: applied?.id ?? '', key: applied?.access_key ?? '' }
    },
    stop: () => service.stop(),
  }
}

/** NFS: full at its size, room after an extend, a snapshot, a clone of it, sizes from the counters. */
export async function walkOverNfs({ client, nfsPort, ...service }: CephfsService): Promise<void> {
  const id = await service.share('NFS')
  await service.allow(id, 'ip', '127.0.0.1')
  const mount = async (of: string) => {
    const { export_locations } = await client.call(listExportLocations, { params: { id: of } })
    const path = (export_locations[0]?.path ?? '').split(/:(?=\/)/)[1] ?? ''
    return mountNfs({ host: '127.0.0.1', port: nfsPort, path, timeoutMs: 60_000 })
  }
  const nfs = await mount(id)
  const chunk = Buffer.alloc(8 * mib, 'manila')
  const fill = async (name: string, chunks: number): Promise<{ stored: number; refused: string | null }> => {
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
  const first = await fill('a', 160)
  expect(first.refused).toMatch(/NFS4ERR_(DQUOT|NOSPC)/)
  expect(first.stored * chunk.length).toBeLessThanOrEqual(1.02 * gib)
  const { usage } = await client.call(showShareUsage, { params: { id }, query: { refresh: true } })
  expect(usage.method).toBe('cephfs-rstat')
  expect(usage.used_bytes).toBeGreaterThan(0.9 * gib)
  await client.act(extendShare, { params: { id }, body: { new_size: 2 } })
  await service.becomes(id, 'available')
  expect(await fill('b', 8)).toEqual({ stored: 8, refused: null })
  for (let one = 0; one < first.stored; one++) await nfs.remove(`a.${one}`)
  await nfs.write('kept', Buffer.from('before the snapshot'))

  const { snapshot } = await client.call(createSnapshot, { body: { snapshot: { share_id: id } } })
  const taken = () => orGone(client.call(showSnapshot, { params: { id: snapshot.id } }))
  await until('the snapshot', 'available', async () => (await taken())?.snapshot.status ?? null)
  await nfs.write('late', Buffer.from('after the snapshot'))
  await nfs.close()
  const clone = await service.share('NFS', snapshot.id)
  await service.allow(clone, 'ip', '127.0.0.1')
  const copy = await mount(clone)
  expect(Buffer.from(await copy.read('kept')).toString()).toBe('before the snapshot')
  await expect(copy.read('late')).rejects.toMatchObject({ code: 'NFS4ERR_NOENT' })
  await copy.close()
  await client.call(deleteSnapshot, { params: { id: snapshot.id } })
  await until('the snapshot', null, async () => (await taken())?.snapshot.status ?? null)
  for (const one of [id, clone]) {
    await client.call(deleteShare, { params: { id: one } })
    await service.becomes(one, null)
  }
}

/** CEPHFS: a key that writes, one that only reads, nobody else's id, and none after the rule is gone. */
export async function walkWithKeys(bench: Bench, { client, ...service }: CephfsService): Promise<void> {
  const id = await service.share('CEPHFS')
  const { export_locations } = await client.call(listExportLocations, { params: { id } })
  const [monitors = '', path = ''] = (export_locations[0]?.path ?? '').split(/:(?=\/)/)
  expect(monitors).toMatch(/^127\.0\.0\.1:\d+$/)
  const writer = await service.allow(id, 'cephx', 'carol')
  const reader = await service.allow(id, 'cephx', 'dave', 'ro')
  const keyring = (user: string, key: string): string => {
    const file = join(bench.dir, `${user}.keyring`)
    writeFileSync(file, keyringText(user, key), { mode: 0o600 })
    return file
  }
  const mine = await bench.mount('carol', keyring('carol', writer.key), path)
  await writeFile(join(mine, 'mine'), 'written with a key')
  const theirs = await bench.mount('dave', keyring('dave', reader.key), path)
  expect(await readFile(join(theirs, 'mine'), 'utf8')).toBe('written with a key')
  await expect(writeFile(join(theirs, 'not-mine'), 'x')).rejects.toThrow(/EACCES|EPERM|EROFS/)
  // The service's own user is no tenant's to ask for.
  await expect(service.allow(id, 'cephx', 'manila')).rejects.toThrow('error')

  await client.act(denyAccess, { params: { id }, body: { access_id: writer.id } })
  await until('the rule', false, async () => {
    const { access_list } = await client.call(listAccessRules, { query: { share_id: id } })
    return access_list.some((one) => one.id === writer.id)
  })
  await expect(writeFile(join(mine, 'again'), 'x')).rejects.toThrow()
  await bench.unmount(mine)
  await expect(bench.mount('carol', join(bench.dir, 'carol.keyring'), path)).rejects.toThrow('ceph-fuse')
  await bench.unmount(theirs)
  await client.call(deleteShare, { params: { id } })
  await service.becomes(id, null)
}
