/** Snapshots of a share as points of time, larger where deleting frees more. The table below says the same in words. */
import { useElementSize } from '@mantine/hooks'
import { Link } from '@tanstack/react-router'
import { instant, useFormat } from '../../ui/format.ts'
import { visible } from '../../ui/plain-text.tsx'
import { useNow } from '../../ui/time.tsx'
import { nameOf } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import type { SnapshotView, UsageView } from './queries.ts'
import classes from './timeline.module.css'
import { place, ticks } from './timeline.ts'

interface TimelineProps {
  readonly snapshots: readonly SnapshotView[]
  readonly usageOf: (id: string) => UsageView | undefined
  /** When the share began. */
  readonly began: string
}

const height = 76
const line = 40
const namePx = 104
const lettersAtMost = 15

export function Timeline({ snapshots, usageOf, began }: TimelineProps) {
  const { common, snapshots: w } = useWords()
  const format = useFormat()
  const now = useNow()
  const { ref, width } = useElementSize<HTMLDivElement>()
  const byId = new Map(snapshots.map((snapshot) => [snapshot.id, snapshot]))
  const times = snapshots.map(({ created_at }) => instant(created_at))
  const to = Math.max(now, ...times)
  // A share that waited a year for its first snapshot would press all of them against the edge.
  const oldest = Math.min(...times)
  const from = Math.max(instant(began), oldest - (to - oldest) * 0.1)
  const points = place(
    snapshots.map(({ id, created_at }) => ({
      id,
      at: instant(created_at),
      weight: usageOf(id)?.exclusive_bytes ?? null,
    })),
    { width, from, to, namePx },
  )
  const marks = ticks(from, to, width < 500 ? 2 : 4)
  // Of a share that is seconds old they are all alike.
  const words = marks.map((at, index) =>
    index === marks.length - 1 ? w.now : format.relative(new Date(at).toISOString(), to),
  )
  return (
    <div ref={ref} className={classes.timeline}>
      {width === 0 ? null : (
        <svg width={width} height={height} role="group" aria-label={w.timeline}>
          <line x1={0} x2={width} y1={line} y2={line} className={classes.line} />
          {points.map(({ id, x, r, isNamed }) => {
            const snapshot = byId.get(id) as SnapshotView
            const frees = usageOf(id)?.exclusive_bytes ?? null
            const name = visible(nameOf(snapshot))
            const says = w.point(
              name.slice(0, 200),
              format.exact(snapshot.created_at),
              frees === null ? common.notKnown : format.bytes(frees),
            )
            const half = Math.min(namePx, width) / 2
            return (
              <g key={id}>
                <Link to="/snapshots/$id" params={{ id }} aria-label={says} className={classes.point}>
                  <title>{says}</title>
                  <circle
                    cx={x}
                    cy={line}
                    r={r}
                    className={frees === null ? classes.unknown : classes.known}
                  />
                </Link>
                {isNamed ? (
                  <text
                    aria-hidden
                    {...(x < half
                      ? { x: x - r, textAnchor: 'start' }
                      : x > width - half
                        ? { x: x + r, textAnchor: 'end' }
                        : { x, textAnchor: 'middle' })}
                    y={line - 20}
                    className={classes.name}
                  >
                    {name.length > lettersAtMost ? `${name.slice(0, lettersAtMost - 1)}…` : name}
                  </text>
                ) : null}
              </g>
            )
          })}
          {marks.map((at, index) => (
            <text
              key={at}
              x={(width * index) / (marks.length - 1)}
              y={height - 6}
              textAnchor={index === 0 ? 'start' : index === marks.length - 1 ? 'end' : 'middle'}
              className={classes.tick}
            >
              {words[index] === words[index + 1] ? null : words[index]}
            </text>
          ))}
        </svg>
      )}
      <p className={classes.hint}>{w.timelineHint}</p>
    </div>
  )
}
