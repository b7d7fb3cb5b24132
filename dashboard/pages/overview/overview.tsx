/** What needs attention, and how much is left. */
import { PageHead } from '../../ui/page.tsx'
import { useWords } from '../../words/index.ts'

export function OverviewPage() {
  const { frame } = useWords()
  return <PageHead title={frame.overview} />
}
