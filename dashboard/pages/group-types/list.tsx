/** The share group types: what groups of each may hold, and who may use it. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { usePermissions } from '../../api/permissions.ts'
import { holds, wholePage } from '../../api/whole-list.ts'
import { ShortId } from '../../ui/copy.tsx'
import type { Column } from '../../ui/data-table.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { ThingList } from '../../ui/thing-list.tsx'
import { called } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { useTypeNames } from '../types/type-names.ts'
import { groupTypeCommands } from './commands.ts'
import { DeleteGroupType, groupTypeActions } from './group-type-actions.tsx'
import { allGroupTypesQuery, type GroupTypeView } from './queries.ts'
import { groupTypeListRoute } from './route.tsx'

interface Search extends PageSearch {
  readonly text?: string
}
const sorted = { sort: 'name', dir: 'asc' } as const
const by = { name: ({ name }: GroupTypeView) => name }

export function GroupTypeListPage() {
  const words = useWords()
  const { common, groupTypes: w, groups, types: t } = words
  const search: Search = groupTypeListRoute.useSearch()
  const types = useQuery(allGroupTypesQuery(useConsole()))
  const typeNames = useTypeNames()
  const permissions = usePermissions('share_group_type', types.data ?? [])
  const [asked, ask] = useState<GroupTypeView | null>(null)
  const found = types.data?.filter(({ name, id }) => holds(search.text, name, id))
  const columns: readonly Column<GroupTypeView>[] = [
    {
      key: 'name',
      title: common.name,
      sort: 'name',
      show: ({ id, name }) => (
        <>
          <Link to="/admin/group-types/$id" params={{ id }}>
            <PlainText>{name}</PlainText>
          </Link>
          <div>
            <ShortId id={id} />
          </div>
        </>
      ),
    },
    {
      key: 'types',
      title: groups.shareTypes,
      show: (type) => <PlainText>{typeNames(type.share_types)}</PlainText>,
    },
    {
      key: 'visibility',
      title: t.visibility,
      from: 'tablet',
      show: (type) => (type.is_public ? t.public : t.private),
    },
    {
      key: 'default',
      title: t.isDefault,
      from: 'tablet',
      show: (type) => (type.is_default === true ? <span title={w.isDefaultText}>{common.yes}</span> : null),
    },
    {
      key: 'specs',
      title: w.specs,
      isNumber: true,
      from: 'desk',
      show: (type) => Object.keys(type.group_specs).length,
    },
  ]
  const create = (
    <Button component={Link} {...({ to: '/admin/group-types/new' } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <ThingList
        title={w.title}
        aside={types.data?.length}
        head={create}
        read={types}
        page={found === undefined ? undefined : wholePage(found, search, by, sorted)}
        search={search}
        sorted={sorted}
        columns={columns}
        nameOf={called}
        actionsOf={(type) => groupTypeActions(words, permissions, type, ask)}
        empty={{
          title: w.emptyTitle,
          text: w.emptyText,
          action: create,
          command: groupTypeCommands.first(),
        }}
      />
      {asked === null ? null : <DeleteGroupType type={asked} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}
