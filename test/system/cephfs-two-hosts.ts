/**
 * One CephFS backend served by two hosts, each with a process of its own: when one of them is killed or paused in the middle of its
 * work, the other one finishes it, and the one that wakes up changes nothing any more.
 */
import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { createDatabase } from '../../tools/cluster/database.ts'
import { migrate, openStore, type Store } from '../../src/db/open.ts'
import type { Bench } from '../../src/storage/drivers/cephfs/bench.fixture.ts'
import { startPostgres } from '../../tools/programs/postgres.ts'
import { createShareType } from '../../src/wire/share-types/schema.ts'
import { createShare, deleteShare } from '../../src/wire/shares/schema.ts'
import { until } from '../faults/world.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'

/** Creates asked for at once: the first host holds them all when it is struck. */
const burst = 6
/** Milliseconds that the paused process sleeps: longer than any lease. */
const pauseMs = 9000

export async function twoHosts(bench: Bench): Promise<void> {
  const server = await startPostgres()
  const url = await createDatabase(server)
  const store = await openStore(url)
  await migrate(store)
  const directory = (name: string): string => join(bench.dir, name)
  const start = (name: string): Promise<ServiceProcess> =>
    startServiceProcess({
      dir: directory(name),
      kind: 'sim',
      settings: {
        host: name,
        database: { url },
        auth: { key_file: join(directory('node-1'), 'token-key.json') },
        shares: { enabled_share_protocols: ['CEPHFS'], default_share_type: 'cephfs' },
        backends: {
          ceph: { host: 'farm', driver: 'cephfs', exporter: '', driver_options: bench.driverOptions },
        },
      },
    })
  let first = await start('node-1')
  // The same accounts.
  mkdirSync(directory('node-2'))
  copyFileSync(first.clouds, join(directory('node-2'), 'clouds.yaml'))
  const second = await start('node-2')
  try {
    const admin = await second.connect('manila-admin')
    const extra_specs = { driver_handles_share_servers: 'False' }
    await admin.call(createShareType, { body: { share_type: { name: 'cephfs', extra_specs } } })
    const client = await second.connect()
    const made: string[] = []
    const ask = async (): Promise<string[]> => {
      // Whoever is asked wakes its own workers.
      const near = await first.connect()
      const ids = await Promise.all(
        Array.from({ length: burst }, async () => {
          const { share } = await near.call(createShare, {
            body: { share: { share_proto: 'CEPHFS', size: 1 } },
          })
          return share.id
        }),
      )
      made.push(...ids)
      await until('the first host to be at work', 20_000, () => runs(store, ids))
      return ids
    }

    const killed = await ask()
    await first.kill()
    const afterKill = await over(store, killed)

    first = await start('node-1')
    const paused = await ask()
    process.kill(first.pid, 'SIGSTOP')
    const awake = sleep(pauseMs).then(() => process.kill(first.pid, 'SIGCONT'))
    const afterPause = await over(store, paused)
    await awake
    // What it had in its hands when it fell asleep comes to its end, or to nothing.
    await sleep(2000)
    const list = [
      'fs',
      'subvolume',
      'ls',
      bench.ceph.filesystem,
      '--group_name',
      'manila',
      '--format',
      'json',
    ]
    const there = JSON.parse(await bench.ceph.ceph(list)) as { name: string }[]
    const instances = await store.db.selectFrom('share_instances').select(['id', 'status']).execute()
    expect(instances.map(({ status }) => status)).toEqual(made.map(() => 'available'))
    expect(there.map(({ name }) => name).sort()).toEqual(instances.map(({ id }) => id).sort())
    for (const id of made) await client.call(deleteShare, { params: { id } })
    await until('every share to be gone', 60_000, async () => {
      const left = await store.db.selectFrom('share_instances').select('id').execute()
      return left.length === 0
    })
    console.log(
      `creates over after the kill of their host: ${afterKill.toFixed(1)} s, after its pause: ${afterPause.toFixed(1)} s`,
    )
  } finally {
    await first.stop()
    await second.stop()
    await store.close()
    await server.remove()
  }
}

const creates = ({ db }: Store, shareIds: readonly string[]) =>
  db.selectFrom('operations').where('kind', '=', 'create-share').where('resource_id', 'in', shareIds)

async function runs(store: Store, shareIds: readonly string[]): Promise<boolean> {
  const rows = await creates(store, shareIds).select('state').execute()
  return rows.some(({ state }) => state === 'running')
}

/** Seconds until every create is over; throws when one failed. */
async function over(store: Store, shareIds: readonly string[]): Promise<number> {
  const began = performance.now()
  await until('the other host to finish', 60_000, async () => {
    const rows = await creates(store, shareIds).select(['state', 'cause_message']).execute()
    const failed = rows.find(({ state }) => state === 'failed')
    if (failed !== undefined) throw new Error(`a create failed: ${failed.cause_message}`)
    return rows.every(({ state }) => state === 'done')
  })
  return (performance.now() - began) / 1000
}
