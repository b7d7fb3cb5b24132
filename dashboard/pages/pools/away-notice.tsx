/** Backends whose pools are not offered: they are in no list of pools, and that is what one must know first. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { Notice } from '../../ui/notice.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { servicesQuery } from '../services/queries.ts'
import { gradeOfService } from './topology.ts'

const mostNamed = 5

export function AwayNotice() {
  const { pools: w } = useWords()
  const { data } = useQuery(servicesQuery(useConsole()))
  const away = (data ?? []).filter((one) => one.host.includes('@') && gradeOfService(one) !== 'fine')
  if (away.length === 0) return null
  const isDown = away.some((one) => gradeOfService(one) === 'down')
  const names = away.slice(0, mostNamed).map(({ host }) => visible(host))
  return (
    <div style={{ marginBottom: 12 }}>
      <Notice
        tone={isDown ? 'bad' : 'warning'}
        title={w.away(away.length)}
        actions={<Link to="/admin/services">{w.goServices}</Link>}
      >
        {w.awayText(`${names.join(', ')}${away.length > mostNamed ? '…' : ''}`)}
      </Notice>
    </div>
  )
}
