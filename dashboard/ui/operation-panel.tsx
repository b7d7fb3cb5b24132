/** Directly below the head of what is worked on, or what failed: what happens, since when, why, and what happens by itself. */
import type { ReactNode } from 'react'
import type { OperationView } from '../../src/sdk/watch.ts'
import { useWords } from '../words/index.ts'
import { instant } from './format.ts'
import { Notice } from './notice.tsx'
import { visible } from './plain-text.tsx'
import { toneOf, titled } from './status.tsx'
import { RetryOperation } from './retry-operation.tsx'
import { Steps } from './steps.tsx'
import { useNow } from './time.tsx'

/** Milliseconds for which what was refused is news of what is as usable as before. */
const newsMs = 3_600_000

interface OperationPanelProps {
  /** The newest; null where none is known, undefined while it is read. */
  readonly operation: OperationView | null | undefined
  /** Of what it works on. */
  readonly status: string
  readonly actions?: ReactNode
}

export function OperationPanel({ operation, status, actions }: OperationPanelProps) {
  const { operations: w } = useWords()
  const now = useNow()
  if (operation === undefined) return null
  const isBad = toneOf(status) === 'bad'
  const kind = titled(operation?.kind ?? '')
  if (operation !== null && operation.finished_at === null) {
    return (
      <Notice
        tone="working"
        title={operation.state === 'undoing' ? w.isUndone(kind) : w.underWay(kind)}
        actions={actions}
      >
        {operation.cause === null ? null : (
          <p>
            {operation.state === 'undoing' ? null : w.lastTry} {visible(operation.cause.message ?? '')}
          </p>
        )}
        <Steps operation={operation} now={Math.max(now, instant(operation.updated_at))} />
        <p>{w.goesOn}</p>
      </Notice>
    )
  }
  // The original, or one whose operation is forgotten: a status is all that is known.
  if (operation === null || operation.state === 'done')
    return isBad ? (
      <Notice tone="bad" title={w.unexplained} actions={actions}>
        <p>{w.unexplainedText}</p>
      </Notice>
    ) : null
  const isNews = operation.state === 'failed' && now - instant(operation.finished_at ?? '') < newsMs
  if (!isBad && !isNews) return null
  return (
    <Notice
      tone={isBad ? 'bad' : 'warning'}
      title={operation.state === 'failed' ? w.hasFailed(kind) : w.wasCancelled(kind)}
      actions={
        <>
          <RetryOperation operation={operation} kind={kind} />
          {isBad ? actions : null}
        </>
      }
    >
      <p>{visible(operation.cause?.message ?? '')}</p>
      {operation.cause?.detail === undefined || operation.cause.detail === null ? null : (
        <p>{visible(operation.cause.detail)}</p>
      )}
      {operation.cause?.retryable === true ? <p>{w.canRepeat}</p> : null}
      <Steps operation={operation} now={now} />
    </Notice>
  )
}
