/** `operation …`: the work behind requests, how far it is and why it failed. Only servers of this project have it. */
import type { Static } from 'typebox'
import type { Client } from '../../sdk/client.ts'
import {
  cancelOperation,
  listOperations,
  Operation,
  operationStates,
  retryOperation,
  showOperation,
} from '../../wire/operations/schema.ts'
import { arg, command, flag, oneOf, text, whole } from '../command.ts'
import { CommandFailure } from '../exit-codes.ts'
import { listed, presence } from '../lookup.ts'
import type { Session } from '../session.ts'
import { listOf, showOf } from '../output/output.ts'
import { waitUntilDone } from '../wait.ts'
import { fieldsOf } from '../views.ts'

const operationArg = arg('Id of the operation.')

const list = command({
  words: 'operation list',
  summary: 'List operations, newest first.',
  gives: 'list',
  options: {
    'resource-id': text('id', 'Only work on this resource.'),
    'resource-type': text('type', 'Only work on this kind of resource.'),
    kind: text('kind', 'Only work of this kind, for example create-share.'),
    state: oneOf(operationStates, 'state', 'Only work in this state.'),
    'request-id': text('id', 'Only work of this request.'),
    'all-projects': flag('Show the work of every project (administrators).'),
    limit: whole('number', 'Show at most this many.'),
  },
  async run({ options, connect }) {
    const client = await withOperations(await connect())
    const { 'resource-id': resource, 'request-id': request } = options
    // What is named by its id is found wherever the caller may look: the server ignores this where he may not.
    const all = options['all-projects'] || resource !== undefined || request !== undefined
    const query = {
      resource_id: resource,
      resource_type: options['resource-type'],
      kind: options.kind,
      state: options.state,
      request_id: request,
      all_projects: presence(all),
    }
    const rows = await listed(client, listOperations, 'operations', query, options.limit)
    return listOf(rows, {
      ID: (one) => one.id,
      Kind: (one) => one.kind,
      State: (one) => one.state,
      'Progress %': (one) => one.progress,
      'Resource Type': (one) => one.resource_type,
      'Resource ID': (one) => one.resource_id,
      Cause: (one) => one.cause?.code ?? '',
      'Created At': (one) => one.created_at,
      'Finished At': (one) => one.finished_at,
    })
  },
})

const show = command({
  words: 'operation show',
  summary: 'Show an operation with its steps and, if it failed, the cause.',
  gives: 'show',
  args: { operation: operationArg },
  async run({ args, connect }) {
    const client = await withOperations(await connect())
    const { operation } = await client.call(showOperation, { params: { id: args.operation } })
    const steps = operation.steps.map(({ name, state, attempts }) => ({
      [name]: `${state}, ${attempts} attempts`,
    }))
    return showOf({ ...fieldsOf(operation), steps })
  },
})

const watch = command({
  words: 'operation watch',
  summary: 'Follow an operation to its end.',
  gives: 'nothing',
  args: { operation: operationArg },
  async run({ args, session, connect }) {
    const client = await withOperations(await connect())
    const operation = await operationOf(client, args.operation)
    await ended(client, session, operation)
    session.note(`${operation.kind.replaceAll('-', ' ')} is done.`)
  },
})

const cancel = command({
  words: 'operation cancel',
  summary: 'Ask that an operation be undone at its next step.',
  gives: 'nothing',
  args: { operation: operationArg },
  async run({ args, connect }) {
    const client = await withOperations(await connect())
    await client.act(cancelOperation, { params: { id: args.operation }, body: null })
  },
})

const retry = command({
  words: 'operation retry',
  summary: 'Ask once more for what an operation that failed or was cancelled was to do.',
  gives: 'show',
  args: { operation: operationArg },
  options: { wait: flag('Wait until it is done.') },
  async run({ args, options, session, connect }) {
    const client = await withOperations(await connect())
    if (!(await client.has('operation-retry')))
      throw new CommandFailure('This server does not retry operations: ask for the same again.')
    const reply = await client.act(retryOperation, { params: { id: args.operation }, body: null })
    const { operation } = reply as { readonly operation: Static<typeof Operation> }
    if (options.wait) await ended(client, session, operation)
    return showOf(fieldsOf(options.wait ? await operationOf(client, operation.id) : operation))
  },
})

const operationOf = async (client: Client, id: string) => {
  const { operation } = await client.call(showOperation, { params: { id } })
  return operation
}

/** Returns when it is done; a failure is a sentence. The operation alone is asked for: when it is done there is nothing else to see. */
function ended(
  client: Client,
  session: Session,
  {
    id,
    kind,
    resource_id: resourceId,
  }: { readonly id: string; readonly kind: string; readonly resource_id: string },
): Promise<void> {
  return waitUntilDone(client, session, {
    resourceId,
    operationId: id,
    what: kind.replaceAll('-', ' '),
    status: () => Promise.resolve('done'),
    until: ['done'],
  })
}

async function withOperations(client: Client): Promise<Client> {
  if (await client.has('operations')) return client
  throw new CommandFailure('This server does not show operations: watch the status of the resource instead.')
}

export const operationCommands = [list, show, watch, cancel, retry]
