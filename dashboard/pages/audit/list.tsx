/** Who did what, newest first; each event can be opened, and what is shown can be taken along. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { auditActions, auditOutcomes } from '../../../src/model/audit.ts'
import { useCan, useConsole } from '../../api/console.ts'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters, type Filters } from '../../ui/filter-bar.tsx'
import { PageHead } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { auditCommands } from './commands.ts'
import { EventPanel } from './event-panel.tsx'
import { MoreFilters } from './more-filters.tsx'
import { auditQuery, filtersOf, jsonLines, kindOf, type AuditSearch, type AuditView } from './queries.ts'
import { auditRoute } from './route.tsx'
import { toneOfOutcome } from './tones.ts'

export function AuditPage() {
  const { audit: w, common } = useWords()
  const search: AuditSearch = auditRoute.useSearch()
  const navigate = useNavigate({ from: auditRoute.fullPath })
  const isKept = useCan('audit')
  const events = useQuery({ ...auditQuery(useConsole(), search), enabled: isKept })
  const change = (filters: Filters): void =>
    void navigate({
      search: withFilters(filters),
    })
  if (!isKept)
    return (
      <>
        <PageHead title={w.title} />
        <Empty title={common.notHere} />
      </>
    )
  const columns: readonly Column<AuditView>[] = [
    { key: 'time', title: w.time, sort: 'created_at', show: ({ eventTime }) => <Time at={eventTime} /> },
    {
      key: 'who',
      title: w.who,
      show: ({ initiator }) => (
        <>
          <PlainText>{initiator.name ?? initiator.id ?? w.nobody}</PlainText>
          <div style={{ color: 'var(--muted)', fontSize: 12 }}>{initiator.host.address ?? ''}</div>
        </>
      ),
    },
    {
      key: 'operation',
      title: w.operation,
      width: '32%',
      show: ({ id, operation, action, count }) => (
        <>
          <Link to="/admin/audit" search={{ ...search, event: id } as never}>
            {w.actions[action] ?? action}
          </Link>
          {count > 1 ? ` · ${w.times(count)}` : null}
          {/* As wide as the column is, never the cause of its width. */}
          <div style={{ color: 'var(--muted)', fontSize: 12, width: 0, minWidth: '100%' }}>
            <PlainText>{operation}</PlainText>
          </div>
        </>
      ),
    },
    {
      key: 'outcome',
      title: w.outcome,
      show: ({ outcome, reason }) => (
        <>
          <Status status={outcome} tone={toneOfOutcome(outcome)} word={w.outcomes[outcome] ?? outcome} />
          <div style={{ color: 'var(--muted)', fontSize: 12 }}>
            {reason.reasonType} {reason.reasonCode}
          </div>
        </>
      ),
    },
    {
      key: 'target',
      title: w.target,
      from: 'tablet',
      show: (event) => (
        <>
          {kindOf(event)}
          {event.target.id === undefined ? null : (
            <div>
              <ShortId id={event.target.id} what={w.target} />
            </div>
          )}
        </>
      ),
    },
  ]
  const opened = search.event
  const rows = events.data?.rows ?? []
  return (
    <>
      <PageHead
        title={w.title}
        actions={
          <Button
            variant="default"
            title={w.exportHint}
            disabled={rows.length === 0}
            onClick={() => save(rows)}
          >
            {w.export}
          </Button>
        }
      />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        choices={[
          {
            name: 'action',
            label: w.action,
            options: auditActions.map((value) => ({ value, label: w.actions[value] ?? value })),
          },
          {
            name: 'outcome',
            label: w.outcome,
            options: auditOutcomes.map((value) => ({ value, label: w.outcomes[value] ?? value })),
          },
        ]}
        change={change}
      />
      <MoreFilters search={search} change={change} />
      {events.error !== null && events.data === undefined ? (
        <Failure error={events.error} again={() => void events.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={columns}
          page={events.data}
          nameOf={({ id }) => id.slice(0, 8)}
          search={search}
          sorted={{ sort: 'created_at', dir: 'desc' }}
          go={(next) => void navigate({ search: next as never })}
          empty={
            Object.values(filtersOf(search)).some((value) => value !== undefined) ? (
              <Empty title={common.noRows} />
            ) : (
              <Empty title={w.emptyTitle} command={auditCommands.list()}>
                {w.emptyText}
              </Empty>
            )
          }
        />
      )}
      {opened === undefined || events.data === undefined ? null : (
        <EventPanel
          event={rows.find(({ id }) => id === opened) ?? null}
          close={() => void navigate({ search: (before) => ({ ...before, event: undefined }) as never })}
        />
      )}
    </>
  )
}

function save(events: readonly AuditView[]): void {
  const url = URL.createObjectURL(new Blob([jsonLines(events)], { type: 'application/x-ndjson' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `audit-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.jsonl`
  link.click()
  // The browser has taken it when the next turn comes.
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
