/** What may be done with one thing, as its menu is told it. */
import type { usePermissions } from '../api/permissions.ts'
import type { Words } from '../words/index.ts'
import type { Action } from './actions.tsx'

export interface Judging {
  readonly permissions: ReturnType<typeof usePermissions>
  readonly isAdmin: boolean
}

/** `isThere`: the policy lets one; `isAdmins`: the same of administrators' work; `may`: why it can't be done now. */
export function judgeOf(
  { service }: Words,
  { permissions, isAdmin }: Judging,
  { id, status }: { readonly id: string; readonly status: string },
) {
  const isThere = (action: string): boolean => !permissions.hidden(id, action)
  return {
    isThere,
    // Until the service has said what one may, administrators' work is shown to them alone.
    isAdmins: (action: string): boolean => isAdmin && isThere(action),
    may: (action: string): { readonly whyNot: string | null } => {
      const { allowed, why } = permissions.verdict(id, action)
      return { whyNot: allowed ? null : (why ?? service.status(status)) }
    },
  }
}

/** For the bar of several things that are chosen: asks whether all of them are to be deleted. */
export const deletingOf = ({ things }: Words, ask: () => void): Action => ({
  key: 'delete',
  label: things.delete,
  danger: true,
  run: ask,
})
