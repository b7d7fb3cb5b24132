/** An administrator writes a status or a task state by hand. */
import { Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { resettableStatuses, taskStates } from '../../../../src/model/states.ts'
import { resetShareStatus, resetTaskState } from '../../../../src/wire/shares/schema.ts'
import { useConsole } from '../../../api/console.ts'
import { CommandHint } from '../../../ui/command-hint.tsx'
import { FormDialog } from '../../../ui/form-dialog.tsx'
import { useWords } from '../../../words/index.ts'
import type { ShareView } from '../queries.ts'
import { nameOf } from '../../../ui/thing-name.ts'
import { shareCommands } from '../commands.ts'

interface ResetDialogProps {
  readonly what: 'reset-status' | 'reset-task-state'
  readonly share: ShareView
  readonly close: () => void
}

/** What the command line and the field call no task state. */
const none = 'none'

export function ResetDialog({ what, share, close }: ResetDialogProps) {
  const { service, shares: w } = useWords()
  const { client, queries } = useConsole()
  const isStatus = what === 'reset-status'
  const [value, setValue] = useState(isStatus ? 'available' : none)
  const reset = useMutation({
    mutationFn: async () => {
      const params = { id: share.id }
      if (isStatus) await client.act(resetShareStatus, { params, body: { status: value } })
      else await client.call(resetTaskState, { params, body: { task_state: value === none ? null : value } })
    },
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: ['shares'] }),
  })
  const words = w.deeds[what]
  const options = isStatus
    ? resettableStatuses.map((status) => ({ value: status, label: service.status(status) }))
    : [
        { value: none, label: w.advanced.noTaskState },
        ...taskStates.map((state) => ({ value: state, label: service.status(state) })),
      ]
  return (
    <FormDialog
      title={words.title(nameOf(share))}
      verb={words.verb}
      danger
      run={() => reset.mutate()}
      close={close}
      isSending={reset.isPending}
      error={reset.error}
    >
      <Select
        label={isStatus ? w.advanced.newStatus : w.advanced.newTaskState}
        data={options}
        value={value}
        data-autofocus
        onChange={(next) => setValue(next ?? value)}
      />
      <p>{w.texts[what]}</p>
      <CommandHint
        command={(isStatus ? shareCommands.resetStatus : shareCommands.resetTaskState)(share.id, value)}
      />
    </FormDialog>
  )
}
