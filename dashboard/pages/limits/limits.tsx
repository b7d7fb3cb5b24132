/** What the project may have and has, and the limits that hold for everybody. */
import { useQuery } from '@tanstack/react-query'
import { useConsole } from '../../api/console.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useFormat } from '../../ui/format.ts'
import { Meter } from '../../ui/meter.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { spaced } from '../../words/spaced.ts'
import { useWords } from '../../words/index.ts'
import { serviceLimit, type LimitRow } from './limit-rows.ts'
import { limitsQuery, serviceLimitsQuery } from './queries.ts'

export function LimitsPage() {
  const { common, limits: w } = useWords()
  const format = useFormat()
  const console = useConsole()
  const quota = useQuery(limitsQuery(console))
  const service = useQuery(serviceLimitsQuery(console))
  const nameOf = ({ id }: { readonly id: string }): string =>
    (w.names as Readonly<Record<string, string>>)[id] ?? spaced(id)
  const show = (row: LimitRow) => (value: number) => (row.isSize ? format.size(value) : format.number(value))
  const rows = Object.entries(service.data ?? {}).map(([id, { limit, in_use }]) => ({
    id,
    in_use,
    ...serviceLimit(id, limit),
  }))
  const serviceName = ({ id }: { readonly id: string }): string =>
    (w.serviceNames as Readonly<Record<string, string>>)[id] ?? spaced(id)
  return (
    <>
      <PageHead title={w.title} />
      <Section title={w.quota}>
        <p>{w.quotaText}</p>
        {quota.error !== null && quota.data === undefined ? (
          <Failure error={quota.error} again={() => void quota.refetch()} />
        ) : (
          <DataTable
            label={w.quota}
            columns={[
              { key: 'what', title: w.what, show: nameOf },
              {
                key: 'used',
                title: w.used,
                show: (row) => (
                  <Meter label={nameOf(row)} used={row.used} total={row.limit} show={show(row)} />
                ),
              },
              {
                key: 'left',
                title: w.left,
                isNumber: true,
                show: (row) =>
                  row.limit === null ? w.unlimited : show(row)(Math.max(0, row.limit - row.used)),
              },
            ]}
            page={
              quota.data === undefined ? undefined : { rows: quota.data, hasNewer: false, hasOlder: false }
            }
            nameOf={nameOf}
            empty={<p>{common.notHere}</p>}
          />
        )}
      </Section>
      {rows.length === 0 ? null : (
        <Section title={w.service}>
          <p>{w.serviceText}</p>
          <DataTable
            label={w.service}
            columns={[
              { key: 'what', title: w.what, show: serviceName },
              {
                key: 'limit',
                title: w.limit,
                isNumber: true,
                show: ({ limit, unit }) =>
                  limit === null
                    ? w.unlimited
                    : unit === null
                      ? format.number(limit)
                      : format.duration(unit === 's' ? limit * 1000 : limit),
              },
              {
                key: 'used',
                title: w.used,
                from: 'tablet',
                show: (row) =>
                  row.in_use === null ? (
                    w.notCounted
                  ) : (
                    <Meter
                      label={serviceName(row)}
                      used={row.in_use}
                      total={row.limit}
                      show={format.number}
                    />
                  ),
              },
            ]}
            page={{ rows, hasNewer: false, hasOlder: false }}
            nameOf={serviceName}
            empty={null}
          />
        </Section>
      )}
    </>
  )
}
