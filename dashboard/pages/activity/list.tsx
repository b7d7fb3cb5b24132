/** The work behind requests: what runs first, then what failed, then everything. */
import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { operationStates } from '../../../src/wire/operations/schema.ts'
import { useCan, useConsole, useWho } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { usePermissions } from '../../api/permissions.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters, type Filters } from '../../ui/filter-bar.tsx'
import { useFormat } from '../../ui/format.ts'
import { PageHead, Section } from '../../ui/page.tsx'
import { spaced } from '../../ui/status.tsx'
import { useNow } from '../../ui/time.tsx'
import { operationCommands } from '../../ui/operation-commands.ts'
import { useWords } from '../../words/index.ts'
import { kindOf, operationColumns } from './columns.tsx'
import { OperationDialog, operationActions, type OperationAsked } from './operation-actions.tsx'
import {
  groupQuery,
  isNews,
  kinds,
  operationsQuery,
  sorted,
  type ActivitySearch,
  type OperationRow,
} from './queries.ts'
import { activityListRoute } from './route.tsx'

export function ActivityPage() {
  const words = useWords()
  const console = useConsole()
  const { is_admin } = useWho()
  const format = useFormat()
  const now = useNow()
  const canRetry = useCan('operation-retry')
  const search: ActivitySearch = activityListRoute.useSearch()
  const navigate = useNavigate({ from: activityListRoute.fullPath })
  const all = is_admin && search.all === '1'
  const operations = useQuery(operationsQuery(console, search))
  const isFiltered = [search.state, search.kind, search.on].some((value) => value !== undefined)
  const isFirst = search.after === undefined && search.before === undefined && !isFiltered
  const running = useQuery({ ...groupQuery(console, 'running', all), enabled: isFirst })
  const failed = useQuery({ ...groupQuery(console, 'failed', all), enabled: isFirst })
  const groups = isFirst
    ? { running: running.data ?? [], failed: (failed.data ?? []).filter((row) => isNews(row, now)) }
    : { running: [], failed: [] }
  const above = new Set([...groups.running, ...groups.failed].map(({ id }) => id))
  const rows = operations.data?.rows ?? []
  const permissions = usePermissions(
    'operation',
    [...groups.running, ...groups.failed, ...rows].map(({ id }) => ({ id })).slice(0, 100),
  )
  const [asked, ask] = useState<OperationAsked | null>(null)
  const { activity: w, common, frame } = words
  const columns = operationColumns(words, format, now, all)
  const actionsOf = (row: OperationRow) => operationActions(words, permissions, canRetry, row, ask)
  const change = (filters: Filters): void =>
    void navigate({
      search: withFilters(filters),
    })

  return (
    <>
      <PageHead title={w.title} />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        choices={[
          {
            name: 'state',
            label: w.state,
            options: operationStates.map((value) => ({ value, label: spaced(value) })),
          },
          {
            name: 'kind',
            label: w.anyKind,
            options: kinds.map((value) => ({ value, label: kindOf({ kind: value }) })),
          },
          ...(search.on === undefined
            ? []
            : [{ name: 'on', label: w.on, options: [{ value: search.on, label: search.on.slice(0, 8) }] }]),
        ]}
        change={change}
      >
        {is_admin ? (
          <Switch
            label={frame.allProjects}
            checked={all}
            onChange={(event) => change({ all: event.currentTarget.checked ? '1' : undefined })}
          />
        ) : null}
      </FilterBar>
      {(['running', 'failed'] as const).map((group) =>
        groups[group].length === 0 ? null : (
          <Section key={group} title={group === 'running' ? w.now : w.failed}>
            <DataTable
              label={group === 'running' ? w.now : w.failed}
              columns={columns}
              page={{ rows: groups[group], hasNewer: false, hasOlder: false }}
              nameOf={kindOf}
              actionsOf={actionsOf}
              empty={null}
            />
          </Section>
        ),
      )}
      <All title={isFirst && above.size > 0 ? w.history : null}>
        {operations.error !== null && operations.data === undefined ? (
          <Failure error={operations.error} again={() => void operations.refetch()} />
        ) : (
          <DataTable
            label={w.title}
            columns={columns}
            page={
              operations.data === undefined
                ? undefined
                : { ...operations.data, rows: rows.filter(({ id }) => !above.has(id)) }
            }
            nameOf={kindOf}
            search={search}
            sorted={sorted}
            go={(next: PageSearch) => void navigate({ search: next as never })}
            actionsOf={actionsOf}
            empty={
              isFiltered ? (
                <Empty title={common.noRows} />
              ) : above.size > 0 ? null : (
                <Empty title={w.emptyTitle} command={operationCommands.list()}>
                  {w.emptyText}
                </Empty>
              )
            }
          />
        )}
      </All>
      {asked === null ? null : <OperationDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}

function All({ title, children }: { readonly title: string | null; readonly children: ReactNode }) {
  return title === null ? children : <Section title={title}>{children}</Section>
}
