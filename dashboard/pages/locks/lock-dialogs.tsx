/** Changes why something is locked, or takes the lock away. */
import { Select, Textarea } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { deleteLock, updateLock } from '../../../src/wire/resource-locks/schema.ts'
import { useConsole } from '../../api/console.ts'
import { BulkDialog } from '../../ui/bulk-dialog.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { problemAt } from '../../ui/problem-at.ts'
import { useWords } from '../../words/index.ts'
import { lockCommands } from './commands.ts'
import type { LockView } from './queries.ts'

export type LockAsked =
  | { readonly what: 'edit'; readonly lock: LockView }
  | { readonly what: 'delete'; readonly locks: readonly LockView[] }

interface LockDialogProps {
  readonly asked: LockAsked
  readonly nameOf: (lock: LockView) => string
  readonly close: () => void
}

export function LockDialog({ asked, nameOf, close }: LockDialogProps) {
  return asked.what === 'edit' ? (
    <EditDialog lock={asked.lock} close={close} />
  ) : (
    <DeleteDialog locks={asked.locks} nameOf={nameOf} close={close} />
  )
}

const stale = ['locks', 'permissions', 'access-rules', 'shares']

function EditDialog({ lock, close }: { readonly lock: LockView; readonly close: () => void }) {
  const { common, locks: w } = useWords()
  const { client, queries } = useConsole()
  const [reason, setReason] = useState(lock.lock_reason ?? '')
  const [action, setAction] = useState(lock.resource_action)
  const body = {
    resource_lock: {
      lock_reason: reason === '' ? null : reason,
      ...(action === lock.resource_action ? {} : { resource_action: action as never }),
    },
  }
  const save = useMutation({
    mutationFn: () => client.call(updateLock, { params: { id: lock.id }, body }),
    onSuccess: close,
    onSettled: () => Promise.all(stale.map((noun) => queries.invalidateQueries({ queryKey: [noun] }))),
  })
  return (
    <Confirm
      title={w.editTitle}
      verb={common.save}
      run={() => save.mutate()}
      close={close}
      isSending={save.isPending}
      error={save.error}
    >
      {lock.resource_type === 'access_rule' ? (
        <Select
          label={w.action}
          allowDeselect={false}
          data={Object.entries(w.actions).map(([value, label]) => ({ value, label }))}
          value={action}
          onChange={(value) => setAction(value ?? action)}
        />
      ) : null}
      <Textarea
        label={w.reason}
        value={reason}
        autosize
        minRows={2}
        maxRows={6}
        data-autofocus
        error={problemAt(updateLock.body, body, 'resource_lock.lock_reason')}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <CommandHint
        command={lockCommands.edit(lock.id, reason, action === lock.resource_action ? undefined : action)}
      />
    </Confirm>
  )
}

function DeleteDialog({
  locks,
  nameOf,
  close,
}: {
  readonly locks: readonly LockView[]
  readonly nameOf: (lock: LockView) => string
  readonly close: () => void
}) {
  const { locks: w } = useWords()
  const { client, queries } = useConsole()
  const [asked] = useState(locks)
  const only = asked.length === 1 ? asked[0] : undefined
  return (
    <BulkDialog
      title={w.deleteTitle(only === undefined ? w.count(asked.length) : nameOf(only))}
      verb={w.deleteVerb}
      danger
      rows={asked.map((lock) => ({ id: lock.id, name: nameOf(lock), whyNot: null }))}
      each={(id) => client.call(deleteLock, { params: { id } })}
      close={close}
      after={() => Promise.all(stale.map((noun) => queries.invalidateQueries({ queryKey: [noun] })))}
    >
      <p>{w.deleteText}</p>
      <CommandHint command={lockCommands.remove(asked.map(({ id }) => id))} />
    </BulkDialog>
  )
}
