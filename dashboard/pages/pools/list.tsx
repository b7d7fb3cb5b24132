/** The pools that are offered, the fullest first; what is away is said above. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { holds, wholePage } from '../../api/whole-list.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters } from '../../ui/filter-bar.tsx'
import { useFormat } from '../../ui/format.ts'
import { PageHead } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useWords } from '../../words/index.ts'
import { allTypesQuery } from '../types/queries.ts'
import { serviceCommands } from '../services/commands.ts'
import { AwayNotice } from './away-notice.tsx'
import { CapacityBar } from './capacity-bar.tsx'
import { capacityOf } from './capacity.ts'
import { lacks, specsOf } from './fit.ts'
import { FullIn } from './full-in.tsx'
import { CapacityFigures } from './pool-state.tsx'
import { poolsQuery, type PoolSearch, type PoolView } from './queries.ts'
import { poolListRoute } from './route.tsx'
import { TopologyView } from './topology-view.tsx'

const sorted = { sort: 'full', dir: 'desc' } as const
const by = {
  name: ({ name }: PoolView) => name,
  full: ({ capabilities }: PoolView) => capacityOf(capabilities).fullness,
  room: ({ capabilities }: PoolView) => capacityOf(capabilities).room,
  ratio: ({ capabilities }: PoolView) => capacityOf(capabilities).ratio,
}

export function PoolListPage() {
  const { pools: w } = useWords()
  const console = useConsole()
  const search: PoolSearch = poolListRoute.useSearch()
  const navigate = useNavigate({ from: poolListRoute.fullPath })
  const pools = useQuery(poolsQuery(console))
  return (
    <>
      <PageHead title={w.title} aside={pools.data === undefined ? null : w.count(pools.data.length)} />
      <AwayNotice />
      {pools.error !== null && pools.data === undefined ? (
        <Failure error={pools.error} again={() => void pools.refetch()} />
      ) : (
        <Tabs
          label={w.title}
          value={search.view}
          change={(view) => void navigate({ search: { view } as never })}
          tabs={[
            { key: 'list', title: w.list, show: () => <PoolTable pools={pools.data} search={search} /> },
            { key: 'topology', title: w.topology, show: () => <TopologyView pools={pools.data ?? []} /> },
          ]}
        />
      )}
    </>
  )
}

function PoolTable({
  pools,
  search,
}: {
  readonly pools: readonly PoolView[] | undefined
  readonly search: PoolSearch
}) {
  const { common, pools: w } = useWords()
  const console = useConsole()
  const navigate = useNavigate({ from: poolListRoute.fullPath })
  const format = useFormat()
  const types = useQuery(allTypesQuery(console))
  const found = pools?.filter(
    (pool) => holds(search.text, pool.name) && (search.backend ?? pool.backend) === pool.backend,
  )
  const backends = [...new Set((pools ?? []).map(({ backend }) => backend))].sort()
  const columns: readonly Column<PoolView>[] = [
    {
      key: 'name',
      title: w.pool,
      sort: 'name',
      show: (pool) => (
        <>
          <Link to="/admin/pools/$label" params={{ label: pool.name }}>
            <PlainText>{pool.pool}</PlainText>
          </Link>
          <div style={{ color: 'var(--muted)', fontSize: 12 }}>
            <PlainText>{`${pool.host}@${pool.backend}`}</PlainText>
          </div>
        </>
      ),
    },
    {
      key: 'capacity',
      title: w.capacity,
      sort: 'full',
      width: '30%',
      show: (pool) => (
        <>
          <CapacityBar label={pool.name} capabilities={pool.capabilities} />
          <CapacityFigures capacity={capacityOf(pool.capabilities)} />
        </>
      ),
    },
    {
      key: 'room',
      title: w.room,
      isNumber: true,
      sort: 'room',
      from: 'tablet',
      show: ({ capabilities }) => {
        const { room } = capacityOf(capabilities)
        return room === null ? common.notKnown : room === 0 ? common.none : format.size(room)
      },
    },
    {
      key: 'ratio',
      title: w.ratio,
      isNumber: true,
      sort: 'ratio',
      from: 'desk',
      show: ({ capabilities }) => {
        const { thin, ratio, maxRatio } = capacityOf(capabilities)
        if (!thin) return <span title={w.thick}>{common.none}</span>
        if (ratio === null) return common.notKnown
        return w.ratioOf(format.ratio(ratio), format.ratio(maxRatio))
      },
    },
    { key: 'days', title: w.fullIn, from: 'phone', show: (pool) => <FullIn pool={pool} /> },
    {
      key: 'types',
      title: w.types,
      isNumber: true,
      from: 'desk',
      show: (pool) =>
        types.data === undefined
          ? null
          : w.typesOf(
              types.data.filter((type) => lacks(pool.capabilities, specsOf(type)).length === 0).length,
              types.data.length,
            ),
    },
  ]
  return (
    <>
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: common.name }}
        choices={[
          {
            name: 'backend',
            label: w.backend,
            options: backends.map((value) => ({ value, label: value })),
          },
        ]}
        change={(filters) =>
          void navigate({
            search: withFilters(filters),
          })
        }
      />
      <DataTable
        label={w.title}
        columns={columns}
        page={found === undefined ? undefined : wholePage(found, search, by, sorted)}
        nameOf={({ name }) => name}
        search={search}
        sorted={sorted}
        go={(next) => void navigate({ search: next as never })}
        empty={
          pools?.length === 0 ? (
            <Empty title={w.emptyTitle} command={serviceCommands.list()}>
              {w.emptyText}
            </Empty>
          ) : (
            <Empty title={common.noRows} />
          )
        }
      />
    </>
  )
}
