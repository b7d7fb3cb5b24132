/** What really lies in the pools, of all projects. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters } from '../../ui/filter-bar.tsx'
import { PageHead } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { instanceCommands } from './commands.ts'
import { instanceActions, InstanceDialog, type InstanceAsked } from './instance-actions.tsx'
import { instancesQuery, sorted, type InstanceSearch, type InstanceView } from './queries.ts'
import { instanceListRoute } from './route.tsx'

export function InstanceListPage() {
  const words = useWords()
  const { common, instances: w } = words
  const search: InstanceSearch = instanceListRoute.useSearch()
  const navigate = useNavigate({ from: instanceListRoute.fullPath })
  const instances = useQuery(instancesQuery(useConsole(), search))
  const [asked, ask] = useState<InstanceAsked | null>(null)
  const columns: readonly Column<InstanceView>[] = [
    {
      key: 'id',
      title: w.instance,
      show: ({ id }) => (
        <Link to="/admin/instances/$id" params={{ id }}>
          <code>{id.slice(0, 8)}</code>
        </Link>
      ),
    },
    { key: 'status', title: common.status, sort: 'status', show: ({ status }) => <Status status={status} /> },
    {
      key: 'share',
      title: w.share,
      show: ({ share_id: id }) => (
        <>
          <Link to="/shares/$id" params={{ id }}>
            <ShortId id={id} what={w.share} />
          </Link>
        </>
      ),
    },
    {
      key: 'pool',
      title: w.pool,
      from: 'tablet',
      show: ({ host }) =>
        host === '' ? (
          common.none
        ) : (
          <Link to="/admin/pools/$label" params={{ label: host }}>
            <PlainText>{host}</PlainText>
          </Link>
        ),
    },
    {
      key: 'access',
      title: w.access,
      from: 'desk',
      show: ({ access_rules_status: status }) => (status === undefined ? null : <Status status={status} />),
    },
    {
      key: 'created',
      title: common.created,
      sort: 'created_at',
      from: 'tablet',
      show: ({ created_at }) => <Time at={created_at} />,
    },
  ]
  return (
    <>
      <PageHead
        title={w.title}
        actions={
          <Button component={Link} variant="default" {...({ to: '/shares/manage' } as object)}>
            {w.manage}
          </Button>
        }
      />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: w.find }}
        change={(filters) =>
          void navigate({
            search: withFilters(filters),
          })
        }
      />
      {instances.error !== null && instances.data === undefined ? (
        <Failure error={instances.error} again={() => void instances.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={columns}
          page={instances.data}
          nameOf={({ id }) => id.slice(0, 8)}
          search={search}
          sorted={sorted}
          go={(next) => void navigate({ search: next as never })}
          actionsOf={(instance) => instanceActions(words, instance, ask)}
          empty={
            search.text === undefined ? (
              <Empty title={w.emptyTitle} command={instanceCommands.list()}>
                {w.emptyText}
              </Empty>
            ) : (
              <Empty title={common.noRows} />
            )
          }
        />
      )}
      {asked === null ? null : <InstanceDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}
