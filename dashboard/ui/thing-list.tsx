/** A list page: its head, its filters, its table, and what stands there when it is empty. */
import { useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Page, PageSearch } from '../api/paging.ts'
import { useWords } from '../words/index.ts'
import type { Action } from './actions.tsx'
import { DataTable, type Column } from './data-table.tsx'
import { Empty } from './empty.tsx'
import { Failure } from './failure.tsx'
import { FilterBar, withFilters, type Choice } from './filter-bar.tsx'
import { PageHead } from './page.tsx'

interface ThingListProps<Row extends { readonly id: string }> {
  readonly title: string
  /** Beside the title. */
  readonly aside?: ReactNode
  readonly head: ReactNode
  readonly read: { readonly error: unknown; readonly refetch: () => unknown }
  readonly page: Page<Row> | undefined
  readonly search: PageSearch & { readonly text?: string }
  readonly choices?: readonly Choice[]
  /** With a switch for those of every project. */
  readonly ofAll?: boolean
  readonly sorted: { readonly sort: string; readonly dir: 'asc' | 'desc' }
  readonly columns: readonly Column<Row>[]
  readonly nameOf: (row: Row) => string
  readonly actionsOf: (row: Row) => readonly Action[]
  readonly bulk?: (rows: readonly Row[]) => readonly Action[]
  /** Where there are none at all, filters aside. */
  readonly empty: {
    readonly title: string
    readonly text: string
    readonly action?: ReactNode
    readonly command: string
  }
}

export function ThingList<Row extends { readonly id: string }>(props: ThingListProps<Row>) {
  const { title, aside, head, read, page, search, choices = [], ofAll = false, empty, ...table } = props
  const { common } = useWords()
  const navigate = useNavigate()
  const filters = search as Readonly<Record<string, string | undefined>>
  const isFiltered = ['text', ...choices.map(({ name }) => name)].some((name) => filters[name] !== undefined)
  return (
    <>
      <PageHead title={title} aside={aside} actions={head} />
      <FilterBar
        search={filters}
        text={{ name: 'text', label: common.search }}
        choices={choices}
        change={(changed) => void navigate({ to: '.', search: withFilters(changed) as never })}
        ofAll={ofAll}
      />
      {read.error !== null && page === undefined ? (
        <Failure error={read.error} again={() => void read.refetch()} />
      ) : (
        <DataTable
          {...table}
          label={title}
          page={page}
          search={search}
          go={(next) => void navigate({ to: '.', search: next as never })}
          empty={
            isFiltered ? (
              <Empty title={common.noRows} />
            ) : (
              <Empty title={empty.title} action={empty.action} command={empty.command}>
                {empty.text}
              </Empty>
            )
          }
        />
      )}
    </>
  )
}
