/** How a verb refuses with what stands in its way. */
import { fault } from '../model/errors.ts'
import type { Barrier } from '../model/gates/barrier.ts'
import type { Ctx } from './context.ts'
import { hiddenFromOwner } from './shares/hidden.ts'

/** Throws what the barrier says; `share` is whose hidden things are named. */
export async function refuse(
  ctx: Ctx,
  found: Barrier | null,
  share?: { readonly id: string; readonly project_id: string },
): Promise<void> {
  if (found === null) return
  const whose =
    found.hidden === undefined || share === undefined ? '' : await hiddenFromOwner(ctx, share, found.hidden)
  throw fault(found.fault, { message: found.message + whose })
}

/** The same where nothing can be hidden. */
export function refuseAtOnce(found: Barrier | null): void {
  if (found !== null) throw fault(found.fault, { message: found.message })
}
