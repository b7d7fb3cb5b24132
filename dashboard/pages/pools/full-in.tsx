/** In how many days a pool is full, or why that is not known. */
import { useQuery } from '@tanstack/react-query'
import { useCan, useConsole } from '../../api/console.ts'
import { useFormat } from '../../ui/format.ts'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { capacityOf, spaceOf } from './capacity.ts'
import { forecast } from './forecast.ts'
import { momentsOf, poolHistoryQuery, type PoolView } from './queries.ts'

/** Sooner than this somebody should do something. */
const soonDays = 30

export function FullIn({ pool }: { readonly pool: PoolView }) {
  const { common, pools: w } = useWords()
  const format = useFormat()
  const console = useConsole()
  const isKept = useCan('usage-history')
  const { data } = useQuery(poolHistoryQuery(console, pool.name, 'month'))
  const { total, mayPlace, fullness, bound } = capacityOf(pool.capabilities)
  if (fullness === 1)
    return (
      <span title={bound === 'bytes' ? w.fullOfBytes : w.fullOfPromises}>
        <Status status="full" tone="bad" word={w.isFull} />
      </span>
    )
  if (data === undefined) return <Unknown why={isKept ? null : w.noHistory} />
  const used = total === null ? null : total * (1 - spaceOf(pool.capabilities).reservedPercentage / 100)
  const answer = forecast(momentsOf(data), { used, placed: mayPlace })
  switch (answer.is) {
    case 'unknown':
      return <Unknown why={w.whyUnknown} />
    case 'far':
      return <span>{w.far}</span>
    case 'full':
      return <Status status="full" tone="bad" word={w.isFull} />
    case 'in': {
      const days = Math.floor(answer.days)
      const word = days < 1 ? w.lessThanDay : w.days(days)
      return (
        <span title={`${answer.of === 'bytes' ? w.byBytes : w.byPromises} (${format.number(days)})`}>
          {days < soonDays ? <Status status="soon" tone="warning" word={word} /> : word}
        </span>
      )
    }
  }

  function Unknown({ why }: { readonly why: string | null }) {
    return (
      <span title={why ?? undefined} style={{ color: 'var(--muted)' }}>
        {common.notKnown}
      </span>
    )
  }
}
