/** What stands around every page: the rail of nouns, the line on top, and what is to be known about the connection. */
import { ActionIcon, Drawer } from '@mantine/core'
import { IconMenu2 } from '@tabler/icons-react'
import { Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { useConsole, useSessionState } from '../api/console.ts'
import { useWords } from '../words/index.ts'
import classes from './frame.module.css'
import { PulseLine } from './pulse-line.tsx'
import { Rail } from './rail.tsx'
import { SignInAgain } from './sign-in-again.tsx'
import { TopLine } from './top-line.tsx'

export function Frame() {
  const { frame } = useWords()
  const { session, live } = useConsole()
  const state = useSessionState(session)
  const [isMenu, setMenu] = useState(false)
  const main = useRef<HTMLElement>(null)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useEffect(() => setMenu(false), [path])

  const userId = state.is === 'none' ? null : state.view.user.id
  const projectId = state.is === 'none' ? null : (state.view.project?.id ?? null)
  useEffect(
    () => (userId === null ? undefined : live.start({ userId, projectId })),
    [live, userId, projectId],
  )

  if (state.is === 'none') return null
  return (
    <div className={classes.frame}>
      <a
        href="#main"
        className={classes.skip}
        onClick={(event) => {
          // The address of the page has a base: the browser would go there.
          event.preventDefault()
          main.current?.focus()
        }}
      >
        {frame.skip}
      </a>
      <aside className={classes.rail}>
        <Rail />
      </aside>
      <Drawer
        opened={isMenu}
        onClose={() => setMenu(false)}
        size={260}
        title={frame.menu}
        closeButtonProps={{ 'aria-label': frame.menu }}
      >
        <Rail />
      </Drawer>
      <div className={classes.rest}>
        <TopLine
          burger={
            <ActionIcon
              variant="subtle"
              color="gray"
              size={30}
              className={classes.burger}
              aria-expanded={isMenu}
              aria-label={frame.menu}
              onClick={() => setMenu(!isMenu)}
            >
              <IconMenu2 size={18} />
            </ActionIcon>
          }
        />
        <PulseLine />
        <main id="main" tabIndex={-1} ref={main} className={classes.main}>
          <Outlet />
        </main>
      </div>
      {state.is === 'ended' ? <SignInAgain view={state.view} /> : null}
    </div>
  )
}
