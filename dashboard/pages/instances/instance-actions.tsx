/** What an administrator can do with an instance by hand, and what is asked first. */
import { Select } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { shareStatuses } from '../../../src/model/states.ts'
import {
  forceDeleteShareInstance,
  forceDeleteShareInstanceLegacy,
  resetShareInstanceStatus,
  resetShareInstanceStatusLegacy,
} from '../../../src/wire/share-instances/schema.ts'
import { useConsole } from '../../api/console.ts'
import type { Action } from '../../ui/actions.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { spaced, Status } from '../../ui/status.tsx'
import { useWords, type Words } from '../../words/index.ts'
import { instanceCommands } from './commands.ts'
import type { InstanceView } from './queries.ts'

export interface InstanceAsked {
  readonly what: 'reset' | 'remove'
  readonly instance: InstanceView
}

export const instanceActions = (
  { instances: w }: Words,
  instance: InstanceView,
  ask: (asked: InstanceAsked) => void,
): readonly Action[] => [
  { key: 'reset', label: w.reset, run: () => ask({ what: 'reset', instance }) },
  { key: 'remove', label: w.remove, danger: true, run: () => ask({ what: 'remove', instance }) },
]

export function InstanceDialog({
  asked,
  close,
}: {
  readonly asked: InstanceAsked
  readonly close: () => void
}) {
  return asked.what === 'reset' ? (
    <Reset instance={asked.instance} close={close} />
  ) : (
    <Remove instance={asked.instance} close={close} />
  )
}

interface DialogProps {
  readonly instance: InstanceView
  readonly close: () => void
}

function useAgain(): () => Promise<unknown> {
  const { queries } = useConsole()
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ['instances'] }),
      queries.invalidateQueries({ queryKey: ['shares'] }),
    ])
}

function Reset({ instance, close }: DialogProps) {
  const { common, instances: w } = useWords()
  const { client } = useConsole()
  const again = useAgain()
  const [status, choose] = useState('available')
  const reset = useMutation({
    mutationFn: () =>
      client.call(client.pick(resetShareInstanceStatus, resetShareInstanceStatusLegacy as never), {
        params: { id: instance.id },
        body: { status },
      }),
    onSuccess: close,
    onSettled: again,
  })
  return (
    <Confirm
      title={w.resetTitle(instance.id.slice(0, 8))}
      verb={w.resetVerb}
      danger
      run={() => reset.mutate()}
      close={close}
      isSending={reset.isPending}
      error={reset.error}
    >
      <p>{w.resetText}</p>
      <p>
        {common.status}: <Status status={instance.status} />
      </p>
      <Select
        label={w.status}
        searchable
        data={shareStatuses.map((value) => ({ value, label: spaced(value) }))}
        value={status}
        onChange={(next) => choose(next ?? status)}
      />
      <CommandHint command={instanceCommands.reset(instance.id, status)} />
    </Confirm>
  )
}

function Remove({ instance, close }: DialogProps) {
  const { instances: w } = useWords()
  const { client } = useConsole()
  const again = useAgain()
  const short = instance.id.slice(0, 8)
  const remove = useMutation({
    mutationFn: () =>
      client.call(client.pick(forceDeleteShareInstance, forceDeleteShareInstanceLegacy as never), {
        params: { id: instance.id },
        body: null,
      }),
    onSuccess: close,
    onSettled: again,
  })
  return (
    <Confirm
      title={w.removeTitle(short)}
      verb={w.removeVerb}
      danger
      typed={short}
      run={() => remove.mutate()}
      close={close}
      isSending={remove.isPending}
      error={remove.error}
    >
      <p>{w.removeText}</p>
      <CommandHint command={instanceCommands.remove(instance.id)} />
    </Confirm>
  )
}
