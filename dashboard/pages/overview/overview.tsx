/** The first screen: is anything wrong, and how full am I. */
import { Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useConsole, useWho } from '../../api/console.ts'
import { PageHead, Section } from '../../ui/page.tsx'
import { useNow } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { limitsQuery } from '../limits/queries.ts'
import { attention } from './attention.ts'
import { AttentionList } from './attention-list.tsx'
import { Capacity } from './capacity.tsx'
import classes from './overview.module.css'
import {
  binQuery,
  brokenGroupSnapshotsQuery,
  brokenGroupsQuery,
  brokenSnapshotsQuery,
  failedQuery,
  poolsQuery,
  runningQuery,
  servicesQuery,
  sharesQuery,
  usagesQuery,
} from './queries.ts'
import { overviewRoute } from './route.tsx'
import { RunningList } from './running-list.tsx'

export function OverviewPage() {
  const { frame, limits, overview: w } = useWords()
  const console = useConsole()
  const { is_admin } = useWho()
  const now = useNow()
  const search: { readonly range?: string; readonly all?: string } = overviewRoute.useSearch()
  const navigate = useNavigate({ from: overviewRoute.fullPath })
  const all = is_admin && search.all === '1'

  const shares = useQuery(sharesQuery(console, all))
  const bin = useQuery(binQuery(console, all))
  const snapshots = useQuery(brokenSnapshotsQuery(console, all))
  const groups = useQuery(brokenGroupsQuery(console, all))
  const groupSnapshots = useQuery(brokenGroupSnapshotsQuery(console, all))
  const failed = useQuery(failedQuery(console, all))
  const running = useQuery(runningQuery(console, all))
  const usages = useQuery(usagesQuery(console, shares.data?.map(({ id }) => id) ?? []))
  const quota = useQuery(limitsQuery(console))
  const services = useQuery(servicesQuery(console, is_admin))
  const pools = useQuery(poolsQuery(console, is_admin))

  const found = attention({
    shares: [
      ...(shares.data ?? []),
      ...(bin.data ?? []).map((share) => ({ ...share, is_soft_deleted: true })),
    ],
    snapshots: snapshots.data ?? [],
    groups: groups.data ?? [],
    groupSnapshots: groupSnapshots.data ?? [],
    failed: failed.data ?? [],
    usages: usages.data ?? [],
    quotas: (quota.data ?? []).map(({ id, used, limit }) => ({ key: id, used, limit })),
    services: services.data ?? [],
    pools: pools.data ?? [],
    now: Math.max(now, Date.now()),
  })
  const asked = [
    shares,
    snapshots,
    groups,
    groupSnapshots,
    failed,
    quota,
    ...(is_admin ? [services, pools] : []),
  ]
  return (
    <>
      <PageHead
        title={w.title}
        actions={
          is_admin ? (
            <Switch
              label={frame.allProjects}
              checked={all}
              onChange={(event) => {
                const next = event.currentTarget.checked ? '1' : undefined
                void navigate({ search: (before) => ({ ...before, all: next }) as never })
              }}
            />
          ) : undefined
        }
      />
      <div className={classes.page}>
        <Section title={w.attention}>
          <AttentionList
            found={found}
            shares={shares.data?.length}
            isWaiting={asked.some(({ isLoading }) => isLoading)}
            error={asked.find(({ error }) => error !== null)?.error ?? null}
            again={() => {
              for (const query of asked) if (query.error !== null) void query.refetch()
            }}
            nameOfQuota={(key) => (limits.names as Readonly<Record<string, string>>)[key] ?? key}
          />
        </Section>
        {(running.data ?? []).length === 0 ? null : (
          <Section title={w.underWay}>
            <RunningList operations={running.data ?? []} />
          </Section>
        )}
        <Capacity
          shares={shares.data}
          usages={usages.isLoading ? undefined : (usages.data ?? [])}
          quota={all ? [] : (quota.data ?? [])}
          range={search.range}
          isProject={!all}
          change={(range) => void navigate({ search: (before) => ({ ...before, range }) as never })}
        />
      </div>
    </>
  )
}
