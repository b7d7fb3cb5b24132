/** Limits beside what is used of them. */
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { OnPhone } from '../../ui/on-phone.tsx'
import { Meter } from '../../ui/meter.tsx'
import { useWords } from '../../words/index.ts'
import { useLimitText } from './limit-text.ts'
import type { QuotaLine } from './queries.ts'

interface QuotaTableProps {
  readonly label: string
  readonly lines: readonly QuotaLine[]
  readonly usual?: readonly QuotaLine[]
  /** Defaults are nobody's: nothing is used of them. */
  readonly isDefault?: boolean
}

export function QuotaTable({ label, lines, usual, isDefault = false }: QuotaTableProps) {
  const { admin, quotas: w } = useWords()
  const limitText = useLimitText()
  const usualOf = (id: string): number | undefined => usual?.find((one) => one.id === id)?.limit
  const columns: readonly (Column<QuotaLine> | false)[] = [
    { key: 'what', title: w.resource, show: ({ id }) => w.names[id] ?? id },
    !isDefault && {
      key: 'used',
      title: w.used,
      width: '34%',
      show: ({ id, limit, used, reserved }) =>
        used === null ? (
          <OnPhone>{limitText(id, limit)}</OnPhone>
        ) : (
          <Meter
            label={w.names[id] ?? id}
            used={used + reserved}
            total={limit < 0 ? null : limit}
            show={(value) => limitText(id, value)}
          />
        ),
    },
    {
      key: 'limit',
      title: w.limit,
      isNumber: true,
      // What is used says of how much it is.
      ...(isDefault ? {} : { from: 'tablet' as const }),
      show: ({ id, limit }) => {
        const other = usualOf(id)
        return other !== undefined && other !== limit ? <b>{limitText(id, limit)}</b> : limitText(id, limit)
      },
    },
    !isDefault &&
      lines.some(({ reserved }) => reserved > 0) && {
        key: 'reserved',
        title: w.reserved,
        isNumber: true,
        from: 'desk',
        show: ({ id, reserved }) => (reserved === 0 ? null : limitText(id, reserved)),
      },
    usual !== undefined && {
      key: 'usual',
      title: w.usual,
      isNumber: true,
      from: 'tablet',
      show: ({ id }) => {
        const other = usualOf(id)
        return other === undefined ? null : limitText(id, other)
      },
    },
  ]
  return (
    // Figures stand near what they are of.
    <div style={{ maxWidth: isDefault ? 480 : 960 }}>
      <DataTable
        label={label}
        columns={columns.filter((column) => column !== false)}
        page={{ rows: lines, hasNewer: false, hasOlder: false }}
        nameOf={({ id }) => w.names[id] ?? id}
        empty={<Empty title={admin.noneYet} />}
      />
    </div>
  )
}
