/** Ids of projects that a request names without being theirs: a slip of the pen would be stored for nobody. */
import type { Ctx } from './context.ts'
import { findProject } from '../db/store/identity.ts'

/**
 * Warns, and no more: the original takes any id, and scripts set quotas before they make the project. The projects are this service's
 * own, so their table knows.
 */
export async function warnOfUnknownProject(ctx: Ctx, projectId: string): Promise<void> {
  if (projectId === ctx.identity.projectId || (await findProject(ctx.db, { id: projectId })) !== null) return
  ctx.warn(`There is no project with the id ${projectId}; the request is granted all the same.`)
}
