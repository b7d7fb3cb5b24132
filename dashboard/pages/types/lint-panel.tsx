/** Says which pools satisfy a type now; where none does, which spec of which pool is in the way. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { Notice } from '../../ui/notice.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { poolsQuery } from '../pools/queries.ts'
import { shownValue } from '../pools/shown-value.ts'
import { lint } from './lint.ts'

const mostNamed = 6

export function LintPanel({ specs }: { readonly specs: Readonly<Record<string, string>> }) {
  const { pools: p, types: w } = useWords()
  const { data } = useQuery(poolsQuery(useConsole()))
  if (data === undefined) return null
  if (data.length === 0) return <Notice tone="warning" title={w.lintNoPools} />
  const { fits, others, nowhere } = lint(specs, data)
  if (fits.length > 0)
    return (
      <div role="status">
        <Status status="fits" tone="ok" word={w.lintFits(fits.length)} />
        <span style={{ color: 'var(--muted)' }}>
          {': '}
          {fits.slice(0, mostNamed).map(({ id, name }, index) => (
            <span key={id}>
              {index === 0 ? '' : ', '}
              <Link to="/admin/pools/$label" params={{ label: name }}>
                {visible(name)}
              </Link>
            </span>
          ))}
          {fits.length > mostNamed ? '…' : ''}
        </span>
      </div>
    )
  return (
    <div role="status">
      <Notice tone="bad" title={w.lintTitle}>
        <p>{w.lintText}</p>
        {nowhere.length === 0 ? null : <p>{w.lintNowhere(nowhere.map((key) => visible(key)).join(', '))}</p>}
        <ul style={{ margin: 0, paddingLeft: 16 }}>
          {others.slice(0, mostNamed).map(({ pool, missing }) => (
            <li key={pool.id}>
              <PlainText>{pool.name}</PlainText>
              {': '}
              {missing
                .map(({ key, requirement, value }) =>
                  p.lacks(
                    visible(key),
                    visible(requirement),
                    value === undefined || value === null ? null : shownValue(value),
                  ),
                )
                .join('; ')}
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  )
}
