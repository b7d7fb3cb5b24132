/** The pages of administration, for those who may; the service has the last word. */
import { Outlet } from '@tanstack/react-router'
import { useWho } from '../../api/console.ts'
import { Notice } from '../../ui/notice.tsx'
import { PageHead } from '../../ui/page.tsx'
import { useWords } from '../../words/index.ts'

export function AdminOnly() {
  const { admin: w, frame } = useWords()
  const who = useWho()
  if (who.is_admin) return <Outlet />
  return (
    <>
      <PageHead title={frame.administration} />
      <Notice tone="plain" title={w.needsRole}>
        <p>{w.yourRoles(who.roles.join(', '))}</p>
        <p>{w.whoGives}</p>
      </Notice>
    </>
  )
}
