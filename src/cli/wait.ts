/** `--wait`: follows the work to its end, shows how far it is, and explains a failure. */
import type { Client } from '../sdk/client.ts'
import { waitFor, type OperationView, type WaitInput } from '../sdk/watch.ts'
import { CommandFailure, exitCodes } from './exit-codes.ts'
import type { Session } from './session.ts'

export interface Wait extends Omit<WaitInput, 'onProgress' | 'signal' | 'timeoutMs'> {
  /** `create share a`: what is being waited for. */
  readonly what: string
}

/** Returns when the work is done. Throws a {@link CommandFailure} that says why it is not. */
export async function waitUntilDone(
  client: Client,
  session: Session,
  { what, ...wait }: Wait,
): Promise<void> {
  const { progressView } = await import('./progress.ts')
  const view = progressView(session, what)
  let result
  try {
    result = await waitFor(client, {
      ...wait,
      onProgress: view.show,
      signal: session.signal,
      ...(session.waitMs === null ? {} : { timeoutMs: session.waitMs }),
    })
  } catch (error) {
    view.end()
    if (!session.signal.aborted) throw error
    throw new CommandFailure(
      `Stopped waiting: ${what} goes on at the server.`,
      [`Look with: manila operation list --resource-id ${wait.resourceId}`],
      exitCodes.interrupted,
    )
  }
  view.end()
  if (result.ended === 'done') return
  if (result.ended === 'timeout') {
    throw new CommandFailure(
      `${what} is not finished after ${Math.round((session.waitMs ?? 0) / 1000)} s; it goes on at the server.`,
      result.operationId === null ? [] : [`Follow it with: manila operation watch ${result.operationId}`],
      exitCodes.timedOut,
    )
  }
  throw result.operation === null
    ? new CommandFailure(`${what} failed: its status is ${result.status ?? 'unknown, because it is gone'}.`, [
        `The reason may be in: manila message list --resource-id ${wait.resourceId}`,
      ])
    : operationFailure(what, result.operation)
}

/** Cause, code, request id, and whether trying again can help. */
export function operationFailure(what: string, operation: OperationView): CommandFailure {
  const { cause, state, id, request_id: requestId } = operation
  if (state === 'cancelled') {
    return new CommandFailure(`${what} was cancelled.`, [`operation ${id}, request id ${requestId}`])
  }
  return new CommandFailure(`${what} failed: ${cause?.message ?? 'the server gave no reason.'}`, [
    ...(cause === null ? [] : [`code ${cause.code}`]),
    ...(typeof cause?.detail === 'string' ? [`  ${cause.detail}`] : []),
    ...(operation.refusals ?? []).map(({ pool, filter, why }) => `  ${pool}: ${filter}: ${why}`),
    `operation ${id}, request id ${requestId}`,
    ...(cause === null
      ? []
      : [
          cause.retryable
            ? 'Trying again later may help.'
            : 'Trying the same again will not help: something has to change first.',
        ]),
  ])
}
