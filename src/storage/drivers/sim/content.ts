/**
 * What a user would do to a share, for tests: writing and reading where there is no file system. Every function works
 * on the directory of the backend, whether files or memory hold it, and needs no driver object.
 */
import { GIB, type ShareRecord } from '../../sim/records.ts'
import { openStore, type Store } from '../../sim/store.ts'

/** Makes a share look as full as `usedBytes` without changing what it holds. Throws when the share isn't there. */
export async function setUsedBytes(dir: string, shareInstanceId: string, usedBytes: number): Promise<void> {
  await change(dir, (store) => {
    store.put('shares', shareInstanceId, { ...held(store, shareInstanceId), used_bytes: usedBytes })
  })
}

/** Replaces the content: afterwards it is `token`, of `bytes` bytes. Answers `full`, changing nothing, over the limit. */
export async function writeContent(
  dir: string,
  shareInstanceId: string,
  token: string,
  bytes: number,
): Promise<'written' | 'full'> {
  return change(dir, (store) => {
    const record = held(store, shareInstanceId)
    if (bytes > record.size_gib * GIB) return 'full'
    store.put('shares', shareInstanceId, { ...record, token, used_bytes: bytes })
    return 'written'
  })
}

/** What the share or snapshot instance holds; null when it isn't there. */
export function readContent(dir: string, id: string): { token: string; bytes: number } | null {
  const store = openStore(dir)
  const record = store.get('shares', id) ?? store.get('snapshots', id)
  return record && { token: record.token, bytes: record.used_bytes }
}

/** Puts a tree into the backend that no row knows, as if made by hand; `manage` finds it under `record.tree`. */
export async function plantTree(dir: string, record: Omit<ShareRecord, 'id'>): Promise<void> {
  const name = record.tree.slice(record.tree.lastIndexOf('/') + 1)
  await change(dir, (store) => store.put('loose', name, { ...record, id: name }))
}

function held(store: Store, id: string): ShareRecord {
  const record = store.get('shares', id)
  if (!record) throw new Error(`no share ${id} in the backend`)
  return record
}

async function change<T>(dir: string, work: (store: Store) => T): Promise<T> {
  const store = openStore(dir)
  try {
    return await store.lock.hold(10_000, null, () => work(store))
  } finally {
    store.close()
  }
}
