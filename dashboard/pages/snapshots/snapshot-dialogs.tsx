/** Dialogs about snapshots: each says what will happen, in words and numbers, before it does. */
import { useQuery } from '@tanstack/react-query'
import { resettableSnapshotStatuses, snapshotAllows } from '../../../src/model/states.ts'
import {
  deleteSnapshot,
  forceDeleteSnapshot,
  resetSnapshotStatus,
  unmanageSnapshot,
  updateSnapshot,
} from '../../../src/wire/snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import { useFormat } from '../../ui/format.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { DeleteSeveral, EndDialog, RenameDialog, ResetDialog, type Changed } from '../../ui/thing-dialogs.tsx'
import { called, nameOf } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import { snapshotCommands } from './commands.ts'
import { snapshotUsageQuery, type SnapshotView } from './queries.ts'
import { RevertDialog } from './revert-dialog.tsx'

export type SnapshotAsked =
  | { readonly what: 'delete'; readonly snapshots: readonly SnapshotView[] }
  | { readonly what: 'revert'; readonly snapshot: SnapshotView; readonly share: ShareView }
  | { readonly what: 'rename' | 'reset' | 'unmanage' | 'force'; readonly snapshot: SnapshotView }

interface DialogProps {
  readonly snapshot: SnapshotView
  readonly close: () => void
}

export function SnapshotDialog({
  asked,
  close,
}: {
  readonly asked: SnapshotAsked
  readonly close: () => void
}) {
  switch (asked.what) {
    case 'delete':
      return asked.snapshots.length === 1 ? (
        <DeleteDialog snapshot={asked.snapshots[0] as SnapshotView} close={close} />
      ) : (
        <Several snapshots={asked.snapshots} close={close} />
      )
    case 'revert':
      return <RevertDialog snapshot={asked.snapshot} share={asked.share} close={close} />
    case 'rename':
      return <Rename snapshot={asked.snapshot} close={close} />
    case 'reset':
      return <Reset snapshot={asked.snapshot} close={close} />
    case 'unmanage':
      return <UnmanageDialog snapshot={asked.snapshot} close={close} />
    case 'force':
      return <ForceDialog snapshot={asked.snapshot} close={close} />
  }
}

/** What every one of them says of it. */
const of = ({ snapshot, close }: DialogProps) =>
  ({ called: called(snapshot), nouns: ['snapshots'], close }) as const

function DeleteDialog(props: DialogProps) {
  const { snapshot } = props
  const { snapshots: w } = useWords()
  const format = useFormat()
  const usage = useQuery(snapshotUsageQuery(useConsole(), snapshot.id))
  const frees = usage.data?.exclusive_bytes ?? null
  return (
    <EndDialog
      {...of(props)}
      typed={nameOf(snapshot)}
      send={(client) => client.call(deleteSnapshot, { params: { id: snapshot.id } })}
      command={snapshotCommands.remove([snapshot.id])}
    >
      <p>
        {w.deleteText} {frees === null ? null : w.deleteFrees(format.bytes(frees))}
      </p>
    </EndDialog>
  )
}

interface SeveralProps {
  readonly snapshots: readonly SnapshotView[]
  readonly close: () => void
}

function Several({ snapshots, close }: SeveralProps) {
  const { service, snapshots: w } = useWords()
  return (
    <DeleteSeveral
      rows={snapshots.map((snapshot) => ({
        id: snapshot.id,
        name: called(snapshot),
        whyNot: snapshotAllows.delete(snapshot) ? null : service.status(snapshot.status),
      }))}
      count={w.count}
      each={(client, id) => client.call(deleteSnapshot, { params: { id } })}
      command={snapshotCommands.remove}
      nouns={['snapshots']}
      close={close}
    >
      {w.deleteText}
    </DeleteSeveral>
  )
}

function Rename(props: DialogProps) {
  const { snapshot } = props
  const problemAt = useProblemAt()
  const bodyOf = ({ name, description }: Changed) => ({
    snapshot: {
      ...(name === undefined ? {} : { display_name: name }),
      ...(description === undefined ? {} : { display_description: description }),
    },
  })
  return (
    <RenameDialog
      {...of(props)}
      name={snapshot.name}
      description={snapshot.description}
      problem={(changed, field) =>
        problemAt(updateSnapshot.body, bodyOf(changed), `snapshot.display_${field}`)
      }
      save={(client, changed) =>
        client.call(updateSnapshot, { params: { id: snapshot.id }, body: bodyOf(changed) })
      }
      command={({ name, description }) => snapshotCommands.rename(snapshot.id, { name, description })}
    />
  )
}

function Reset(props: DialogProps) {
  const { id } = props.snapshot
  const { snapshots: w } = useWords()
  return (
    <ResetDialog
      {...of(props)}
      statuses={resettableSnapshotStatuses}
      reset={(client, status) => client.act(resetSnapshotStatus, { params: { id }, body: { status } })}
      command={(status) => snapshotCommands.reset(id, status)}
    >
      {w.resetText}
    </ResetDialog>
  )
}

function UnmanageDialog(props: DialogProps) {
  const { id } = props.snapshot
  const { snapshots: w } = useWords()
  return (
    <EndDialog
      {...of(props)}
      title={w.unmanageTitle(called(props.snapshot))}
      verb={w.unmanageVerb}
      send={(client) => client.act(unmanageSnapshot, { params: { id }, body: null })}
      command={snapshotCommands.abandon(id)}
    >
      <p>{w.unmanageText}</p>
    </EndDialog>
  )
}

function ForceDialog(props: DialogProps) {
  const { snapshot } = props
  const { snapshots: w } = useWords()
  return (
    <EndDialog
      {...of(props)}
      typed={nameOf(snapshot)}
      send={(client) => client.act(forceDeleteSnapshot, { params: { id: snapshot.id }, body: null })}
      command={snapshotCommands.forceRemove(snapshot.id)}
    >
      <p>
        {w.forceDeleteText} {w.deleteText}
      </p>
    </EndDialog>
  )
}
