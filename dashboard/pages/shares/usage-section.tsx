/** How full a share is and was: what was counted, when and how, and the way there. */
import { Button, SegmentedControl } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { useConsole } from '../../api/console.ts'
import { oneKey } from '../../api/reads.ts'
import { Chart } from '../../ui/chart.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { gib, instant, useFormat } from '../../ui/format.ts'
import { Meter } from '../../ui/meter.tsx'
import { Section } from '../../ui/page.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { curveOf } from './curve.ts'
import type { ShareView } from './queries.ts'
import { shareDetailRoute } from './route.tsx'
import classes from './shares.module.css'
import { nameOf } from '../../ui/thing-name.ts'
import { measured, usageHistoryQuery, usageQuery, usageRanges, type UsageRange } from './usage-queries.ts'

export function UsageSection({ share }: { readonly share: ShareView }) {
  const { service, shares: w } = useWords()
  const console = useConsole()
  const format = useFormat()
  const usage = useQuery(usageQuery(console, share.id))
  const again = useMutation({
    mutationFn: () => measured(console, share.id),
    onSuccess: (fresh) => {
      console.queries.setQueryData(oneKey('usage', share.id), fresh)
    },
  })
  if (!console.capabilities.has('usage')) return null
  const { data } = usage
  return (
    <Section
      title={w.usage.title}
      aside={
        <Button variant="default" loading={again.isPending} onClick={() => again.mutate()}>
          {w.usage.again}
        </Button>
      }
    >
      {usage.error !== null && data === undefined ? (
        <Failure error={usage.error} again={() => void usage.refetch()} />
      ) : null}
      {again.error === null ? null : <Failure error={again.error} what={w.usage.again} />}
      {data === undefined ? null : (
        <>
          <div className={classes.usage}>
            <Meter
              label={w.usedOf(nameOf(share))}
              used={data.used_bytes}
              total={share.size * gib}
              show={format.bytes}
              reason={data.reason}
            />
            <span className={classes.muted}>
              {data.reason === null ? null : <>{service.sentence(data.reason)} </>}
              {data.measured_at === null ? null : (
                <>
                  {w.usage.measured} <Time at={data.measured_at} />
                  {data.method === null ? null : ` ${w.usage.by} ${data.method}`}
                </>
              )}
            </span>
          </div>
          <Facts
            facts={[
              [
                w.usage.referenced,
                data.referenced_bytes === null || data.referenced_bytes === data.used_bytes
                  ? null
                  : format.bytes(data.referenced_bytes),
              ],
              [w.usage.exclusive, data.exclusive_bytes === null ? null : format.bytes(data.exclusive_bytes)],
            ]}
          />
        </>
      )}
      <History share={share} />
    </Section>
  )
}

function History({ share }: { readonly share: ShareView }) {
  const { shares: w } = useWords()
  const console = useConsole()
  const format = useFormat()
  const search = shareDetailRoute.useSearch()
  const navigate = useNavigate({ from: shareDetailRoute.fullPath })
  const range = (Object.keys(usageRanges) as UsageRange[]).find((one) => one === search.range) ?? 'day'
  const history = useQuery(usageHistoryQuery(console, share.id, range))
  const { times, used, sizes } = useMemo(() => curveOf(history.data), [history.data])
  const series = useMemo(
    () => [
      { label: w.usage.used, values: used },
      { label: w.usage.size, values: sizes, tone: 'faint' as const, dashed: true },
    ],
    [used, sizes, w],
  )
  if (!console.capabilities.has('usage-history')) return <p className={classes.muted}>{w.usage.notOffered}</p>
  return (
    <>
      {/* Where nothing was measured there is nothing to choose; but a way back from a range that was chosen. */}
      {times.length === 0 && search.range === undefined ? null : (
        <SegmentedControl
          size="xs"
          className={classes.range}
          aria-label={w.usage.range}
          data={(Object.keys(usageRanges) as UsageRange[]).map((value) => ({
            value,
            label: w.usage.ranges[value],
          }))}
          value={range}
          onChange={(value) =>
            void navigate({ search: (before) => ({ ...before, range: value }) as never, replace: true })
          }
        />
      )}
      {history.error !== null && history.data === undefined ? (
        <Failure error={history.error} again={() => void history.refetch()} />
      ) : history.data === undefined ? null : times.length === 0 ? (
        <p className={classes.muted}>{w.usage.none}</p>
      ) : (
        <Chart
          label={w.usage.title}
          times={times}
          series={series}
          show={format.bytes}
          span={[instant(history.data.since), instant(history.data.until)]}
          areBytes
        />
      )}
    </>
  )
}
