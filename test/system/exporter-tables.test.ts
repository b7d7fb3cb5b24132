/**
 * A backend with two exporters: NFS-Ganesha for NFS and the sim for CIFS, over images. Each publishes what is its own, rules
 * come and go, and one that does not come up is neither offered nor in the other's way; later it serves what waited for it.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { freePort } from '../../src/exec/free-port.ts'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { setFaults } from '../../src/storage/sim/faults.ts'
import { allowAccess, denyAccess, listAccessRules } from '../../src/wire/access-rules/schema.ts'
import { listExportLocations } from '../../src/wire/export-locations/schema.ts'
import { listMessages } from '../../src/wire/messages/schema.ts'
import { listPoolsDetail } from '../../src/wire/pools/schema.ts'
import { createShare, deleteShare, showShare } from '../../src/wire/shares/schema.ts'
import type { Client } from '../../src/sdk/client.ts'
import { until } from '../faults/world.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { obstacleOf } from './nfs-bench.ts'

const cannotRun = obstacleOf('image')
const patienceMs = 120_000

describe.skipIf(cannotRun !== null)(
  `a backend with an exporter a protocol${cannotRun === null ? '' : ` (${cannotRun})`}`,
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'manila-exporter-tables-'))
    const alpha = join(dir, 'var/backends/alpha')
    const cifs = join(alpha, 'exporters/cifs')
    let port: number
    let service: ServiceProcess
    let client: Client
    let admin: Client

    async function start(): Promise<void> {
      service = await startServiceProcess({
        dir: join(dir, 'var'),
        kind: 'image',
        env: { TEST_DETACH: '1' },
        settings: {
          backends: {
            alpha: {
              driver: 'image',
              report_interval_s: 1,
              driver_options: { loop_file: join(dir, 'pool.img'), size_gib: 8 },
              exporters: {
                nfs: { exporter: 'ganesha', options: { port } },
                cifs: { exporter: 'sim', options: { protocols: ['CIFS'] } },
              },
            },
          },
        },
      })
      client = await service.connect()
      admin = await service.connect('manila-admin')
    }

    beforeAll(async () => {
      mkdirSync(cifs, { recursive: true })
      port = await freePort()
      await start()
    })
    afterAll(async () => {
      await service?.stop()
      rmSync(dir, { recursive: true, force: true })
    })

    const statusOf = async (id: string): Promise<string | null> =>
      client.call(showShare, { params: { id } }).then(
        ({ share }) => share.status,
        (error: { status?: number }) => {
          if (error.status === 404) return null
          throw error
        },
      )
    const becomes = (id: string, status: string | null) =>
      until(`share ${id} ${status}`, patienceMs, async () => (await statusOf(id)) === status)
    const ask = async (share_proto: string): Promise<string> =>
      (await client.call(createShare, { body: { share: { share_proto, size: 1 } } })).share.id
    const rulesOf = async (share_id: string) =>
      (await client.call(listAccessRules, { query: { share_id } })).access_list
    async function allow(id: string, access_type: string, access_to: string): Promise<string> {
      await client.act(allowAccess, { params: { id }, body: { access_type, access_to } })
      await until('the rule', patienceMs, async () =>
        (await rulesOf(id)).every(({ state }) => state === 'active'),
      )
      return (await rulesOf(id))[0]!.id
    }
    async function made(protocol: string): Promise<string> {
      const id = await ask(protocol)
      await becomes(id, 'available')
      return id
    }
    const pathOf = async (id: string): Promise<string> =>
      (await client.call(listExportLocations, { params: { id } })).export_locations[0]?.path ?? ''
    async function mounted<T>(id: string, work: (nfs: Awaited<ReturnType<typeof mountNfs>>) => Promise<T>) {
      const [host = '', path = ''] = (await pathOf(id)).split(/:(?=\/)/)
      // After a stop that detached, the server comes when the trees of its exports are mounted again.
      const nfs = await until('a mount', patienceMs, () =>
        mountNfs({ host, port, path, timeoutMs: 30_000 }).catch(() => null),
      )
      try {
        return await work(nfs)
      } finally {
        await nfs.close()
      }
    }
    /** What the sim has published to whom. */
    const pretended = (): { name: string; protocol: string; rules: string[] }[] =>
      // Beside a record its next draft may lie.
      readdirSync(join(cifs, 'exports'))
        .filter((file) => file.endsWith('.json'))
        .map((file) => {
          const { name, protocol, rules } = JSON.parse(readFileSync(join(cifs, 'exports', file), 'utf8'))
          return { name, protocol, rules: rules.map(({ to }: { to: string }) => to) }
        })
    const speaks = (wanted: string) =>
      until(`pools speak ${wanted}`, patienceMs, async () => {
        const { pools } = await admin.call(listPoolsDetail, { query: {} })
        return pools[0]?.capabilities['storage_protocol'] === wanted
      })

    test('publishes each share through the exporter of its protocol, lets clients in and out, and withdraws', async () => {
      await speaks('NFS_CIFS')
      const [nfs, smb] = [await made('NFS'), await made('CIFS')]
      expect(await pathOf(nfs)).toMatch(/^127\.0\.0\.1:\//)
      expect(await pathOf(smb)).toMatch(/^\\\\127\.0\.0\.1\\/)
      await allow(nfs, 'ip', '127.0.0.1')
      const rule = await allow(smb, 'user', 'alice')
      await mounted(nfs, async (mount) => {
        const bytes = Buffer.from('over the one of NFS')
        await mount.write('hello', bytes)
        expect(await mount.read('hello')).toEqual(bytes)
      })
      expect(pretended()).toMatchObject([{ protocol: 'CIFS', rules: ['alice'] }])
      await client.act(denyAccess, { params: { id: smb }, body: { access_id: rule } })
      await until('alice is out', patienceMs, async () => pretended()[0]?.rules.length === 0)
      for (const id of [nfs, smb]) {
        await client.call(deleteShare, { params: { id } })
        await becomes(id, null)
      }
      expect(pretended()).toEqual([])
      expect(readdirSync(join(alpha, 'ganesha/exports.d'))).toEqual([])
    })

    test('with one of them dead NFS shares live and die, and a CIFS share is told why it can not be had', async () => {
      const [nfs, smb] = [await made('NFS'), await made('CIFS')]
      await allow(nfs, 'ip', '127.0.0.1')
      await service.stop()
      await setFaults(cifs, { 'setup-exporter': { kind: 'fail' } })
      await start()
      await speaks('NFS')
      // What was there is served, what is new comes and goes.
      await mounted(nfs, async (mount) => mount.write('still', Buffer.from('here')))
      const fresh = await made('NFS')
      await allow(fresh, 'ip', '127.0.0.1')
      await client.call(deleteShare, { params: { id: fresh } })
      await becomes(fresh, null)
      const refused = await ask('CIFS')
      await becomes(refused, 'error')
      const { messages } = await client.call(listMessages, { query: { resource_id: refused } })
      expect(messages[0]?.detail_id).toBe('008')
      const { body } = await admin.besideApi('healthcheck')
      const { backends } = body as { backends: { state: string; reason: string }[] }
      expect(backends).toMatchObject([{ state: 'ready' }])
      expect(backends[0]?.reason).toMatch(/^exporter cifs of node@alpha is not up: /)
      expect(await (await fetch(service.metricsUrl)).text()).toMatch(
        /manila_exporter_up\{backend="node@alpha",exporter="cifs"[^}]*\} 0/,
      )
      // What belongs to the dead one waits for it, and for nothing else.
      await client.act(allowAccess, {
        params: { id: smb },
        body: { access_type: 'user', access_to: 'robert' },
      })
      await setFaults(cifs, {})
      await speaks('NFS_CIFS')
      await until('robert is in', patienceMs, async () =>
        pretended().some(({ rules }) => rules.includes('robert')),
      )
      expect(await statusOf(await made('CIFS'))).toBe('available')
    })
  },
)
