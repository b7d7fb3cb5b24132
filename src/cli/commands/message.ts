/** `message …`: why something you asked for did not happen. */
import { deleteMessage, listMessages, showMessage } from '../../wire/messages/schema.ts'
import { arg, args as many, command, text, whole } from '../command.ts'
import { listed } from '../lookup.ts'
import { listOf, showOf } from '../output/output.ts'
import { forEach } from '../resolve.ts'
import { fieldsOf } from '../views.ts'

const list = command({
  words: 'message list',
  summary: 'List messages about requests that failed.',
  gives: 'list',
  options: {
    'resource-id': text('id', 'Only messages about this resource.'),
    'resource-type': text('type', 'Only messages about this kind of resource, for example share.'),
    'action-id': text('id', 'Only messages about this action.'),
    'detail-id': text('id', 'Only messages with this cause.'),
    'request-id': text('id', 'Only messages of this request.'),
    'message-level': text('level', 'Only messages of this level.'),
    since: text('time', 'Only messages since then, for example 2026-08-01T12:00:00.'),
    before: text('time', 'Only messages before then.'),
    limit: whole('number', 'Show at most this many.'),
  },
  async run({ options, connect }) {
    const query = {
      resource_id: options['resource-id'],
      resource_type: options['resource-type'],
      action_id: options['action-id'],
      detail_id: options['detail-id'],
      request_id: options['request-id'],
      message_level: options['message-level'],
      created_since: options.since,
      created_before: options.before,
    }
    const messages = await listed(await connect(), listMessages, 'messages', query, options.limit)
    return listOf(messages, {
      ID: (one) => one.id,
      'Resource Type': (one) => one.resource_type,
      'Resource ID': (one) => one.resource_id,
      'Action ID': (one) => one.action_id,
      'User Message': (one) => one.user_message,
      'Detail ID': (one) => one.detail_id,
      'Created At': (one) => one.created_at,
    })
  },
})

const show = command({
  words: 'message show',
  summary: 'Show a message.',
  gives: 'show',
  args: { message: arg('Id of the message.') },
  async run({ args, connect }) {
    const { message } = await (await connect()).call(showMessage, { params: { id: args.message } })
    return showOf(fieldsOf(message))
  },
})

const remove = command({
  words: 'message delete',
  summary: 'Delete messages.',
  gives: 'nothing',
  args: { message: many('Ids of the messages.') },
  async run({ args, connect }) {
    const client = await connect()
    await forEach(args.message, 'deleted', (id) => client.call(deleteMessage, { params: { id } }))
  },
})

export const messageCommands = [list, show, remove]
