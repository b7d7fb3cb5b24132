/** An error of the service, for people: what did not happen, why, what now, and how an administrator finds it. */
import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { ApiError } from '../../src/sdk/api-error.ts'
import { useWords, type Words } from '../words/index.ts'
import { CopyText } from './copy.tsx'
import { Notice } from './notice.tsx'
import { visible } from './plain-text.tsx'

interface FailureProps {
  readonly error: unknown
  /** What was tried, as the end of "… did not happen"; absent for reading. */
  readonly what?: string
  readonly again?: (() => void) | undefined
  /** Where to go instead, as a link. */
  readonly next?: ReactNode
}

export function Failure({ error, what, again, next }: FailureProps) {
  const { common, service } = useWords()
  const told = sentencesOf(error, common, service)
  const requestId = error instanceof ApiError ? error.requestId : null
  return (
    <Notice
      tone="bad"
      urgent
      title={what === undefined ? told.title : common.failed(what)}
      actions={
        again === undefined ? (
          next
        ) : (
          <Button variant="default" onClick={again}>
            {common.tryAgain}
          </Button>
        )
      }
    >
      <div>{told.why}</div>
      {requestId === null ? null : (
        <div>
          {common.requestId} <CopyText text={requestId} what={common.requestId} />
        </div>
      )}
    </Notice>
  )
}

function sentencesOf(
  error: unknown,
  common: Words['common'],
  service: Words['service'],
): { readonly title: string; readonly why: string } {
  if (!(error instanceof ApiError))
    return {
      title: common.somethingFailed,
      why: visible(error instanceof Error ? error.message : String(error)),
    }
  const why = visible(service.sentence(error.message))
  switch (error.status) {
    case 0:
    case 502:
    case 503:
    case 504:
      return { title: common.noAnswer, why }
    case 403:
    case 413:
      // Some verbs answer 403 for it: no role would help.
      if (error.message.startsWith('Quota exceeded'))
        return { title: common.somethingFailed, why: `${why} ${common.quotaNext}` }
      if (error.status === 413) return { title: common.somethingFailed, why }
      return { title: common.forbidden, why: `${why} ${common.forbiddenNext}` }
    case 404:
      return { title: common.gone, why: common.goneNext }
    default:
      return { title: common.somethingFailed, why }
  }
}
