/** Something to know, directly where it matters: what, why, what now. */
import { IconAlertTriangle, IconCircleCheck, IconCircleHalf2, IconInfoCircle } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import classes from './notice.module.css'

interface NoticeProps {
  readonly tone: 'ok' | 'bad' | 'warning' | 'working' | 'plain'
  readonly title: ReactNode
  readonly children?: ReactNode
  /** Buttons. */
  readonly actions?: ReactNode
  /** Told at once to whoever listens. */
  readonly urgent?: boolean
}

const icons = {
  ok: IconCircleCheck,
  bad: IconAlertTriangle,
  warning: IconAlertTriangle,
  working: IconCircleHalf2,
  plain: IconInfoCircle,
}

export function Notice({ tone, title, children, actions, urgent = false }: NoticeProps) {
  const Icon = icons[tone]
  return (
    <div className={`${classes.notice} ${classes[tone]}`} role={urgent ? 'alert' : undefined}>
      <Icon size={16} aria-hidden className={classes.icon} />
      <div className={classes.body}>
        <div className={classes.title}>{title}</div>
        {children === undefined ? null : <div className={classes.text}>{children}</div>}
        {actions === undefined ? null : <div className={classes.actions}>{actions}</div>}
      </div>
    </div>
  )
}
