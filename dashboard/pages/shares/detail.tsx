/** One share: what it is, what happens to it, where it is mounted. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { useFormat } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Read, ThingHead } from '../../ui/thing-page.tsx'
import { useWords } from '../../words/index.ts'
import { AccessTab } from '../access-rules/access-tab.tsx'
import { SnapshotsTab } from '../snapshots/snapshots-tab.tsx'
import { ActivityTab } from './activity-tab.tsx'
import { AdvancedTab } from './advanced-tab.tsx'
import { ShareDialog } from './dialogs/share-dialog.tsx'
import { OverviewTab } from './overview-tab.tsx'
import { shareQuery, type ShareView } from './queries.ts'
import { shareDetailRoute } from './route.tsx'
import { shareActions, type ShareAsked } from './share-actions.tsx'
import { nameOf } from '../../ui/thing-name.ts'
import classes from './shares.module.css'
import { SharePanel } from './share-panel.tsx'

export function ShareDetailPage() {
  const { id } = shareDetailRoute.useParams()
  const console = useConsole()
  const { shares } = useWords()
  const read = useQuery(shareQuery(console, id))
  useCrumb(read.data === undefined ? id.slice(0, 8) : nameOf(read.data))
  return (
    <Read
      read={read}
      all={<Link to="/shares">{shares.all}</Link>}
      show={(share) => <Shown share={share} />}
    />
  )
}

/** Beside the menu, for what is done most. */
const inView: readonly string[] = ['edit', 'extend', 'restore']

function Shown({ share }: { readonly share: ShareView }) {
  const words = useWords()
  const format = useFormat()
  const { is_admin: isAdmin } = useWho()
  const { tab } = shareDetailRoute.useSearch()
  const navigate = useNavigate({ from: shareDetailRoute.fullPath })
  const permissions = usePermissions('share', [share])
  const [asked, ask] = useState<ShareAsked | null>(null)
  const { common, shares: w } = words
  const until = share.scheduled_to_be_deleted_at ?? null
  const actions = shareActions({ words, permissions, isAdmin, ask }, share)
  return (
    <>
      <ThingHead
        thing={share}
        line={
          <>
            <span>{format.size(share.size)}</span>
            <span>{share.share_proto}</span>
            {share.is_public ? <span>{w.isPublic}</span> : null}
          </>
        }
        actions={actions}
        inView={inView}
      />
      {share.is_soft_deleted === true ? (
        <Notice tone="warning" title={w.inBin(until === null ? common.notKnown : format.relative(until))}>
          {w.inBinText} {until === null ? null : format.exact(until)}
        </Notice>
      ) : null}
      <div className={classes.panel}>
        <SharePanel share={share} actions={actions} />
      </div>
      <Tabs
        label={w.title}
        value={tab}
        change={(key) => void navigate({ search: { tab: key } as never })}
        tabs={[
          { key: 'overview', title: w.overview, show: () => <OverviewTab share={share} /> },
          { key: 'access', title: w.accessTab, show: () => <AccessTab share={share} /> },
          { key: 'snapshots', title: w.snapshotsTab, show: () => <SnapshotsTab share={share} /> },
          { key: 'activity', title: w.activityTab, show: () => <ActivityTab share={share} /> },
          {
            key: 'advanced',
            title: w.advancedTab,
            show: () => <AdvancedTab share={share} actions={actions} />,
          },
        ]}
      />
      <ShareDialog asked={asked} close={() => ask(null)} />
    </>
  )
}
