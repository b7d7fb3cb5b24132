/** The snapshots of the project. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { snapshotStatuses } from '../../../src/model/states.ts'
import { useConsole, useWho } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { usePermissions } from '../../api/permissions.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters, type Filters } from '../../ui/filter-bar.tsx'
import { useFormat } from '../../ui/format.ts'
import { PageHead } from '../../ui/page.tsx'
import { spaced } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { snapshotCommands } from './commands.ts'
import { snapshotColumns } from './columns.tsx'
import { calledSnapshot, snapshotsQuery, sorted, type SnapshotSearch } from './queries.ts'
import { snapshotListRoute } from './route.tsx'
import { snapshotActions } from './snapshot-actions.tsx'
import { SnapshotDialog, type SnapshotAsked } from './snapshot-dialogs.tsx'

export function SnapshotListPage() {
  const words = useWords()
  const console = useConsole()
  const { is_admin } = useWho()
  const format = useFormat()
  const search: SnapshotSearch = snapshotListRoute.useSearch()
  const navigate = useNavigate({ from: snapshotListRoute.fullPath })
  const snapshots = useQuery(snapshotsQuery(console, search))
  const permissions = usePermissions('snapshot', snapshots.data?.rows ?? [])
  const [asked, ask] = useState<SnapshotAsked | null>(null)
  const { common, snapshots: w } = words
  const isFiltered = [search.text, search.status, search.share].some((value) => value !== undefined)
  const change = (filters: Filters): void =>
    void navigate({
      search: withFilters(filters),
    })

  const createLink = (
    <Button component={Link} {...({ to: '/snapshots/new', search: { share: search.share } } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <PageHead
        title={w.title}
        actions={
          <>
            {is_admin ? (
              <Button variant="default" component={Link} {...({ to: '/snapshots/manage' } as object)}>
                {w.manage}
              </Button>
            ) : null}
            {createLink}
          </>
        }
      />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: common.search }}
        choices={[
          {
            name: 'status',
            label: common.status,
            options: snapshotStatuses.map((value) => ({ value, label: spaced(value) })),
          },
          ...(search.share === undefined
            ? []
            : [
                {
                  name: 'share',
                  label: w.of,
                  options: [{ value: search.share, label: search.share.slice(0, 8) }],
                },
              ]),
        ]}
        change={change}
        ofAll={is_admin}
      />
      {snapshots.error !== null && snapshots.data === undefined ? (
        <Failure error={snapshots.error} again={() => void snapshots.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={snapshotColumns(words, format, 'share')}
          page={snapshots.data}
          nameOf={calledSnapshot}
          search={search}
          sorted={sorted}
          go={(next: PageSearch) => void navigate({ search: next as never })}
          actionsOf={(snapshot) =>
            snapshotActions(words, {
              permissions,
              snapshot,
              isAdmin: is_admin,
              ask,
              go: (to) => void navigate(to as never),
            })
          }
          bulk={(rows) => [
            {
              key: 'delete',
              label: w.delete,
              danger: true,
              run: () => ask({ what: 'delete', snapshots: rows }),
            },
          ]}
          empty={
            isFiltered ? (
              <Empty title={common.noRows} />
            ) : (
              <Empty title={w.emptyTitle} action={createLink} command={snapshotCommands.first()}>
                {w.emptyText}
              </Empty>
            )
          }
        />
      )}
      {asked === null ? null : <SnapshotDialog asked={asked} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}
