/** What must be true before the first share is asked for: a type, and a backend that serves. */
import { randomUUID } from 'node:crypto'
import type { Service } from '../../src/main.ts'
import { poolCapacity } from '../../src/db/store/health.ts'
import { insertType, typeByName } from '../../src/db/store/share-types.ts'
import type { BackendKind } from './options.ts'
import { shareTypeName } from './settings.ts'

/** The type `default`, with what the backend can do. */
export async function ensureShareType(service: Service, kind: BackendKind): Promise<void> {
  const can = kind === 'directory' ? 'False' : 'True'
  await service.store.transaction(async (tx) => {
    if ((await typeByName(tx, { projectId: null }, shareTypeName)) !== undefined) return
    await insertType(tx, {
      id: randomUUID(),
      name: shareTypeName,
      description: 'Made by the quick start.',
      is_public: 1,
      created_at: service.clock.now(),
      updated_at: null,
      extra_specs: {
        driver_handles_share_servers: 'False',
        snapshot_support: can,
        create_share_from_snapshot_support: can,
        revert_to_snapshot_support: can,
        mount_snapshot_support: can,
      },
    })
  })
}

const patienceMs = 60_000

/** Waits until every backend is ready and a pool has reported; throws what a backend says is wrong. */
export async function waitForBackend(service: Service): Promise<void> {
  const until = performance.now() + patienceMs
  for (;;) {
    // What this process found itself: the rows may still say what its former life did.
    const backends = [...service.shareManager.backends.values()]
    const pools = await poolCapacity(service.store.db)
    const ready = backends.length > 0 && backends.every(({ health }) => health === 'ready')
    if (ready && pools.length > 0) return
    const failed = backends.find(({ health }) => health === 'failed')
    if (failed !== undefined) throw new Error(`${failed.label}: ${failed.reason ?? 'the backend failed'}`)
    if (performance.now() > until) throw new Error(`the backend was not ready within ${patienceMs / 1000} s`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
