/** Every program of the service: whether it is up, since when not, and whether it is given new work. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { holds, wholePage } from '../../api/whole-list.ts'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters } from '../../ui/filter-bar.tsx'
import { instant, useFormat } from '../../ui/format.ts'
import { OnPhone } from '../../ui/on-phone.tsx'
import { Notice } from '../../ui/notice.tsx'
import { PageHead } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time, useNow } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { poolsQuery } from '../pools/queries.ts'
import { gradeOfService, grades } from '../pools/topology.ts'
import { serviceCommands } from './commands.ts'
import { servicesQuery, type ServiceView } from './queries.ts'
import { serviceListRoute } from './route.tsx'
import { serviceActions, ServiceDialog, type ServiceAsked } from './service-actions.tsx'

type Row = Omit<ServiceView, 'id'> & { readonly id: string }
interface Search extends PageSearch {
  readonly text?: string
  readonly binary?: string
  readonly state?: string
  readonly status?: string
}

const sorted = { sort: 'state', dir: 'desc' } as const
const by = {
  host: ({ host }: Row) => host,
  binary: ({ binary }: Row) => binary,
  // What is not well first.
  state: (row: Row) => grades.indexOf(gradeOfService(row)),
  updated: ({ updated_at }: Row) => updated_at,
}

const small = { color: 'var(--muted)', fontSize: 12 }

/** `for 3 min`; the moment itself on hover. */
function For({ since }: { readonly since: string }) {
  const { services: w } = useWords()
  const format = useFormat()
  const now = useNow()
  return (
    <time dateTime={new Date(instant(since)).toISOString()} title={format.exact(since)}>
      {w.lasts(format.lasting(Math.max(0, now - instant(since))))}
    </time>
  )
}

export function ServiceListPage() {
  const words = useWords()
  const { admin, common, services: w } = words
  const console = useConsole()
  const search: Search = serviceListRoute.useSearch()
  const navigate = useNavigate({ from: serviceListRoute.fullPath })
  const services = useQuery(servicesQuery(console))
  const pools = useQuery(poolsQuery(console))
  const [asked, ask] = useState<ServiceAsked | null>(null)
  const all = services.data?.map((one): Row => ({ ...one, id: String(one.id) }))
  const found = all?.filter(
    ({ host, binary, state, status, disabled_reason }) =>
      holds(search.text, host, binary, disabled_reason) &&
      (search.binary ?? binary) === binary &&
      (search.state ?? state) === state &&
      (search.status ?? status) === status,
  )
  const away = (all ?? []).filter((one) => gradeOfService(one) === 'down')
  const poolsOf = ({ host }: Row): number =>
    (pools.data ?? []).filter((pool) => `${pool.host}@${pool.backend}` === host).length

  const columns: readonly Column<Row>[] = [
    {
      key: 'host',
      title: admin.host,
      sort: 'host',
      show: ({ host, binary }) => (
        <>
          <PlainText>{host}</PlainText>
          <div style={small}>{binary}</div>
        </>
      ),
    },
    {
      key: 'state',
      title: admin.state,
      sort: 'state',
      show: (row) => (
        <>
          <Status status={row.state} tone={row.state === 'up' ? 'ok' : 'bad'} word={w.state[row.state]} />
          {row.state_since === undefined || row.state_since === null ? (
            row.state === 'up' ? null : (
              <div style={small}>
                <Time at={row.updated_at} />
              </div>
            )
          ) : (
            <div style={small}>
              <For since={row.state_since} />
            </div>
          )}
          <OnPhone>
            <Work service={row} />
          </OnPhone>
        </>
      ),
    },
    {
      key: 'work',
      title: w.work,
      from: 'tablet',
      show: (row) => <Work service={row} />,
    },
    {
      key: 'runs',
      title: w.runs,
      from: 'tablet',
      show: (row) => (
        <>
          {w.does[row.binary] ?? common.notKnown}
          {row.host.includes('@') && pools.data !== undefined ? (
            <div style={{ fontSize: 12 }}>
              <Link to="/admin/pools" search={{ backend: row.host.split('@')[1] } as never}>
                {w.pools(poolsOf(row))}
              </Link>
            </div>
          ) : null}
        </>
      ),
    },
    {
      key: 'zone',
      title: common.zone,
      from: 'desk',
      show: ({ zone }) => <PlainText>{zone ?? common.none}</PlainText>,
    },
    {
      key: 'updated',
      title: admin.updated,
      sort: 'updated',
      from: 'desk',
      show: ({ updated_at }) => <Time at={updated_at} />,
    },
  ]
  const binaries = [...new Set((all ?? []).map(({ binary }) => binary))].sort()
  return (
    <>
      <PageHead title={w.title} aside={all === undefined ? null : w.count(all.length)} />
      {away.length === 0 ? null : (
        <Notice tone="bad" title={w.notWell(away.length)}>
          {away
            .slice(0, 10)
            .map(({ host, binary }) => `${visible(host)} (${binary})`)
            .join(', ')}
        </Notice>
      )}
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: admin.search }}
        choices={[
          { name: 'binary', label: w.program, options: binaries.map((value) => ({ value, label: value })) },
          {
            name: 'state',
            label: admin.state,
            options: (['up', 'down', 'stopped'] as const).map((value) => ({ value, label: w.state[value] })),
          },
          {
            name: 'status',
            label: w.work,
            options: [
              { value: 'enabled', label: w.takesWork },
              { value: 'disabled', label: w.takesNone },
            ],
          },
        ]}
        change={(filters) =>
          void navigate({
            search: withFilters(filters),
          })
        }
      />
      {services.error !== null && services.data === undefined ? (
        <Failure error={services.error} again={() => void services.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={columns}
          page={found === undefined ? undefined : wholePage(found, search, by, sorted)}
          nameOf={({ host, binary }) => `${binary} ${host}`}
          search={search}
          sorted={sorted}
          go={(next) => void navigate({ search: next as never })}
          actionsOf={(row) => serviceActions(words, console.client.minor, row, ask)}
          empty={
            all?.length === 0 ? (
              <Empty title={w.emptyTitle} command={serviceCommands.list()}>
                {w.emptyText}
              </Empty>
            ) : (
              <Empty title={common.noRows} />
            )
          }
        />
      )}
      {asked === null ? null : <ServiceDialog asked={asked} close={() => ask(null)} />}
    </>
  )
}

/** Whether it is given new work, why not, and what it is busy with. Of one that does not run there is nothing to say but why. */
function Work({ service }: { readonly service: Row }) {
  const { services: w } = useWords()
  const { state, status, status_since: since, instances, disabled_reason: reason, ensuring } = service
  const isOn = status === 'enabled'
  return (
    <>
      {isOn && state !== 'up' ? null : (
        <Status status={status} tone={isOn ? 'ok' : 'off'} word={isOn ? w.takesWork : w.takesNone} />
      )}
      {isOn ? null : (
        <div style={small}>
          {since === undefined || since === null ? null : <For since={since} />}
          {instances === undefined || instances === null ? null : <div>{w.left(instances)}</div>}
        </div>
      )}
      {reason === undefined || reason === null ? null : (
        <div style={small}>
          <PlainText wrap>{reason}</PlainText>
        </div>
      )}
      {ensuring === true ? (
        <div>
          <Status status="ensuring" tone="working" word={w.ensuring} />
        </div>
      ) : null}
    </>
  )
}
