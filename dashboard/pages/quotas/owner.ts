/** Whose quota an address asks for. */
import type { Owner } from './queries.ts'

export interface OwnerSearch {
  readonly project?: string
  /** `user` or `type`; absent = the whole project. */
  readonly of?: string
  readonly user?: string
  readonly type?: string
}

/** `own`: the project one is in, which is shown until another is chosen. Null while something is not chosen yet. */
export function ownerOf({ project, of, user, type }: OwnerSearch, own: string | undefined): Owner | null {
  const chosen = project ?? own
  if (chosen === undefined) return null
  if (of === 'user') return user === undefined ? null : { project: chosen, user }
  if (of === 'type') return type === undefined ? null : { project: chosen, type }
  return { project: chosen }
}
