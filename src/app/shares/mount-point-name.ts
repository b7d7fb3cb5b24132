/** A name the tenant chooses for the end of the export path, with the prefix that keeps tenants apart. */
import type { Ctx } from '../context.ts'
import { mountPointNameTaken } from '../../db/store/mount-point-names.ts'
import { fault, invalid } from '../../model/errors.ts'
import { boolSpec } from '../../model/extra-specs.ts'
import type { ChosenType } from './type-rules.ts'

/** Ids of shares, instances and snapshots name their exports. */
const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Null when none is asked for; 400 when the type does not support it or the result could not be a path element;
 * 409, which does not say whose it is, when the name is taken anywhere in the service or could be somebody's id.
 */
export async function mountPointName(
  ctx: Ctx,
  type: ChosenType | null,
  asked: string | null,
): Promise<string | null> {
  if (asked === null || asked === '') return null
  if (type === null || boolSpec(type.extra_specs, 'mount_point_name_support') !== true) {
    throw invalid('share.mount_point_name needs a share type with mount_point_name_support')
  }
  const prefix =
    type.extra_specs['provisioning:mount_point_prefix'] ?? ctx.settings.shares.default_mount_point_prefix
  const values: Readonly<Record<string, string>> = {
    project_id: ctx.identity.projectId,
    user_id: ctx.identity.userId,
    project_name: ctx.identity.projectName,
  }
  const name = prefix.replaceAll(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole) + asked
  if (!/^[a-zA-Z0-9_-]{1,255}$/.test(name)) {
    throw invalid(
      'share.mount_point_name must give a name of letters, digits, _ and -, at most 255 with its prefix',
    )
  }
  // Of two at the same time the later transaction breaks the key, is tried again and comes here.
  if (idForm.test(name) || (await mountPointNameTaken(ctx.db, name))) {
    throw fault('Conflict', { message: 'share.mount_point_name is taken: choose another name' })
  }
  return name
}
