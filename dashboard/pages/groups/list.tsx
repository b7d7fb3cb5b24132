/** The share groups of the project. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { shareGroupStatuses } from '../../../src/model/states.ts'
import { useConsole, useWho } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import type { Column } from '../../ui/data-table.tsx'
import { statusChoice } from '../../ui/filter-bar.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { thingColumns } from '../../ui/thing-columns.tsx'
import { ThingList } from '../../ui/thing-list.tsx'
import { called } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { ProjectName } from '../admin/project-name.tsx'
import { groupCommands } from './commands.ts'
import { groupActions } from './group-actions.ts'
import { GroupDialog, type GroupAsked } from './group-dialogs.tsx'
import { groupsQuery, sorted, usableGroupTypesQuery, type GroupView } from './queries.ts'
import { groupListRoute, groupSearch } from './route.tsx'

export function GroupListPage() {
  const words = useWords()
  const console = useConsole()
  const { is_admin: isAdmin } = useWho()
  const search = groupSearch(groupListRoute.useSearch())
  const navigate = useNavigate()
  const groups = useQuery(groupsQuery(console, search))
  const types = useQuery(usableGroupTypesQuery(console)).data ?? []
  const permissions = usePermissions('share_group', groups.data?.rows ?? [])
  const [asked, ask] = useState<GroupAsked | null>(null)
  const { common, groups: w } = words
  const { name, status, created } = thingColumns<GroupView>(words, { page: '/groups/$id' })
  const typeNames = new Map(types.map((type) => [type.id, type.name]))
  const columns: readonly Column<GroupView>[] = [
    name,
    status,
    {
      key: 'description',
      title: common.description,
      from: 'desk',
      width: '30%',
      show: ({ description }) => <PlainText>{description ?? ''}</PlainText>,
    },
    {
      key: 'type',
      title: w.type,
      from: 'tablet',
      show: (group) => (
        <PlainText>
          {typeNames.get(group.share_group_type_id) ?? group.share_group_type_id.slice(0, 8)}
        </PlainText>
      ),
    },
    {
      key: 'zone',
      title: common.zone,
      from: 'desk',
      show: (group) => <PlainText>{group.availability_zone ?? common.none}</PlainText>,
    },
    ...(search.all === '1'
      ? [
          {
            key: 'project',
            title: common.project,
            from: 'tablet' as const,
            show: ({ project_id }: GroupView) => <ProjectName id={project_id} />,
          },
        ]
      : []),
    created,
  ]
  const create = (
    <Button component={Link} {...({ to: '/groups/new' } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <ThingList
        title={w.title}
        head={create}
        read={groups}
        page={groups.data}
        search={search}
        choices={[
          statusChoice(words, shareGroupStatuses),
          {
            name: 'type',
            label: w.type,
            options: types.map((type) => ({ value: type.id, label: type.name })),
          },
        ]}
        ofAll={isAdmin}
        sorted={sorted}
        columns={columns}
        nameOf={called}
        actionsOf={(group) =>
          groupActions(words, { permissions, group, isAdmin, ask, go: (to) => void navigate(to as never) })
        }
        empty={{ title: w.emptyTitle, text: w.emptyText, action: create, command: groupCommands.first() }}
      />
      {asked === null ? null : <GroupDialog asked={asked} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}
