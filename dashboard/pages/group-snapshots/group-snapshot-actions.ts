/** What can be done with a group snapshot, from a list or from its own page. */
import { present, type Action } from '../../ui/actions.tsx'
import { judgeOf, type Judging } from '../../ui/thing-actions.ts'
import type { Words } from '../../words/index.ts'
import type { GroupSnapshotAsked } from './group-snapshot-dialogs.tsx'
import type { GroupSnapshotView } from './queries.ts'

interface Asking extends Judging {
  readonly snapshot: GroupSnapshotView
  readonly ask: (asked: GroupSnapshotAsked) => void
  readonly go: (to: object) => void
}

export function groupSnapshotActions(words: Words, { snapshot, ask, go, ...of }: Asking): readonly Action[] {
  const { groupSnapshots: w, things } = words
  const { may, isThere, isAdmins } = judgeOf(words, of, snapshot)
  const asks = (what: 'rename' | 'reset' | 'force', action: string, label: string): Action => ({
    key: what,
    label,
    danger: what === 'force',
    run: () => ask({ what, snapshot }),
    ...may(action),
  })
  return present(
    isThere('create_group') && {
      key: 'clone',
      label: w.clone,
      run: () => go({ to: '/groups/new', search: { snapshot: snapshot.id } }),
      ...may('create_group'),
    },
    isThere('update') && asks('rename', 'update', things.rename),
    isAdmins('reset_status') && asks('reset', 'reset_status', things.resetStatus),
    isThere('delete') && {
      key: 'delete',
      label: things.delete,
      danger: true,
      run: () => ask({ what: 'delete', snapshots: [snapshot] }),
      ...may('delete'),
    },
    isAdmins('force_delete') && asks('force', 'force_delete', things.forceDelete),
  )
}
