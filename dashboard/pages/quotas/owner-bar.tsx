/** Chooses whose quota is shown: a project by name, or by id where names can't be read; a user or a share type in it. */
import { Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { useWords } from '../../words/index.ts'
import { useProjects } from '../admin/project-names.ts'
import { useUsers } from '../admin/user-names.ts'
import { allTypesQuery } from '../types/queries.ts'
import type { OwnerSearch } from './owner.ts'
import { quotaRoute } from './route.tsx'

export function OwnerBar() {
  const { quotas: w } = useWords()
  const search: OwnerSearch = quotaRoute.useSearch()
  const navigate = useNavigate({ from: quotaRoute.fullPath })
  const projects = useProjects()
  const users = useUsers()
  const own = useWho().project?.id
  const types = useQuery(allTypesQuery(useConsole()))
  const set = (change: OwnerSearch): void =>
    void navigate({ search: (before) => ({ ...before, ...change }) as never, replace: true })
  return (
    <search style={{ display: 'flex', flexWrap: 'wrap', alignItems: 'flex-end', gap: 8, marginBottom: 12 }}>
      <Choice
        label={w.project}
        placeholder={projects.length === 0 ? w.projectId : w.chooseProject}
        of={projects}
        value={search.project ?? own}
        choose={(project) => set({ project } as OwnerSearch)}
      />
      <Select
        size="xs"
        label={w.of}
        data={[
          { value: 'project', label: w.whole },
          { value: 'user', label: w.user },
          { value: 'type', label: w.type },
        ]}
        value={search.of ?? 'project'}
        onChange={(of) => set((of === 'project' ? { of: undefined } : { of }) as OwnerSearch)}
      />
      {search.of !== 'user' ? null : (
        <Choice
          label={w.userId}
          placeholder={w.userId}
          of={users}
          value={search.user}
          choose={(user) => set({ user } as OwnerSearch)}
        />
      )}
      {search.of !== 'type' ? null : (
        <Choice
          label={w.type}
          placeholder={w.type}
          of={types.data ?? []}
          value={search.type}
          choose={(type) => set({ type } as OwnerSearch)}
        />
      )}
    </search>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly placeholder: string
  readonly of: readonly { readonly id: string; readonly name: string }[]
  readonly value: string | undefined
  readonly choose: (id: string | undefined) => void
}

function Choice({ label, placeholder, of, value, choose }: ChoiceProps) {
  const [typed, setTyped] = useState(value ?? '')
  useEffect(() => setTyped(value ?? ''), [value])
  if (of.length === 0)
    return (
      <form
        onSubmit={(event) => {
          event.preventDefault()
          choose(typed.trim() || undefined)
        }}
      >
        <TextInput
          size="xs"
          label={label}
          placeholder={placeholder}
          value={typed}
          style={{ width: 280 }}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onBlur={() => choose(typed.trim() || undefined)}
        />
      </form>
    )
  const known = of.some(({ id }) => id === value)
  return (
    <Select
      size="xs"
      label={label}
      placeholder={placeholder}
      searchable={of.length > 8}
      data={[
        ...of.map(({ id, name }) => ({ value: id, label: name })),
        ...(value === undefined || known ? [] : [{ value, label: value }]),
      ]}
      value={value ?? null}
      onChange={(id) => choose(id ?? undefined)}
    />
  )
}
