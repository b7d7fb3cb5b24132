/** One share group: what is in it, its snapshots, and what happens to it. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { CopyText, ShortId } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { nameOf } from '../../ui/thing-name.ts'
import { Read, ThingHead } from '../../ui/thing-page.tsx'
import { useWords } from '../../words/index.ts'
import classes from '../shares/shares.module.css'
import { ThingLink } from '../shares/thing-link.tsx'
import { ThingPanel } from '../shares/thing-panel.tsx'
import { useTypeNames } from '../types/type-names.ts'
import { groupActions } from './group-actions.ts'
import { GroupDialog, type GroupAsked } from './group-dialogs.tsx'
import { MembersSection, SnapshotsSection } from './holdings.tsx'
import { groupQuery, usableGroupTypesQuery, type GroupView } from './queries.ts'
import { groupDetailRoute } from './route.tsx'

export function GroupDetailPage() {
  const { id } = groupDetailRoute.useParams()
  const { groups: w } = useWords()
  const read = useQuery(groupQuery(useConsole(), id))
  useCrumb(read.data === undefined ? id.slice(0, 8) : nameOf(read.data))
  return (
    <Read read={read} all={<Link to="/groups">{w.all}</Link>} show={(group) => <Shown group={group} />} />
  )
}

/** Beside the menu, for what is done most; what is made in it is made in its section. */
const inView: readonly string[] = ['rename']
const inSections: readonly string[] = ['share', 'snapshot']

function Shown({ group }: { readonly group: GroupView }) {
  const words = useWords()
  const console = useConsole()
  const { is_admin: isAdmin } = useWho()
  const navigate = useNavigate()
  const permissions = usePermissions('share_group', [group])
  const groupTypes = useQuery(usableGroupTypesQuery(console)).data ?? []
  const typeNames = useTypeNames()
  const [asked, ask] = useState<GroupAsked | null>(null)
  const { common, groups: w, things } = words
  const all = groupActions(words, {
    permissions,
    group,
    isAdmin,
    ask,
    go: (to) => void navigate(to as never),
  })
  const actions = all.filter(({ key }) => !inSections.includes(key))
  const action = (key: string) => all.find((one) => one.key === key)
  const groupType = groupTypes.find(({ id }) => id === group.share_group_type_id)
  return (
    <>
      <ThingHead thing={group} actions={actions} inView={inView} />
      <ThingPanel thing={group} actions={actions} />
      <div className={classes.columns}>
        <div>
          <MembersSection group={group} create={action('share')} />
          <SnapshotsSection group={group} create={action('snapshot')} />
        </div>
        <div>
          <Section title={things.facts}>
            <Facts
              facts={[
                [
                  common.description,
                  group.description === null || group.description === '' ? null : (
                    <PlainText wrap>{group.description}</PlainText>
                  ),
                ],
                [
                  w.type,
                  groupType === undefined ? (
                    <ShortId key="type" id={group.share_group_type_id} what={w.type} />
                  ) : (
                    <PlainText key="type">{groupType.name}</PlainText>
                  ),
                ],
                [w.shareTypes, <PlainText key="types">{typeNames(group.share_types)}</PlainText>],
                [common.zone, group.availability_zone],
                [
                  w.source,
                  group.source_share_group_snapshot_id === null ? null : (
                    <ThingLink
                      key="source"
                      type="share_group_snapshot"
                      id={group.source_share_group_snapshot_id}
                      word={null}
                    />
                  ),
                ],
                [
                  w.pool,
                  group.host === null || group.host === '' ? null : (
                    <CopyText key="host" text={group.host} what={w.pool} />
                  ),
                ],
                [
                  common.project,
                  isAdmin ? <ShortId key="project" id={group.project_id} what={common.project} /> : null,
                ],
              ]}
            />
          </Section>
        </div>
      </div>
      {asked === null ? null : <GroupDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}
