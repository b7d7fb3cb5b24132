/** Dialogs about group snapshots: each says what will happen before it does. */
import { groupSnapshotAllows, resettableStatuses } from '../../../src/model/states.ts'
import {
  deleteShareGroupSnapshot,
  forceDeleteShareGroupSnapshot,
  resetShareGroupSnapshotStatus,
  updateShareGroupSnapshot,
} from '../../../src/wire/share-group-snapshots/schema.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { DeleteSeveral, EndDialog, RenameDialog, ResetDialog } from '../../ui/thing-dialogs.tsx'
import { called, nameOf } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { groupSnapshotCommands } from './commands.ts'
import type { GroupSnapshotView } from './queries.ts'

export type GroupSnapshotAsked =
  | { readonly what: 'delete'; readonly snapshots: readonly GroupSnapshotView[] }
  | { readonly what: 'rename' | 'reset' | 'force'; readonly snapshot: GroupSnapshotView }

const nouns = ['share-group-snapshots', 'share-groups', 'limits'] as const

interface DialogProps {
  readonly asked: GroupSnapshotAsked
  readonly close: () => void
}

export function GroupSnapshotDialog({ asked, close }: DialogProps) {
  const { groupSnapshots: w, service } = useWords()
  if (asked.what !== 'delete') return <OfOne action={asked.what} snapshot={asked.snapshot} close={close} />
  const [only, ...others] = asked.snapshots
  if (only !== undefined && others.length === 0)
    return <OfOne action="delete" snapshot={only} close={close} />
  return (
    <DeleteSeveral
      rows={asked.snapshots.map((snapshot) => ({
        id: snapshot.id,
        name: called(snapshot),
        whyNot: groupSnapshotAllows.delete(snapshot) ? null : service.status(snapshot.status),
      }))}
      count={w.count}
      each={(client, id) => client.call(deleteShareGroupSnapshot, { params: { id } })}
      command={groupSnapshotCommands.remove}
      nouns={nouns}
      close={close}
    >
      {w.deleteText}
    </DeleteSeveral>
  )
}

interface OfOneProps {
  readonly action: GroupSnapshotAsked['what']
  readonly snapshot: GroupSnapshotView
  readonly close: () => void
}

function OfOne({ action, snapshot, close }: OfOneProps) {
  const { groupSnapshots: w, shares, snapshots } = useWords()
  const problemAt = useProblemAt()
  const { id, name, description, members } = snapshot
  const params = { id }
  const of = { called: called(snapshot), nouns, close } as const
  const lost = members.length === 0 ? null : <p>{`${shares.count(members.length)}. ${w.deleteText}`}</p>
  switch (action) {
    case 'rename':
      return (
        <RenameDialog
          {...of}
          name={name}
          description={description}
          problem={(changed, field) =>
            problemAt(
              updateShareGroupSnapshot.body,
              { share_group_snapshot: changed },
              `share_group_snapshot.${field}`,
            )
          }
          save={(client, changed) =>
            client.call(updateShareGroupSnapshot, { params, body: { share_group_snapshot: changed } })
          }
          command={(changed) => groupSnapshotCommands.rename(id, changed)}
        />
      )
    case 'reset':
      return (
        <ResetDialog
          {...of}
          statuses={resettableStatuses}
          reset={(client, status) => client.act(resetShareGroupSnapshotStatus, { params, body: { status } })}
          command={(status) => groupSnapshotCommands.reset(id, status)}
        >
          {snapshots.resetText}
        </ResetDialog>
      )
    case 'delete':
      return (
        <EndDialog
          {...of}
          typed={nameOf(snapshot)}
          send={(client) => client.call(deleteShareGroupSnapshot, { params })}
          command={groupSnapshotCommands.remove([id])}
        >
          {lost}
        </EndDialog>
      )
    case 'force':
      return (
        <EndDialog
          {...of}
          typed={nameOf(snapshot)}
          send={(client) => client.act(forceDeleteShareGroupSnapshot, { params, body: null })}
          command={groupSnapshotCommands.forceRemove(id)}
        >
          <p>{snapshots.forceDeleteText}</p>
          {lost}
        </EndDialog>
      )
  }
}
