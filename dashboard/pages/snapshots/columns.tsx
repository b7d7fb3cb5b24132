/** Columns of snapshots, in a list of the project or of one share. */
import { Link } from '@tanstack/react-router'
import type { Column } from '../../ui/data-table.tsx'
import type { Format } from '../../ui/format.ts'
import { NameCell } from '../../ui/name-cell.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import type { Words } from '../../words/index.ts'
import { ThingLink } from '../shares/thing-link.tsx'
import { nameOfSnapshot, type SnapshotView, type UsageView } from './queries.ts'

/** `about`: what stands beside the size: the share, or what deleting frees. */
export function snapshotColumns(
  { common, service, snapshots: w }: Words,
  format: Format,
  about: 'share' | ((id: string) => UsageView | undefined),
): readonly Column<SnapshotView>[] {
  const sortable = about === 'share'
  return [
    {
      key: 'name',
      title: common.name,
      ...(sortable ? { sort: 'name' } : {}),
      show: (snapshot) => (
        <NameCell id={snapshot.id} status={snapshot.status}>
          <Link to="/snapshots/$id" params={{ id: snapshot.id }}>
            <PlainText>{nameOfSnapshot(snapshot)}</PlainText>
          </Link>
        </NameCell>
      ),
    },
    {
      key: 'status',
      title: common.status,
      from: 'tablet',
      ...(sortable ? { sort: 'status' } : {}),
      show: ({ status }) => <Status status={status} />,
    },
    about === 'share'
      ? {
          key: 'share',
          title: w.of,
          from: 'tablet',
          show: ({ share_id }) => <ThingLink type="share" id={share_id} />,
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
    {
      key: 'created',
      title: common.created,
      ...(sortable ? { sort: 'created_at' } : {}),
      from: 'tablet',
      show: ({ created_at }) => <Time at={created_at} />,
    },
  ]
}
