/** One snapshot: what it holds, what happens to it, who may mount it. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { CopyText, ShortId } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Read, ThingHead } from '../../ui/thing-page.tsx'
import { nameOf } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { shareQuery } from '../shares/queries.ts'
import classes from '../shares/shares.module.css'
import { ThingPanel } from '../shares/thing-panel.tsx'
import { Mounting } from './mounting.tsx'
import { snapshotQuery, snapshotsOfShareQuery, type SnapshotView } from './queries.ts'
import { snapshotDetailRoute } from './route.tsx'
import { snapshotActions } from './snapshot-actions.tsx'
import { SnapshotDialog, type SnapshotAsked } from './snapshot-dialogs.tsx'
import { SnapshotProperties } from './snapshot-properties.tsx'
import { SnapshotUsage } from './snapshot-usage.tsx'

export function SnapshotDetailPage() {
  const { id } = snapshotDetailRoute.useParams()
  const console = useConsole()
  const { snapshots: w } = useWords()
  const read = useQuery(snapshotQuery(console, id))
  useCrumb(read.data === undefined ? id.slice(0, 8) : nameOf(read.data))
  return (
    <Read
      read={read}
      all={<Link to="/snapshots">{w.all}</Link>}
      show={(snapshot) => <Shown snapshot={snapshot} />}
    />
  )
}

/** Beside the menu, for what is done most. */
const inView: readonly string[] = ['revert', 'clone']

function Shown({ snapshot }: { readonly snapshot: SnapshotView }) {
  const words = useWords()
  const console = useConsole()
  const { is_admin } = useWho()
  const format = useFormat()
  const navigate = useNavigate()
  const permissions = usePermissions('snapshot', [snapshot])
  const share = useQuery(shareQuery(console, snapshot.share_id)).data
  const newest = useQuery(snapshotsOfShareQuery(console, snapshot.share_id)).data?.[0]
  const ofShare = usePermissions('share', share === undefined ? [] : [share])
  const [asked, ask] = useState<SnapshotAsked | null>(null)
  const { common, snapshots: w, things } = words
  const actions = snapshotActions(words, {
    permissions,
    snapshot,
    isAdmin: is_admin,
    ask,
    go: (to) => void navigate(to as never),
    ofShare: share === undefined ? undefined : { share, newest, permissions: ofShare },
  })
  return (
    <>
      <ThingHead
        thing={snapshot}
        line={
          <>
            <span>{format.size(snapshot.share_size)}</span>
            <span>{snapshot.share_proto}</span>
          </>
        }
        actions={actions}
        inView={inView}
      />
      <ThingPanel thing={snapshot} actions={actions} />
      <div className={classes.columns}>
        <div>
          {share?.mount_snapshot_support === true ? (
            <Mounting snapshot={snapshot} permissions={permissions} />
          ) : null}
          <SnapshotProperties snapshot={snapshot} permissions={permissions} />
        </div>
        <div>
          <SnapshotUsage id={snapshot.id} />
          <Section title={things.facts}>
            <Facts
              facts={[
                [
                  w.of,
                  <Link key="share" to="/shares/$id" params={{ id: snapshot.share_id }}>
                    <PlainText>{share?.name || snapshot.share_id.slice(0, 8)}</PlainText>
                  </Link>,
                ],
                [
                  common.description,
                  snapshot.description === null || snapshot.description === '' ? null : (
                    <PlainText wrap>{snapshot.description}</PlainText>
                  ),
                ],
                [w.shareSize, format.size(snapshot.share_size)],
                [
                  w.location,
                  snapshot.provider_location === null || snapshot.provider_location === undefined ? null : (
                    <CopyText text={visible(snapshot.provider_location)} what={w.location} />
                  ),
                ],
                [
                  common.project,
                  is_admin && snapshot.project_id !== undefined ? (
                    <ShortId key="project" id={snapshot.project_id} what={common.project} />
                  ) : null,
                ],
              ]}
            />
          </Section>
        </div>
      </div>
      {asked === null ? null : <SnapshotDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}
