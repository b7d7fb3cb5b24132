/** How much a project may have beside what it has; and what those may have that were given nothing of their own. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PageHead } from '../../ui/page.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useWords } from '../../words/index.ts'
import { OwnerBar } from './owner-bar.tsx'
import { ownerOf } from './owner.ts'
import { quotaClassQuery, quotaDefaultsQuery, quotaQuery, type Owner } from './queries.ts'
import { QuotaTable } from './quota-table.tsx'
import { ResetDialog } from './reset-dialog.tsx'
import { quotaRoute } from './route.tsx'

export function QuotaPage() {
  const { quotas: w } = useWords()
  const search = quotaRoute.useSearch()
  const navigate = useNavigate({ from: quotaRoute.fullPath })
  const owner = ownerOf(search, useWho().project?.id)
  return (
    <>
      <PageHead title={w.title} />
      <Tabs
        label={w.title}
        value={search.tab}
        change={(tab) => void navigate({ search: (before) => ({ ...before, tab }) as never })}
        tabs={[
          {
            key: 'project',
            title: w.byProject,
            show: () => (
              <>
                <OwnerBar />
                {owner === null ? (
                  <Empty title={w.chooseProject}>{w.chooseFirst}</Empty>
                ) : (
                  <OfOwner owner={owner} />
                )}
              </>
            ),
          },
          { key: 'defaults', title: w.defaults, show: () => <Defaults /> },
        ]}
      />
      <Outlet />
    </>
  )
}

function EditButton({ label }: { readonly label: string }) {
  const search = quotaRoute.useSearch()
  return (
    <Button component={Link} {...({ to: '/admin/quotas/edit', search } as object)}>
      {label}
    </Button>
  )
}

function OfOwner({ owner }: { readonly owner: Owner }) {
  const { quotas: w } = useWords()
  const console = useConsole()
  const quota = useQuery(quotaQuery(console, owner))
  const usual = useQuery(quotaDefaultsQuery(console, owner.project))
  const [isAsked, ask] = useState(false)
  if (quota.data === undefined)
    return quota.error === null ? null : <Failure error={quota.error} again={() => void quota.refetch()} />
  return (
    <>
      <QuotaTable
        label={w.title}
        lines={quota.data}
        {...(usual.data === undefined || owner.type !== undefined ? {} : { usual: usual.data })}
      />
      <div style={{ display: 'flex', gap: 8, marginTop: 12 }}>
        <EditButton label={w.edit} />
        <Button variant="default" onClick={() => ask(true)}>
          {w.reset}
        </Button>
      </div>
      {isAsked ? <ResetDialog owner={owner} close={() => ask(false)} /> : null}
    </>
  )
}

function Defaults() {
  const { quotas: w } = useWords()
  const { data, error, refetch } = useQuery(quotaClassQuery(useConsole()))
  if (data === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  return (
    <>
      <p style={{ color: 'var(--muted)', marginTop: 0 }}>{w.defaultsText}</p>
      <QuotaTable label={w.defaults} lines={data} isDefault />
      <div style={{ marginTop: 12 }}>
        <EditButton label={w.editDefaults} />
      </div>
    </>
  )
}
