/** Dialogs about snapshots: each says what will happen, in words and numbers, before it does. */
import { Select, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { resettableSnapshotStatuses } from '../../../src/model/states.ts'
import {
  deleteSnapshot,
  forceDeleteSnapshot,
  resetSnapshotStatus,
  unmanageSnapshot,
  updateSnapshot,
} from '../../../src/wire/snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { useFormat } from '../../ui/format.ts'
import { problemAt } from '../../ui/problem-at.ts'
import { command } from '../../ui/shell-quote.ts'
import { spaced } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import { nameOfSnapshot, snapshotUsageQuery, type SnapshotView } from './queries.ts'
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
      return <DeleteDialog snapshots={asked.snapshots} close={close} />
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

function DeleteDialog({
  snapshots,
  close,
}: {
  readonly snapshots: readonly SnapshotView[]
  readonly close: () => void
}) {
  const { snapshots: w } = useWords()
  const format = useFormat()
  const console = useConsole()
  const only = snapshots.length === 1 ? snapshots[0] : undefined
  const usage = useQuery({
    ...snapshotUsageQuery(console, only?.id ?? ''),
    ...(only === undefined ? { enabled: false } : {}),
  })
  const remove = useSending(close, async (client) => {
    for (const { id } of snapshots) await client.call(deleteSnapshot, { params: { id } })
  })
  const frees = usage.data?.exclusive_bytes ?? null
  return (
    <Confirm
      title={w.deleteTitle(only === undefined ? w.count(snapshots.length) : nameOfSnapshot(only))}
      verb={w.deleteVerb}
      danger
      typed={only === undefined ? w.count(snapshots.length) : nameOfSnapshot(only)}
      run={() => remove.mutate()}
      close={close}
      isSending={remove.isPending}
      error={remove.error}
    >
      <p>
        {w.deleteText} {frees === null ? null : w.deleteFrees(format.bytes(frees))}
      </p>
      <CommandHint
        command={command(
          'manila',
          'snapshot',
          'delete',
          snapshots.slice(0, 20).map(({ id }) => id),
        )}
      />
    </Confirm>
  )
}

function RenameDialog({ snapshot, close }: DialogProps) {
  const { common, snapshots: w } = useWords()
  const [name, setName] = useState(snapshot.name ?? '')
  const [description, setDescription] = useState(snapshot.description ?? '')
  const body = {
    snapshot: {
      display_name: name === '' ? null : name,
      display_description: description === '' ? null : description,
    },
  }
  const save = useSending(close, (client) =>
    client.call(updateSnapshot, { params: { id: snapshot.id }, body }),
  )
  const problem = (field: string) => problemAt(updateSnapshot.body, body, `snapshot.${field}`)
  return (
    <Confirm
      title={w.renameTitle(nameOfSnapshot(snapshot))}
      verb={common.save}
      run={() => save.mutate()}
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
      <CommandHint
        command={command(
          'manila',
          'snapshot',
          'set',
          snapshot.id,
          ['--name', name],
          ['--description', description],
        )}
      />
    </Confirm>
  )
}

function ResetDialog({ snapshot, close }: DialogProps) {
  const { common, snapshots: w } = useWords()
  const [status, setStatus] = useState('available')
  const reset = useSending(close, (client) =>
    client.act(resetSnapshotStatus, { params: { id: snapshot.id }, body: { status } }),
  )
  return (
    <Confirm
      title={w.resetTitle(nameOfSnapshot(snapshot))}
      verb={common.save}
      run={() => reset.mutate()}
      close={close}
      isSending={reset.isPending}
      error={reset.error}
    >
      <p>{w.resetText}</p>
      <Select
        label={common.status}
        allowDeselect={false}
        data={resettableSnapshotStatuses.map((value) => ({ value, label: spaced(value) }))}
        value={status}
        onChange={(value) => setStatus(value ?? status)}
      />
      <CommandHint command={command('manila', 'snapshot', 'set', snapshot.id, '--status', status)} />
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
      title={w.unmanageTitle(nameOfSnapshot(snapshot))}
      verb={w.unmanageVerb}
      danger
      run={() => letGo.mutate()}
      close={close}
      isSending={letGo.isPending}
      error={letGo.error}
    >
      <p>{w.unmanageText}</p>
      <CommandHint command={command('manila', 'snapshot', 'abandon', snapshot.id)} />
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
      title={w.deleteTitle(nameOfSnapshot(snapshot))}
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
      <CommandHint command={command('manila', 'snapshot', 'delete', snapshot.id, '--force')} />
    </Confirm>
  )
}
