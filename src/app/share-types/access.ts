/** Which projects may use a private share type. */
import type { Ctx } from '../context.ts'
import { allowProject, disallowProject, projectsOfType, type ShareType } from '../../db/store/share-types.ts'
import { fault } from '../../model/errors.ts'
import { typeGates } from '../../model/gates/others.ts'
import { refuseAtOnce } from '../barriers.ts'
import { warnOfUnknownProject } from '../known-project.ts'
import { findType } from './find.ts'

/** Project ids; 404 for a public type, which has no list. */
export async function listAccess(ctx: Ctx, id: string): Promise<{ typeId: string; projectIds: string[] }> {
  const type = await findType(ctx, id)
  if (type.is_public === 1) throw fault('NotFound')
  return { typeId: type.id, projectIds: await projectsOfType(ctx.db, type.id) }
}

/** 409 for a public type and for a project that has it already; warns of a project that is not there. */
export async function addAccess(ctx: Ctx, id: string, projectId: string): Promise<void> {
  const type = await findPrivateType(ctx, id)
  if ((await projectsOfType(ctx.tx, type.id)).includes(projectId)) {
    throw fault('Conflict', { message: `Project ${projectId} may use share type ${type.id} already.` })
  }
  await allowProject(ctx.tx, type.id, projectId)
  await warnOfUnknownProject(ctx, projectId)
}

/** 409 for a public type, 404 for a project that does not have it. */
export async function removeAccess(ctx: Ctx, id: string, projectId: string): Promise<void> {
  const type = await findPrivateType(ctx, id)
  if (!(await disallowProject(ctx.tx, type.id, projectId))) throw fault('NotFound')
}

async function findPrivateType(ctx: Ctx, id: string): Promise<ShareType> {
  const type = await findType(ctx, id)
  refuseAtOnce(typeGates.changeAccess({ type }))
  return type
}
