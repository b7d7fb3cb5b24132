/** The snapshots of one share: over time, with what deleting each would free; back to the newest; a new share from any. */
import { useQueries, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { ActionButton, type Action } from '../../ui/actions.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { deletingOf } from '../../ui/thing-actions.ts'
import { called } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import { snapshotCommands } from './commands.ts'
import { snapshotColumns } from './columns.tsx'
import { CreateSnapshotPanel } from './create.tsx'
import { snapshotsOfShareQuery, snapshotUsageQuery } from './queries.ts'
import { snapshotActions } from './snapshot-actions.tsx'
import { SnapshotDialog, type SnapshotAsked } from './snapshot-dialogs.tsx'
import { Timeline } from './timeline.tsx'

/** Newest ones whose usage is asked for, one by one: of older ones their own pages tell. */
const measuredAtMost = 30

export function SnapshotsTab({ share }: { readonly share: ShareView }) {
  const words = useWords()
  const console = useConsole()
  const { is_admin } = useWho()
  const format = useFormat()
  const { panel } = useSearch({ strict: false }) as { readonly panel?: string }
  const navigate = useNavigate()
  const snapshots = useQuery(snapshotsOfShareQuery(console, share.id))
  const rows = snapshots.data ?? []
  const usages = useQueries({
    queries: rows.slice(0, measuredAtMost).map(({ id }) => snapshotUsageQuery(console, id)),
  })
  const usageOf = (id: string) => usages.find(({ data }) => data?.id === id)?.data
  const permissions = usePermissions('snapshot', rows.slice(0, 100))
  const ofShare = usePermissions('share', [share])
  const [asked, ask] = useState<SnapshotAsked | null>(null)
  const { service, snapshots: w } = words

  const open = (next: string | undefined): void =>
    void navigate({ to: '.', search: ((before: object) => ({ ...before, panel: next })) as never })
  const { allowed, why } = ofShare.verdict(share.id, 'create_snapshot')
  const isHidden = ofShare.hidden(share.id, 'create_snapshot')
  const take: Action = {
    key: 'take',
    label: w.create,
    run: () => open('snapshot'),
    whyNot: allowed ? null : (why ?? service.status(share.status)),
  }
  return (
    <Section
      title={snapshots.data === undefined ? w.title : w.count(rows.length)}
      aside={isHidden ? undefined : <ActionButton action={take} primary />}
    >
      {rows.length === 0 ? null : <Timeline snapshots={rows} usageOf={usageOf} began={share.created_at} />}
      {snapshots.error !== null && snapshots.data === undefined ? (
        <Failure error={snapshots.error} again={() => void snapshots.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={snapshotColumns(words, format, usageOf)}
          page={snapshots.data === undefined ? undefined : { rows, hasNewer: false, hasOlder: false }}
          nameOf={called}
          actionsOf={(snapshot) =>
            snapshotActions(words, {
              permissions,
              snapshot,
              isAdmin: is_admin,
              ask,
              go: (to) => void navigate(to as never),
              ofShare: { share, newest: rows[0], permissions: ofShare },
            })
          }
          bulk={(some) => [deletingOf(words, () => ask({ what: 'delete', snapshots: some }))]}
          empty={
            <Empty title={w.emptyTitle} command={snapshotCommands.first(share.id)}>
              {w.emptyText}
            </Empty>
          }
        />
      )}
      {is_admin && !ofShare.hidden(share.id, 'manage_snapshot') ? (
        <p>
          <Link to="/snapshots/manage" search={{ share: share.id } as never}>
            {w.manage}
          </Link>
        </p>
      ) : null}
      {panel === 'snapshot' && !isHidden ? (
        <CreateSnapshotPanel
          shareId={share.id}
          close={() => open(undefined)}
          created={() =>
            void navigate({
              to: '.',
              search: ((before: object) => ({ ...before, panel: undefined })) as never,
              ignoreBlocker: true,
            })
          }
        />
      ) : null}
      {asked === null ? null : <SnapshotDialog asked={asked} close={() => ask(null)} />}
    </Section>
  )
}
