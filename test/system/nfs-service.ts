/** A service process with a pool behind NFS-Ganesha, and what a tenant does with it: over REST, and over NFS. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { freePort } from '../../src/exec/free-port.ts'
import { allowAccess, listAccessRules } from '../../src/wire/access-rules/schema.ts'
import { listExportLocations } from '../../src/wire/export-locations/schema.ts'
import { listOperations, showOperation } from '../../src/wire/operations/schema.ts'
import { createShare, showShare } from '../../src/wire/shares/schema.ts'
import { showSnapshot } from '../../src/wire/snapshots/schema.ts'
import { leftOnHost } from '../faults/world.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import type { Nfs } from '../../src/storage/contract/conformance/nfs4/files.ts'
import type { Client } from '../../src/sdk/client.ts'
import type { Pool } from './nfs-bench.ts'

export interface NfsService {
  readonly dir: string
  /** The backend's own directory. */
  readonly backendDir: string
  readonly service: ServiceProcess
  readonly client: Client
  readonly nfsPort: number
  /** A share that is available and that 127.0.0.1 may use. */
  share(sizeGib: number): Promise<string>
  /** Waits for a status, null for gone; fails at once when the share ends in another resting state. */
  becomes(id: string, status: string | null): Promise<void>
  snapshotBecomes(id: string, status: string | null): Promise<void>
  mount(id: string, timeoutMs?: number): Promise<Nfs>
  /** Ends the process and starts another on the same state, with other options of the backend. */
  again(change?: BackendChange): Promise<void>
  /** Stops it, with everything unmounted and the NFS server ended, and starts it again. Answers what was left in between. */
  restart(): Promise<readonly string[]>
  /** For failures: what is not done, with its steps, and what the log complained of last. */
  underWay(): Promise<string>
  /** Stops, and answers what is left of it on the host. */
  end(): Promise<readonly string[]>
}

export interface BackendChange {
  readonly sizeGib?: number
  readonly ratio?: number
  readonly driverOptions?: object
}

const patienceMs = 120_000

export async function nfsService(pool: Pool, first: BackendChange = {}): Promise<NfsService> {
  const dir = mkdtempSync(join(tmpdir(), 'manila-nfs-service-'))
  const nfsPort = await freePort()
  const start = ({ sizeGib = 8, ratio = 1, driverOptions }: BackendChange) =>
    startServiceProcess({
      dir: join(dir, 'var'),
      kind: pool,
      env: { TEST_DETACH: '1' },
      settings: {
        backends: {
          alpha: {
            driver: pool,
            trusted_clients: pool === 'btrfs',
            exporter: 'ganesha',
            report_interval_s: 2,
            max_over_subscription_ratio: ratio,
            driver_options: { loop_file: join(dir, 'pool.img'), size_gib: sizeGib, ...driverOptions },
            exporter_options: { port: nfsPort },
          },
        },
      },
    })
  let service = await start(first)
  let client = await service.connect()

  const until = async (what: string, look: () => Promise<boolean>): Promise<void> => {
    for (const began = performance.now(); performance.now() < began + patienceMs;) {
      if (await look()) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error(`${what}: not within ${patienceMs / 1000} s\n${await me.underWay()}`)
  }
  const orGone = (error: { status?: number }): null => {
    if (error.status === 404) return null
    throw error
  }
  const me: NfsService = {
    dir,
    backendDir: join(dir, 'var/backends/alpha'),
    get service() {
      return service
    },
    get client() {
      return client
    },
    nfsPort,
    async share(sizeGib) {
      const { share } = await client.call(createShare, {
        body: { share: { share_proto: 'NFS', size: sizeGib } },
      })
      await me.becomes(share.id, 'available')
      const rule = { access_type: 'ip', access_to: '127.0.0.1' }
      await client.act(allowAccess, { params: { id: share.id }, body: rule })
      await until('the rule', async () => {
        const { access_list } = await client.call(listAccessRules, { query: { share_id: share.id } })
        return access_list.every(({ state }) => state === 'active')
      })
      return share.id
    },
    becomes: (id, status) =>
      until(`share ${id} ${status ?? 'gone'}`, async () => {
        const now = await client
          .call(showShare, { params: { id } })
          .then(({ share }) => share.status)
          .catch(orGone)
        if (now !== status && now?.includes('error') === true) throw new Error(`share ${id} is ${now}`)
        return now === status
      }),
    snapshotBecomes: (id, status) =>
      until(`snapshot ${id} ${status ?? 'gone'}`, async () => {
        const now = await client
          .call(showSnapshot, { params: { id } })
          .then(({ snapshot }) => snapshot.status)
          .catch(orGone)
        if (now !== status && now === 'error') throw new Error(`snapshot ${id} is ${now}`)
        return now === status
      }),
    async mount(id, timeoutMs = 60_000) {
      const { export_locations } = await client.call(listExportLocations, { params: { id } })
      const [host = '', path = ''] = (export_locations[0]?.path ?? '').split(/:(?=\/)/)
      return mountNfs({ host, port: nfsPort, path, timeoutMs })
    },
    async again(change = first) {
      await service.kill()
      service = await start(change)
      client = await service.connect()
    },
    async restart() {
      await service.stop()
      const left = leftOnHost(dir)
      service = await start(first)
      client = await service.connect()
      return left
    },
    async underWay() {
      const open = async (): Promise<string[]> => {
        const { operations } = await client.call(listOperations, { query: { limit: '20' } })
        const notDone = operations.filter(({ state }) => state !== 'done')
        const shown = notDone.map(({ id }) => client.call(showOperation, { params: { id } }))
        return (await Promise.all(shown)).map((one) => JSON.stringify(one))
      }
      const details = await open().catch((error: unknown) => [`operations are not told: ${String(error)}`])
      const complaints = readFileSync(join(dir, 'var/manila.log'), 'utf8')
        .split('\n')
        .filter((line) => /"level":(?:[4-6]0|"(?:warn|error|fatal)")/.test(line))
      return [...details, ...complaints.slice(-8)].join('\n')
    },
    async end() {
      await service.stop()
      const left = leftOnHost(dir)
      rmSync(dir, { recursive: true, force: true })
      return left
    },
  }
  return me
}
