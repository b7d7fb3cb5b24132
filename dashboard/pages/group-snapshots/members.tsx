/** The shares in a group snapshot. While it is not whole, each tells how far its own part is, or why it failed. */
import { useQueries, useQuery } from '@tanstack/react-query'
import { groupSnapshotAllows } from '../../../src/model/states.ts'
import type { OperationView } from '../../../src/sdk/watch.ts'
import { useConsole } from '../../api/console.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useFormat } from '../../ui/format.ts'
import { OnPhone } from '../../ui/on-phone.tsx'
import { Section } from '../../ui/page.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { newestOperationQuery } from '../shares/queries.ts'
import classes from '../shares/shares.module.css'
import { ThingLink } from '../shares/thing-link.tsx'
import { groupSnapshotMembersQuery, type GroupSnapshotView, type MemberView } from './queries.ts'

/** Those whose work is asked for, one by one. */
const askedAtMost = 30

export function Members({ snapshot }: { readonly snapshot: GroupSnapshotView }) {
  const { common, groupSnapshots: w, shares: s } = useWords()
  const console = useConsole()
  const format = useFormat()
  const members = useQuery(groupSnapshotMembersQuery(console, snapshot.id))
  const rows = members.data ?? []
  const isWhole = groupSnapshotAllows.createGroup(snapshot)
  const work = useQueries({
    queries: rows.slice(0, isWhole ? 0 : askedAtMost).map(({ id }) => newestOperationQuery(console, id)),
  })
  const statusOf = (member: MemberView) => {
    if (isWhole) return <Status status={snapshot.status} />
    const operation = work.find(({ data }) => data?.resource_id === member.id)?.data ?? null
    return operation === null ? common.notKnown : <MemberWork operation={operation} />
  }
  return (
    <Section title={s.title}>
      {members.error !== null && members.data === undefined ? (
        <Failure error={members.error} again={() => void members.refetch()} />
      ) : (
        <DataTable
          label={s.title}
          page={members.data === undefined ? undefined : { rows, hasNewer: false, hasOlder: false }}
          nameOf={({ share_id }) => share_id.slice(0, 8)}
          empty={<Empty title={w.noMembers} />}
          columns={[
            {
              key: 'share',
              title: w.member,
              show: (member) => (
                <>
                  <ThingLink type="share" id={member.share_id} word={null} />
                  <OnPhone>{statusOf(member)}</OnPhone>
                </>
              ),
            },
            { key: 'status', title: common.status, from: 'tablet', show: statusOf },
            {
              key: 'protocol',
              title: s.protocol,
              from: 'tablet',
              show: ({ share_protocol }) => share_protocol,
            },
            { key: 'size', title: common.size, isNumber: true, show: ({ size }) => format.size(size) },
          ]}
        />
      )}
    </Section>
  )
}

function MemberWork({ operation }: { readonly operation: OperationView }) {
  const { service } = useWords()
  const { cause, kind, state } = operation
  return (
    <>
      <Status status={state} word={`${service.kind(kind)}: ${service.status(state)}`} />
      {cause === null ? null : <div className={classes.muted}>{visible(service.cause(cause))}</div>}
    </>
  )
}
