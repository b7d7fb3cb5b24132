/** One group snapshot: the shares in it, each with how it is, and what happens to it. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { ShortId } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { nameOf } from '../../ui/thing-name.ts'
import { Read, ThingHead } from '../../ui/thing-page.tsx'
import { useWords } from '../../words/index.ts'
import classes from '../shares/shares.module.css'
import { ThingLink } from '../shares/thing-link.tsx'
import { ThingPanel } from '../shares/thing-panel.tsx'
import { groupSnapshotActions } from './group-snapshot-actions.ts'
import { GroupSnapshotDialog, type GroupSnapshotAsked } from './group-snapshot-dialogs.tsx'
import { Members } from './members.tsx'
import { groupSnapshotQuery, type GroupSnapshotView } from './queries.ts'
import { groupSnapshotDetailRoute } from './route.tsx'

export function GroupSnapshotDetailPage() {
  const { id } = groupSnapshotDetailRoute.useParams()
  const { groupSnapshots: w } = useWords()
  const read = useQuery(groupSnapshotQuery(useConsole(), id))
  useCrumb(read.data === undefined ? id.slice(0, 8) : nameOf(read.data))
  return (
    <Read
      read={read}
      all={<Link to="/group-snapshots">{w.all}</Link>}
      show={(snapshot) => <Shown snapshot={snapshot} />}
    />
  )
}

/** Beside the menu, for what is done most. */
const inView: readonly string[] = ['clone']

function Shown({ snapshot }: { readonly snapshot: GroupSnapshotView }) {
  const words = useWords()
  const { is_admin: isAdmin } = useWho()
  const format = useFormat()
  const navigate = useNavigate()
  const permissions = usePermissions('share_group_snapshot', [snapshot])
  const [asked, ask] = useState<GroupSnapshotAsked | null>(null)
  const { common, groupSnapshots: w, shares, things } = words
  const actions = groupSnapshotActions(words, {
    permissions,
    snapshot,
    isAdmin,
    ask,
    go: (to) => void navigate(to as never),
  })
  const size = snapshot.members.reduce((sum, member) => sum + member.size, 0)
  return (
    <>
      <ThingHead
        thing={snapshot}
        line={
          <>
            <span>{shares.count(snapshot.members.length)}</span>
            {size === 0 ? null : <span>{format.size(size)}</span>}
          </>
        }
        actions={actions}
        inView={inView}
      />
      <ThingPanel thing={snapshot} actions={actions} />
      <div className={classes.columns}>
        <div>
          <Members snapshot={snapshot} />
        </div>
        <div>
          <Section title={things.facts}>
            <Facts
              facts={[
                [w.of, <ThingLink key="group" type="share_group" id={snapshot.share_group_id} word={null} />],
                [
                  common.description,
                  snapshot.description === null || snapshot.description === '' ? null : (
                    <PlainText wrap>{snapshot.description}</PlainText>
                  ),
                ],
                [
                  common.project,
                  isAdmin ? <ShortId key="project" id={snapshot.project_id} what={common.project} /> : null,
                ],
              ]}
            />
          </Section>
        </div>
      </div>
      {asked === null ? null : <GroupSnapshotDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}
