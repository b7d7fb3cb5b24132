/** The shares that fill up first, each one click away. */
import { Link } from '@tanstack/react-router'
import { DataTable } from '../../ui/data-table.tsx'
import { gib, useFormat } from '../../ui/format.ts'
import { Meter } from '../../ui/meter.tsx'
import { NameCell } from '../../ui/name-cell.tsx'
import { Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { isNamed, nameOf } from '../../ui/thing-name.ts'
import type { ShareFacts, UsageFacts } from './attention.ts'
import { fullest } from './fullest.ts'

interface FullestListProps {
  readonly shares: readonly ShareFacts[]
  /** Undefined while they are read. */
  readonly usages: readonly UsageFacts[] | undefined
}

/** What fits beside the curve. */
const most = 5

export function FullestList({ shares, usages }: FullestListProps) {
  const { common, overview: w, shares: s } = useWords()
  const format = useFormat()
  const { rows, areNewest } = fullest(shares, usages ?? [], most)
  const title = areNewest && usages !== undefined ? w.newest : w.fullest
  return (
    <Section title={title} aside={<Link to="/shares">{s.all}</Link>}>
      <DataTable
        // Another order is other rows, not news.
        key={rows.map(({ share }) => share.id).join()}
        label={title}
        columns={[
          {
            key: 'name',
            title: common.name,
            show: ({ share }) => (
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
            from: 'tablet',
            show: ({ share }) => <Status status={share.status} />,
          },
          {
            key: 'size',
            title: common.size,
            width: '180px',
            show: ({ share, usedBytes }) => (
              <Meter
                label={s.usedOf(nameOf(share))}
                used={usedBytes}
                total={share.size * gib}
                show={format.bytes}
              />
            ),
          },
        ]}
        page={
          usages === undefined
            ? undefined
            : { rows: rows.map((row) => ({ ...row, id: row.share.id })), hasNewer: false, hasOlder: false }
        }
        nameOf={({ share }) => nameOf(share)}
        empty={null}
      />
    </Section>
  )
}
