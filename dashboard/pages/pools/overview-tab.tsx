/** How full a pool is, was, and will be. */
import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useCan, useConsole } from '../../api/console.ts'
import { Chart } from '../../ui/chart.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { instant, useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { useWords } from '../../words/index.ts'
import { poolCommands } from './commands.ts'
import { CapacityPicture } from './capacity-bar.tsx'
import { capacityOf } from './capacity.ts'
import { FullIn } from './full-in.tsx'
import { linesOf, spans, type SpanName } from './history.ts'
import { poolHistoryQuery, type PoolView } from './queries.ts'
import { poolDetailRoute } from './route.tsx'

export function OverviewTab({ label, pool }: { readonly label: string; readonly pool: PoolView | null }) {
  const { pools: w } = useWords()
  return (
    <>
      {pool === null ? null : <Room pool={pool} />}
      <Section title={w.history}>
        <History label={label} />
      </Section>
      <div style={{ marginTop: 24, maxWidth: 640 }}>
        <CommandHint command={poolCommands.show(label)} />
      </div>
    </>
  )
}

function Room({ pool }: { readonly pool: PoolView }) {
  const { common, pools: w } = useWords()
  const format = useFormat()
  const { total, placed, mayPlace, room, thin, ratio, maxRatio } = capacityOf(pool.capabilities)
  return (
    <>
      <CapacityPicture label={pool.name} capabilities={pool.capabilities} />
      <Facts
        facts={[
          [w.fullIn, <FullIn key="full" pool={pool} />],
          [w.room, room === null ? common.notKnown : room === 0 ? common.none : format.size(room)],
          [w.total, total === null ? common.notKnown : format.size(total)],
          [w.placed, format.size(placed)],
          [w.mayPlace, mayPlace === null ? null : format.size(mayPlace)],
          [
            w.ratio,
            !thin
              ? w.thick
              : ratio === null
                ? common.notKnown
                : w.ratioOf(format.ratio(ratio), format.ratio(maxRatio)),
          ],
        ]}
      />
    </>
  )
}

function History({ label }: { readonly label: string }) {
  const { pools: w } = useWords()
  const format = useFormat()
  const console = useConsole()
  const isKept = useCan('usage-history')
  const search = poolDetailRoute.useSearch()
  const navigate = useNavigate({ from: poolDetailRoute.fullPath })
  const span: SpanName =
    search.span !== undefined && Object.hasOwn(spans, search.span) ? (search.span as SpanName) : 'day'
  const { data, error, refetch } = useQuery(poolHistoryQuery(console, label, span))
  const lines = useMemo(() => (data === undefined ? null : linesOf(data.points, data.step_s)), [data])
  if (!isKept) return <p>{w.noHistory}</p>
  const choices = { day: w.day, month: w.month, years: w.years }
  return (
    <>
      <SegmentedControl
        size="xs"
        aria-label={w.span}
        value={span}
        onChange={(next) =>
          void navigate({ search: (before) => ({ ...before, span: next }) as never, replace: true })
        }
        data={Object.entries(choices).map(([value, label]) => ({ value, label }))}
      />
      {error !== null && data === undefined ? <Failure error={error} again={() => void refetch()} /> : null}
      {lines === null ? null : lines.times.length === 0 ? (
        <p>{w.noPoints}</p>
      ) : (
        <Chart
          label={w.history}
          times={lines.times}
          show={format.bytes}
          areBytes
          {...(data === undefined ? {} : { span: [instant(data.since), instant(data.until)] as const })}
          series={[
            { label: w.used, values: lines.used },
            { label: w.placed, values: lines.placed, tone: 'working' },
            { label: w.total, values: lines.size, tone: 'faint', dashed: true },
          ]}
        />
      )}
    </>
  )
}
