/** What is known of one thing, in two columns; what is empty is left out. */
import type { ReactNode } from 'react'
import classes from './facts.module.css'

export type Fact = readonly [label: string, value: ReactNode] | null | false

export function Facts({ facts }: { readonly facts: readonly Fact[] }) {
  return (
    <dl className={classes.facts}>
      {facts.map((fact) => {
        if (fact === null || fact === false) return null
        const [label, value] = fact
        if (value === null || value === undefined || value === '') return null
        return (
          <div key={label} className={classes.fact}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        )
      })}
    </dl>
  )
}
