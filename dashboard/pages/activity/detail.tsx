/** One operation: its steps with times and tries, its cause, and for administrators why each pool was refused. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useCan, useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { ActionButton } from '../../ui/actions.tsx'
import { CopyText, ShortId } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { instant, useFormat } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Steps } from '../../ui/steps.tsx'
import { Time, useNow } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { OnWhat } from './columns.tsx'
import { OperationDialog, operationActions, type OperationAsked } from './operation-actions.tsx'
import { isRunning, operationQuery } from './queries.ts'
import { activityDetailRoute } from './route.tsx'

export function OperationPage() {
  const words = useWords()
  const { id } = activityDetailRoute.useParams()
  const console = useConsole()
  const format = useFormat()
  const now = useNow()
  const { is_admin } = useWho()
  const canRetry = useCan('operation-retry')
  const { data: operation, error, refetch } = useQuery(operationQuery(console, id))
  const permissions = usePermissions('operation', operation === undefined ? [] : [{ id }])
  const [asked, ask] = useState<OperationAsked | null>(null)
  const { activity: w, common, operations, service } = words
  useCrumb(operation === undefined ? id.slice(0, 8) : service.kind(operation.kind))
  if (operation === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  const { cause, created_at, finished_at, refusals } = operation
  const end = finished_at === null ? Math.max(now, instant(operation.updated_at)) : instant(finished_at)
  return (
    <>
      <PageHead
        title={service.kind(operation.kind)}
        aside={<Status status={operation.state} />}
        line={
          <>
            <ShortId id={operation.id} />
            <OnWhat operation={operation} />
            <Time at={created_at} />
          </>
        }
        actions={operationActions(words, permissions, canRetry, operation, ask).map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      />
      {cause === null ? null : (
        <Notice
          tone={operation.state === 'failed' ? 'bad' : 'plain'}
          title={operations.hasFailed(service.kind(operation.kind))}
        >
          <p>{visible(service.cause(cause))}</p>
          {cause.detail === undefined || cause.detail === null ? null : (
            <p lang="en">{visible(cause.detail)}</p>
          )}
          {cause.retryable ? <p>{operations.canRepeat}</p> : null}
        </Notice>
      )}
      {isRunning(operation) && operation.cancel_requested ? (
        <Notice tone="working" title={w.cancelAsked} />
      ) : null}
      <Section title={w.steps}>
        <Steps operation={operation} now={end} />
        {isRunning(operation) ? <p>{operations.goesOn}</p> : null}
      </Section>
      {refusals === null || refusals === undefined || refusals.length === 0 ? null : (
        <Section title={w.refusals}>
          <p>{w.refusalsText}</p>
          <DataTable
            label={w.refusals}
            columns={[
              { key: 'pool', title: w.pool, show: ({ pool }) => <PlainText>{pool}</PlainText> },
              { key: 'filter', title: w.filter, from: 'tablet', show: ({ filter }) => visible(filter) },
              { key: 'why', title: w.why, show: ({ why }) => <span lang="en">{visible(why)}</span> },
            ]}
            page={{
              rows: refusals.map((one, index) => ({ ...one, id: `${index} ${one.pool}` })),
              hasNewer: false,
              hasOlder: false,
            }}
            nameOf={({ pool }) => pool}
            empty={null}
          />
        </Section>
      )}
      <Section title={w.facts}>
        <Facts
          facts={[
            [w.took, format.duration(Math.max(0, end - instant(created_at)))],
            [w.deadline, finished_at === null ? <Time key="deadline" at={operation.deadline_at} /> : null],
            [w.requestId, <CopyText key="request" text={operation.request_id} what={w.requestId} />],
            [common.project, is_admin ? <code key="project">{operation.project_id}</code> : null],
            [w.byUser, is_admin ? <code key="user">{operation.user_id}</code> : null],
          ]}
        />
      </Section>
      {asked === null ? null : <OperationDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}
