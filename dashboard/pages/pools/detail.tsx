/** One pool: how full, what fits, what lies there, what it can do. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { Failure } from '../../ui/failure.tsx'
import { CopyText } from '../../ui/copy.tsx'
import { Notice } from '../../ui/notice.tsx'
import { PageHead } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { servicesQuery } from '../services/queries.ts'
import { CapabilitiesTab } from './capabilities-tab.tsx'
import { capacityOf } from './capacity.ts'
import { OverviewTab } from './overview-tab.tsx'
import { PoolState } from './pool-state.tsx'
import { poolsQuery } from './queries.ts'
import { poolDetailRoute } from './route.tsx'
import { SharesTab } from './shares-tab.tsx'
import { gradeOfFullness, gradeOfService } from './topology.ts'
import { TypesTab } from './types-tab.tsx'

export function PoolDetailPage() {
  const { pools: w } = useWords()
  const { label } = poolDetailRoute.useParams()
  const search = poolDetailRoute.useSearch()
  const navigate = useNavigate({ from: poolDetailRoute.fullPath })
  const console = useConsole()
  const pools = useQuery(poolsQuery(console))
  const services = useQuery(servicesQuery(console))
  useCrumb(label)
  if (pools.data === undefined)
    return pools.error === null ? null : <Failure error={pools.error} again={() => void pools.refetch()} />
  const pool = pools.data.find(({ name }) => name === label)
  const backend = label.split('#')[0] ?? label
  const service = services.data?.find(({ host }) => host === backend)
  const fullness = pool === undefined ? null : capacityOf(pool.capabilities).fullness
  const own = service === undefined ? null : gradeOfService(service)
  return (
    <>
      <PageHead
        title={label.split('#')[1] ?? label}
        aside={
          own === null ? null : (
            <PoolState
              grade={own === 'fine' && fullness !== null ? gradeOfFullness(fullness) : own}
              fullness={fullness}
            />
          )
        }
        line={
          <>
            <CopyText text={label} what={w.pool} />
            <Link to="/admin/services" search={{ text: backend } as never}>
              {visible(backend)}
            </Link>
            {service?.zone ?? null}
          </>
        }
      />
      {pool !== undefined ? null : (
        <div style={{ marginBottom: 12 }}>
          <Notice tone="warning" title={w.notOffered}>
            <p>{w.notOfferedText}</p>
            {service?.disabled_reason === undefined || service.disabled_reason === null ? null : (
              <p>{visible(service.disabled_reason)}</p>
            )}
          </Notice>
        </div>
      )}
      <Tabs
        label={w.title}
        value={search.tab}
        change={(tab) => void navigate({ search: { tab } as never })}
        tabs={[
          {
            key: 'overview',
            title: w.overview,
            show: () => <OverviewTab label={label} pool={pool ?? null} />,
          },
          ...(pool === undefined
            ? []
            : [
                { key: 'types', title: w.types, show: () => <TypesTab pool={pool} /> },
                { key: 'capabilities', title: w.capabilities, show: () => <CapabilitiesTab pool={pool} /> },
              ]),
          { key: 'shares', title: w.shares, show: () => <SharesTab label={label} /> },
        ]}
      />
    </>
  )
}
