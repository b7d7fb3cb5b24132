/** The roles, and which others each brings along. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PageHead } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { NamedDialog } from './named-dialog.tsx'
import { inferencesQuery, rolesQuery, type RoleView } from './queries.ts'
import { RemovalDialog, type AccountAsked } from './removal-dialog.tsx'

export function RolesPage() {
  const { common, identity: w } = useWords()
  const console = useConsole()
  const { data, error, refetch } = useQuery(rolesQuery(console))
  const implied = useQuery(inferencesQuery(console)).data
  const [edited, edit] = useState<RoleView | 'new' | null>(null)
  const [asked, askFor] = useState<AccountAsked | null>(null)
  return (
    <>
      <PageHead
        title={w.roles}
        aside={data === undefined ? null : w.rolesCount(data.rows.length)}
        actions={<Button onClick={() => edit('new')}>{w.createRole}</Button>}
      />
      {data === undefined && error !== null ? (
        <Failure error={error} again={() => void refetch()} />
      ) : (
        <DataTable
          label={w.roles}
          page={data === undefined ? undefined : { rows: data.rows, hasNewer: false, hasOlder: false }}
          nameOf={({ name }) => name}
          actionsOf={(role) => [
            { key: 'edit', label: w.edit, run: () => edit(role) },
            {
              key: 'remove',
              label: w.remove,
              danger: true,
              run: () => askFor({ what: 'remove', kind: 'role', id: role.id, name: role.name }),
            },
          ]}
          empty={<Empty title={w.emptyRoles} />}
          columns={[
            {
              key: 'name',
              title: common.name,
              show: ({ id, name }) => (
                <>
                  <PlainText>{name}</PlainText>
                  <div>
                    <ShortId id={id} />
                  </div>
                </>
              ),
            },
            { key: 'implies', title: w.implies, show: ({ id }) => implied?.get(id)?.join(', ') ?? '' },
            {
              key: 'description',
              title: common.description,
              from: 'tablet',
              width: '45%',
              show: ({ description }) => <PlainText>{description ?? ''}</PlainText>,
            },
          ]}
        />
      )}
      {edited === null ? null : (
        <NamedDialog kind="role" {...(edited === 'new' ? {} : { of: edited })} close={() => edit(null)} />
      )}
      {asked === null ? null : <RemovalDialog asked={asked} close={() => askFor(null)} />}
    </>
  )
}
