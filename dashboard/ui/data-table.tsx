/**
 * A list as a table: sorting and pages in the URL, rows that change in place, a menu for each row, a bar for several. Rows that come while
 * one reads announce themselves and never push what is being read.
 */
import { Button, Checkbox, Skeleton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import type { Page, PageSearch } from '../api/paging.ts'
import { useWords } from '../words/index.ts'
import { ActionButton, ActionMenu, type Action } from './actions.tsx'
import classes from './data-table.module.css'
import { useLate } from './late.ts'
import { useSteadyRows } from './steady-rows.ts'

export interface Column<Row> {
  readonly key: string
  readonly title: string
  readonly show: (row: Row) => ReactNode
  /** Numbers stand at the right, figure below figure. */
  readonly isNumber?: boolean
  /** `sort_key` of the API; absent = can't be sorted by. */
  readonly sort?: string
  /** Left out on windows narrower than this. */
  readonly from?: 'phone' | 'tablet' | 'desk'
  /** CSS width. */
  readonly width?: string
}

interface DataTableProps<Row extends { readonly id: string }> {
  /** For whoever listens: what it is a table of. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  /** Undefined while it is read for the first time. */
  readonly page: Page<Row> | undefined
  readonly nameOf: (row: Row) => string
  readonly actionsOf?: (row: Row) => readonly Action[]
  /** What can be done with several at once. */
  readonly bulk?: (rows: readonly Row[]) => readonly Action[]
  readonly search?: PageSearch
  /** As the API sorts without being told. */
  readonly sorted?: { readonly sort: string; readonly dir: 'asc' | 'desc' }
  /** Changes the URL; absent for lists that come whole. */
  readonly go?: (search: PageSearch) => void
  /** In place of rows. */
  readonly empty: ReactNode
}

export function DataTable<Row extends { readonly id: string }>(props: DataTableProps<Row>) {
  const { label, columns, page, nameOf, actionsOf, bulk, search = {}, sorted, go, empty } = props
  const { common } = useWords()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const isLate = useLate(page === undefined)
  const { rows, waiting, show } = useSteadyRows(page?.rows, JSON.stringify(search))

  if (page === undefined) return isLate ? <Waiting columns={columns.length} label={common.loading} /> : null
  if (page.rows.length === 0 && !page.hasNewer && !page.hasOlder) return empty
  const selected = rows.filter(({ id }) => chosen.has(id))
  const choose = (ids: readonly string[], isOn: boolean): void => {
    const next = new Set(chosen)
    for (const id of ids) {
      if (isOn) next.add(id)
      else next.delete(id)
    }
    setChosen(next)
  }
  const current = { sort: search.sort ?? sorted?.sort, dir: search.dir ?? sorted?.dir ?? 'desc' }

  return (
    <div>
      {waiting === 0 ? null : (
        <button type="button" className={classes.waiting} onClick={show}>
          {common.showNew(waiting)}
        </button>
      )}
      <div className={classes.scroller} role="region" aria-label={label} tabIndex={0}>
        <table className={classes.table}>
          <thead>
            <tr>
              {bulk === undefined ? null : (
                <th className={classes.check}>
                  <Checkbox
                    aria-label={common.selectAll}
                    checked={rows.length > 0 && selected.length === rows.length}
                    indeterminate={selected.length > 0 && selected.length < rows.length}
                    onChange={(event) =>
                      choose(
                        rows.map(({ id }) => id),
                        event.currentTarget.checked,
                      )
                    }
                  />
                </th>
              )}
              {columns.map((column) => (
                <th
                  key={column.key}
                  scope="col"
                  className={`${column.isNumber === true ? classes.number : ''} ${classes[column.from ?? 'phone']}`}
                  style={column.width === undefined ? undefined : { width: column.width }}
                  aria-sort={
                    column.sort === undefined || column.sort !== current.sort
                      ? undefined
                      : current.dir === 'asc'
                        ? 'ascending'
                        : 'descending'
                  }
                >
                  {column.sort === undefined || go === undefined ? (
                    column.title
                  ) : (
                    <SortButton
                      title={column.title}
                      dir={column.sort === current.sort ? current.dir : null}
                      sort={(dir) =>
                        go({
                          ...search,
                          sort: column.sort as string,
                          dir,
                          after: undefined,
                          before: undefined,
                        } as PageSearch)
                      }
                    />
                  )}
                </th>
              ))}
              {actionsOf === undefined ? null : (
                <th className={classes.menu}>
                  <span className={classes.hidden}>{common.actionsColumn}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id} data-selected={chosen.has(row.id) || undefined}>
                {bulk === undefined ? null : (
                  <td className={classes.check}>
                    <Checkbox
                      aria-label={common.selectRow(nameOf(row))}
                      checked={chosen.has(row.id)}
                      onChange={(event) => choose([row.id], event.currentTarget.checked)}
                    />
                  </td>
                )}
                {columns.map((column) => (
                  <td
                    key={column.key}
                    className={`${column.isNumber === true ? classes.number : ''} ${classes[column.from ?? 'phone']}`}
                  >
                    {column.show(row)}
                  </td>
                ))}
                {actionsOf === undefined ? null : (
                  <td className={classes.menu}>
                    <ActionMenu name={nameOf(row)} actions={actionsOf(row)} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {go === undefined || (!page.hasNewer && !page.hasOlder) ? null : (
        <nav className={classes.pages} aria-label={common.pages}>
          <Button
            variant="default"
            disabled={!page.hasNewer}
            onClick={() => go({ ...search, after: undefined, before: page.rows[0]?.id } as PageSearch)}
          >
            {common.previous}
          </Button>
          <Button
            variant="default"
            disabled={!page.hasOlder}
            onClick={() => go({ ...search, before: undefined, after: page.rows.at(-1)?.id } as PageSearch)}
          >
            {common.next}
          </Button>
        </nav>
      )}
      {bulk === undefined || selected.length === 0 ? null : (
        <div className={classes.bulk} role="region" aria-label={common.selected(selected.length)}>
          <span>{common.selected(selected.length)}</span>
          {bulk(selected).map((action) => (
            <ActionButton key={action.key} action={action} />
          ))}
          <Button variant="subtle" color="gray" onClick={() => setChosen(new Set())}>
            {common.clearSelection}
          </Button>
        </div>
      )}
    </div>
  )
}

interface SortButtonProps {
  readonly title: string
  readonly dir: 'asc' | 'desc' | null
  readonly sort: (dir: 'asc' | 'desc') => void
}

function SortButton({ title, dir, sort }: SortButtonProps) {
  const Icon = dir === 'asc' ? IconArrowUp : IconArrowDown
  return (
    <button type="button" className={classes.sort} onClick={() => sort(dir === 'desc' ? 'asc' : 'desc')}>
      {title}
      <Icon size={12} aria-hidden style={{ visibility: dir === null ? 'hidden' : 'visible' }} />
    </button>
  )
}

function Waiting({ columns, label }: { readonly columns: number; readonly label: string }) {
  return (
    <div aria-busy aria-label={label} role="status" className={classes.skeletons}>
      {Array.from({ length: 6 }, (_one, index) => (
        <div key={index}>
          <Skeleton height={16} width={`${92 - ((index * 7 + columns) % 20)}%`} animate={false} />
        </div>
      ))}
    </div>
  )
}
