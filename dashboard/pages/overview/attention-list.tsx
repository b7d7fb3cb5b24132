/** What needs somebody: what it is, why, and the next step as a link. */
import { Button } from '@mantine/core'
import { IconAlertTriangleFilled, IconCircleCheck, IconClock, IconInfoCircle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useFormat } from '../../ui/format.ts'
import { Failure } from '../../ui/failure.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import type { Attention } from './attention.ts'
import { useSaying } from './saying.ts'
import classes from './overview.module.css'

interface AttentionListProps {
  readonly found: readonly Attention[]
  /** Undefined = not read. */
  readonly shares: number | undefined
  readonly isWaiting: boolean
  readonly error: unknown
  readonly again: () => void
  readonly nameOfQuota: (key: string) => string
}

/** More than these are read when one wants to. */
const shownFirst = 8

const icons = { bad: IconAlertTriangleFilled, warning: IconClock, plain: IconInfoCircle }

export function AttentionList({ found, shares, isWaiting, error, again, nameOfQuota }: AttentionListProps) {
  const { overview: w } = useWords()
  const format = useFormat()
  const [isAll, showAll] = useState(false)
  const say = useSaying(format, nameOfQuota)
  const rest = found.length - shownFirst
  return (
    <>
      {error === null ? null : (
        <>
          <Failure error={error} again={again} />
          <p>{w.notAll}</p>
        </>
      )}
      {found.length === 0 && !isWaiting && error === null ? (
        <p className={classes.calm}>
          <IconCircleCheck size={16} aria-hidden />
          <span>{w.calm}</span>
          <span className={classes.muted}>
            {shares === undefined ? null : shares === 0 ? w.calmNone : w.calmShares(shares)}
          </span>
          {shares === 0 ? <Link to="/shares/new">{w.first}</Link> : null}
        </p>
      ) : null}
      {found.length === 0 ? null : (
        <ul className={classes.attention}>
          {found.slice(0, isAll ? undefined : shownFirst).map((one) => {
            const Icon = icons[one.tone]
            const { title, why, next } = say(one)
            return (
              <li key={one.key} className={classes[one.tone]}>
                <Icon size={16} aria-hidden />
                <div className={classes.what}>
                  <div className={classes.headline}>{visible(title).slice(0, 300)}</div>
                  <div className={classes.muted}>{visible(why)}</div>
                </div>
                <Link to={next.to as never} {...(next.more as object)}>
                  {next.label}
                </Link>
              </li>
            )
          })}
        </ul>
      )}
      {rest > 0 && !isAll ? (
        <Button variant="subtle" color="gray" onClick={() => showAll(true)}>
          {w.more(rest)}
        </Button>
      ) : null}
    </>
  )
}
