/** Columns that lists of things with a name and a status have alike. */
import { Link } from '@tanstack/react-router'
import type { Words } from '../words/index.ts'
import type { Column } from './data-table.tsx'
import { NameCell } from './name-cell.tsx'
import { PlainText } from './plain-text.tsx'
import { Status } from './status.tsx'
import { isNamed, nameOf } from './thing-name.ts'
import { Time } from './time.tsx'

export interface ListedThing {
  readonly id: string
  readonly name: string | null
  readonly status: string
  readonly created_at: string
}

interface ThingColumns<Row> {
  readonly name: Column<Row>
  readonly status: Column<Row>
  readonly created: Column<Row>
}

/** `page`: where one of them is, with `$id`. */
export function thingColumns<Row extends ListedThing>(
  { common }: Words,
  { page, sortable = true }: { readonly page: string; readonly sortable?: boolean },
): ThingColumns<Row> {
  const sort = (key: string): { readonly sort?: string } => (sortable ? { sort: key } : {})
  return {
    name: {
      key: 'name',
      title: common.name,
      ...sort('name'),
      show: (row) => (
        <NameCell id={row.id} status={row.status} isNamed={isNamed(row)}>
          <Link to={page as never} params={{ id: row.id } as never}>
            <PlainText>{nameOf(row)}</PlainText>
          </Link>
        </NameCell>
      ),
    },
    status: {
      key: 'status',
      title: common.status,
      from: 'tablet',
      ...sort('status'),
      show: ({ status }) => <Status status={status} />,
    },
    created: {
      key: 'created',
      title: common.created,
      ...sort('created_at'),
      from: 'tablet',
      show: ({ created_at }) => <Time at={created_at} />,
    },
  }
}
