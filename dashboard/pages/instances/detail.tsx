/** One share instance: where it lies and where it is exported. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { ActionButton } from '../../ui/actions.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { CopyText, ShortId } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { allTypesQuery } from '../types/queries.ts'
import { instanceCommands } from './commands.ts'
import { instanceActions, InstanceDialog, type InstanceAsked } from './instance-actions.tsx'
import { instanceExportsQuery, instanceQuery } from './queries.ts'
import { instanceDetailRoute } from './route.tsx'

export function InstanceDetailPage() {
  const words = useWords()
  const { common, instances: w } = words
  const { id } = instanceDetailRoute.useParams()
  const console = useConsole()
  const { data: instance, error, refetch } = useQuery(instanceQuery(console, id))
  const types = useQuery(allTypesQuery(console))
  const locations = useQuery(instanceExportsQuery(console, id))
  const [asked, ask] = useState<InstanceAsked | null>(null)
  useCrumb(id.slice(0, 8))
  if (instance === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  return (
    <>
      <PageHead
        title={`${w.instance} ${id.slice(0, 8)}`}
        aside={<Status status={instance.status} />}
        line={<CopyText text={id} what={common.id} />}
        actions={instanceActions(words, instance, ask).map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      />
      <Facts
        facts={[
          [
            w.share,
            <Link key="share" to="/shares/$id" params={{ id: instance.share_id }}>
              {instance.share_id}
            </Link>,
          ],
          [
            w.pool,
            instance.host === '' ? null : (
              <Link key="pool" to="/admin/pools/$label" params={{ label: instance.host }}>
                {visible(instance.host)}
              </Link>
            ),
          ],
          [
            common.type,
            instance.share_type_id === undefined || instance.share_type_id === null ? null : (
              <Link key="type" to="/admin/types/$id" params={{ id: instance.share_type_id }}>
                {visible(
                  types.data?.find((one) => one.id === instance.share_type_id)?.name ??
                    instance.share_type_id.slice(0, 8),
                )}
              </Link>
            ),
          ],
          [common.zone, instance.availability_zone],
          [
            w.access,
            instance.access_rules_status === undefined ? null : (
              <Status key="access" status={instance.access_rules_status} />
            ),
          ],
          [w.replica, instance.replica_state],
          [w.progress, instance.progress],
          [
            w.server,
            instance.share_server_id === null ? null : <ShortId key="server" id={instance.share_server_id} />,
          ],
          [
            w.network,
            instance.share_network_id === null ? null : (
              <ShortId key="network" id={instance.share_network_id} />
            ),
          ],
          [common.created, <Time key="created" at={instance.created_at} />],
        ]}
      />
      <Section title={w.exports}>
        {locations.error === null ? null : <Failure error={locations.error} />}
        {locations.data?.length === 0 ? <p>{w.noExports}</p> : null}
        {locations.data?.map((one) => (
          <div key={one.id}>
            <CopyText text={one.path} what={w.path} />{' '}
            <span style={{ color: 'var(--muted)' }}>
              {[one.preferred === true ? w.preferred : '', one.is_admin_only === true ? w.adminOnly : '']
                .filter((word) => word !== '')
                .join(', ')}
            </span>
          </div>
        ))}
      </Section>
      <div style={{ marginTop: 24, maxWidth: 640 }}>
        <CommandHint command={instanceCommands.show(id)} />
      </div>
      {asked === null ? null : <InstanceDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}
