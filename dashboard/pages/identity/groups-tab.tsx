/** The groups: their members have the roles that they have. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { ActionButton } from '../../ui/actions.tsx'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { identityCommands } from './commands.ts'
import { NamedDialog } from './named-dialog.tsx'
import { groupsQuery, type GroupView } from './queries.ts'
import { useHomes } from './read-only.ts'
import { RemovalDialog, type AccountAsked } from './removal-dialog.tsx'

interface GroupsTabProps {
  readonly isNew: boolean
  /** Opens and closes the form of a new one. */
  readonly ask: (isNew: boolean) => void
}

export function GroupsTab({ isNew, ask }: GroupsTabProps) {
  const { common, identity: w } = useWords()
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery(groupsQuery(useConsole()))
  const [edited, edit] = useState<GroupView | null>(null)
  const [asked, askFor] = useState<AccountAsked | null>(null)
  const homes = useHomes()
  const create = (
    <ActionButton
      primary
      action={{
        key: 'create',
        label: w.createGroup,
        run: () => ask(true),
        whyNot: homes.whyNone,
      }}
    />
  )
  if (data === undefined && error !== null) return <Failure error={error} again={() => void refetch()} />
  return (
    <>
      <DataTable
        label={w.groups}
        page={data === undefined ? undefined : { rows: data.rows, hasNewer: false, hasOlder: false }}
        nameOf={({ name }) => name}
        actionsOf={(group) => [
          {
            key: 'edit',
            label: w.edit,
            run: () => edit(group),
            whyNot: homes.whyNot(group.domain_id),
          },
          {
            key: 'remove',
            label: w.remove,
            danger: true,
            whyNot: homes.whyNot(group.domain_id),
            run: () => askFor({ what: 'remove', kind: 'group', id: group.id, name: group.name }),
          },
        ]}
        empty={
          <Empty
            title={w.emptyGroups}
            action={create}
            command={identityCommands.create('group', 'team', '', null)}
          >
            {w.emptyGroupsText}
          </Empty>
        }
        columns={[
          {
            key: 'name',
            title: common.name,
            show: ({ id, name }) => (
              <>
                <Link to="/admin/users/groups/$id" params={{ id }}>
                  <PlainText>{name}</PlainText>
                </Link>
                <div>
                  <ShortId id={id} />
                </div>
              </>
            ),
          },
          {
            key: 'description',
            title: common.description,
            from: 'tablet',
            show: ({ description }) => <PlainText>{description ?? ''}</PlainText>,
          },
        ]}
      />
      {edited === null ? null : (
        <NamedDialog kind="group" of={edited} close={() => edit(null)} made={() => undefined} />
      )}
      {!isNew ? null : (
        <NamedDialog
          kind="group"
          close={() => ask(false)}
          made={(id) => void navigate({ to: '/admin/users/groups/$id', params: { id } })}
        />
      )}
      {asked === null ? null : <RemovalDialog asked={asked} close={() => askFor(null)} />}
    </>
  )
}
