/** The head of a page: what it is, how many, its one primary action; and the document's title. */
import { useEffect, type ReactNode } from 'react'
import classes from './page.module.css'
import { visible } from './plain-text.tsx'

interface PageHeadProps {
  readonly title: string
  /** Beside the title: a count, a state. */
  readonly aside?: ReactNode
  /** A line of facts below. */
  readonly line?: ReactNode
  readonly actions?: ReactNode
}

export function PageHead({ title, aside, line, actions }: PageHeadProps) {
  const visibleTitle = visible(title)
  useEffect(() => {
    document.title = `${visibleTitle} · Manila`
  }, [visibleTitle])
  return (
    <header className={classes.head}>
      <div className={classes.words}>
        <div className={classes.title}>
          <h1>
            <bdi>{visibleTitle}</bdi>
          </h1>
          {aside}
        </div>
        {line === undefined ? null : <div className={classes.line}>{line}</div>}
      </div>
      {actions === undefined ? null : <div className={classes.actions}>{actions}</div>}
    </header>
  )
}

/** A part of a page under its own heading. */
export function Section({
  title,
  children,
  aside,
}: {
  readonly title: string
  readonly children: ReactNode
  readonly aside?: ReactNode
}) {
  return (
    <section className={classes.section}>
      <div className={classes.sectionHead}>
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}
