/** Who has which role where: of a user, a group or in a project; given and taken here. */
import { Button, Select } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState, type FormEvent } from 'react'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import {
  ask,
  assignmentPath,
  assignmentsQuery,
  grantPath,
  groupsQuery,
  identityChanged,
  projectsQuery,
  rolesQuery,
  usersQuery,
  type AssignmentView,
  type Place,
} from './queries.ts'
import { identityCommands } from './commands.ts'

export function Assignments({ place }: { readonly place: Place }) {
  const { identity: w } = useWords()
  const console = useConsole()
  const { data, error, refetch } = useQuery(assignmentsQuery(console, place))
  const [leaving, leave] = useState<AssignmentView | null>(null)
  const take = useMutation({
    mutationFn: (one: AssignmentView) => ask(console.client, 'DELETE', assignmentPath(one)),
    onSuccess: async () => {
      leave(null)
      await identityChanged(console)
    },
  })
  if (data === undefined && error !== null) return <Failure error={error} again={() => void refetch()} />
  const rows = data?.rows.map((one) => ({ ...one, id: one.links.assignment }))
  return (
    <>
      {place.kind === 'role' ? null : <Give place={place} />}
      <DataTable
        label={w.assignments}
        page={rows === undefined ? undefined : { rows, hasNewer: false, hasOlder: false }}
        nameOf={({ role }) => role.name}
        actionsOf={(one) => [{ key: 'take', label: w.take, danger: true, run: () => leave(one) }]}
        empty={<Empty title={w.noRoles}>{place.kind === 'user' ? w.noRolesUser : ''}</Empty>}
        columns={[
          { key: 'role', title: w.role, show: ({ role }) => <PlainText>{role.name}</PlainText> },
          ...(place.kind === 'user' || place.kind === 'group'
            ? []
            : [{ key: 'who', title: w.who, show: (one: AssignmentView) => <Who one={one} /> }]),
          ...(place.kind === 'project'
            ? []
            : [{ key: 'where', title: w.where, show: (one: AssignmentView) => <Where one={one} /> }]),
        ]}
      />
      {leaving === null ? null : (
        <Confirm
          title={w.takeTitle(visible(leaving.role.name))}
          verb={w.takeVerb}
          danger
          run={() => take.mutate(leaving)}
          close={() => leave(null)}
          isSending={take.isPending}
          error={take.error}
        >
          <p>
            <Who one={leaving} /> · <Where one={leaving} />
          </p>
          <p>{w.takeText}</p>
          <CommandHint command={identityCommands.takeRole(leaving)} />
        </Confirm>
      )}
    </>
  )
}

function Who({ one: { user, group } }: { readonly one: AssignmentView }) {
  const { identity: w } = useWords()
  if (user !== undefined)
    return (
      <Link to="/admin/users/$id" params={{ id: user.id }}>
        <PlainText>{user.name ?? user.id}</PlainText>
      </Link>
    )
  if (group === undefined) return null
  return (
    <>
      {w.group}{' '}
      <Link to="/admin/users/groups/$id" params={{ id: group.id }}>
        <PlainText>{group.name ?? group.id}</PlainText>
      </Link>
    </>
  )
}

function Where({ one: { scope } }: { readonly one: AssignmentView }) {
  const { identity: w } = useWords()
  const { project, domain } = scope
  const below = scope['OS-INHERIT:inherited_to'] === undefined ? '' : ` ${w.below}`
  if (project !== undefined)
    return (
      <>
        <Link to="/admin/projects/$id" params={{ id: project.id }}>
          <PlainText>{project.name ?? project.id}</PlainText>
        </Link>
        {below}
      </>
    )
  if (domain === undefined) return <>{w.system}</>
  return (
    <>
      {w.domain} {visible(domain.name ?? domain.id)}
      {below}
    </>
  )
}

function Give({ place }: { readonly place: Place }) {
  const { identity: w } = useWords()
  const console = useConsole()
  const roles = useQuery(rolesQuery(console)).data?.rows ?? []
  const projects = useQuery(projectsQuery(console)).data?.rows ?? []
  const users = useQuery(usersQuery(console)).data?.rows ?? []
  const groups = useQuery(groupsQuery(console)).data?.rows ?? []
  const [role, setRole] = useState<string | null>(null)
  const [other, setOther] = useState<string | null>(null)
  const give = useMutation({
    mutationFn: (path: string) => ask(console.client, 'PUT', path),
    onSuccess: async () => {
      setOther(null)
      await identityChanged(console)
    },
  })
  const inProject = place.kind === 'project'
  // Of a user and a group with the same id, the kind tells.
  const choices = inProject
    ? [
        { group: w.users, items: users.map(({ id, name }) => ({ value: `user ${id}`, label: name })) },
        { group: w.groups, items: groups.map(({ id, name }) => ({ value: `group ${id}`, label: name })) },
      ].filter(({ items }) => items.length > 0)
    : projects.map(({ id, name }) => ({ value: id, label: name }))
  const submitted = (event: FormEvent): void => {
    event.preventDefault()
    if (role === null || other === null || give.isPending) return
    if (!inProject) {
      if (place.kind === 'user' || place.kind === 'group')
        give.mutate(grantPath(role, { kind: place.kind, id: place.id }, other))
      return
    }
    const at = other.indexOf(' ')
    const kind = other.slice(0, at) === 'group' ? 'group' : 'user'
    give.mutate(grantPath(role, { kind, id: other.slice(at + 1) }, place.id))
  }
  return (
    <>
      <form
        onSubmit={submitted}
        style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'flex-end', marginBottom: 12 }}
      >
        <Select
          size="xs"
          label={w.role}
          placeholder={w.choose}
          data={roles.map(({ id, name }) => ({ value: id, label: name }))}
          value={role}
          onChange={setRole}
        />
        <Select
          size="xs"
          label={inProject ? w.who : w.project}
          placeholder={w.choose}
          searchable
          data={choices}
          value={other}
          onChange={setOther}
        />
        <Button type="submit" loading={give.isPending} disabled={role === null || other === null}>
          {w.addRole}
        </Button>
      </form>
      {give.error === null ? null : <Failure error={give.error} what={w.addRole} />}
    </>
  )
}
