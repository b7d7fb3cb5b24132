/** Whose quota an address asks for. */
import type { Owner } from './queries.ts'

export interface OwnerSearch {
  readonly project?: string
  /** `user` or `type`; absent = the whole project. */
  readonly of?: string
  readonly user?: string
  readonly type?: string
}

/** Null while something of it is not chosen yet. */
export function ownerOf({ project, of, user, type }: OwnerSearch): Owner | null {
  if (project === undefined) return null
  if (of === 'user') return user === undefined ? null : { project, user }
  if (of === 'type') return type === undefined ? null : { project, type }
  return { project }
}
