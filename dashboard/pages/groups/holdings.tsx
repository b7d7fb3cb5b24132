/** What is in a share group: its shares, and the snapshots that were taken of all of them. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useConsole } from '../../api/console.ts'
import type { Page } from '../../api/paging.ts'
import { ActionButton, type Action } from '../../ui/actions.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { thingColumns } from '../../ui/thing-columns.tsx'
import { called } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { groupSnapshotsQuery, type GroupSnapshotView } from '../group-snapshots/queries.ts'
import { groupSnapshotCommands } from '../group-snapshots/commands.ts'
import { shareCommands } from '../shares/commands.ts'
import { blankShare } from '../shares/new-share.ts'
import { sharesQuery, type ShareView } from '../shares/queries.ts'
import type { GroupView } from './queries.ts'

interface HoldingsProps {
  readonly group: GroupView
  /** Makes one; absent where the policy forbids it. */
  readonly create: Action | undefined
}

export function MembersSection({ group, create }: HoldingsProps) {
  const words = useWords()
  const format = useFormat()
  const shares = useQuery(sharesQuery(useConsole(), { group: group.id, all: '1' }))
  const { common, groups: w, shares: s } = words
  const { name, status, created } = thingColumns<ShareView>(words, { page: '/shares/$id', sortable: false })
  const size: Column<ShareView> = {
    key: 'size',
    title: common.size,
    isNumber: true,
    show: (share) => format.size(share.size),
  }
  return (
    <Holdings
      title={s.title}
      read={shares}
      columns={[name, status, size, created]}
      create={create}
      more={
        <Link to="/shares" search={{ group: group.id } as never}>
          {w.showAll}
        </Link>
      }
      empty={
        <Empty
          title={w.noShares}
          command={shareCommands.create({ ...blankShare, name: 'first', group: group.id })}
        />
      }
    />
  )
}

export function SnapshotsSection({ group, create }: HoldingsProps) {
  const words = useWords()
  const snapshots = useQuery(groupSnapshotsQuery(useConsole(), { group: group.id, all: '1' }))
  const { groups: w, groupSnapshots: s } = words
  const { name, status, created } = thingColumns<GroupSnapshotView>(words, {
    page: '/group-snapshots/$id',
    sortable: false,
  })
  const members: Column<GroupSnapshotView> = {
    key: 'members',
    title: words.shares.title,
    isNumber: true,
    show: (snapshot) => format.number(snapshot.members.length),
  }
  const format = useFormat()
  return (
    <Holdings
      title={s.title}
      read={snapshots}
      columns={[name, status, members, created]}
      create={create}
      more={
        <Link to="/group-snapshots" search={{ group: group.id } as never}>
          {w.showAll}
        </Link>
      }
      empty={<Empty title={s.emptyTitle} command={groupSnapshotCommands.first(group.id)} />}
    />
  )
}

interface TableProps<Row> {
  readonly title: string
  readonly read: {
    readonly data: Page<Row> | undefined
    readonly error: unknown
    readonly refetch: () => unknown
  }
  readonly columns: readonly Column<Row>[]
  readonly create: Action | undefined
  /** Below a list that does not end here. */
  readonly more: ReactNode
  readonly empty: ReactNode
}

function Holdings<Row extends { readonly id: string; readonly name: string | null }>(props: TableProps<Row>) {
  const { title, read, columns, create, more, empty } = props
  const { data, error, refetch } = read
  return (
    <Section title={title} aside={create === undefined ? undefined : <ActionButton action={create} />}>
      {error !== null && data === undefined ? (
        <Failure error={error} again={() => void refetch()} />
      ) : (
        <DataTable label={title} columns={columns} page={data} nameOf={called} empty={empty} />
      )}
      {data?.hasOlder === true ? <p>{more}</p> : null}
    </Section>
  )
}
