/** What can be done with a snapshot, from a list or from its own page. */
import { snapshotAllows } from '../../../src/model/states.ts'
import type { usePermissions } from '../../api/permissions.ts'
import { present, type Action } from '../../ui/actions.tsx'
import type { Words } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import { calledSnapshot, type SnapshotView } from './queries.ts'
import type { SnapshotAsked } from './snapshot-dialogs.tsx'

/** Where its share is known: only then can be said whether the share may go back to it. */
export interface OfShare {
  readonly share: ShareView
  readonly newest: SnapshotView | undefined
  readonly permissions: ReturnType<typeof usePermissions>
}

interface Asking {
  readonly permissions: ReturnType<typeof usePermissions>
  readonly snapshot: SnapshotView
  readonly isAdmin: boolean
  readonly ask: (asked: SnapshotAsked) => void
  readonly go: (to: object) => void
  readonly ofShare?: OfShare | undefined
}

export function snapshotActions(
  words: Words,
  { permissions, snapshot, isAdmin, ask, go, ofShare }: Asking,
): readonly Action[] {
  const { service, snapshots: w } = words
  const may = (action: string): { readonly whyNot: string | null } => {
    const { allowed, why } = permissions.verdict(snapshot.id, action)
    return { whyNot: allowed ? null : (why ?? service.status(snapshot.status)) }
  }
  const isThere = (action: string): boolean => !permissions.hidden(snapshot.id, action)
  // Until the service has said what one may, administrators' work is shown to them alone.
  const isAdmins = (action: string): boolean => isAdmin && isThere(action)
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
      label: w.rename,
      run: () => ask({ what: 'rename', snapshot }),
      ...may('update'),
    },
    isAdmins('reset_status') && {
      key: 'reset',
      label: w.resetStatus,
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
      label: w.delete,
      danger: true,
      run: () => ask({ what: 'delete', snapshots: [snapshot] }),
      ...may('delete'),
    },
    isAdmins('force_delete') && {
      key: 'force',
      label: w.forceDelete,
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
  if (newest !== undefined && newest.id !== snapshot.id) return w.notNewest(calledSnapshot(newest))
  const { allowed, why } = permissions.verdict(share.id, 'revert')
  return allowed ? null : (why ?? service.status(share.status))
}
