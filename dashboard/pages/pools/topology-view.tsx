/** Hosts, backends and pools as boxes and lines; the same as a table. Boxes are links, in the order of the keyboard. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useFormat } from '../../ui/format.ts'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { servicesQuery } from '../services/queries.ts'
import { CapacityBar, CapacityKeys } from './capacity-bar.tsx'
import { CapacityFigures, PoolState, tones, useGradeWord } from './pool-state.tsx'
import type { PoolView } from './queries.ts'
import classes from './topology.module.css'
import { topology, type BackendNode, type Grade, type HostNode, type PoolNode } from './topology.ts'

/** More are a link to the list. */
const mostPools = 60

export function TopologyView({ pools }: { readonly pools: readonly PoolView[] }) {
  const { admin, common, pools: w } = useWords()
  const console = useConsole()
  const services = useQuery(servicesQuery(console))
  const [isTable, setTable] = useState(false)
  const wordOf = useGradeWord()
  if (services.data === undefined)
    return services.error === null ? null : (
      <Failure error={services.error} again={() => void services.refetch()} />
    )
  const hosts = topology(services.data, pools)
  if (hosts.length === 0) return <Empty title={w.emptyTitle}>{w.emptyText}</Empty>
  return (
    <>
      <div className={classes.tools}>
        {isTable ? null : <CapacityKeys />}
        <Button variant="subtle" color="gray" onClick={() => setTable(!isTable)}>
          {isTable ? w.asPicture : common.asTable}
        </Button>
      </div>
      {isTable ? (
        <TopologyTable hosts={hosts} />
      ) : (
        <ul className={classes.hosts} aria-label={w.hostsAndPools}>
          {hosts.map((host) => (
            <li key={host.name} className={classes.host}>
              <div className={`${classes.box} ${classes[host.own]}`}>
                <div className={classes.kind}>{admin.host}</div>
                <b>
                  <PlainText>{host.name}</PlainText>
                </b>
                {host.services.map((service) => (
                  <Link
                    key={service.id}
                    to="/admin/services"
                    search={{ text: service.host, binary: service.binary } as never}
                    className={classes.service}
                  >
                    <span>{service.binary}</span>
                    <Status status={service.state} tone={tones[service.grade]} word={wordOf(service.grade)} />
                  </Link>
                ))}
              </div>
              <ul className={classes.branch}>
                {host.backends.map((backend) => (
                  <Backend key={backend.label} node={backend} />
                ))}
              </ul>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function Backend({ node }: { readonly node: BackendNode }) {
  const { admin, pools: w } = useWords()
  const { label, own, pools } = node
  const backend = label.split('@')[1] ?? label
  const wordOf = useGradeWord()
  return (
    <li>
      <Link
        to="/admin/services"
        search={{ text: label } as never}
        className={`${classes.box} ${classes[own]}`}
      >
        <div className={classes.kind}>{admin.backend}</div>
        <b>
          <PlainText>{backend}</PlainText>
        </b>
        <Status status={own} tone={tones[own]} word={wordOf(own)} />
        {pools.length === 0 ? null : <span className={classes.kind}>{w.count(pools.length)}</span>}
      </Link>
      <ul className={classes.pools}>
        {pools.length === 0 ? <li className={classes.none}>{w.noPools}</li> : null}
        {pools.slice(0, mostPools).map((one) => (
          <Pool key={one.pool.id} node={one} />
        ))}
        {pools.length <= mostPools ? null : (
          <li>
            <Link to="/admin/pools" search={{ backend } as never} className={classes.more}>
              {w.morePools(pools.length - mostPools)}
            </Link>
          </li>
        )}
      </ul>
    </li>
  )
}

function Pool({ node: { pool, capacity, grade } }: { readonly node: PoolNode }) {
  const format = useFormat()
  const { fullness } = capacity
  return (
    <li>
      <Link
        to="/admin/pools/$label"
        params={{ label: pool.name }}
        className={`${classes.box} ${classes.pool} ${classes[grade]}`}
      >
        <span className={classes.row}>
          <b>
            <PlainText>{pool.pool}</PlainText>
          </b>
          <span className={classes.state}>
            {grade === 'fine' ? null : <PoolState grade={grade} fullness={fullness} />}
            {fullness === null ? null : <span className={classes.part}>{format.percent(fullness)}</span>}
          </span>
        </span>
        <CapacityBar label={pool.name} capabilities={pool.capabilities} />
        <CapacityFigures capacity={capacity} />
      </Link>
    </li>
  )
}

interface Line {
  readonly id: string
  readonly host: string
  readonly backend: string
  readonly own: Grade
  readonly node: PoolNode | null
}

function TopologyTable({ hosts }: { readonly hosts: readonly HostNode[] }) {
  const { admin, common, pools: w } = useWords()
  const format = useFormat()
  const rows = hosts.flatMap(({ backends }) =>
    backends.flatMap(({ label, own, pools }): Line[] => {
      const [host = '', backend = ''] = label.split('@')
      const line = { host, backend, own }
      if (pools.length === 0) return [{ ...line, id: label, node: null }]
      return pools.map((node) => ({ ...line, id: node.pool.id, node }))
    }),
  )
  return (
    <DataTable
      label={w.hostsAndPools}
      page={{ rows, hasNewer: false, hasOlder: false }}
      nameOf={({ id }) => id}
      empty={<Empty title={w.emptyTitle} />}
      columns={[
        { key: 'host', title: admin.host, from: 'tablet', show: ({ host }) => <PlainText>{host}</PlainText> },
        { key: 'backend', title: admin.backend, show: ({ backend }) => <PlainText>{backend}</PlainText> },
        {
          key: 'pool',
          title: w.pool,
          show: ({ node }) =>
            node === null ? (
              w.noPools
            ) : (
              <Link to="/admin/pools/$label" params={{ label: node.pool.name }}>
                <PlainText>{node.pool.pool}</PlainText>
              </Link>
            ),
        },
        {
          key: 'state',
          title: admin.state,
          show: ({ own, node }) => {
            const grade = own === 'fine' ? (node?.grade ?? own) : own
            return <PoolState grade={grade} fullness={node?.capacity.fullness ?? null} />
          },
        },
        {
          key: 'used',
          title: w.used,
          isNumber: true,
          show: ({ node }) =>
            node?.capacity.used === undefined || node.capacity.used === null
              ? common.notKnown
              : format.size(node.capacity.used),
        },
        {
          key: 'total',
          title: w.total,
          isNumber: true,
          from: 'tablet',
          show: ({ node }) =>
            node?.capacity.total === undefined || node.capacity.total === null
              ? common.notKnown
              : format.size(node.capacity.total),
        },
      ]}
    />
  )
}
