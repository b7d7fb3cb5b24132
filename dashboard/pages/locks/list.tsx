/** What may not be deleted or seen for now, who says so, and why. */
import { Button, Switch } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { ShortId } from '../../ui/copy.tsx'
import { present } from '../../ui/actions.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar } from '../../ui/filter-bar.tsx'
import { PageHead } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { namesQuery } from '../shares/names.ts'
import { ThingLink } from '../shares/thing-link.tsx'
import { lockCommands } from './commands.ts'
import { LockDialog, type LockAsked } from './lock-dialogs.tsx'
import { locksQuery, type LockSearch, type LockView } from './queries.ts'
import { lockListRoute } from './route.tsx'

/** Words that this release does not know are shown as they are. */
const wordIn = (words: object, key: string): string =>
  (words as Readonly<Record<string, string>>)[key] ?? visible(key)

export function LockListPage() {
  const { common, frame, locks: w } = useWords()
  const console = useConsole()
  const who = useWho()
  const search: LockSearch = lockListRoute.useSearch()
  const navigate = useNavigate({ from: lockListRoute.fullPath })
  const locks = useQuery(locksQuery(console, search))
  const rows = console.client.minor < 81 ? [] : locks.data
  const permissions = usePermissions(
    'resource_lock',
    (rows ?? []).slice(0, 100).map(({ id }) => ({ id })),
  )
  const [asked, ask] = useState<LockAsked | null>(null)
  const names = useQuery(namesQuery(console, 'shares')).data
  const nameOf = ({ resource_type, resource_id }: LockView): string =>
    visible(names?.get(resource_id) ?? `${wordIn(w.types, resource_type)} ${resource_id.slice(0, 8)}`)
  const isFiltered = [search.type, search.action, search.on].some((value) => value !== undefined)
  const change = (filters: Readonly<Record<string, string | undefined>>): void =>
    void navigate({ search: (before) => ({ ...before, ...filters }) as never })
  const whyNot = (lock: LockView, action: string): string | null => {
    const { allowed, why } = permissions.verdict(lock.id, action)
    return allowed ? null : (why ?? w.holder)
  }

  const columns: readonly Column<LockView>[] = [
    {
      key: 'on',
      title: w.on,
      show: (lock) => (
        <>
          <ThingLink
            type={lock.resource_type}
            id={lock.resource_id}
            word={wordIn(w.types, lock.resource_type)}
          />
          <div>
            <ShortId id={lock.id} />
          </div>
        </>
      ),
    },
    { key: 'forbids', title: w.forbids, show: ({ resource_action }) => wordIn(w.actions, resource_action) },
    {
      key: 'reason',
      title: w.reason,
      from: 'tablet',
      show: ({ lock_reason }) =>
        lock_reason === null || lock_reason === '' ? common.none : <PlainText wrap>{lock_reason}</PlainText>,
    },
    {
      key: 'holder',
      title: w.holder,
      from: 'tablet',
      show: ({ user_id, lock_context }) =>
        user_id === who.user.id ? (
          w.you
        ) : (
          <span title={user_id}>
            {wordIn(w.contexts, lock_context)} <code>{user_id.slice(0, 8)}</code>
          </span>
        ),
    },
    {
      key: 'created',
      title: common.created,
      from: 'desk',
      show: ({ created_at }) => <Time at={created_at} />,
    },
  ]
  const createLink = (
    <Button component={Link} {...({ to: '/locks/new' } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <PageHead title={w.title} actions={createLink} />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        choices={[
          {
            name: 'type',
            label: w.kind,
            options: Object.entries(w.types).map(([value, label]) => ({ value, label })),
          },
          {
            name: 'action',
            label: w.forbids,
            options: Object.entries(w.actions).map(([value, label]) => ({ value, label })),
          },
          ...(search.on === undefined
            ? []
            : [{ name: 'on', label: w.on, options: [{ value: search.on, label: search.on.slice(0, 8) }] }]),
        ]}
        change={change}
      >
        {who.is_admin ? (
          <Switch
            label={frame.allProjects}
            checked={search.all === '1'}
            onChange={(event) => change({ all: event.currentTarget.checked ? '1' : undefined })}
          />
        ) : null}
      </FilterBar>
      {locks.error !== null && rows === undefined ? (
        <Failure error={locks.error} again={() => void locks.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={columns}
          page={rows === undefined ? undefined : { rows, hasNewer: false, hasOlder: false }}
          nameOf={nameOf}
          actionsOf={(lock) =>
            present(
              !permissions.hidden(lock.id, 'update') && {
                key: 'edit',
                label: w.edit,
                run: () => ask({ what: 'edit', lock }),
                whyNot: whyNot(lock, 'update'),
              },
              !permissions.hidden(lock.id, 'delete') && {
                key: 'delete',
                label: w.delete,
                danger: true,
                run: () => ask({ what: 'delete', locks: [lock] }),
                whyNot: whyNot(lock, 'delete'),
              },
            )
          }
          bulk={(some) => [
            { key: 'delete', label: w.delete, danger: true, run: () => ask({ what: 'delete', locks: some }) },
          ]}
          empty={
            isFiltered ? (
              <Empty title={common.noRows} />
            ) : (
              <Empty title={w.emptyTitle} action={createLink} command={lockCommands.first()}>
                {w.emptyText}
              </Empty>
            )
          }
        />
      )}
      {asked === null ? null : <LockDialog asked={asked} nameOf={nameOf} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}
