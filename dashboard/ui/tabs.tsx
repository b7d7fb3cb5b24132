/** Parts of a page, one shown at a time; which one is in the URL. */
import { Tabs as MantineTabs } from '@mantine/core'
import type { ReactNode } from 'react'
import classes from './tabs.module.css'

export interface Tab {
  readonly key: string
  readonly title: string
  readonly show: () => ReactNode
}

interface TabsProps {
  readonly label: string
  readonly tabs: readonly Tab[]
  /** Key; an unknown one is the first. */
  readonly value: string | undefined
  readonly change: (key: string) => void
}

export function Tabs({ label, tabs, value, change }: TabsProps) {
  const current = tabs.find(({ key }) => key === value) ?? tabs[0]
  if (current === undefined) return null
  return (
    <MantineTabs value={current.key} onChange={(key) => key !== null && change(key)} keepMounted={false}>
      <MantineTabs.List aria-label={label}>
        {tabs.map(({ key, title }) => (
          <MantineTabs.Tab key={key} value={key}>
            {title}
          </MantineTabs.Tab>
        ))}
      </MantineTabs.List>
      {tabs.map(({ key, show }) => (
        <MantineTabs.Panel key={key} value={key} className={classes.panel}>
          {key === current.key ? show() : null}
        </MantineTabs.Panel>
      ))}
    </MantineTabs>
  )
}
