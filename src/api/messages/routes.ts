/** User messages over HTTP. */
import { remove } from '../../app/messages/delete.ts'
import { findMessage } from '../../app/messages/find.ts'
import { list } from '../../app/messages/list.ts'
import { messageChanges } from '../../wire/messages/changes.ts'
import { deleteMessage, listMessages, showMessage } from '../../wire/messages/schema.ts'
import { listReply } from '../list-reply.ts'
import { nextLink, pageRequest, type PageRules } from '../lists.ts'
import { route, type Route } from '../route.ts'
import { messageView } from './view.ts'

const options = { changes: messageChanges }

const sortable = [
  'id',
  'project_id',
  'request_id',
  'resource_type',
  'resource_id',
  'action_id',
  'detail_id',
  'message_level',
  'created_at',
  'expires_at',
]

const rules = (maxLimit: number): PageRules => ({
  maxLimit,
  sortKeys: Object.fromEntries(sortable.map((key) => [key, key])),
  strictDirection: false,
})

export const messageRoutes: readonly Route[] = [
  route(listMessages, options, async (ctx, { query, url }) => {
    const page = pageRequest(query, rules(ctx.settings.api.max_limit))
    return listReply({
      key: 'messages',
      page,
      read: list(ctx, { query }),
      view: (row) => messageView(ctx, url, row),
      tail: (last, rows) => nextLink('messages_links', url, page, last, rows),
    })
  }),
  route(showMessage, options, async (ctx, { params, url }) => ({
    message: messageView(ctx, url, await findMessage(ctx, params.id ?? '')),
  })),
  route(deleteMessage, options, (ctx, { params }) => remove(ctx, params.id ?? '')),
]
