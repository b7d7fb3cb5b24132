/** Directly below the head: what is under way, or what failed and why, and what can be done about it now. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { ActionButton, helpful, type Action } from '../../ui/actions.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { OperationPanel } from '../../ui/operation-panel.tsx'
import { toneOf } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { newestOperationQuery, type ShareView } from './queries.ts'

interface SharePanelProps {
  readonly share: ShareView
  /** All that can be done with the share. */
  readonly actions: readonly Action[]
}

export function SharePanel({ share, actions }: SharePanelProps) {
  const { shares: w } = useWords()
  const console = useConsole()
  const { data, isLoading } = useQuery(newestOperationQuery(console, share.id))
  const operation = data ?? null
  const isBad = toneOf(share.status) === 'bad'
  const messages = (
    <Button
      component={Link}
      variant="default"
      {...({ to: '/shares/$id', params: { id: share.id }, search: { tab: 'activity' } } as object)}
    >
      {w.panel.messages}
    </Button>
  )
  const contact =
    operation === null || operation.state !== 'failed'
      ? null
      : w.panel.contactText(
          share.id,
          operation.id,
          operation.request_id,
          operation.cause?.message ?? operation.state,
        )
  return (
    <OperationPanel
      operation={isLoading ? undefined : operation}
      status={share.status}
      actions={
        isBad ? (
          <>
            {messages}
            {helpful(actions).map((action) => (
              <ActionButton key={action.key} action={action} />
            ))}
            {contact === null ? null : (
              <span>
                {w.panel.contact} <CopyButton text={contact} what={w.panel.contact} />
              </span>
            )}
          </>
        ) : undefined
      }
    />
  )
}
