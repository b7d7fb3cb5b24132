/** One share: what it is, what happens to it, where it is mounted. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { ActionButton } from '../../ui/actions.tsx'
import { CopyText, ShortId } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useFormat } from '../../ui/format.ts'
import { OperationPanel } from '../../ui/operation-panel.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { AccessTab } from '../access-rules/access-tab.tsx'
import { exportsQuery, newestOperationQuery, shareQuery, type ShareView } from './queries.ts'
import { shareDetailRoute } from './route.tsx'
import { shareActions, ShareDialog, type ShareAsked } from './share-actions.tsx'

export function ShareDetailPage() {
  const { id } = shareDetailRoute.useParams()
  const console = useConsole()
  const { data: share, error, refetch } = useQuery(shareQuery(console, id))
  useCrumb(share === undefined ? id.slice(0, 8) : share.name || share.id.slice(0, 8))
  if (share === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  return <Shown share={share} />
}

function Shown({ share }: { readonly share: ShareView }) {
  const words = useWords()
  const console = useConsole()
  const format = useFormat()
  const { tab } = shareDetailRoute.useSearch()
  const navigate = useNavigate({ from: shareDetailRoute.fullPath })
  const permissions = usePermissions('share', [share])
  const operation = useQuery(newestOperationQuery(console, share.id))
  const [asked, ask] = useState<ShareAsked | null>(null)
  const { shares: w } = words
  return (
    <>
      <PageHead
        title={share.name || share.id.slice(0, 8)}
        aside={<Status status={share.status} />}
        line={
          <>
            <ShortId id={share.id} />
            <span>{format.size(share.size)}</span>
            <span>{share.share_proto}</span>
            <Time at={share.created_at} />
          </>
        }
        actions={shareActions(words, permissions, share, ask).map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      />
      <OperationPanel operation={operation.data ?? null} status={share.status} />
      <Tabs
        label={w.title}
        value={tab}
        change={(key) => void navigate({ search: { tab: key } as never })}
        tabs={[
          { key: 'overview', title: w.overview, show: () => <Overview share={share} /> },
          { key: 'access', title: w.accessTab, show: () => <AccessTab share={share} /> },
        ]}
      />
      {asked === null ? null : <ShareDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}

function Overview({ share }: { readonly share: ShareView }) {
  const { common, shares: w } = useWords()
  const console = useConsole()
  const locations = useQuery(exportsQuery(console, share.id))
  return (
    <>
      <Facts
        facts={[
          [
            common.description,
            share.description === null ? null : <PlainText wrap>{share.description}</PlainText>,
          ],
          [common.type, share.share_type_name],
          [common.zone, share.availability_zone],
          [w.protocol, share.share_proto],
        ]}
      />
      <Section title={w.exportLocations}>
        {(locations.data ?? []).length === 0 ? (
          <p>{w.noExports}</p>
        ) : (
          locations.data?.map(({ id, path }) => <CopyText key={id} text={path} what={w.exportLocations} />)
        )}
      </Section>
    </>
  )
}
