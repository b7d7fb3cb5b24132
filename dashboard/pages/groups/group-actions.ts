/** What can be done with a share group, from a list or from its own page. */
import { present, type Action } from '../../ui/actions.tsx'
import { judgeOf, type Judging } from '../../ui/thing-actions.ts'
import type { Words } from '../../words/index.ts'
import type { GroupAsked } from './group-dialogs.tsx'
import type { GroupView } from './queries.ts'

interface Asking extends Judging {
  readonly group: GroupView
  readonly ask: (asked: GroupAsked) => void
  readonly go: (to: object) => void
}

export function groupActions(words: Words, { group, ask, go, ...of }: Asking): readonly Action[] {
  const { groups: w, groupSnapshots, things } = words
  const { may, isThere, isAdmins } = judgeOf(words, of, group)
  const asks = (what: GroupAsked['what'], action: string, label: string): Action => ({
    key: what,
    label,
    danger: what === 'delete' || what === 'force',
    run: () => ask({ what, group }),
    ...may(action),
  })
  return present(
    isThere('create_share') && {
      key: 'share',
      label: w.newShare,
      run: () => go({ to: '/shares/new', search: { group: group.id } }),
      ...may('create_share'),
    },
    isThere('create_snapshot') && {
      key: 'snapshot',
      label: groupSnapshots.create,
      run: () => go({ to: '/group-snapshots/new', search: { group: group.id } }),
      ...may('create_snapshot'),
    },
    isThere('update') && asks('rename', 'update', things.rename),
    isAdmins('reset_status') && asks('reset', 'reset_status', things.resetStatus),
    isThere('delete') && asks('delete', 'delete', things.delete),
    isAdmins('force_delete') && asks('force', 'force_delete', things.forceDelete),
  )
}
