/** What can be done with a snapshot, from a list or from its own page. */
import { snapshotAllows } from '../../../src/model/states.ts'
import type { usePermissions } from '../../api/permissions.ts'
import { present, type Action } from '../../ui/actions.tsx'
import { judgeOf, type Judging } from '../../ui/thing-actions.ts'
import { called } from '../../ui/thing-name.ts'
import type { Words } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import type { SnapshotView } from './queries.ts'
import type { SnapshotAsked } from './snapshot-dialogs.tsx'

/** Where its share is known: only then can be said whether the share may go back to it. */
export interface OfShare {
  readonly share: ShareView
  readonly newest: SnapshotView | undefined
  readonly permissions: ReturnType<typeof usePermissions>
}

interface Asking extends Judging {
  readonly snapshot: SnapshotView
  readonly ask: (asked: SnapshotAsked) => void
  readonly go: (to: object) => void
  readonly ofShare?: OfShare | undefined
}

export function snapshotActions(
  words: Words,
  { snapshot, ask, go, ofShare, ...of }: Asking,
): readonly Action[] {
  const { service, snapshots: w, things } = words
  const { may, isThere, isAdmins } = judgeOf(words, of, snapshot)
  return present(
    ofShare !== undefined &&
      !ofShare.permissions.hidden(ofShare.share.id, 'revert') && {
        key: 'revert',
        label: w.revert,
        danger: true,
        run: () => ask({ what: 'revert', snapshot, share: ofShare.share }),
        whyNot: whyNotRevert(words, snapshot, ofShare),
      },
    {
      key: 'clone',
      label: w.clone,
      run: () => go({ to: '/shares/new', search: { snapshot: snapshot.id } }),
      whyNot: !snapshotAllows.createShare(snapshot)
        ? service.status(snapshot.status)
        : ofShare?.share.create_share_from_snapshot_support === false
          ? w.unsupported
          : null,
    },
    isThere('update') && {
      key: 'rename',
      label: things.rename,
      run: () => ask({ what: 'rename', snapshot }),
      ...may('update'),
    },
    isAdmins('reset_status') && {
      key: 'reset',
      label: things.resetStatus,
      run: () => ask({ what: 'reset', snapshot }),
      ...may('reset_status'),
    },
    isAdmins('unmanage') && {
      key: 'unmanage',
      label: w.unmanage,
      danger: true,
      run: () => ask({ what: 'unmanage', snapshot }),
      ...may('unmanage'),
    },
    isThere('delete') && {
      key: 'delete',
      label: things.delete,
      danger: true,
      run: () => ask({ what: 'delete', snapshots: [snapshot] }),
      ...may('delete'),
    },
    isAdmins('force_delete') && {
      key: 'force',
      label: things.forceDelete,
      danger: true,
      run: () => ask({ what: 'force', snapshot }),
      ...may('force_delete'),
    },
  )
}

/** The service judges the newest one; of any other it is certain. */
function whyNotRevert(
  { service, snapshots: w }: Words,
  snapshot: SnapshotView,
  { share, newest, permissions }: OfShare,
): string | null {
  if (share.revert_to_snapshot_support === false) return w.unsupported
  if (newest !== undefined && newest.id !== snapshot.id) return w.notNewest(called(newest))
  const { allowed, why } = permissions.verdict(share.id, 'revert')
  return allowed ? null : (why ?? service.status(share.status))
}
