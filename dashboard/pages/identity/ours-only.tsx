/** Accounts are changed where they are kept: elsewhere there is nothing to do here. */
import { Outlet } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { Notice } from '../../ui/notice.tsx'
import { PageHead } from '../../ui/page.tsx'
import { useWords } from '../../words/index.ts'

export function OursOnly() {
  const { frame, identity: w } = useWords()
  const { deployment } = useConsole()
  if (deployment.identityIsOurs) return <Outlet />
  return (
    <>
      <PageHead title={frame.administration} />
      <Notice tone="plain" title={w.notOurs} />
    </>
  )
}
