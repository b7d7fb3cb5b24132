/** The way here, with real names. A page names its last step by what it read: {@link useCrumb}. */
import { Link, useMatches } from '@tanstack/react-router'
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react'
import { PlainText } from '../ui/plain-text.tsx'
import { useWords, type Words } from '../words/index.ts'
import classes from './crumbs.module.css'

declare module '@tanstack/react-router' {
  interface StaticDataRouteOption {
    /** What a step of the way is called; absent = it is no step. */
    readonly crumb?: (words: Words) => string
  }
}

const CrumbContext = createContext<{ readonly last: string | null; name(name: string | null): void }>({
  last: null,
  name: () => {},
})

export function CrumbProvider({ children }: { readonly children: ReactNode }) {
  const [last, name] = useState<string | null>(null)
  return <CrumbContext value={{ last, name }}>{children}</CrumbContext>
}

/** The real name of what the page shows. */
export function useCrumb(name: string | null): void {
  const crumbs = useContext(CrumbContext)
  useEffect(() => {
    crumbs.name(name)
    return () => crumbs.name(null)
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [name])
}

export function Crumbs() {
  const words = useWords()
  const { last } = useContext(CrumbContext)
  const steps = useMatches({
    select: (matches) =>
      matches.flatMap(({ staticData, pathname }) =>
        staticData.crumb === undefined ? [] : [{ pathname, title: staticData.crumb(words) }],
      ),
  })
  return (
    <ol className={classes.crumbs}>
      {steps.map(({ pathname, title }) => (
        <li key={pathname}>
          <Link to={pathname}>{title}</Link>
        </li>
      ))}
      {last === null ? null : (
        <li aria-current="page">
          <PlainText>{last}</PlainText>
        </li>
      )}
    </ol>
  )
}
