/**
 * Waits until the work behind a request is over. Where the server shows operations, it follows the one that concerns the
 * resource, with step and percent; elsewhere it watches the resource's status, as Manila's clients do.
 */
import type { ReplyOf } from '../wire/endpoint.ts'
import { listOperations, showOperation } from '../wire/operations/schema.ts'
import { ApiError, isNotFound } from './api-error.ts'
import type { Client } from './client.ts'

export type OperationView = ReplyOf<typeof showOperation>['operation']

export interface Progress {
  /** Step under way, or the resource's status where the server shows no operations. */
  readonly step: string
  /** 0 to 100; null = not known. */
  readonly percent: number | null
  readonly elapsedMs: number
  readonly operationId: string | null
}

export interface WaitInput {
  /** Of the resource that changes. */
  readonly resourceId: string
  /** False where the work has no operation of its own (access rules): only the status counts. Default true. */
  readonly hasOperation?: boolean
  /** Reads the resource's status; null = it is gone. */
  readonly status: () => Promise<string | null>
  /** Statuses that mean done; null among them means that the resource must be gone. */
  readonly until: readonly (string | null)[]
  /** Follow this one instead of the newest on the resource. */
  readonly operationId?: string
  readonly onProgress?: (progress: Progress) => void
  readonly signal?: AbortSignal
  /** Default: none, the server's own deadline ends the operation. */
  readonly timeoutMs?: number
  /** Between looks; default {@link defaultPollMs}. */
  readonly pollMs?: number
}

export const defaultPollMs = 500
/** After this long, looks become rarer: nobody needs half seconds on an hour's work. */
const slowAfterMs = 30_000
const slowPollMs = 2000

export type WaitResult =
  | { readonly ended: 'done' }
  | { readonly ended: 'failed'; readonly status: string | null; readonly operation: OperationView | null }
  | { readonly ended: 'timeout'; readonly operationId: string | null }

/** Never throws for a failed operation: that is a result. Throws {@link ApiError} when the server can't be asked. */
export async function waitFor(client: Client, input: WaitInput): Promise<WaitResult> {
  const startedAt = performance.now()
  const elapsed = () => performance.now() - startedAt
  const follows = input.hasOperation !== false && (await client.has('operations'))
  let followed = input.operationId ?? (follows ? await findOperation(client, input.resourceId) : null)
  for (;;) {
    input.signal?.throwIfAborted()
    const seen =
      followed === null ? await lookAtStatus(input) : await lookAtOperation(client, followed, input)
    if ('ended' in seen) {
      if (followed === null) return seen
      // The newest operation may be an older one: the resource has the last word, also where a deletion needed no work.
      if (seen.ended !== 'done') return (await isGoneAsAsked(input)) ? { ended: 'done' } : seen
      followed = null
      continue
    }
    input.onProgress?.({ ...seen, elapsedMs: elapsed(), operationId: followed })
    if (input.timeoutMs !== undefined && elapsed() >= input.timeoutMs) {
      return { ended: 'timeout', operationId: followed }
    }
    await pause(elapsed() > slowAfterMs ? slowPollMs : (input.pollMs ?? defaultPollMs), input.signal)
  }
}

const isGoneAsAsked = async ({ status, until, operationId }: WaitInput): Promise<boolean> =>
  operationId === undefined && until.includes(null) && (await status()) === null

type Look = WaitResult | { readonly step: string; readonly percent: number | null }

/** The id of the newest operation on the resource: a request writes its operation before it answers. */
async function findOperation(client: Client, resourceId: string): Promise<string | null> {
  const query = { resource_id: resourceId, limit: 1 }
  const { operations } = await client.call(listOperations, { query })
  return operations[0]?.id ?? null
}

async function lookAtOperation(client: Client, id: string, input: WaitInput): Promise<Look> {
  let operation: OperationView
  try {
    operation = (await client.call(showOperation, { params: { id } })).operation
  } catch (error) {
    if (!isNotFound(error)) throw error
    return lookAtStatus(input)
  }
  if (operation.state === 'done') return { ended: 'done' }
  if (operation.state === 'failed' || operation.state === 'cancelled') {
    return { ended: 'failed', status: null, operation }
  }
  const at =
    operation.steps.find(({ state }) => state === 'started') ??
    operation.steps.find(({ state }) => state === 'pending')
  const step = operation.state === 'queued' ? 'queued' : (at?.name ?? operation.state)
  return { step: operation.state === 'undoing' ? `undoing ${step}` : step, percent: operation.progress }
}

async function lookAtStatus({ status, until }: WaitInput): Promise<Look> {
  const now = await status()
  if (until.includes(now)) return { ended: 'done' }
  if (now === null || /error/.test(now)) return { ended: 'failed', status: now, operation: null }
  return { step: now, percent: null }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop)
      resolve()
    }, ms)
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason as Error)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}

/** {@link WaitInput.status} from a call that shows the resource: 404 means gone. */
export async function statusOrGone(read: () => Promise<string>): Promise<string | null> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null
    throw error
  }
}
