/** Directly below the head: what is under way, or what failed and why, and what can be done about it now. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { ActionButton, type Action } from '../../ui/actions.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Notice } from '../../ui/notice.tsx'
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
  const { service, shares: w } = useWords()
  const console = useConsole()
  const { data: operation = null } = useQuery(newestOperationQuery(console, share.id))
  const remove = actions.find(({ key }) => key === 'delete')
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
  // The original, or one whose operation is forgotten: a status is all that is known.
  if (isBad && (operation === null || operation.state !== 'failed') && operation?.finished_at !== null) {
    return (
      <Notice
        tone="bad"
        title={w.panel.failed}
        actions={
          <>
            {messages}
            {remove === undefined ? null : <ActionButton action={remove} />}
          </>
        }
      >
        <p>{w.panel.failedText}</p>
      </Notice>
    )
  }
  const contact =
    operation === null
      ? null
      : w.panel.contactText(
          share.id,
          operation.id,
          operation.request_id,
          operation.cause === null ? service.status(operation.state) : service.cause(operation.cause),
        )
  return (
    <OperationPanel
      operation={operation}
      status={share.status}
      actions={
        isBad ? (
          <>
            {messages}
            {remove === undefined ? null : <ActionButton action={remove} />}
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
