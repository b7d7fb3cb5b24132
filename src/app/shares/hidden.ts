/**
 * What holds a share back although its owner can't see it: snapshots and locks belong to whoever made them, and an administrator makes
 * them from a project of his own. The refusal says whose they are, and who can help.
 */
import type { Ctx } from '../context.ts'
import { dependentsElsewhere, type ShareRow } from '../../db/store/shares.ts'

/** Ids that are named of each kind. */
const maxNamed = 3

/** Words to put behind a refusal; empty when the owner sees all of them. */
export async function hiddenFromOwner(
  ctx: Ctx,
  share: Pick<ShareRow, 'id' | 'project_id'>,
  kind: 'snapshots' | 'locks',
): Promise<string> {
  const found = await dependentsElsewhere(ctx.db, { shareId: share.id, projectId: share.project_id, kind })
  const [first] = found
  if (first === undefined) return ''
  const named = found.slice(0, maxNamed).map(({ id, projectId }) => `${id} of project ${projectId}`)
  const all = `${named.join(', ')}${found.length > maxNamed ? ' and more' : ''}`
  const [noun, verb] = kind === 'snapshots' ? ['Snapshot', 'deletes'] : ['Lock', 'removes']
  const plural = found.length === 1 ? `${noun} ${all} is` : `${noun}s ${all} are`
  return ` ${plural} not the share owner's: an administrator ${verb} ${found.length === 1 ? 'it' : 'them'}.`
}
