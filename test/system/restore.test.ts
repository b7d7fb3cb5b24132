/** The guide's backup and restore, on a server: what comes back, and what became of what happened in between. */
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { administer, createDatabase } from '../../tools/cluster/database.ts'
import { migrate, openStore } from '../../src/db/open.ts'
import { cannotRun, scratch } from '../../src/storage/drivers/btrfs/bench.fixture.ts'
import type { DatabaseServer } from '../../tools/programs/database-server.ts'
import { hasMariadb, startMariadb } from '../../tools/programs/mariadb.ts'
import { hasPostgres, startPostgres } from '../../tools/programs/postgres.ts'
import type { Client } from '../../src/sdk/client.ts'
import { listMessages } from '../../src/wire/messages/schema.ts'
import { ensureShares } from '../../src/wire/services/schema.ts'
import { createShare, deleteShare, manageShare, showShare } from '../../src/wire/shares/schema.ts'
import { until } from '../faults/world.ts'
import { programs } from '../helpers/one-file.ts'
import { serverOfRun } from '../helpers/place.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'

const run = promisify(execFile)
const servers = (
  [
    ['postgres', hasPostgres(), startPostgres],
    ['mariadb', hasMariadb(), startMariadb],
  ] as const
).filter(([kind]) => kind === serverOfRun())

describe.each(servers)('%s', (_kind, there, start) => {
  describe.runIf(there && cannotRun === null)('restored from a backup', () => {
    const bench = scratch()
    const { dir } = bench
    const pool = join(dir, 'var/backends/alpha/pool')
    let server: DatabaseServer
    let service: ServiceProcess | undefined
    beforeAll(async () => {
      server = await start()
    })
    afterAll(async () => {
      await service?.stop()
      await server?.remove()
      bench.clean()
    })

    const backend = {
      driver: 'btrfs',
      trusted_clients: true,
      exporter: 'ganesha',
      driver_options: { loop_file: join(dir, 'pool.img'), size_gib: 4, pool_name: 'pool' },
      exporter_options: { port: 0 },
    }
    const serve = (url: string) =>
      startServiceProcess({
        dir: join(dir, 'var'),
        kind: 'btrfs',
        env: { TEST_DETACH: '1' },
        settings: { database: { url }, backends: { alpha: backend } },
      })
    const status = async (client: Client, id: string): Promise<string | null> =>
      client.call(showShare, { params: { id } }).then(
        ({ share }) => share.status,
        (error: { status?: number }) => {
          if (error.status === 404) return null
          throw error
        },
      )
    const becomes = (client: Client, id: string, wanted: string | null) =>
      until(`${id} to be ${wanted}`, 30_000, async () => (await status(client, id)) === wanted)
    async function share(client: Client, name: string): Promise<string> {
      const { share: made } = await client.call(createShare, {
        body: { share: { share_proto: 'NFS', size: 1, name } },
      })
      await becomes(client, made.id, 'available')
      return made.id
    }

    test('serves what it had; what was made since is adopted, what was deleted since is told', async () => {
      const url = await createDatabase(server)
      const store = await openStore(url)
      await migrate(store)
      await store.close()
      service = await serve(url)
      const before = await service.connect()
      const kept = await share(before, 'kept')
      const deleted = await share(before, 'deleted')
      await backUp(server, url, join(dir, 'backup'))
      await before.call(deleteShare, { params: { id: deleted } })
      await becomes(before, deleted, null)
      const late = await share(before, 'late')
      await service.stop()

      const restored = await restore(server, url, join(dir, 'backup'))
      const env = { ...process.env, MANILA_DATABASE__URL: restored }
      const manage = join(await programs(), 'src/bin/manila-manage.mjs')
      await run(process.execPath, [manage, 'db', 'sync'], { env })
      await run(process.execPath, [manage, 'db', 'check'], { env })
      service = await serve(restored)
      const client = await service.connect()
      const admin = await service.connect('manila-admin')
      expect(await status(client, kept)).toBe('available')
      expect(await status(client, late)).toBeNull()
      expect(await status(client, deleted)).toBe('available')

      await admin.call(ensureShares, { body: { ensure_shares: { host: 'node@alpha' } } })
      const told = await until('the owner to be told', 30_000, async () => {
        const { messages } = await client.call(listMessages, { query: {} })
        return messages.length > 0 ? messages : null
      })
      expect(told.map(({ resource_id }) => resource_id)).toEqual([deleted])
      await becomes(client, deleted, 'available')
      await client.call(deleteShare, { params: { id: deleted } })
      await becomes(client, deleted, null)

      // Its instance is the one that nobody's row names.
      const rows = await openStore(restored)
      const known = await rows.db.selectFrom('share_instances').select('id').execute()
      await rows.close()
      const trees = readdirSync(join(pool, 'manila/shares'))
      const [orphan = ''] = trees.filter((name) => known.every(({ id }) => id !== name))
      renameSync(join(pool, 'manila/shares', orphan), join(pool, 'late'))
      const { share: adopted } = await admin.call(manageShare, {
        body: {
          share: {
            protocol: 'NFS',
            service_host: 'node@alpha#pool',
            export_path: 'late',
            share_type: 'default',
          },
        },
      })
      await becomes(admin, adopted.id, 'available')
      expect(await status(client, kept)).toBe('available')
    }, 120_000)
  })
})

const at = (url: string) => {
  const { hostname, port, username, password, pathname } = new URL(url)
  return { host: hostname, port, user: username, password, database: pathname.slice(1) }
}

const mariadbArguments = ({ host, port, user }: ReturnType<typeof at>) =>
  ['--no-defaults', '-h', host, '-P', port, '-u', user] as const

async function backUp(server: DatabaseServer, url: string, file: string): Promise<void> {
  if (server.kind === 'postgres') {
    await run('pg_dump', ['--format=custom', `--file=${file}`, url])
    return
  }
  const argv = [...mariadbArguments(at(url)), '--single-transaction', `--result-file=${file}`]
  await run('mariadb-dump', [...argv, at(url).database], {
    env: { ...process.env, MYSQL_PWD: at(url).password },
  })
}

/** Into an empty database of the same owner; answers its URL. */
async function restore(server: DatabaseServer, url: string, file: string): Promise<string> {
  const owner = at(url)
  const restored = new URL(url)
  restored.pathname = '/restored'
  if (server.kind === 'postgres') {
    await administer(server, 'create database restored owner manila')
    await run('pg_restore', ['--no-owner', `--dbname=${restored.href}`, file])
    return restored.href
  }
  await administer(server, 'create database restored')
  await administer(server, "grant all on restored.* to manila@'%'")
  const into = run('mariadb', [...mariadbArguments(owner), 'restored'], {
    env: { ...process.env, MYSQL_PWD: owner.password },
    maxBuffer: 1024 ** 3,
  })
  into.child.stdin?.end(readFileSync(file))
  await into
  return restored.href
}
