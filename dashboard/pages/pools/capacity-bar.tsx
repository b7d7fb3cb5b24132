/** A pool's room as one bar: written, promised, kept back, free; and what is promised beyond it, behind the mark of the total. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import { useFormat, type Format } from '../../ui/format.ts'
import { useWords, type Words } from '../../words/index.ts'
import { amountsOf, capacityOf, type Capabilities, type CapacityAmounts } from './capacity.ts'
import classes from './capacity-bar.module.css'

const legend = ['used', 'promised', 'beyond', 'reserved', 'free'] as const
const order = ['used', 'promised', 'reserved', 'free', 'beyond'] as const

interface CapacityProps {
  readonly label: string
  readonly capabilities: Capabilities
}

export function CapacityBar({ label, capabilities }: CapacityProps) {
  const { common, pools: w } = useWords()
  const format = useFormat()
  const amounts = amountsOf(capabilities)
  const { total } = capacityOf(capabilities)
  if (amounts === null || total === null) return <span className={classes.unknown}>{common.notKnown}</span>
  const whole = total + amounts.beyond
  const says = sentence(amounts, w, format)
  return (
    <span className={classes.bar} role="img" aria-label={`${label}: ${says}`} title={says}>
      {order.map((part) =>
        amounts[part] <= 0 || part === 'free' ? null : (
          <span
            key={part}
            className={classes[part]}
            style={{ width: `${(amounts[part] / whole) * 100}%`, order: order.indexOf(part) }}
          />
        ),
      )}
      <span className={classes.free} style={{ order: order.indexOf('free') }} />
    </span>
  )
}

const sentence = (amounts: CapacityAmounts, w: Words['pools'], format: Format): string =>
  order
    .filter((part) => amounts[part] > 0)
    .map((part) => `${w[part]} ${format.size(amounts[part])}`)
    .join(', ')

/** What the parts of all bars of a picture mean. */
export function CapacityKeys() {
  const { pools: w } = useWords()
  return (
    <ul className={classes.keys}>
      {legend.map((part) => (
        <li key={part}>
          <span className={`${classes.swatch} ${classes[part]}`} aria-hidden />
          {w[part]}
        </li>
      ))}
    </ul>
  )
}

/** The bar with what its parts mean, and the same as a table. */
export function CapacityPicture({ label, capabilities }: CapacityProps) {
  const { common, pools: w } = useWords()
  const format = useFormat()
  const [isTable, setTable] = useState(false)
  const amounts = amountsOf(capabilities)
  const { total } = capacityOf(capabilities)
  if (amounts === null || total === null) return <p>{common.notKnown}</p>
  const there = legend.filter((part) => amounts[part] > 0 || part === 'used' || part === 'free')
  return (
    <figure className={classes.picture}>
      {isTable ? (
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{w.capacity}</th>
              <th scope="col">{common.size}</th>
              <th scope="col">{w.total}</th>
            </tr>
          </thead>
          <tbody>
            {there.map((part) => (
              <tr key={part}>
                <th scope="row">{w[part]}</th>
                <td>{format.size(amounts[part])}</td>
                <td>{total > 0 ? format.percent(amounts[part] / total) : common.notKnown}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <>
          <CapacityBar label={label} capabilities={capabilities} />
          <ul className={classes.keys}>
            {there.map((part) => (
              <li key={part}>
                <span className={`${classes.swatch} ${classes[part]}`} aria-hidden />
                {w[part]} <b>{format.size(amounts[part])}</b>
              </li>
            ))}
          </ul>
        </>
      )}
      <figcaption className={classes.caption}>
        <Button variant="subtle" color="gray" onClick={() => setTable(!isTable)}>
          {isTable ? w.asBar : common.asTable}
        </Button>
      </figcaption>
    </figure>
  )
}
