/** The shares of the project. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { shareStatuses } from '../../../src/model/states.ts'
import { useConsole } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { usePermissions } from '../../api/permissions.ts'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar } from '../../ui/filter-bar.tsx'
import { useFormat } from '../../ui/format.ts'
import { PageHead } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { spaced, Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { shareListRoute } from './route.tsx'
import { sharesQuery, sorted, typesQuery, type ShareSearch, type ShareView } from './queries.ts'
import { shareActions, ShareDialog, type ShareAsked } from './share-actions.tsx'

export function ShareListPage() {
  const words = useWords()
  const console = useConsole()
  const format = useFormat()
  const search: ShareSearch = shareListRoute.useSearch()
  const navigate = useNavigate({ from: shareListRoute.fullPath })
  const shares = useQuery(sharesQuery(console, search))
  const types = useQuery(typesQuery(console))
  const permissions = usePermissions('share', shares.data?.rows ?? [])
  const [asked, ask] = useState<ShareAsked | null>(null)
  const { common, shares: w } = words
  const nameOf = (share: ShareView): string => share.name || share.id.slice(0, 8)
  const isFiltered = [search.text, search.status, search.type, search.zone].some(
    (value) => value !== undefined,
  )

  const columns: readonly Column<ShareView>[] = [
    {
      key: 'name',
      title: common.name,
      sort: 'name',
      show: (share) => (
        <>
          <Link to="/shares/$id" params={{ id: share.id }}>
            <PlainText>{nameOf(share)}</PlainText>
          </Link>
          <div>
            <ShortId id={share.id} />
          </div>
        </>
      ),
    },
    {
      key: 'status',
      title: common.status,
      sort: 'status',
      show: (share) => <Status status={share.status} />,
    },
    {
      key: 'size',
      title: common.size,
      isNumber: true,
      sort: 'size',
      show: (share) => format.size(share.size),
    },
    { key: 'protocol', title: w.protocol, from: 'tablet', show: (share) => share.share_proto },
    {
      key: 'type',
      title: common.type,
      from: 'desk',
      show: (share) => <PlainText>{share.share_type_name ?? common.none}</PlainText>,
    },
    {
      key: 'zone',
      title: common.zone,
      from: 'desk',
      show: (share) => <PlainText>{share.availability_zone ?? common.none}</PlainText>,
    },
    {
      key: 'created',
      title: common.created,
      sort: 'created_at',
      from: 'tablet',
      show: (share) => <Time at={share.created_at} />,
    },
  ]
  const createLink = (
    <Button component={Link} {...({ to: '/shares/new' } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <PageHead title={w.title} actions={createLink} />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: common.search }}
        choices={[
          {
            name: 'status',
            label: common.status,
            options: shareStatuses.map((value) => ({ value, label: spaced(value) })),
          },
          {
            name: 'type',
            label: common.type,
            options: (types.data ?? []).map(({ id, name }) => ({ value: id, label: name })),
          },
        ]}
        change={(filters) =>
          void navigate({
            search: (before) => ({ ...before, ...filters, after: undefined, before: undefined }) as never,
          })
        }
      />
      {shares.error !== null && shares.data === undefined ? (
        <Failure error={shares.error} again={() => void shares.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={columns}
          page={shares.data}
          nameOf={nameOf}
          search={search}
          sorted={sorted}
          go={(next: PageSearch) => void navigate({ search: next as never })}
          actionsOf={(share) => shareActions(words, permissions, share, ask)}
          bulk={(rows) => [
            {
              key: 'delete',
              label: w.delete,
              danger: true,
              run: () => ask({ what: 'delete', shares: rows }),
            },
          ]}
          empty={
            isFiltered ? (
              <Empty title={common.noRows} />
            ) : (
              <Empty
                title={w.emptyTitle}
                action={createLink}
                command="manila share create --size 1 --name first"
              >
                {w.emptyText}
              </Empty>
            )
          }
        />
      )}
      {asked === null ? null : <ShareDialog asked={asked} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}
