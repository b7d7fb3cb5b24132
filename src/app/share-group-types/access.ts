/** Which projects may use a private share group type. */
import type { Ctx } from '../context.ts'
import {
  allowGroupProject,
  disallowGroupProject,
  projectsOfGroupType,
  type ShareGroupType,
} from '../../db/store/share-group-types.ts'
import { fault } from '../../model/errors.ts'
import { groupTypeGates } from '../../model/gates/groups.ts'
import { refuseAtOnce } from '../barriers.ts'
import { warnOfUnknownProject } from '../known-project.ts'
import { findGroupType } from './find.ts'

/** Project ids; 404 for a public type, which has no list. */
export async function listAccess(ctx: Ctx, id: string): Promise<{ typeId: string; projectIds: string[] }> {
  const type = await findGroupType(ctx, id)
  if (type.is_public === 1) throw fault('NotFound')
  return { typeId: type.id, projectIds: await projectsOfGroupType(ctx.db, type.id) }
}

/** 409 for a public type and for a project that has it already; warns of a project that is not there. */
export async function addAccess(ctx: Ctx, id: string, projectId: string): Promise<void> {
  const type = await findPrivate(ctx, id)
  if ((await projectsOfGroupType(ctx.tx, type.id)).includes(projectId))
    throw fault('Conflict', {
      message: `Project ${projectId} may use share group type ${type.id} already.`,
    })
  await allowGroupProject(ctx.tx, type.id, projectId)
  await warnOfUnknownProject(ctx, projectId)
}

/** 409 for a public type, 404 for a project that does not have it. */
export async function removeAccess(ctx: Ctx, id: string, projectId: string): Promise<void> {
  const type = await findPrivate(ctx, id)
  if (!(await disallowGroupProject(ctx.tx, type.id, projectId))) throw fault('NotFound')
}

async function findPrivate(ctx: Ctx, id: string): Promise<ShareGroupType> {
  const type = await findGroupType(ctx, id)
  refuseAtOnce(groupTypeGates.changeAccess({ type }))
  return type
}
