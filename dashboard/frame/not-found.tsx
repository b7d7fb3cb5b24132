/** An address that no page has. */
import { Link } from '@tanstack/react-router'
import { Empty } from '../ui/empty.tsx'
import { useWords } from '../words/index.ts'

export function NotFound() {
  const { common, frame } = useWords()
  return <Empty title={common.gone} action={<Link to="/">{frame.overview}</Link>} />
}
