/** What few need: metadata, where the share really is, and what only those do who know what they do. */
import { useQuery } from '@tanstack/react-query'
import { useConsole, useWho } from '../../api/console.ts'
import { pageOf } from '../../api/paging.ts'
import { ActionButton, type Action } from '../../ui/actions.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { CopyText, ShortId } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { Section } from '../../ui/page.tsx'
import { spaced, Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { shareCommands } from './commands.ts'
import { instancesOfQuery } from './detail-queries.ts'
import type { ShareView } from './queries.ts'
import { ShareMetadata } from './share-metadata.tsx'
import classes from './shares.module.css'

interface AdvancedTabProps {
  readonly share: ShareView
  readonly actions: readonly Action[]
}

/** Stand here, away from what is done every day. */
const dangerous: readonly string[] = [
  'reset-status',
  'reset-task-state',
  'unmanage',
  'force-delete',
  'delete',
]

export function AdvancedTab({ share, actions }: AdvancedTabProps) {
  const { shares: w } = useWords()
  const { is_admin: isAdmin } = useWho()
  const danger = actions.filter(({ key }) => dangerous.includes(key))
  return (
    <>
      <ShareMetadata share={share} />
      <Section title={w.advanced.placement}>
        <Facts
          facts={[
            [
              w.advanced.host,
              share.host ? <CopyText key="host" text={share.host} what={w.advanced.host} /> : null,
            ],
            [
              w.advanced.server,
              share.share_server_id ? <ShortId key="server" id={share.share_server_id} /> : null,
            ],
            [w.advanced.taskState, share.task_state ? spaced(share.task_state) : null],
            [
              w.advanced.rulesStatus,
              share.access_rules_status === undefined ? null : (
                <Status key="rules" status={share.access_rules_status} />
              ),
            ],
            [w.advanced.progress, share.progress],
            [w.advanced.replication, share.replication_type],
            [w.advanced.encryption, share.encryption_key_ref],
          ]}
        />
      </Section>
      {isAdmin ? <Instances share={share} /> : null}
      {danger.length === 0 ? null : (
        <Section title={w.advanced.danger}>
          <div className={classes.danger}>
            <p>{danger.length > 1 ? w.advanced.dangerText : w.texts.delete}</p>
            <div className={classes.row}>
              {danger.map((action) => (
                <ActionButton key={action.key} action={action} />
              ))}
            </div>
          </div>
        </Section>
      )}
      <div className={classes.after}>
        <CommandHint command={shareCommands.show(share.id)} />
      </div>
    </>
  )
}

function Instances({ share }: { readonly share: ShareView }) {
  const { common, shares: w } = useWords()
  const instances = useQuery(instancesOfQuery(useConsole(), share.id))
  return (
    <Section title={w.advanced.instances}>
      {instances.error !== null && instances.data === undefined ? (
        <Failure error={instances.error} again={() => void instances.refetch()} />
      ) : (
        <DataTable
          label={w.advanced.instances}
          page={instances.data === undefined ? undefined : pageOf({}, instances.data)}
          nameOf={({ id }) => id.slice(0, 8)}
          empty={null}
          columns={[
            { key: 'id', title: w.advanced.instance, show: ({ id }) => <ShortId id={id} /> },
            { key: 'status', title: common.status, show: ({ status }) => <Status status={status} /> },
            { key: 'host', title: w.advanced.host, show: ({ host }) => <code>{host}</code> },
            {
              key: 'zone',
              title: common.zone,
              from: 'tablet',
              show: ({ availability_zone }) => availability_zone ?? common.none,
            },
            {
              key: 'created',
              title: common.created,
              from: 'tablet',
              show: ({ created_at }) => <Time at={created_at} />,
            },
          ]}
        />
      )}
    </Section>
  )
}
