/** A project with many shares, written straight into the store while the service is down. */
import { join } from 'node:path'
import { openStore } from '../../src/db/open.ts'
import { placeOf } from '../helpers/place.ts'
import { seedShares } from '../perf/seed-shares.ts'
import type { World } from './world.ts'

/** Of the demo user, available, named `share-0` to `share-<count-1>`, each a millisecond younger than the one before. */
export async function manyShares(world: World, count: number): Promise<void> {
  const { session } = (await world.client(world.demo)).tokens
  await world.service.stop()
  const { database } = await placeOf(join(world.dir, 'var'))
  const store = await openStore(database)
  try {
    const type = await store.db.selectFrom('share_types').select('id').executeTakeFirstOrThrow()
    const began = Date.now() * 1000 - count * 1000
    await seedShares(store, count, (index) => ({
      projectId: session?.projectId ?? '',
      userId: session?.userId ?? '',
      now: began + index * 1000,
      shareTypeId: type.id,
      share: { name: `share-${index}` },
      instance: { status: 'available', host: 'node@alpha#fast', progress: '100%' },
    }))
  } finally {
    await store.close()
  }
  await world.start()
}
