/** What the page of messages reads. */
import { queryOptions } from '@tanstack/react-query'
import { listMessages } from '../../../src/wire/messages/schema.ts'
import type { ReplyOf } from '../../../src/wire/endpoint.ts'
import type { Console } from '../../api/console.ts'
import { pageOf, pageQuery, type Page, type PageSearch } from '../../api/paging.ts'
import { listKey } from '../../api/reads.ts'

export type MessageView = ReplyOf<typeof listMessages>['messages'][number]

export interface MessageSearch extends PageSearch {
  readonly action?: string
  /** Id of what it is about. */
  readonly about?: string
}

export const sorted = { sort: 'created_at', dir: 'desc' } as const

export const messagesQuery = ({ client }: Console, search: MessageSearch) =>
  queryOptions({
    queryKey: listKey('messages', search),
    enabled: client.minor >= 37,
    queryFn: async (): Promise<Page<MessageView>> =>
      pageOf(
        search,
        (
          await client.call(listMessages, {
            query: {
              ...pageQuery(search, sorted),
              action_id: search.action,
              resource_id: search.about,
            },
          })
        ).messages,
      ),
  })
