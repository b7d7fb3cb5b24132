/** The shares of the project; for administrators, who ask for it, of all. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { lazy, Suspense, useState } from 'react'
import { shareStatuses } from '../../../src/model/states.ts'
import { useConsole, useWho } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { usePermissions } from '../../api/permissions.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, statusChoice, withFilters, type Filters } from '../../ui/filter-bar.tsx'
import { useFormat } from '../../ui/format.ts'
import { PageHead } from '../../ui/page.tsx'
import { useWords } from '../../words/index.ts'
import { useGroupChoice } from '../groups/choices.ts'
import { shareColumns } from './columns.tsx'
import { MetadataFilter } from './metadata-filter.tsx'
import { shareListRoute } from './route.tsx'
import { listSearch, sharesQuery, sorted, typesQuery, zonesQuery } from './queries.ts'
import { severalActions, shareActions, type ShareAsked } from './share-actions.tsx'
import { nameOf } from '../../ui/thing-name.ts'
import { usagesQuery } from './usage-queries.ts'

/** Read when something is asked: the list waits for none of it. */
const ShareDialog = lazy(async () => ({
  default: (await import('./dialogs/share-dialog.tsx')).ShareDialog,
}))

export function ShareListPage() {
  const words = useWords()
  const console = useConsole()
  const format = useFormat()
  const { is_admin: isAdmin } = useWho()
  const search = listSearch(shareListRoute.useSearch())
  const navigate = useNavigate({ from: shareListRoute.fullPath })
  const shares = useQuery(sharesQuery(console, search))
  const rows = shares.data?.rows ?? []
  const types = useQuery(typesQuery(console))
  const zones = useQuery(zonesQuery(console))
  const usages = useQuery(
    usagesQuery(
      console,
      rows.map(({ id }) => id),
    ),
  )
  const permissions = usePermissions('share', rows)
  const group = useGroupChoice(search.group)
  const [asked, ask] = useState<ShareAsked | null>(null)
  const actor = { words, permissions, isAdmin, ask }
  const { common, shares: w } = words
  const isFiltered = [
    search.text,
    search.status,
    search.type,
    search.zone,
    search.protocol,
    search.meta,
    search.group,
  ].some((value) => value !== undefined)
  const change = (filters: Filters): void =>
    void navigate({
      search: withFilters(filters),
    })
  const createLink = (
    <Button component={Link} {...({ to: '/shares/new', search: (before: object) => before } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <PageHead
        title={w.title}
        aside={
          (shares.data?.count ?? null) === null ? null : <span>{format.number(shares.data?.count ?? 0)}</span>
        }
        actions={
          <>
            {isAdmin ? (
              <Button variant="default" component={Link} {...({ to: '/shares/manage' } as object)}>
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
          statusChoice(words, shareStatuses),
          {
            name: 'type',
            label: common.type,
            options: (types.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
          },
          {
            name: 'zone',
            label: common.zone,
            options: (zones.data ?? []).map(({ name }) => ({ value: name, label: name })),
          },
          // The service heeds it only where an administrator asks.
          ...(isAdmin
            ? [
                {
                  name: 'protocol',
                  label: w.protocol,
                  options: ['NFS', 'CIFS', 'CEPHFS'].map((value) => ({ value, label: value })),
                },
              ]
            : []),
          ...(group === null ? [] : [group]),
        ]}
        change={change}
        ofAll={isAdmin}
        more={['meta']}
      >
        <MetadataFilter value={search.meta} change={(meta) => change({ meta })} />
      </FilterBar>
      {shares.error !== null && shares.data === undefined ? (
        <Failure error={shares.error} again={() => void shares.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={shareColumns({ words, format, usages: usages.data, all: search.all === '1' })}
          page={shares.data}
          nameOf={nameOf}
          search={search}
          sorted={sorted}
          go={(next: PageSearch) => void navigate({ search: next as never })}
          actionsOf={(share) => shareActions(actor, share)}
          bulk={(chosen) => severalActions(actor, chosen)}
          empty={
            isFiltered ? (
              <Empty title={common.noRows} />
            ) : (
              <Empty
                title={w.emptyTitle}
                action={createLink}
                command="manila share create NFS 1 --name first"
              >
                {w.emptyText}
              </Empty>
            )
          }
        />
      )}
      {asked === null ? null : (
        <Suspense>
          <ShareDialog asked={asked} close={() => ask(null)} />
        </Suspense>
      )}
      <Outlet />
    </>
  )
}
