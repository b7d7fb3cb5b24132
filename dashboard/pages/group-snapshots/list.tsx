/** The group snapshots of the project. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { shareGroupStatuses } from '../../../src/model/states.ts'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import type { Column } from '../../ui/data-table.tsx'
import { statusChoice } from '../../ui/filter-bar.tsx'
import { useFormat } from '../../ui/format.ts'
import { deletingOf } from '../../ui/thing-actions.ts'
import { thingColumns } from '../../ui/thing-columns.tsx'
import { ThingList } from '../../ui/thing-list.tsx'
import { called } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { useGroupChoice } from '../groups/choices.ts'
import { ThingLink } from '../shares/thing-link.tsx'
import { groupSnapshotCommands } from './commands.ts'
import { groupSnapshotActions } from './group-snapshot-actions.ts'
import { GroupSnapshotDialog, type GroupSnapshotAsked } from './group-snapshot-dialogs.tsx'
import { groupSnapshotsQuery, sorted, type GroupSnapshotSearch, type GroupSnapshotView } from './queries.ts'
import { groupSnapshotListRoute } from './route.tsx'

export function GroupSnapshotListPage() {
  const words = useWords()
  const console = useConsole()
  const format = useFormat()
  const { is_admin: isAdmin } = useWho()
  const search: GroupSnapshotSearch = groupSnapshotListRoute.useSearch()
  const navigate = useNavigate()
  const snapshots = useQuery(groupSnapshotsQuery(console, search))
  const permissions = usePermissions('share_group_snapshot', snapshots.data?.rows ?? [])
  const choice = useGroupChoice(search.group)
  const [asked, ask] = useState<GroupSnapshotAsked | null>(null)
  const { groupSnapshots: w, shares } = words
  const { name, status, created } = thingColumns<GroupSnapshotView>(words, { page: '/group-snapshots/$id' })
  const columns: readonly Column<GroupSnapshotView>[] = [
    name,
    status,
    {
      key: 'group',
      title: w.of,
      from: 'tablet',
      show: (snapshot) => <ThingLink type="share_group" id={snapshot.share_group_id} word={null} />,
    },
    {
      key: 'members',
      title: shares.title,
      isNumber: true,
      show: ({ members }) => format.number(members.length),
    },
    created,
  ]
  const create = (
    <Button component={Link} {...({ to: '/group-snapshots/new', search: { group: search.group } } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <ThingList
        title={w.title}
        head={create}
        read={snapshots}
        page={snapshots.data}
        search={search}
        choices={[statusChoice(words, shareGroupStatuses), ...(choice === null ? [] : [choice])]}
        ofAll={isAdmin}
        sorted={sorted}
        columns={columns}
        nameOf={called}
        actionsOf={(snapshot) =>
          groupSnapshotActions(words, {
            permissions,
            snapshot,
            isAdmin,
            ask,
            go: (to) => void navigate(to as never),
          })
        }
        bulk={(rows) => [deletingOf(words, () => ask({ what: 'delete', snapshots: rows }))]}
        empty={{
          title: w.emptyTitle,
          text: w.emptyText,
          action: create,
          command: groupSnapshotCommands.first(search.group),
        }}
      />
      {asked === null ? null : <GroupSnapshotDialog asked={asked} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}
