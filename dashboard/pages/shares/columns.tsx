/** The columns of a list of shares. */
import { Link } from '@tanstack/react-router'
import type { Column } from '../../ui/data-table.tsx'
import { gib, type Format } from '../../ui/format.ts'
import { Meter } from '../../ui/meter.tsx'
import { NameCell } from '../../ui/name-cell.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import type { Words } from '../../words/index.ts'
import { ProjectName } from '../admin/project-name.tsx'
import type { ShareView } from './queries.ts'
import { isNamed, nameOf } from '../../ui/thing-name.ts'
import type { UsageView } from './usage-queries.ts'

interface ColumnParts {
  readonly words: Words
  readonly format: Format
  /** Undefined while nobody has told, or the service can't. */
  readonly usages: ReadonlyMap<string, UsageView> | undefined
  /** Of all projects: whose each is. */
  readonly all: boolean
}

export function shareColumns({ words, format, usages, all }: ColumnParts): readonly Column<ShareView>[] {
  const { common, shares: w } = words
  const project: Column<ShareView> = {
    key: 'project',
    title: common.project,
    sort: 'project_id',
    from: 'tablet',
    show: ({ project_id }) => <ProjectName id={project_id} />,
  }
  return [
    {
      key: 'name',
      title: common.name,
      sort: 'name',
      show: (share) => (
        <NameCell id={share.id} status={share.status} isNamed={isNamed(share)}>
          <Link to="/shares/$id" params={{ id: share.id }}>
            <PlainText>{nameOf(share)}</PlainText>
          </Link>
        </NameCell>
      ),
    },
    {
      key: 'status',
      title: common.status,
      sort: 'status',
      from: 'tablet',
      show: (share) => <Status status={share.status} />,
    },
    {
      key: 'size',
      title: common.size,
      sort: 'size',
      width: '200px',
      show: (share) => (
        <Fullness share={share} usages={usages} format={format} label={w.usedOf(nameOf(share))} />
      ),
    },
    {
      key: 'protocol',
      title: w.protocol,
      sort: 'share_proto',
      from: 'desk',
      show: (share) => share.share_proto,
    },
    {
      key: 'type',
      title: common.type,
      from: 'desk',
      show: (share) => <PlainText>{share.share_type_name ?? common.none}</PlainText>,
    },
    {
      key: 'zone',
      title: common.zone,
      from: 'desk',
      show: (share) => <PlainText>{share.availability_zone ?? common.none}</PlainText>,
    },
    ...(all ? [project] : []),
    {
      key: 'created',
      title: common.created,
      sort: 'created_at',
      from: 'tablet',
      show: (share) => <Time at={share.created_at} />,
    },
  ]
}

interface FullnessProps {
  readonly share: ShareView
  readonly usages: ReadonlyMap<string, UsageView> | undefined
  readonly format: Format
  readonly label: string
}

function Fullness({ share, usages, format, label }: FullnessProps) {
  const usage = usages?.get(share.id)
  if (usage === undefined) return <span>{format.size(share.size)}</span>
  return (
    <Meter
      label={label}
      used={usage.used_bytes}
      total={share.size * gib}
      show={format.bytes}
      reason={usage.reason}
    />
  )
}
