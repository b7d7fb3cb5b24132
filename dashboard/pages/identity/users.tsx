/** The users, and the groups that they are in. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { wholePage } from '../../api/whole-list.ts'
import { ActionButton } from '../../ui/actions.tsx'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters } from '../../ui/filter-bar.tsx'
import { Notice } from '../../ui/notice.tsx'
import { PageHead } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { GroupsTab } from './groups-tab.tsx'
import { PasswordDialog } from './password-dialog.tsx'
import { domainsQuery, usersQuery, type UserView } from './queries.ts'
import { useHomes } from './read-only.ts'
import { RemovalDialog, type AccountAsked } from './removal-dialog.tsx'
import { userListRoute } from './route.tsx'
import { userActions } from './user-actions.ts'

export interface AccountSearch extends PageSearch {
  readonly text?: string
  readonly tab?: string
  readonly domain?: string
}
const sorted = { sort: 'name', dir: 'asc' } as const

export function UsersPage() {
  const { identity: w } = useWords()
  const search: AccountSearch = userListRoute.useSearch()
  const navigate = useNavigate({ from: '/admin/users' })
  const { whyNone } = useHomes()
  const [isNewGroup, askGroup] = useState(false)
  const isGroups = search.tab === 'groups'
  const create =
    isGroups || whyNone !== null ? (
      <ActionButton
        primary
        action={{
          key: 'create',
          label: isGroups ? w.createGroup : w.createUser,
          run: () => askGroup(isGroups),
          whyNot: whyNone,
        }}
      />
    ) : (
      <Button component={Link} {...({ to: '/admin/users/new' } as object)}>
        {w.createUser}
      </Button>
    )
  return (
    <>
      <PageHead title={w.users} actions={create} />
      <Tabs
        label={w.users}
        value={search.tab}
        change={(tab) => void navigate({ search: { tab } as never })}
        tabs={[
          { key: 'users', title: w.users, show: () => <UsersTab search={search} /> },
          { key: 'groups', title: w.groups, show: () => <GroupsTab isNew={isNewGroup} ask={askGroup} /> },
        ]}
      />
      <Outlet />
    </>
  )
}

function UsersTab({ search }: { readonly search: AccountSearch }) {
  const words = useWords()
  const { common, identity: w } = words
  const console = useConsole()
  const navigate = useNavigate({ from: '/admin/users' })
  const users = useQuery(usersQuery(console, search.text))
  const domains = useQuery(domainsQuery(console)).data?.rows ?? []
  const homes = useHomes()
  const [asked, askFor] = useState<AccountAsked | null>(null)
  const [password, setPassword] = useState<UserView | null>(null)
  const found = users.data?.rows.filter((one) => (search.domain ?? one.domain_id) === one.domain_id)
  const domainOf = ({ domain_id: id }: UserView): string => domains.find((one) => one.id === id)?.name ?? id
  const columns: readonly (Column<UserView> | false)[] = [
    {
      key: 'name',
      title: common.name,
      sort: 'name',
      show: (user) => (
        <>
          <Link to="/admin/users/$id" params={{ id: user.id }}>
            <PlainText>{user.name}</PlainText>
          </Link>
          <div>
            <ShortId id={user.id} />
          </div>
        </>
      ),
    },
    {
      key: 'status',
      title: common.status,
      show: ({ enabled }) => (
        <Status status="account" tone={enabled ? 'ok' : 'off'} word={enabled ? w.enabled : w.disabled} />
      ),
    },
    domains.length > 1 && {
      key: 'domain',
      title: w.domain,
      from: 'tablet',
      show: (user) => <PlainText>{domainOf(user)}</PlainText>,
    },
    {
      key: 'email',
      title: w.email,
      from: 'desk',
      show: ({ email }) => (email === undefined ? null : <PlainText>{email}</PlainText>),
    },
    {
      key: 'expires',
      title: w.expires,
      from: 'tablet',
      show: ({ password_expires_at: at }) => (at === null ? null : <Time at={at} />),
    },
  ]
  return (
    <>
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: common.name }}
        choices={
          domains.length < 2
            ? []
            : [
                {
                  name: 'domain',
                  label: w.domain,
                  options: domains.map(({ id, name }) => ({ value: id, label: name })),
                },
              ]
        }
        change={(filters) =>
          void navigate({
            search: withFilters(filters),
          })
        }
      />
      {domains.length > 1 ? <p style={{ color: 'var(--muted)', marginTop: 0 }}>{w.directory}</p> : null}
      {users.data?.isCut === true ? <Notice tone="plain" title={w.truncated} /> : null}
      {users.error !== null && users.data === undefined ? (
        <Failure error={users.error} again={() => void users.refetch()} />
      ) : (
        <DataTable
          label={w.users}
          columns={columns.filter((column) => column !== false)}
          page={
            found === undefined ? undefined : wholePage(found, search, { name: ({ name }) => name }, sorted)
          }
          nameOf={({ name }) => name}
          search={search}
          sorted={sorted}
          go={(next) => void navigate({ search: next as never })}
          actionsOf={(user) =>
            userActions(
              words,
              user,
              homes.whyNot(user.domain_id),
              askFor,
              setPassword,
              (to) => void navigate(to as never),
            )
          }
          empty={<Empty title={search.text === undefined ? w.emptyUsers : common.noRows} />}
        />
      )}
      {asked === null ? null : <RemovalDialog asked={asked} close={() => askFor(null)} />}
      {password === null ? null : <PasswordDialog user={password} close={() => setPassword(null)} />}
    </>
  )
}
