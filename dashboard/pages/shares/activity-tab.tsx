/** What was done with a share, step by step, and what the service said about it. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { pageOf } from '../../api/paging.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { instant, useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Steps } from '../../ui/steps.tsx'
import { Time, useNow } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import type { SaidMessage } from '../../words/en/service.ts'
import { messagesOfQuery, operationQuery, operationsOfQuery } from './detail-queries.ts'
import type { ShareView } from './queries.ts'
import { shareDetailRoute } from './route.tsx'
import classes from './shares.module.css'

export function ActivityTab({ share }: { readonly share: ShareView }) {
  const { shares: w } = useWords()
  const console = useConsole()
  const { op } = shareDetailRoute.useSearch()
  return (
    <>
      {console.capabilities.has('operations') ? (
        <>
          <Operations share={share} />
          {op === undefined ? null : <OneOperation id={op} />}
        </>
      ) : (
        <p className={classes.muted}>{w.activity.notOffered}</p>
      )}
      <Messages share={share} />
    </>
  )
}

function Operations({ share }: { readonly share: ShareView }) {
  const { common, service, shares: w } = useWords()
  const console = useConsole()
  const format = useFormat()
  const now = useNow()
  const operations = useQuery(operationsOfQuery(console, share.id))
  if (operations.error !== null && operations.data === undefined)
    return <Failure error={operations.error} again={() => void operations.refetch()} />
  return (
    <Section title={w.activity.operations}>
      <DataTable
        label={w.activity.operations}
        page={operations.data === undefined ? undefined : pageOf({}, operations.data)}
        nameOf={({ kind }) => service.kind(kind)}
        empty={<Empty title={w.activity.none} />}
        columns={[
          {
            key: 'kind',
            title: w.activity.kind,
            show: ({ id, kind }) => (
              <Link
                to="/shares/$id"
                params={{ id: share.id }}
                search={{ tab: 'activity', op: id } as never}
                aria-label={w.activity.showSteps(service.kind(kind))}
              >
                {service.kind(kind)}
              </Link>
            ),
          },
          { key: 'state', title: common.status, show: ({ state }) => <Status status={state} /> },
          {
            key: 'cause',
            title: w.activity.cause,
            from: 'tablet',
            show: ({ cause }) => (cause === null ? null : <PlainText wrap>{service.cause(cause)}</PlainText>),
          },
          {
            key: 'took',
            title: w.activity.took,
            isNumber: true,
            from: 'tablet',
            show: ({ created_at, finished_at }) =>
              format.duration(
                Math.max(0, (finished_at === null ? now : instant(finished_at)) - instant(created_at)),
              ),
          },
          { key: 'began', title: w.activity.began, show: ({ created_at }) => <Time at={created_at} /> },
        ]}
      />
    </Section>
  )
}

function OneOperation({ id }: { readonly id: string }) {
  const { service, shares: w } = useWords()
  const now = useNow()
  const { data, error, refetch } = useQuery(operationQuery(useConsole(), id))
  if (data === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  return (
    <Section title={w.activity.steps(service.kind(data.kind))}>
      {data.cause === null ? null : <p>{visible(service.cause(data.cause))}</p>}
      {(data.cause?.detail ?? null) === null ? null : (
        <p className={classes.muted} lang="en">
          {visible(data.cause?.detail ?? '')}
        </p>
      )}
      <Steps operation={data} now={now} />
    </Section>
  )
}

function Messages({ share }: { readonly share: ShareView }) {
  const { service, shares: w } = useWords()
  const said = (message: SaidMessage): string => {
    const { tried, why } = service.message(message)
    return tried === null ? why : `${tried}: ${why}`
  }
  const messages = useQuery(messagesOfQuery(useConsole(), share.id))
  return (
    <Section title={w.activity.messages}>
      {messages.error !== null && messages.data === undefined ? (
        <Failure error={messages.error} again={() => void messages.refetch()} />
      ) : (messages.data ?? []).length === 0 ? (
        messages.data === undefined ? null : (
          <p className={classes.muted}>{w.activity.noMessages}</p>
        )
      ) : (
        <DataTable
          label={w.activity.messages}
          page={messages.data === undefined ? undefined : pageOf({}, messages.data)}
          nameOf={said}
          empty={null}
          columns={[
            {
              key: 'said',
              title: w.activity.said,
              show: (message) => <PlainText wrap>{said(message)}</PlainText>,
            },
            { key: 'when', title: w.activity.when, show: ({ created_at }) => <Time at={created_at} /> },
          ]}
        />
      )}
    </Section>
  )
}
