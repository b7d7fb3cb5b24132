/** Cancel what runs, try again what failed. */
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { cancelOperation, retryOperation } from '../../../src/wire/operations/schema.ts'
import { useConsole } from '../../api/console.ts'
import type { usePermissions } from '../../api/permissions.ts'
import { present, type Action } from '../../ui/actions.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { operationCommands } from '../../ui/operation-commands.ts'
import { useWords, type Words } from '../../words/index.ts'
import { kindOf } from './columns.tsx'
import { isRunning, type OperationRow } from './queries.ts'

export interface OperationAsked {
  readonly what: 'cancel' | 'retry'
  readonly operation: OperationRow
}

export function operationActions(
  { activity: w }: Words,
  permissions: ReturnType<typeof usePermissions>,
  canRetry: boolean,
  operation: OperationRow,
  ask: (asked: OperationAsked) => void,
): readonly Action[] {
  const { id } = operation
  const whyNot = (name: string, fallback: string): string | null => {
    const { allowed, why } = permissions.verdict(id, name)
    return allowed ? null : (why ?? fallback)
  }
  return present(
    canRetry &&
      !isRunning(operation) &&
      operation.state !== 'done' &&
      !permissions.hidden(id, 'retry') && {
        key: 'retry',
        label: w.retry,
        run: () => ask({ what: 'retry', operation }),
        whyNot: whyNot('retry', w.notFailed),
      },
    isRunning(operation) &&
      !permissions.hidden(id, 'cancel') && {
        key: 'cancel',
        label: w.cancel,
        danger: true,
        run: () => ask({ what: 'cancel', operation }),
        whyNot: operation.cancel_requested ? w.cancelAsked : whyNot('cancel', w.notRunning),
      },
  )
}

export function OperationDialog({
  asked,
  close,
}: {
  readonly asked: OperationAsked
  readonly close: () => void
}) {
  const { activity: w } = useWords()
  const { client, queries } = useConsole()
  const navigate = useNavigate()
  const { what, operation } = asked
  const isRetry = what === 'retry'
  const send = useMutation({
    mutationFn: async () => {
      const input = { params: { id: operation.id }, body: null }
      const answer = isRetry
        ? await client.act(retryOperation, input)
        : await client.act(cancelOperation, input)
      return answer as { readonly operation?: OperationRow } | null
    },
    onSuccess: async (answer) => {
      close()
      const next = answer?.operation?.id
      if (next !== undefined) await navigate({ to: '/activity/$id', params: { id: next } })
    },
    onSettled: () =>
      Promise.all(
        ['operations', 'permissions', 'shares', 'snapshots'].map((noun) =>
          queries.invalidateQueries({ queryKey: [noun] }),
        ),
      ),
  })
  return (
    <Confirm
      title={isRetry ? w.retryTitle(kindOf(operation)) : w.cancelTitle(kindOf(operation))}
      verb={isRetry ? w.retry : w.cancelVerb}
      danger={!isRetry}
      run={() => send.mutate()}
      close={close}
      isSending={send.isPending}
      error={send.error}
    >
      <p>{isRetry ? w.retryText : w.cancelText}</p>
      {isRetry && operation.kind.includes('revert') ? <p>{w.retryRevertText}</p> : null}
      <CommandHint command={operationCommands[what](operation.id)} />
    </Confirm>
  )
}
