/** Asks once more for what failed, where the service can: its button, and the question before it. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import type { OperationView } from '../../src/sdk/watch.ts'
import { retryOperation } from '../../src/wire/operations/schema.ts'
import { useCan, useConsole } from '../api/console.ts'
import { usePermissions } from '../api/permissions.ts'
import { useWords } from '../words/index.ts'
import { operationCommands } from './operation-commands.ts'
import { ActionButton } from './actions.tsx'
import { CommandHint } from './command-hint.tsx'
import { Confirm } from './confirm.tsx'

export function RetryOperation({
  operation,
  kind,
}: {
  readonly operation: OperationView
  readonly kind: string
}) {
  const { activity: w } = useWords()
  const { client, queries } = useConsole()
  const canRetry = useCan('operation-retry')
  const permissions = usePermissions('operation', [operation])
  const [isAsked, setAsked] = useState(false)
  const retry = useMutation({
    mutationFn: () => client.act(retryOperation, { params: { id: operation.id }, body: null }),
    onSuccess: () => setAsked(false),
    onSettled: () => queries.invalidateQueries(),
  })
  if (!canRetry || permissions.hidden(operation.id, 'retry')) return null
  const { allowed, why } = permissions.verdict(operation.id, 'retry')
  return (
    <>
      <ActionButton
        action={{
          key: 'retry',
          label: w.retry,
          run: () => setAsked(true),
          whyNot: allowed ? null : (why ?? w.notFailed),
        }}
      />
      {isAsked ? (
        <Confirm
          title={w.retryTitle(kind)}
          verb={w.retry}
          danger={operation.kind.includes('revert')}
          run={() => retry.mutate()}
          close={() => setAsked(false)}
          isSending={retry.isPending}
          error={retry.error}
        >
          <p>{w.retryText}</p>
          {operation.kind.includes('revert') ? <p>{w.retryRevertText}</p> : null}
          <CommandHint command={operationCommands.retry(operation.id)} />
        </Confirm>
      ) : null}
    </>
  )
}
