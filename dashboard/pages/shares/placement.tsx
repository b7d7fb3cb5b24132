/** What a share that is being filled in would cost, and whether a pool can take it: asked of the service while one types. */
import { Loader } from '@mantine/core'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import type { Static } from 'typebox'
import { tryPlacement, type Placement } from '../../../src/wire/placements/schema.ts'
import type { CreateShare } from '../../../src/wire/shares/schema.ts'
import { useConsole, type Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'
import { useFormat, type Format } from '../../ui/format.ts'
import { Meter } from '../../ui/meter.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { spaced } from '../../words/spaced.ts'
import { useWords, type Words } from '../../words/index.ts'
import classes from './shares.module.css'
import { shareLimitsQuery } from './usage-queries.ts'

export type PlacementView = Static<typeof Placement>
type NewShare = Static<typeof CreateShare>['share']

const pauseMs = 300

/** The same value once it has not changed for a moment. */
function useSettled<T>(value: T): T {
  const text = JSON.stringify(value)
  const [settled, settle] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => settle(JSON.parse(text) as T), pauseMs)
    return () => clearTimeout(timer)
  }, [text])
  return settled
}

const placementQuery = ({ client, capabilities }: Console, placement: NewShare, isWhole: boolean) =>
  queryOptions({
    queryKey: listKey('pools', 'placement', placement),
    enabled: capabilities.has('placements') && isWhole,
    staleTime: 10_000,
    retry: false,
    placeholderData: (before: PlacementView | undefined) => before,
    queryFn: async () => (await client.call(tryPlacement, { body: { placement } })).placement,
  })

/** What the service says of a share like this; undefined while it has not, or can't. `isWhole`: nothing is wrong with it that is known here. */
export function usePlacement(share: NewShare, isWhole: boolean) {
  const console = useConsole()
  // Names decide about nothing.
  const { name: _name, description: _description, ...asked } = share
  const settled = useSettled(asked)
  const { data, isFetching, isPlaceholderData } = useQuery(placementQuery(console, settled, isWhole))
  return {
    placement: isWhole ? data : undefined,
    isAsking: isFetching,
    /** What is told is of what was filled in before: its figures may stay, its complaints not. */
    isOld: isPlaceholderData || JSON.stringify(settled) !== JSON.stringify(asked),
  }
}

interface PlacementPanelProps {
  readonly placement: PlacementView | undefined
  readonly isAsking: boolean
  /** GiB asked for. */
  readonly size: number
}

export function PlacementPanel({ placement, isAsking, size }: PlacementPanelProps) {
  const { shares: w } = useWords()
  const { capabilities } = useConsole()
  return (
    <section className={classes.fits} aria-label={w.place.title} aria-live="polite">
      <h3>
        {w.place.title} {isAsking ? <Loader size={12} role="status" aria-label={w.place.asking} /> : null}
      </h3>
      {placement === undefined ? <FromLimits size={size} /> : <Quota placement={placement} />}
      {placement === undefined ? (
        capabilities.has('placements') ? null : (
          <p className={classes.muted}>{w.place.notAsked}</p>
        )
      ) : (
        <Pools placement={placement} />
      )}
    </section>
  )
}

interface LineProps {
  readonly title: string
  readonly charge: number
  readonly used: number
  /** Null = without limit. */
  readonly limit: number | null
  readonly show: (value: number) => string
}

function Line({ title, charge, used, limit, show }: LineProps) {
  const { common, shares: w } = useWords()
  const left = limit === null ? null : limit - used - charge
  return (
    <div>
      <div className={classes.costs}>
        <span>
          {title}{' '}
          {limit === null ? null : <b>{common.of(show(Math.min(used + charge, limit)), show(limit))}</b>}
        </span>
        <span className={left !== null && left < 0 ? classes.bad : classes.muted}>
          {limit === null
            ? `+ ${show(charge)} · ${w.place.unlimited}`
            : left !== null && left < 0
              ? w.place.over(show(-left))
              : w.place.left(show(left ?? 0))}
        </span>
      </div>
      {limit === null ? null : (
        <Meter label={title} used={Math.min(used + charge, limit)} total={limit} show={show} bare />
      )}
    </div>
  )
}

/** What any service tells: the limits of the project. */
function FromLimits({ size }: { readonly size: number }) {
  const { shares: w } = useWords()
  const format = useFormat()
  const { data } = useQuery(shareLimitsQuery(useConsole()))
  if (data === undefined) return null
  const { shares, gigabytes } = data
  const asked = Number.isFinite(size) && size > 0 ? size : 0
  return (
    <>
      <Line
        title={w.place.gigabytes}
        charge={asked}
        used={gigabytes.used}
        limit={gigabytes.limit}
        show={format.size}
      />
      <Line title={w.place.shares} charge={1} used={shares.used} limit={shares.limit} show={format.number} />
    </>
  )
}

const nameOfLine = (w: Words['shares']['place'], resource: string, scope: string): string => {
  const what = resource === 'shares' ? w.shares : resource === 'gigabytes' ? w.gigabytes : spaced(resource)
  return scope === 'project' ? what : `${what} (${scope === 'user' ? w.ofUser : w.ofType})`
}
const showOf = (format: Format, resource: string): ((value: number) => string) =>
  resource.includes('gigabytes') ? format.size : format.number

function Quota({ placement }: { readonly placement: PlacementView }) {
  const { shares: w } = useWords()
  const format = useFormat()
  // A limit of one share is worth a line only when it is in the way.
  const lines = placement.quota.filter(({ resource, fits }) => !fits || resource !== 'per_share_gigabytes')
  return lines.map(({ resource, scope, limit, in_use, charge }) => (
    <Line
      key={`${resource} ${scope}`}
      title={nameOfLine(w.place, resource, scope)}
      charge={charge}
      used={in_use}
      limit={limit < 0 ? null : limit}
      show={showOf(format, resource)}
    />
  ))
}

function Pools({ placement }: { readonly placement: PlacementView }) {
  const { service, shares: w } = useWords()
  const { pools_that_fit: fit, refused, pools, message } = placement
  if (fit === null) return null
  return (
    <div>
      <p className={fit === 0 ? classes.bad : classes.ok}>
        {fit === 0 ? w.place.noPool : w.place.pools(fit)}
      </p>
      {message === null || fit > 0 ? null : <p>{visible(service.sentence(message))}</p>}
      {refused.length === 0 ? null : (
        <ul>
          {refused.map(({ filter, count, why }) => (
            <li key={`${filter} ${why}`}>{w.place.refused(count, visible(service.sentence(why)))}</li>
          ))}
        </ul>
      )}
      {pools === undefined || pools.length === 0 ? null : (
        <details>
          <summary>{w.place.eachPool}</summary>
          <ul>
            {pools.map(({ pool, why }) => (
              <li key={pool}>
                <code>{pool}</code>
                {why === null ? null : <span lang="en">: {visible(why)}</span>}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  )
}
