/** Why something that was asked for did not happen, and what helps. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { messageActions } from '../../../src/model/messages.ts'
import { deleteMessage } from '../../../src/wire/messages/schema.ts'
import { useConsole } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { usePermissions } from '../../api/permissions.ts'
import { BulkDialog } from '../../ui/bulk-dialog.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { CopyText } from '../../ui/copy.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters, type Filters } from '../../ui/filter-bar.tsx'
import { OnPhone } from '../../ui/on-phone.tsx'
import { PageHead } from '../../ui/page.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { ThingLink } from '../shares/thing-link.tsx'
import { messageCommands } from './commands.ts'
import classes from './messages.module.css'
import { messagesQuery, partsOf, sorted, type MessageSearch, type MessageView } from './queries.ts'
import { messageListRoute } from './route.tsx'

export function MessageListPage() {
  const { activity, common, messages: w } = useWords()
  const console = useConsole()
  const search: MessageSearch = messageListRoute.useSearch()
  const navigate = useNavigate({ from: messageListRoute.fullPath })
  const messages = useQuery(messagesQuery(console, search))
  const permissions = usePermissions('message', messages.data?.rows.map(({ id }) => ({ id })) ?? [])
  const [asked, ask] = useState<readonly MessageView[] | null>(null)
  const nameOf = ({ user_message }: MessageView): string =>
    visible(partsOf(user_message).tried ?? user_message).slice(0, 60)
  const isFiltered = search.action !== undefined || search.about !== undefined
  const change = (filters: Filters): void =>
    void navigate({
      search: withFilters(filters),
    })

  const columns: readonly Column<MessageView>[] = [
    {
      key: 'what',
      title: w.what,
      show: (message) => {
        const { user_message, request_id } = message
        const { tried, why } = partsOf(user_message)
        return (
          <div className={classes.message}>
            {tried === null ? null : <b>{visible(tried)}</b>}
            <OnPhone>
              <About message={message} />
            </OnPhone>
            <div>{visible(why)}</div>
            {request_id === null ? null : (
              <div className={classes.request}>
                {activity.requestId} <CopyText text={request_id} what={activity.requestId} />
              </div>
            )}
          </div>
        )
      },
    },
    { key: 'about', title: w.about, from: 'tablet', show: (message) => <About message={message} /> },
    {
      key: 'when',
      title: w.when,
      sort: 'created_at',
      from: 'tablet',
      show: ({ created_at }) => <Time at={created_at} />,
    },
    { key: 'until', title: w.until, from: 'desk', show: ({ expires_at }) => <Time at={expires_at} /> },
  ]
  return (
    <>
      <PageHead title={w.title} />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        choices={[
          {
            name: 'action',
            label: w.action,
            options: Object.entries(messageActions).map(([value, label]) => ({ value, label })),
          },
          ...(search.about === undefined
            ? []
            : [
                {
                  name: 'about',
                  label: w.about,
                  options: [{ value: search.about, label: search.about.slice(0, 8) }],
                },
              ]),
        ]}
        change={change}
      />
      {messages.error !== null && messages.data === undefined ? (
        <Failure error={messages.error} again={() => void messages.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={columns}
          page={console.client.minor < 37 ? { rows: [], hasNewer: false, hasOlder: false } : messages.data}
          nameOf={nameOf}
          search={search}
          sorted={sorted}
          go={(next: PageSearch) => void navigate({ search: next as never })}
          actionsOf={(message) =>
            permissions.hidden(message.id, 'delete')
              ? []
              : [{ key: 'delete', label: w.delete, danger: true, run: () => ask([message]) }]
          }
          bulk={(rows) => [{ key: 'delete', label: w.delete, danger: true, run: () => ask(rows) }]}
          empty={
            isFiltered ? <Empty title={common.noRows} /> : <Empty title={w.emptyTitle}>{w.emptyText}</Empty>
          }
        />
      )}
      {asked === null ? null : <DeleteDialog messages={asked} close={() => ask(null)} />}
    </>
  )
}

function About({ message }: { readonly message: MessageView }) {
  const { messages: w } = useWords()
  const { resource_type, resource_id } = message
  if (resource_type === null || resource_id === null) return w.wholeProject
  return <ThingLink type={resource_type} id={resource_id} />
}

function DeleteDialog({
  messages,
  close,
}: {
  readonly messages: readonly MessageView[]
  readonly close: () => void
}) {
  const { messages: w } = useWords()
  const { client, queries } = useConsole()
  const [asked] = useState(messages)
  return (
    <BulkDialog
      title={w.deleteTitle(w.count(asked.length))}
      verb={w.delete}
      rows={asked.map(({ id, user_message }) => ({
        id,
        name: visible(user_message).slice(0, 80),
        whyNot: null,
      }))}
      each={(id) => client.call(deleteMessage, { params: { id } })}
      close={close}
      after={() => queries.invalidateQueries({ queryKey: ['messages'] })}
    >
      <p>{w.deleteText}</p>
      <CommandHint command={messageCommands.remove(asked.map(({ id }) => id))} />
    </BulkDialog>
  )
}
