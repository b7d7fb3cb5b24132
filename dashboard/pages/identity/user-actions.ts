/** What can be done with a user. Whether it is the last administrator, the service says itself. */
import type { Action } from '../../ui/actions.tsx'
import type { Words } from '../../words/index.ts'
import type { UserView } from './queries.ts'
import type { AccountAsked } from './removal-dialog.tsx'

export function userActions(
  { identity: w }: Words,
  user: UserView,
  /** Null where accounts of its domain can be changed here. */
  whyNot: string | null,
  askFor: (asked: AccountAsked) => void,
  setPassword: (user: UserView) => void,
  go: (to: { readonly to: string; readonly params: { readonly id: string } }) => void,
  whenGone?: () => void,
): readonly Action[] {
  const of = {
    kind: 'user',
    id: user.id,
    name: user.name,
    ...(whenGone === undefined ? {} : { whenGone }),
  } as const
  const actions: readonly Action[] = [
    { key: 'edit', label: w.edit, run: () => go({ to: '/admin/users/$id/edit', params: { id: user.id } }) },
    { key: 'password', label: w.setPassword, run: () => setPassword(user) },
    user.enabled
      ? { key: 'disable', label: w.disable, run: () => askFor({ what: 'disable', ...of }) }
      : { key: 'enable', label: w.enable, run: () => askFor({ what: 'enable', ...of }) },
    { key: 'remove', label: w.remove, danger: true, run: () => askFor({ what: 'remove', ...of }) },
  ]
  return actions.map((action) => ({ ...action, whyNot }))
}
