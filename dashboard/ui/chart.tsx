/** Figures over time: time on x, real units on y, gaps where nothing is known, and the same as a table. uPlot draws; nothing else knows it. */
import { Button, useComputedColorScheme } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { colors } from '../theme.ts'
import { useWords } from '../words/index.ts'
import classes from './chart.module.css'
import { useFormat } from './format.ts'

export interface Series {
  readonly label: string
  /** One for each time; null = not known. */
  readonly values: readonly (number | null)[]
  readonly tone?: 'accent' | 'faint' | 'working' | 'warning'
  readonly dashed?: boolean
}

interface ChartProps {
  readonly label: string
  /** Milliseconds since 1970, growing. */
  readonly times: readonly number[]
  /** At most four. */
  readonly series: readonly Series[]
  readonly show: (value: number) => string
  readonly height?: number
  /** What the x axis shows, milliseconds since 1970; absent: from the first point to the last. */
  readonly span?: readonly [from: number, to: number]
  /** The y axis is divided at powers of two, where bytes are round. */
  readonly areBytes?: boolean
}

/** Steps of a byte's axis: 1 B, 2 B, … 4 EiB. */
const byteSteps = Array.from({ length: 63 }, (_one, power) => 2 ** power)

/** One point alone has no distance to another, which would be drawn as years. */
const aroundOne = (at: number): readonly [number, number] => [at - 3_600_000, at + 60_000]

/** Room for the figures of the y axis. */
const axisPx = 78

export function Chart({ label, times, series, show, height = 180, span, areBytes = false }: ChartProps) {
  const [from, to] = span ?? (times.length === 1 ? aroundOne(times[0] as number) : [])
  const { common } = useWords()
  const format = useFormat()
  const scheme = useComputedColorScheme('light')
  const [isTable, setTable] = useState(false)
  const place = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const box = place.current
    if (box === null) return
    const table = colors[scheme]
    const axis = {
      stroke: table.muted,
      grid: { stroke: table.line, width: 1 },
      ticks: { stroke: table.line },
      font: '12px system-ui',
    }
    const plot = new uPlot(
      {
        width: box.clientWidth,
        height,
        cursor: { drag: { x: false, y: false }, points: { size: 6 } },
        legend: { show: false },
        scales: {
          ...(from === undefined || to === undefined
            ? {}
            : { x: { range: () => [from / 1000, to / 1000] as [number, number] } }),
          y: { range: (_plot, _low, high) => [0, high > 0 ? high * 1.1 : 1] },
        },
        axes: [
          {
            ...axis,
            values: (_plot, ticks, _axis, _space, stepS) =>
              ticks.map((tick) => format.axis(tick * 1000, stepS * 1000)),
          },
          {
            ...axis,
            size: axisPx,
            ...(areBytes ? { incrs: byteSteps } : {}),
            values: (_plot, ticks) => ticks.map((tick) => show(tick)),
          },
        ],
        series: [
          {},
          ...series.map(({ label, tone = 'accent', dashed = false }) => ({
            label,
            stroke: table[tone],
            width: 1.5,
            spanGaps: false,
            points: { show: times.length < 2 },
            ...(dashed ? { dash: [4, 4] } : {}),
          })),
        ],
      },
      [times.map((time) => time / 1000), ...series.map(({ values }) => [...values])] as uPlot.AlignedData,
      box,
    )
    const observer = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height }))
    observer.observe(box)
    return () => {
      observer.disconnect()
      plot.destroy()
    }
  }, [times, series, scheme, height, isTable, show, from, to, areBytes, format])

  return (
    <figure className={classes.figure}>
      <figcaption className={classes.caption}>
        <span className={classes.keys}>
          {series.map(({ label, tone = 'accent', values, dashed = false }) => (
            <span key={label} className={classes.key}>
              <svg width="16" height="8" aria-hidden>
                <path
                  d="M0 4h16"
                  stroke={`var(--${tone})`}
                  strokeWidth="2"
                  strokeDasharray={dashed ? '4 3' : undefined}
                />
              </svg>
              {label} <b>{lastOf(values, show, common.notKnown)}</b>
            </span>
          ))}
        </span>
        <Button variant="subtle" color="gray" onClick={() => setTable(!isTable)}>
          {isTable ? common.asChart : common.asTable}
        </Button>
      </figcaption>
      {isTable ? (
        <div className={classes.scroller} tabIndex={0} role="region" aria-label={label}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{common.time}</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {[...times.keys()].reverse().map((index) => (
                <tr key={times[index]}>
                  <td>{format.exact(new Date(times[index] as number).toISOString())}</td>
                  {series.map(({ label, values }) => (
                    <td key={label}>
                      {values[index] === null || values[index] === undefined
                        ? common.notKnown
                        : show(values[index])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <div
          ref={place}
          className={classes.plot}
          role="img"
          aria-label={`${label}: ${series.map((one) => `${one.label} ${lastOf(one.values, show, common.notKnown)}`).join(', ')}`}
        />
      )}
    </figure>
  )
}

function lastOf(
  values: readonly (number | null)[],
  show: (value: number) => string,
  unknown: string,
): string {
  const last = values.at(-1)
  return last === null || last === undefined ? unknown : show(last)
}
