/** Dialogs about snapshots: each says what will happen, in words and numbers, before it does. */
import { Select, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { resettableSnapshotStatuses, snapshotAllows } from '../../../src/model/states.ts'
import {
  deleteSnapshot,
  forceDeleteSnapshot,
  resetSnapshotStatus,
  unmanageSnapshot,
  updateSnapshot,
} from '../../../src/wire/snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import { BulkDialog } from '../../ui/bulk-dialog.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { useFormat } from '../../ui/format.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { useWords } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import { snapshotCommands } from './commands.ts'
import { calledSnapshot, nameOfSnapshot, snapshotUsageQuery, type SnapshotView } from './queries.ts'
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
        <DeleteSeveral snapshots={asked.snapshots} close={close} />
      )
    case 'revert':
      return <RevertDialog snapshot={asked.snapshot} share={asked.share} close={close} />
    case 'rename':
      return <RenameDialog snapshot={asked.snapshot} close={close} />
    case 'reset':
      return <ResetDialog snapshot={asked.snapshot} close={close} />
    case 'unmanage':
      return <UnmanageDialog snapshot={asked.snapshot} close={close} />
    case 'force':
      return <ForceDialog snapshot={asked.snapshot} close={close} />
  }
}

/** Sends, closes, and lets everything about snapshots be read again. */
function useSending(
  close: () => void,
  send: (client: ReturnType<typeof useConsole>['client']) => Promise<unknown>,
) {
  const { client, queries } = useConsole()
  return useMutation({
    mutationFn: () => send(client),
    onSuccess: close,
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['snapshots'] }),
        queries.invalidateQueries({ queryKey: ['permissions'] }),
      ]),
  })
}

function DeleteDialog({ snapshot, close }: DialogProps) {
  const { snapshots: w } = useWords()
  const format = useFormat()
  const usage = useQuery(snapshotUsageQuery(useConsole(), snapshot.id))
  const remove = useSending(close, (client) => client.call(deleteSnapshot, { params: { id: snapshot.id } }))
  const frees = usage.data?.exclusive_bytes ?? null
  return (
    <Confirm
      title={w.deleteTitle(calledSnapshot(snapshot))}
      verb={w.deleteVerb}
      danger
      typed={nameOfSnapshot(snapshot)}
      run={() => remove.mutate()}
      close={close}
      isSending={remove.isPending}
      error={remove.error}
    >
      <p>
        {w.deleteText} {frees === null ? null : w.deleteFrees(format.bytes(frees))}
      </p>
      <CommandHint command={snapshotCommands.remove([snapshot.id])} />
    </Confirm>
  )
}

function DeleteSeveral({
  snapshots,
  close,
}: {
  readonly snapshots: readonly SnapshotView[]
  readonly close: () => void
}) {
  const { service, snapshots: w } = useWords()
  const { client, queries } = useConsole()
  // The rows as they were when it was asked: they go away one by one.
  const [asked] = useState(snapshots)
  const able = asked.filter((snapshot) => snapshotAllows.delete(snapshot))
  return (
    <BulkDialog
      title={w.deleteTitle(w.count(asked.length))}
      verb={w.deleteVerb}
      danger
      typed={w.count(asked.length)}
      rows={asked.map((snapshot) => ({
        id: snapshot.id,
        name: calledSnapshot(snapshot),
        whyNot: snapshotAllows.delete(snapshot) ? null : service.status(snapshot.status),
      }))}
      each={(id) => client.call(deleteSnapshot, { params: { id } })}
      close={close}
      after={() => queries.invalidateQueries({ queryKey: ['snapshots'] })}
    >
      <p>{w.deleteText}</p>
      <CommandHint command={snapshotCommands.remove(able.map(({ id }) => id))} />
    </BulkDialog>
  )
}

function RenameDialog({ snapshot, close }: DialogProps) {
  const { common, snapshots: w } = useWords()
  const problemAt = useProblemAt()
  const [name, setName] = useState(snapshot.name ?? '')
  const [description, setDescription] = useState(snapshot.description ?? '')
  const changed = {
    ...(name === (snapshot.name ?? '') ? {} : { display_name: name }),
    ...(description === (snapshot.description ?? '') ? {} : { display_description: description }),
  }
  const isUnchanged = Object.keys(changed).length === 0
  const body = { snapshot: changed }
  const save = useSending(close, (client) =>
    client.call(updateSnapshot, { params: { id: snapshot.id }, body }),
  )
  const problem = (field: string) => problemAt(updateSnapshot.body, body, `snapshot.${field}`)
  return (
    <Confirm
      title={w.renameTitle(calledSnapshot(snapshot))}
      verb={common.save}
      run={isUnchanged ? close : () => save.mutate()}
      close={close}
      isSending={save.isPending}
      error={save.error}
    >
      <TextInput
        label={common.name}
        value={name}
        data-autofocus
        error={problem('display_name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label={common.description}
        value={description}
        autosize
        minRows={2}
        maxRows={6}
        error={problem('display_description')}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      {isUnchanged ? null : (
        <CommandHint
          command={snapshotCommands.rename(snapshot.id, {
            name: changed.display_name,
            description: changed.display_description,
          })}
        />
      )}
    </Confirm>
  )
}

function ResetDialog({ snapshot, close }: DialogProps) {
  const { common, service, snapshots: w } = useWords()
  const [status, setStatus] = useState('available')
  const reset = useSending(close, (client) =>
    client.act(resetSnapshotStatus, { params: { id: snapshot.id }, body: { status } }),
  )
  return (
    <Confirm
      title={w.resetTitle(calledSnapshot(snapshot))}
      verb={w.resetStatus}
      run={() => reset.mutate()}
      close={close}
      isSending={reset.isPending}
      error={reset.error}
    >
      <p>{w.resetText}</p>
      <Select
        label={common.status}
        allowDeselect={false}
        data={resettableSnapshotStatuses.map((value) => ({ value, label: service.status(value) }))}
        value={status}
        onChange={(value) => setStatus(value ?? status)}
      />
      <CommandHint command={snapshotCommands.reset(snapshot.id, status)} />
    </Confirm>
  )
}

function UnmanageDialog({ snapshot, close }: DialogProps) {
  const { snapshots: w } = useWords()
  const letGo = useSending(close, (client) =>
    client.act(unmanageSnapshot, { params: { id: snapshot.id }, body: null }),
  )
  return (
    <Confirm
      title={w.unmanageTitle(calledSnapshot(snapshot))}
      verb={w.unmanageVerb}
      danger
      run={() => letGo.mutate()}
      close={close}
      isSending={letGo.isPending}
      error={letGo.error}
    >
      <p>{w.unmanageText}</p>
      <CommandHint command={snapshotCommands.abandon(snapshot.id)} />
    </Confirm>
  )
}

function ForceDialog({ snapshot, close }: DialogProps) {
  const { snapshots: w } = useWords()
  const remove = useSending(close, (client) =>
    client.act(forceDeleteSnapshot, { params: { id: snapshot.id }, body: null }),
  )
  return (
    <Confirm
      title={w.deleteTitle(calledSnapshot(snapshot))}
      verb={w.deleteVerb}
      danger
      typed={nameOfSnapshot(snapshot)}
      run={() => remove.mutate()}
      close={close}
      isSending={remove.isPending}
      error={remove.error}
    >
      <p>
        {w.forceDeleteText} {w.deleteText}
      </p>
      <CommandHint command={snapshotCommands.forceRemove(snapshot.id)} />
    </Confirm>
  )
}
