/** How full the project is: its quota, its shares by type, and over time. */
import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { useCan, useConsole } from '../../api/console.ts'
import { Chart, type Series } from '../../ui/chart.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { gib, instant, useFormat } from '../../ui/format.ts'
import { Meter } from '../../ui/meter.tsx'
import { Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import type { LimitRow } from '../limits/limit-rows.ts'
import { byType, type ShareFacts, type UsageFacts } from './attention.ts'
import { FullestList } from './fullest-list.tsx'
import classes from './overview.module.css'
import { historyQuery, mostShares, ranges, type Range } from './queries.ts'

interface CapacityProps {
  /** Undefined = not read. */
  readonly shares: readonly (ShareFacts & { readonly share_type_name?: string | null })[] | undefined
  /** Undefined while they are read. */
  readonly usages: readonly UsageFacts[] | undefined
  readonly quota: readonly LimitRow[]
  readonly range: string | undefined
  /** Of the project, not of all. */
  readonly isProject: boolean
  readonly change: (range: Range) => void
}

/** Of the quota what runs out in practice; the rest has its page. */
const shownQuota: readonly string[] = ['ShareGigabytes', 'Shares', 'SnapshotGigabytes', 'ShareSnapshots']

export function Capacity({ shares, usages, quota, range, isProject, change }: CapacityProps) {
  const { common, limits, overview: w } = useWords()
  const format = useFormat()
  const rows = shownQuota.flatMap((id) => quota.filter((row) => row.id === id))
  const types = byType(shares ?? [], usages ?? [])
  const nameOf = ({ id }: { readonly id: string }): string => id || w.noType
  return (
    <>
      {rows.length === 0 ? null : (
        <Section title={w.quota}>
          <dl className={classes.quota}>
            {rows.map((row) => {
              const show = row.isSize ? format.size : format.number
              const name = (limits.names as Readonly<Record<string, string>>)[row.id] ?? row.id
              return (
                <div key={row.id}>
                  <dt>{name}</dt>
                  <dd>
                    <span className={classes.figure}>
                      <b>{show(row.used)}</b>{' '}
                      <span>{row.limit === null ? w.unlimited : w.outOf(show(row.limit))}</span>
                    </span>
                    <Meter label={name} used={row.used} total={row.limit} show={show} bare />
                  </dd>
                </div>
              )
            })}
          </dl>
        </Section>
      )}
      {shares === undefined || shares.length === 0 ? null : (
        <div className={classes.pair}>
          <FullestList shares={shares} usages={usages} />
          {isProject ? <History range={range} change={change} /> : null}
        </div>
      )}
      {/* One type alone is all that stands above. */}
      {types.length < 2 ? null : (
        <Section title={w.byType}>
          <DataTable
            label={w.byType}
            columns={[
              { key: 'type', title: common.type, show: (row) => <PlainText>{nameOf(row)}</PlainText> },
              {
                key: 'shares',
                title: w.shares,
                isNumber: true,
                show: ({ shares: count }) => format.number(count),
              },
              {
                key: 'size',
                title: w.size,
                isNumber: true,
                from: 'tablet',
                show: ({ sizeGib }) => format.size(sizeGib),
              },
              {
                key: 'used',
                title: w.used,
                show: (row) => (
                  <Meter
                    label={`${nameOf(row)}: ${w.used}`}
                    used={row.usedBytes}
                    total={row.sizeGib * gib}
                    show={format.bytes}
                  />
                ),
              },
            ]}
            page={{ rows: types, hasNewer: false, hasOlder: false }}
            nameOf={nameOf}
            empty={null}
          />
          {(shares?.length ?? 0) < mostShares ? null : (
            <p className={classes.muted}>{w.newestOnly(format.number(mostShares))}</p>
          )}
        </Section>
      )}
    </>
  )
}

function History({
  range: asked,
  change,
}: {
  readonly range: string | undefined
  readonly change: (range: Range) => void
}) {
  const { overview: w } = useWords()
  const format = useFormat()
  const console = useConsole()
  const range: Range = asked !== undefined && Object.hasOwn(ranges, asked) ? (asked as Range) : 'day'
  const { data } = useQuery(historyQuery(console, range))
  const points = data?.points
  const times = useMemo(() => (points ?? []).map(({ at }) => instant(at)), [points])
  const series: readonly Series[] = useMemo(
    () => [
      {
        label: w.seriesSize,
        values: (points ?? []).map(({ size_bytes }) => size_bytes),
        tone: 'faint',
        dashed: true,
      },
      { label: w.seriesUsed, values: (points ?? []).map(({ used_bytes }) => used_bytes) },
    ],
    [points, w],
  )
  if (!useCan('usage-history')) return null
  return (
    <Section
      title={w.history}
      aside={
        times.length === 0 && asked === undefined ? undefined : (
          <SegmentedControl
            size="xs"
            aria-label={w.range}
            data={Object.keys(ranges).map((value) => ({ value, label: w.ranges[value as Range] }))}
            value={range}
            onChange={(value) => change(value as Range)}
          />
        )
      }
    >
      {times.length === 0 ? (
        <p className={classes.muted}>{w.noHistory}</p>
      ) : (
        <Chart label={w.history} times={times} series={series} show={format.bytes} areBytes />
      )}
    </Section>
  )
}
