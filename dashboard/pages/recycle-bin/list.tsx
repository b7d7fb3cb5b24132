/** Shares that wait for their end: how long they can still be had back, and the way back. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { usePermissions } from '../../api/permissions.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters, type Filters } from '../../ui/filter-bar.tsx'
import { useFormat } from '../../ui/format.ts'
import { PageHead } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { shareColumns } from '../shares/columns.tsx'
import { ShareDialog } from '../shares/dialogs/share-dialog.tsx'
import { severalActions, shareActions, type ShareAsked } from '../shares/share-actions.tsx'
import { nameOf } from '../../ui/thing-name.ts'
import { usagesQuery } from '../shares/usage-queries.ts'
import { shareCommands } from '../shares/commands.ts'
import { binQuery, hasBin, sorted, type BinSearch } from './queries.ts'
import { recycleBinRoute } from './route.tsx'

/** Of the columns of shares, those that help to choose what to have back. */
const shownOfShares: readonly string[] = ['name', 'status', 'size', 'type', 'project']

export function RecycleBinPage() {
  const words = useWords()
  const console = useConsole()
  const format = useFormat()
  const { is_admin: isAdmin } = useWho()
  const search: BinSearch = recycleBinRoute.useSearch()
  const navigate = useNavigate({ from: recycleBinRoute.fullPath })
  const bin = useQuery(binQuery(console, search))
  const rows = bin.data?.rows ?? []
  const usages = useQuery(
    usagesQuery(
      console,
      rows.map(({ id }) => id),
    ),
  )
  const permissions = usePermissions('share', rows)
  const [asked, ask] = useState<ShareAsked | null>(null)
  const actor = { words, permissions, isAdmin, ask }
  const { common, frame, recycleBin: w } = words
  const change = (filters: Filters): void =>
    void navigate({
      search: withFilters(filters),
    })
  const count = bin.data?.count ?? null
  const columns = shareColumns({ words, format, usages: usages.data, all: search.all === '1' }).filter(
    ({ key }) => shownOfShares.includes(key),
  )
  return (
    <>
      <PageHead
        title={frame.recycleBin}
        aside={count === null ? null : <span>{format.number(count)}</span>}
        line={w.line}
      />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: w.search }}
        change={change}
        ofAll={isAdmin}
      />
      {!hasBin(console) ? (
        <Empty title={common.notHere} />
      ) : bin.error !== null && bin.data === undefined ? (
        <Failure error={bin.error} again={() => void bin.refetch()} />
      ) : (
        <DataTable
          label={frame.recycleBin}
          columns={[
            ...columns,
            {
              key: 'end',
              title: w.end,
              show: ({ scheduled_to_be_deleted_at }) => <Time at={scheduled_to_be_deleted_at} />,
            },
          ]}
          page={bin.data}
          nameOf={nameOf}
          search={search}
          sorted={sorted}
          go={(next: PageSearch) => void navigate({ search: next as never })}
          actionsOf={(share) => shareActions(actor, share)}
          bulk={(chosen) => severalActions(actor, chosen)}
          empty={
            search.text === undefined ? (
              <Empty title={w.emptyTitle} command={shareCommands.firstInBin()}>
                {w.emptyText}
              </Empty>
            ) : (
              <Empty title={common.noRows} />
            )
          }
        />
      )}
      <ShareDialog asked={asked} close={() => ask(null)} />
    </>
  )
}
