/** One group: who is in it, and what they may do by it. */
import { Button, Select } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { ActionButton } from '../../ui/actions.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { CopyText } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { identityCommands } from './commands.ts'
import { Assignments } from './assignments.tsx'
import { NamedDialog } from './named-dialog.tsx'
import { ask, groupQuery, identityChanged, membersQuery, usersQuery, type UserView } from './queries.ts'
import { useHomes } from './read-only.ts'
import { RemovalDialog } from './removal-dialog.tsx'
import { groupDetailRoute } from './route.tsx'

export function GroupDetailPage() {
  const { common, identity: w } = useWords()
  const { id } = groupDetailRoute.useParams()
  const navigate = useNavigate()
  const [isEdited, edit] = useState(false)
  const [isLeaving, remove] = useState(false)
  const { data: group, error, refetch } = useQuery(groupQuery(useConsole(), id))
  const homes = useHomes()
  useCrumb(group?.name ?? id.slice(0, 8))
  if (group === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  return (
    <>
      <PageHead
        title={group.name}
        line={<CopyText text={id} what={common.id} />}
        actions={[
          { key: 'edit', label: w.edit, run: () => edit(true), whyNot: homes.whyNot(group.domain_id) },
          {
            key: 'remove',
            label: w.remove,
            danger: true,
            run: () => remove(true),
            whyNot: homes.whyNot(group.domain_id),
          },
        ].map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      />
      <Facts
        facts={[
          [
            common.description,
            (group.description ?? '') === '' ? null : (
              <PlainText key="description" wrap>
                {group.description ?? ''}
              </PlainText>
            ),
          ],
        ]}
      />
      <Section title={w.members}>
        <Members id={id} whyNot={homes.whyNot(group.domain_id)} />
      </Section>
      <Section title={w.assignments}>
        <Assignments place={{ kind: 'group', id }} />
      </Section>
      {isEdited ? <NamedDialog kind="group" of={group} close={() => edit(false)} /> : null}
      {isLeaving ? (
        <RemovalDialog
          asked={{
            what: 'remove',
            kind: 'group',
            id,
            name: group.name,
            whenGone: () => void navigate({ to: '/admin/users', search: { tab: 'groups' } as never }),
          }}
          close={() => remove(false)}
        />
      ) : null}
    </>
  )
}

function Members({ id, whyNot }: { readonly id: string; readonly whyNot: string | null }) {
  const { common, identity: w } = useWords()
  const console = useConsole()
  const members = useQuery(membersQuery(console, id))
  const users = useQuery(usersQuery(console)).data?.rows ?? []
  const [user, setUser] = useState<string | null>(null)
  const [leaving, leave] = useState<UserView | null>(null)
  const pathOf = (member: string): string =>
    `/groups/${encodeURIComponent(id)}/users/${encodeURIComponent(member)}`
  const add = useMutation({
    mutationFn: (member: string) => ask(console.client, 'PUT', pathOf(member)),
    onSuccess: async () => {
      setUser(null)
      await identityChanged(console)
    },
  })
  const remove = useMutation({
    mutationFn: (member: string) => ask(console.client, 'DELETE', pathOf(member)),
    onSuccess: async () => {
      leave(null)
      await identityChanged(console)
    },
  })
  if (members.data === undefined && members.error !== null) return <Failure error={members.error} />
  const there = new Set((members.data?.rows ?? []).map((one) => one.id))
  return (
    <>
      {whyNot === null ? (
        <form
          style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'flex-end', marginBottom: 12 }}
          onSubmit={(event) => {
            event.preventDefault()
            if (user !== null) add.mutate(user)
          }}
        >
          <Select
            size="xs"
            label={w.user}
            placeholder={w.choose}
            searchable
            data={users
              .filter((one) => !there.has(one.id))
              .map((one) => ({ value: one.id, label: one.name }))}
            value={user}
            onChange={setUser}
          />
          <Button type="submit" loading={add.isPending} disabled={user === null}>
            {w.addMember}
          </Button>
        </form>
      ) : (
        <p style={{ color: 'var(--muted)', marginTop: 0 }}>{whyNot}</p>
      )}
      {add.error === null ? null : <Failure error={add.error} what={w.addMember} />}
      <DataTable
        label={w.members}
        page={
          members.data === undefined
            ? undefined
            : { rows: members.data.rows, hasNewer: false, hasOlder: false }
        }
        nameOf={({ name }) => name}
        actionsOf={(one) => [
          { key: 'remove', label: w.removeMember, danger: true, run: () => leave(one), whyNot },
        ]}
        empty={<Empty title={w.noMembers} />}
        columns={[
          {
            key: 'name',
            title: common.name,
            show: (one) => (
              <Link to="/admin/users/$id" params={{ id: one.id }}>
                <PlainText>{one.name}</PlainText>
              </Link>
            ),
          },
        ]}
      />
      {leaving === null ? null : (
        <Confirm
          title={w.removeMemberTitle(visible(leaving.name))}
          verb={w.removeMemberVerb}
          danger
          run={() => remove.mutate(leaving.id)}
          close={() => leave(null)}
          isSending={remove.isPending}
          error={remove.error}
        >
          <p>{w.removeMemberText}</p>
          <CommandHint command={identityCommands.removeMember(id, leaving.id)} />
        </Confirm>
      )}
    </>
  )
}
