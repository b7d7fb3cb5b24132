/** Turns a failure into what is said on stderr and the exit code. No stack traces: those are `--debug`'s. */
import { ApiError } from '../sdk/api-error.ts'
import { CommandFailure, exitCodes } from './exit-codes.ts'
import { escapeControls } from './output/escape.ts'
import { UsageError } from './usage-error.ts'

export interface Explanation {
  readonly lines: readonly string[]
  readonly exitCode: number
}

/** What failed, in the server's sentence; then the request id and, where it helps, what to do. */
export function explain(error: unknown): Explanation {
  const { lines, exitCode } = explained(error)
  return { lines: lines.map(escapeControls), exitCode }
}

function explained(error: unknown): Explanation {
  if (error instanceof UsageError) return { lines: [error.message], exitCode: exitCodes.usage }
  if (error instanceof CommandFailure) {
    return { lines: [error.message, ...error.details], exitCode: error.exitCode }
  }
  if (error instanceof ApiError) return ofApi(error)
  if (error instanceof Error && error.name === 'AbortError') {
    return { lines: ['Stopped.'], exitCode: exitCodes.interrupted }
  }
  const what = error instanceof Error ? error.message : String(error)
  return {
    lines: [
      `This is a mistake in manila itself: ${what}`,
      'Run it again with --debug and report what it shows.',
    ],
    exitCode: exitCodes.failed,
  }
}

/** Failures that say something about the way to the server, not about what was asked. */
const connectionCodes: readonly string[] = [
  'noConnection',
  'timedOut',
  'badReply',
  'badSettings',
  'unauthorized',
]

function ofApi(error: ApiError): Explanation {
  const lines = [error.message, ...facts(error)]
  return {
    lines,
    exitCode:
      connectionCodes.includes(error.code) || error.status === 401
        ? exitCodes.noConnection
        : exitCodes.failed,
  }
}

function facts({ status, code, request, requestId, retryAfter }: ApiError): string[] {
  const sayings = [
    ...(status === 0 ? [] : [`${request} → ${status} ${code}`]),
    ...(requestId === null ? [] : [`request id ${requestId}`]),
  ]
  const retry =
    retryAfter !== null && retryAfter > 0 ? [`The server asks to try again in ${retryAfter} s.`] : []
  const late =
    code === 'timedOut' && !request.startsWith('GET')
      ? ['It may have happened all the same: look before repeating it.']
      : []
  return [...(sayings.length === 0 ? [] : [sayings.join(', ')]), ...retry, ...late]
}
