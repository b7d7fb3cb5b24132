/** Operations, ours beyond Manila: the work behind a request, how far it is and why it failed. */
import Type from 'typebox'
import { action, endpoint } from '../endpoint.ts'
import { Links, Nullable, Optional, pageQuery, Time, Word } from '../types.ts'

export const operationStates = ['queued', 'running', 'undoing', 'done', 'failed', 'cancelled'] as const

const Cause = Type.Object({
  code: Type.String(),
  /** A sentence of the service about the code. */
  message: Nullable(Type.String()),
  /** Whether the same request may succeed later. */
  retryable: Type.Boolean(),
  /** Of the user message that says the same. */
  detail_id: Nullable(Type.String()),
  /** Administrators only: what the backend, or whoever ended it, said. */
  detail: Optional(Nullable(Type.String())),
})

const Step = Type.Object({
  name: Type.String(),
  /** `failed`: it went wrong here; what this step did is taken back where it can be, as that of the steps before it. */
  state: Word(['pending', 'started', 'done', 'undone', 'failed']),
  attempts: Type.Integer(),
  started_at: Nullable(Time),
  finished_at: Nullable(Time),
})

const operation = {
  id: Type.String(),
  kind: Type.String(),
  state: Word(operationStates),
  resource_type: Type.String(),
  resource_id: Type.String(),
  project_id: Type.String(),
  user_id: Type.String(),
  request_id: Type.String(),
  progress: Type.Integer(),
  cancel_requested: Type.Boolean(),
  cause: Nullable(Cause),
  created_at: Time,
  updated_at: Time,
  started_at: Nullable(Time),
  finished_at: Nullable(Time),
  deadline_at: Time,
  links: Links,
}

/** The value of an action without arguments, as clients write it. */
const Nothing = Type.Union([Type.Null(), Type.Object({}), Type.String()], { says: 'null' })

const Refusal = Type.Object({ pool: Type.String(), filter: Type.String(), why: Type.String() })

export const Operation = Type.Object(operation)
export const OperationWithSteps = Type.Object({
  ...operation,
  steps: Type.Array(Step),
  /** Administrators only: why each pool was refused. */
  refusals: Optional(Nullable(Type.Array(Refusal))),
})

export const listOperations = endpoint({
  id: 'listOperations',
  method: 'GET',
  path: '/operations',
  policy: 'operation:get_all',
  status: 200,
  query: Type.Object(
    {
      ...pageQuery,
      resource_id: Optional(Type.String()),
      resource_type: Optional(Type.String()),
      kind: Optional(Type.String()),
      /** Several with commas. */
      state: Optional(
        Type.String({
          pattern: `^(${operationStates.join('|')})(,(${operationStates.join('|')}))*$`,
          says: `one or several, with commas, of ${operationStates.join(', ')}`,
        }),
      ),
      request_id: Optional(Type.String()),
      all_tenants: Optional(Type.String()),
      all_projects: Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
  reply: Type.Object({ operations: Type.Array(Operation), operations_links: Optional(Links) }),
  summary: 'Lists operations, newest first.',
})
export const showOperation = endpoint({
  id: 'showOperation',
  method: 'GET',
  path: '/operations/:id',
  policy: 'operation:get',
  status: 200,
  reply: Type.Object({ operation: OperationWithSteps }),
  summary: 'Shows one operation with its steps.',
})
export const retryOperation = action('/operations', 'retry', {
  id: 'retryOperation',
  policy: 'operation:retry',
  since: 0,
  body: Nothing,
  reply: Type.Object({ operation: Operation }),
  summary:
    'Asks once more for what an operation that failed or was cancelled was to do; answers the new operation.',
})
export const cancelOperation = action('/operations', 'cancel', {
  id: 'cancelOperation',
  policy: 'operation:cancel',
  since: 0,
  body: Nothing,
  summary: 'Asks that an operation be undone at its next step.',
})
