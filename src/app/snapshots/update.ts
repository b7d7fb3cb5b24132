/** Name and description. */
import type { Ctx } from '../context.ts'
import { updateSnapshotColumns } from '../../db/store/snapshot-list.ts'
import { recordUpdate } from '../updated.ts'
import { findSnapshotToChange } from './find.ts'

export interface UpdateSnapshotInput {
  readonly name?: string | null
  readonly description?: string | null
}

export async function update(ctx: Ctx, id: string, input: UpdateSnapshotInput): Promise<void> {
  const snapshot = await findSnapshotToChange(ctx, id, 'share:snapshot_update')
  await updateSnapshotColumns(ctx.tx, snapshot.id, {
    ...(input.name === undefined ? {} : { name: input.name }),
    ...(input.description === undefined ? {} : { description: input.description }),
    updated_at: ctx.clock.now(),
  })
  await recordUpdate(ctx, 'snapshot', snapshot)
}
