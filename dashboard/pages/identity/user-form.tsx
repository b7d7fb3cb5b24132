/** Makes a user, or changes one. */
import { PasswordInput, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { identityCommands } from './commands.ts'
import { ask, identityChanged, projectsQuery, userQuery, type UserView } from './queries.ts'
import { useHomes } from './read-only.ts'
import { userEditRoute } from './route.tsx'

export function CreateUser() {
  return <Form user={null} />
}

export function EditUser() {
  const { id } = userEditRoute.useParams()
  const { data } = useQuery(userQuery(useConsole(), id))
  return data === undefined ? null : <Form key={id} user={data} />
}

function Form({ user }: { readonly user: UserView | null }) {
  const { common, identity: w } = useWords()
  const console = useConsole()
  const navigate = useNavigate()
  const { open: domains, whyNot, whyNone } = useHomes()
  const projects = useQuery(projectsQuery(console)).data?.rows ?? []
  const [before] = useState({
    name: user?.name ?? '',
    email: user?.email ?? '',
    description: user?.description ?? '',
    project: user?.default_project_id ?? null,
    domain: user?.domain_id ?? 'default',
    password: '',
  })
  const [form, setForm] = useState(before)
  const set = (change: Partial<typeof before>): void => setForm((old) => ({ ...old, ...change }))
  const isDirty = JSON.stringify(form) !== JSON.stringify(before)
  const to = (id: string | null): void =>
    void (id === null
      ? navigate({ to: '/admin/users' })
      : navigate({ to: '/admin/users/$id', params: { id }, ignoreBlocker: true }))
  const fields = {
    ...(form.name === before.name ? {} : { name: form.name }),
    ...(form.email === before.email ? {} : { email: form.email === '' ? null : form.email }),
    ...(form.description === before.description ? {} : { description: form.description }),
    ...(form.project === before.project ? {} : { default_project_id: form.project }),
  }
  const save = useMutation({
    mutationFn: async () => {
      const body =
        user === null
          ? await ask(console.client, 'POST', '/users', {
              user: {
                ...fields,
                domain_id: form.domain,
                ...(form.password === '' ? {} : { password: form.password }),
              },
            })
          : await ask(console.client, 'PATCH', `/users/${encodeURIComponent(user.id)}`, { user: fields })
      return (body as { readonly user: UserView }).user.id
    },
    onSuccess: async (id) => {
      await identityChanged(console)
      to(id)
    },
  })
  return (
    <SidePanel
      title={user === null ? w.createUser : w.editTitle(user.name)}
      submit={user === null ? w.createUser : common.save}
      close={() =>
        user === null ? to(null) : void navigate({ to: '/admin/users/$id', params: { id: user.id } })
      }
      send={() => save.mutate()}
      isSending={save.isPending}
      isDirty={isDirty}
      error={save.error}
      whyNot={
        (user === null ? whyNone : whyNot(user.domain_id)) ?? (form.name.trim() === '' ? w.nameMissing : null)
      }
    >
      <TextInput
        label={common.name}
        value={form.name}
        maxLength={255}
        data-autofocus
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      {user !== null || domains.length < 2 ? null : (
        <Select
          label={w.domain}
          description={w.directory}
          data={domains.map(({ id, name }) => ({ value: id, label: name }))}
          value={form.domain}
          onChange={(domain) => set({ domain: domain ?? form.domain })}
        />
      )}
      {user !== null ? null : (
        <PasswordInput
          label={w.password}
          description={w.passwordHint}
          value={form.password}
          autoComplete="new-password"
          onChange={(event) => set({ password: event.currentTarget.value })}
        />
      )}
      <TextInput
        label={w.email}
        description={common.optional}
        className="optional"
        value={form.email}
        maxLength={255}
        onChange={(event) => set({ email: event.currentTarget.value })}
      />
      <TextInput
        label={common.description}
        description={common.optional}
        className="optional"
        value={form.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <Select
        label={w.defaultProject}
        description={common.optional}
        className="optional"
        placeholder={common.none}
        clearable
        searchable
        data={projects.map(({ id, name }) => ({ value: id, label: name }))}
        value={form.project}
        onChange={(project) => set({ project })}
      />
      <CommandHint
        command={
          user === null
            ? identityCommands.createUser(form.domain, fields)
            : identityCommands.editUser(user.id, fields)
        }
      />
    </SidePanel>
  )
}
