/** The commands that do what the pages of quotas do. */
import { manila } from '../../ui/manila.ts'
import type { Owner } from './queries.ts'

const ofOwner = ({ user, type }: Owner) => ({ user, 'share-type': type })

export const quotaCommands = {
  /** `owner` null: the defaults. */
  set: (owner: Owner | null, limits: Readonly<Record<string, number>>, force: boolean) =>
    manila('quota set', [owner?.project ?? 'default'], {
      ...(owner === null ? { class: true } : ofOwner(owner)),
      ...Object.fromEntries(Object.entries(limits).map(([id, limit]) => [id.replaceAll('_', '-'), limit])),
      force,
    }),
  reset: (owner: Owner) => manila('quota delete', [owner.project], ofOwner(owner)),
}
