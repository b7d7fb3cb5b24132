/** An address that no page has. */
import { Link } from '@tanstack/react-router'
import { PageHead } from '../ui/page.tsx'
import { useWords } from '../words/index.ts'

export function NotFound() {
  const { frame } = useWords()
  return (
    <>
      <PageHead title={frame.nowhere} />
      <p>{frame.nowhereText}</p>
      <Link to="/">{frame.overview}</Link>
    </>
  )
}
