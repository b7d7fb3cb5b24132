/** Share types: `default` goes to either backend, `a` and `b` to the one of that name. */
import { randomUUID } from 'node:crypto'
import type { Store } from '../../src/db/open.ts'
import { insertType, typeByName } from '../../src/db/store/share-types.ts'

export async function ensureTypes(store: Store, now: number): Promise<void> {
  const can = {
    driver_handles_share_servers: 'False',
    snapshot_support: 'True',
    create_share_from_snapshot_support: 'True',
    revert_to_snapshot_support: 'True',
    mount_snapshot_support: 'True',
  }
  const types: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    default: {},
    a: { share_backend_name: 'a' },
    b: { share_backend_name: 'b' },
  }
  for (const [name, extra] of Object.entries(types)) {
    await store.transaction(async (tx) => {
      if ((await typeByName(tx, { projectId: null }, name)) !== undefined) return
      await insertType(tx, {
        id: randomUUID(),
        name,
        description: 'Made by the cluster.',
        is_public: 1,
        created_at: now,
        updated_at: null,
        extra_specs: { ...can, ...extra },
      })
    })
  }
}
