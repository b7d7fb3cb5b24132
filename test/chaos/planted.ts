/** "Nothing is wrong" means something only if what is wrong is found: one of each is planted in a quiet, stopped field. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Field } from './field.ts'

/** The counts of the checker that must be 1 afterwards, and no other. */
export const plantedCounts = ['orphan_trees', 'stuck_shares', 'quota_drift', 'capacity_drift'] as const

export async function plant(field: Field): Promise<void> {
  const { cluster } = field
  const { db } = cluster.store
  await plantTree(field, randomUUID())
  const share = await db
    .selectFrom('shares')
    .select('id')
    .where('status', '=', 'available')
    .limit(1)
    .executeTakeFirst()
  if (share === undefined) throw new Error('no share is left to plant a stuck state in')
  await db.updateTable('shares').set({ status: 'extending' }).where('id', '=', share.id).execute()
  const usage = await db
    .selectFrom('quota_usages')
    .selectAll()
    .where('scope', '=', 'project')
    .where('resource', '=', 'shares')
    .limit(1)
    .executeTakeFirstOrThrow()
  await db
    .updateTable('quota_usages')
    .set((eb) => ({ in_use: eb('in_use', '+', 1) }))
    .where('project_id', '=', usage.project_id)
    .where('scope', '=', 'project')
    .where('resource', '=', 'shares')
    .execute()
  const pool = await db.selectFrom('pools').select('id').limit(1).executeTakeFirstOrThrow()
  await db
    .updateTable('pools')
    .set((eb) => ({ placed_gib: eb('placed_gib', '+', 1) }))
    .where('id', '=', pool.id)
    .execute()
}

async function plantTree({ cluster }: Field, id: string): Promise<void> {
  if (cluster.nfsPort !== null) {
    const path = join(cluster.poolADir, 'pool/manila/shares', id)
    await promisify(execFile)('btrfs', ['--quiet', 'subvolume', 'create', '--', path])
    return
  }
  mkdirSync(join(cluster.poolADir, 'shares'), { recursive: true })
  writeFileSync(join(cluster.poolADir, 'shares', `${id}.json`), JSON.stringify({ id, size_gib: 1 }))
}
