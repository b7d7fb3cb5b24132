/**
 * Fence files of instances that are gone: the purge takes an instance's lane a day after its end, and then nobody can come with
 * an older number any more.
 */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { lanesStillThere } from '../../db/store/lanes.ts'
import { instanceLane } from '../../model/lanes.ts'
import type { BackendScope } from '../parts.ts'

/** Milliseconds a fence rests untouched before it may go: a process paused longer than that is taken for dead. */
const restMs = 86_400_000
/** Lanes asked for in one query. */
const batch = 200

/** Answers how many instances' fences were removed from this node's directory. */
export async function removeFences(
  parts: Pick<BackendScope, 'store' | 'backend'>,
  now = Date.now(),
): Promise<number> {
  const dir = join(parts.backend.dir, 'fences')
  const ids = (await readdir(dir)).filter((name) => !name.includes('.'))
  let removed = 0
  for (let at = 0; at < ids.length; at += batch) {
    const old: string[] = []
    for (const id of ids.slice(at, at + batch)) if (await untouched(join(dir, id), now)) old.push(id)
    if (old.length === 0) continue
    const kept = new Set(await lanesStillThere(parts.store.db, old.map(instanceLane)))
    for (const id of old) {
      if (kept.has(instanceLane(id))) continue
      for (const name of [id, `${id}.number`]) await rm(join(dir, name), { force: true })
      removed += 1
    }
  }
  return removed
}

async function untouched(file: string, now: number): Promise<boolean> {
  // The lock file is never written: its record is, each time the lane changes hands.
  const { mtimeMs } = await stat(`${file}.number`).catch(() => stat(file))
  return mtimeMs < now - restMs
}
