/** Directly below the head of what is worked on, or what failed: what happens, since when, why, and what happens by itself. */
import type { ReactNode } from 'react'
import type { OperationView } from '../../src/sdk/watch.ts'
import { useWords } from '../words/index.ts'
import { instant } from './format.ts'
import { Notice } from './notice.tsx'
import { visible } from './plain-text.tsx'
import { toneOf } from './status.tsx'
import { RetryOperation } from './retry-operation.tsx'
import { Steps } from './steps.tsx'
import { useNow } from './time.tsx'

interface OperationPanelProps {
  readonly operation: OperationView | null
  /** Of what it works on: an old failure is no news of a share that is available. */
  readonly status: string
  readonly actions?: ReactNode
}

export function OperationPanel({ operation, status, actions }: OperationPanelProps) {
  const { operations: w, service } = useWords()
  const now = useNow()
  if (operation === null) return null
  const kind = service.kind(operation.kind)
  if (operation.finished_at === null) {
    return (
      <Notice tone="working" title={w.underWay(kind)} actions={actions}>
        <Steps operation={operation} now={Math.max(now, instant(operation.updated_at))} />
        <p>{w.goesOn}</p>
      </Notice>
    )
  }
  if (operation.state !== 'failed' || toneOf(status) !== 'bad') return null
  return (
    <Notice
      tone="bad"
      title={w.hasFailed(kind)}
      actions={
        <>
          <RetryOperation operation={operation} kind={kind} />
          {actions}
        </>
      }
    >
      {operation.cause === null ? null : <p>{visible(service.cause(operation.cause))}</p>}
      {operation.cause?.detail === undefined || operation.cause.detail === null ? null : (
        <p lang="en">{visible(operation.cause.detail)}</p>
      )}
      {operation.cause?.retryable === true ? <p>{w.canRepeat}</p> : null}
      <Steps operation={operation} now={now} />
    </Notice>
  )
}
