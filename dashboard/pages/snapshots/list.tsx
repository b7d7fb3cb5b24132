/** The snapshots of the project. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { snapshotStatuses } from '../../../src/model/states.ts'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { statusChoice } from '../../ui/filter-bar.tsx'
import { useFormat } from '../../ui/format.ts'
import { deletingOf } from '../../ui/thing-actions.ts'
import { ThingList } from '../../ui/thing-list.tsx'
import { called } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { snapshotCommands } from './commands.ts'
import { snapshotColumns } from './columns.tsx'
import { snapshotsQuery, sorted, type SnapshotSearch } from './queries.ts'
import { snapshotListRoute } from './route.tsx'
import { snapshotActions } from './snapshot-actions.tsx'
import { SnapshotDialog, type SnapshotAsked } from './snapshot-dialogs.tsx'

export function SnapshotListPage() {
  const words = useWords()
  const console = useConsole()
  const { is_admin } = useWho()
  const format = useFormat()
  const search: SnapshotSearch = snapshotListRoute.useSearch()
  const navigate = useNavigate()
  const snapshots = useQuery(snapshotsQuery(console, search))
  const permissions = usePermissions('snapshot', snapshots.data?.rows ?? [])
  const [asked, ask] = useState<SnapshotAsked | null>(null)
  const { snapshots: w } = words
  const createLink = (
    <Button component={Link} {...({ to: '/snapshots/new', search: { share: search.share } } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <ThingList
        title={w.title}
        head={
          <>
            {is_admin ? (
              <Button variant="default" component={Link} {...({ to: '/snapshots/manage' } as object)}>
                {w.manage}
              </Button>
            ) : null}
            {createLink}
          </>
        }
        read={snapshots}
        page={snapshots.data}
        search={search}
        choices={[
          statusChoice(words, snapshotStatuses),
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
        ofAll={is_admin}
        sorted={sorted}
        columns={snapshotColumns(words, format, 'share')}
        nameOf={called}
        actionsOf={(snapshot) =>
          snapshotActions(words, {
            permissions,
            snapshot,
            isAdmin: is_admin,
            ask,
            go: (to) => void navigate(to as never),
          })
        }
        bulk={(rows) => [deletingOf(words, () => ask({ what: 'delete', snapshots: rows }))]}
        empty={{
          title: w.emptyTitle,
          text: w.emptyText,
          action: createLink,
          command: snapshotCommands.first(),
        }}
      />
      {asked === null ? null : <SnapshotDialog asked={asked} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}
