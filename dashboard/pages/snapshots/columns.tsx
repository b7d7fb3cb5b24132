/** Columns of snapshots, in a list of the project or of one share. */
import type { Column } from '../../ui/data-table.tsx'
import type { Format } from '../../ui/format.ts'
import { thingColumns } from '../../ui/thing-columns.tsx'
import type { Words } from '../../words/index.ts'
import { ThingLink } from '../shares/thing-link.tsx'
import type { SnapshotView, UsageView } from './queries.ts'

/** `about`: what stands beside the size: the share, or what deleting frees. */
export function snapshotColumns(
  words: Words,
  format: Format,
  about: 'share' | ((id: string) => UsageView | undefined),
): readonly Column<SnapshotView>[] {
  const { common, service, snapshots: w } = words
  const sortable = about === 'share'
  const { name, status, created } = thingColumns<SnapshotView>(words, { page: '/snapshots/$id', sortable })
  return [
    name,
    status,
    about === 'share'
      ? {
          key: 'share',
          title: w.of,
          from: 'tablet',
          show: ({ share_id }) => <ThingLink type="share" id={share_id} word={null} />,
        }
      : {
          key: 'frees',
          title: w.frees,
          isNumber: true,
          from: 'tablet',
          show: ({ id }) => {
            const usage = about(id)
            const bytes = usage?.exclusive_bytes ?? null
            return (
              <span title={bytes === null && usage?.reason ? service.sentence(usage.reason) : undefined}>
                {bytes === null ? common.notKnown : format.bytes(bytes)}
              </span>
            )
          },
        },
    {
      key: 'size',
      title: w.shareSize,
      isNumber: true,
      ...(sortable ? { sort: 'share_size' } : {}),
      show: ({ share_size }) => format.size(share_size),
    },
    created,
  ]
}
