/** What the scheduler said: the verdict, what of the request is refused, its price, and each pool. */
import { Link } from '@tanstack/react-router'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { useFormat } from '../../ui/format.ts'
import { Notice } from '../../ui/notice.tsx'
import { Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { useLimitText } from '../quotas/limit-text.ts'
import type { PlacementView } from './queries.ts'

const whole = { hasNewer: false, hasOlder: false }

export function Answer({ placement }: { readonly placement: PlacementView }) {
  return (
    <>
      <Verdict placement={placement} />
      <Pools placement={placement} />
      <Price placement={placement} />
    </>
  )
}

function Verdict({ placement }: { readonly placement: PlacementView }) {
  const { service, whyNot: w } = useWords()
  const { fits, problems, pools_that_fit: count, message, refused } = placement
  if (fits)
    return (
      <Notice tone="ok" title={w.fits}>
        {count === null ? null : w.fitsText(count)}
      </Notice>
    )
  return (
    <Notice tone="bad" title={problems.length > 0 ? w.refusedTitle : w.nowhereTitle}>
      {problems.map((problem) => (
        <p key={problem.message}>
          {problem.field === null ? null : <b>{problem.field}: </b>}
          {visible(service.sentence(problem.message))}
        </p>
      ))}
      {message === null ? null : <p>{visible(service.sentence(message))}</p>}
      {refused.map(({ filter, count: pools, why }) => (
        <p key={filter}>{w.refusals(pools, visible(service.sentence(why)))}</p>
      ))}
      {problems.length > 0 && count === null ? <p>{w.notAsked}</p> : null}
    </Notice>
  )
}

function Pools({ placement }: { readonly placement: PlacementView }) {
  const { common, whyNot: w } = useWords()
  const format = useFormat()
  if (placement.pools === undefined) return null
  // As the service orders them: those that can take it by their weight, then the others.
  const rows = placement.pools.map((one) => ({ ...one, id: one.pool }))
  const first = rows[0]?.id
  return (
    <Section title={w.poolsTitle}>
      <DataTable
        label={w.poolsTitle}
        page={{ rows, ...whole }}
        nameOf={({ pool }) => pool}
        empty={<Empty title={w.noPools} />}
        columns={[
          {
            key: 'pool',
            title: w.pool,
            width: '34%',
            show: ({ pool }) => (
              <>
                <Link to="/admin/pools/$label" params={{ label: pool }}>
                  <PlainText wrap>{pool.split('#')[1] ?? pool}</PlainText>
                </Link>
                <div style={{ color: 'var(--muted)', fontSize: 12 }}>
                  <PlainText wrap>{pool.split('#')[0] ?? ''}</PlainText>
                </div>
              </>
            ),
          },
          {
            key: 'answer',
            title: w.verdict,
            show: ({ id, fits, why, filter }) => (
              <>
                <Status
                  status="fits"
                  tone={fits ? 'ok' : 'bad'}
                  word={!fits ? w.refuses : id === first ? w.chosen : w.takes}
                />
                {why === null ? null : (
                  <>
                    <div>
                      <span lang="en">
                        <PlainText wrap>{why}</PlainText>
                      </span>
                    </div>
                    <div style={{ color: 'var(--muted)', fontSize: 12 }}>
                      {w.rule} {filter ?? common.notKnown}
                    </div>
                  </>
                )}
              </>
            ),
          },
          {
            key: 'weight',
            title: w.weight,
            isNumber: true,
            from: 'desk',
            show: ({ weight }) =>
              weight === null ? null : (
                <span title={w.weightHint}>{format.number(Math.round(weight * 100) / 100)}</span>
              ),
          },
        ]}
      />
    </Section>
  )
}

function Price({ placement }: { readonly placement: PlacementView }) {
  const { quotas: q, whyNot: w } = useWords()
  const limitText = useLimitText()
  const rows = placement.quota.map((line) => ({ ...line, id: `${line.resource} ${line.scope}` }))
  if (rows.length === 0) return null
  return (
    <Section title={w.quotaTitle}>
      <DataTable
        label={w.quotaTitle}
        page={{ rows, ...whole }}
        nameOf={({ id }) => id}
        empty={null}
        columns={[
          {
            key: 'resource',
            title: w.resource,
            show: ({ resource, scope }) => (
              <>
                {q.names[resource] ?? resource}
                <span style={{ color: 'var(--muted)' }}> {w.scope[scope] ?? scope}</span>
              </>
            ),
          },
          {
            key: 'charge',
            title: w.charge,
            isNumber: true,
            show: ({ resource, charge }) => limitText(resource, charge),
          },
          {
            key: 'after',
            title: w.after,
            isNumber: true,
            from: 'tablet',
            show: ({ resource, in_use, charge }) =>
              resource === 'per_share_gigabytes' ? null : limitText(resource, in_use + charge),
          },
          {
            key: 'limit',
            title: q.limit,
            isNumber: true,
            show: ({ resource, limit }) => limitText(resource, limit),
          },
          {
            key: 'fits',
            title: w.verdict,
            show: ({ fits }) => (
              <Status status="fits" tone={fits ? 'ok' : 'bad'} word={fits ? w.enough : w.tooMuch} />
            ),
          },
        ]}
      />
    </Section>
  )
}
