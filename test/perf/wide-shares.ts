/** A project whose lists are long: shares with much metadata, on whichever database the run has. */
import { openStore } from '../../src/db/open.ts'
import { placeOf } from '../helpers/place.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'
import { seedShares } from './seed-shares.ts'

export interface WideService {
  readonly process: ServiceProcess
  readonly projectId: string
  readonly token: string
}

const itemsPerShare = 20
const valueLength = 1000

/** Starts a service whose demo project has `count` shares of some 20 KB each; `limits` are its `[limits]`. */
export async function startWide(
  dir: string,
  count: number,
  limits: Readonly<Record<string, number>> = {},
): Promise<WideService> {
  const start = (): Promise<ServiceProcess> =>
    startServiceProcess({
      dir,
      kind: 'sim',
      settings: {
        quota: { shares: -1, gigabytes: -1, snapshots: -1, snapshot_gigabytes: -1 },
        limits,
        backends: {
          alpha: {
            driver: 'sim',
            exporter: 'sim',
            driver_options: { memory: true, pools: [{ name: 'pool', total_gib: 1_000_000, thin: true }] },
            exporter_options: { memory: true },
          },
        },
      },
    })
  // A first start makes the accounts; a file belongs to one process at a time.
  const first = await start()
  const projectId = (await demoOf(first)).projectId
  await first.stop()
  const { database } = await placeOf(dir)
  const store = await openStore(database)
  await seedShares(store, count, (index) => ({
    projectId,
    userId: 'seeded',
    now: Date.now() * 1000 + index,
    share: { name: `wide-${index}`, description: 'x'.repeat(200) },
    instance: { status: 'available', host: 'node@alpha#pool', progress: '100%' },
  }))
  const rows = await store.db.selectFrom('shares').select('id').where('project_id', '=', projectId).execute()
  const value = 'v'.repeat(valueLength)
  for (let at = 0; at < rows.length; at += 25) {
    const pairs = rows.slice(at, at + 25).flatMap(({ id }) =>
      Array.from({ length: itemsPerShare }, (_, n) => ({
        share_id: id,
        meta_key: `key-${n}`,
        meta_value: value,
      })),
    )
    await store.db.insertInto('share_metadata').values(pairs).execute()
  }
  await store.close()
  const process = await start()
  return { process, ...(await demoOf(process)) }
}

async function demoOf(process: ServiceProcess): Promise<{ projectId: string; token: string }> {
  const { tokens } = await process.connect('manila-demo')
  const token = await tokens.current()
  return { projectId: tokens.session?.projectId ?? '', token }
}
