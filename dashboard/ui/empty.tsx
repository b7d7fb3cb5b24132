/** Where nothing is: what would be here, the button that makes the first, the command that does the same. */
import type { ReactNode } from 'react'
import { CommandHint } from './command-hint.tsx'
import classes from './empty.module.css'

interface EmptyProps {
  readonly title: string
  readonly children?: ReactNode
  readonly action?: ReactNode
  readonly command?: string
}

export function Empty({ title, children, action, command }: EmptyProps) {
  return (
    <div className={classes.empty}>
      <p className={classes.title}>{title}</p>
      {children === undefined ? null : <p className={classes.text}>{children}</p>}
      {action}
      {command === undefined ? null : <CommandHint command={command} />}
    </div>
  )
}
