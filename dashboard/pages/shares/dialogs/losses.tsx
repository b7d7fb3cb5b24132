/** What is lost with shares, in numbers; of one share also what is in the way. */
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { listAccessRules } from '../../../../src/wire/access-rules/schema.ts'
import { listLocks } from '../../../../src/wire/resource-locks/schema.ts'
import { listSnapshots } from '../../../../src/wire/snapshots/schema.ts'
import { useConsole, type Console } from '../../../api/console.ts'
import { gib, useFormat } from '../../../ui/format.ts'
import { useWords } from '../../../words/index.ts'
import type { ShareView } from '../queries.ts'
import { ThingLink } from '../thing-link.tsx'
import { usagesQuery } from '../usage-queries.ts'

/** Counted with a margin: who has more than this many knows that it is a lot. */
const most = 1000

/** Null where the service does not tell. */
const counted = (asked: Promise<readonly unknown[]>): Promise<number | null> =>
  asked.then(
    (rows) => rows.length,
    () => null,
  )

const dependentsQuery = ({ client }: Console, id: string) =>
  queryOptions({
    // Counted once, when the dialog opens, and by no change of the share: its end would ask about what is gone.
    queryKey: ['losses', id],
    staleTime: Infinity,
    gcTime: 0,
    queryFn: async () => {
      const [rules, snapshots, locks] = await Promise.all([
        counted(client.call(listAccessRules, { query: { share_id: id } }).then((r) => r.access_list)),
        counted(
          client.call(listSnapshots, { query: { share_id: id, limit: most } }).then((r) => r.snapshots),
        ),
        counted(
          client
            .call(listLocks, { query: { resource_id: id, resource_action: 'delete', limit: most } })
            .then((r) => r.resource_locks),
        ),
      ])
      return { rules, snapshots, locks }
    },
  })

/** Whether what is lost with a share is told: nobody confirms before. */
export const useAreLossesTold = (share: ShareView | undefined): boolean =>
  !useQuery({ ...dependentsQuery(useConsole(), share?.id ?? ''), enabled: share !== undefined }).isLoading

export function Losses({ shares }: { readonly shares: readonly ShareView[] }) {
  const { shares: w } = useWords()
  const console = useConsole()
  const format = useFormat()
  const usages = useQuery(
    usagesQuery(
      console,
      shares.map(({ id }) => id),
    ),
  )
  const only = shares.length === 1 ? shares[0] : undefined
  const size = shares.reduce((sum, share) => sum + share.size, 0)
  const known = shares.map(({ id }) => usages.data?.get(id)?.used_bytes ?? null)
  const used = known.every((one) => one !== null)
    ? known.reduce<number>((sum, one) => sum + (one ?? 0), 0)
    : null
  if (only === undefined) {
    const told = used === null ? null : format.bytes(used)
    return (
      <p>
        <b>
          {told === null
            ? `${w.count(shares.length)}: ${w.lost.sizeOnly(format.size(size))}`
            : w.lost.inAll(shares.length, format.size(size), told)}
        </b>
      </p>
    )
  }
  return <LossesOfOne share={only} used={used === null || used > size * gib * 10 ? null : used} />
}

function LossesOfOne({ share, used }: { readonly share: ShareView; readonly used: number | null }) {
  const { shares: w } = useWords()
  const format = useFormat()
  const { data } = useQuery(dependentsQuery(useConsole(), share.id))
  return (
    <ul>
      <li>
        {used === null
          ? w.lost.sizeOnly(format.size(share.size))
          : w.lost.size(format.size(share.size), format.bytes(used))}
      </li>
      {share.share_group_id === null || share.share_group_id === undefined ? null : (
        <li>
          {w.lost.group} <ThingLink type="share_group" id={share.share_group_id} word={null} />.{' '}
          {w.lost.groupNext}
        </li>
      )}
      {data?.rules === null || data?.rules === undefined ? null : <li>{w.lost.rules(data.rules)}</li>}
      {data?.snapshots === null || data?.snapshots === undefined || data.snapshots === 0 ? null : (
        <li>
          {w.lost.snapshots(data.snapshots)}. {w.lost.snapshotsNext}{' '}
          <Link to="/shares/$id" params={{ id: share.id }} search={{ tab: 'snapshots' } as never}>
            {w.lost.showSnapshots}
          </Link>
        </li>
      )}
      {data?.locks === null || data?.locks === undefined || data.locks === 0 ? null : (
        <li>
          <b>{w.lost.locks(data.locks)}.</b> {w.lost.locksNext}
        </li>
      )}
    </ul>
  )
}
