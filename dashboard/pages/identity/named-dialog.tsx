/** A name and what it is for: groups, projects, domains and roles are made and changed by it. */
import { Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { useWords } from '../../words/index.ts'
import { identityCommands } from './commands.ts'
import { ask, domainsQuery, identityChanged } from './queries.ts'

export type NamedKind = 'group' | 'project' | 'domain' | 'role'

interface NamedDialogProps {
  readonly kind: NamedKind
  /** What there is; absent = a new one. */
  readonly of?: { readonly id: string; readonly name: string; readonly description?: string | null }
  readonly close: () => void
  readonly made?: (id: string) => void
}

export function NamedDialog({ kind, of, close, made }: NamedDialogProps) {
  const { common, identity: w } = useWords()
  const console = useConsole()
  const all = useQuery(domainsQuery(console)).data?.rows ?? []
  // Projects are ours in every domain, groups are not.
  const domains = kind === 'group' ? all.filter((one) => one.users_read_only !== true) : all
  const inDomain = of === undefined && (kind === 'group' || kind === 'project')
  const [name, setName] = useState(of?.name ?? '')
  const [description, setDescription] = useState(of?.description ?? '')
  const [domain, setDomain] = useState<string | null>(null)
  const home = domain ?? domains.find(({ id }) => id === 'default')?.id ?? domains[0]?.id
  const save = useMutation({
    mutationFn: async () => {
      const fields = { name, description, ...(inDomain && home !== undefined ? { domain_id: home } : {}) }
      const path = of === undefined ? `/${kind}s` : `/${kind}s/${encodeURIComponent(of.id)}`
      const body = await ask(console.client, of === undefined ? 'POST' : 'PATCH', path, { [kind]: fields })
      return (body as Readonly<Record<string, { readonly id: string }>>)[kind]?.id ?? ''
    },
    onSuccess: async (id) => {
      await identityChanged(console)
      close()
      made?.(id)
    },
  })
  const create = {
    group: w.createGroup,
    project: w.createProject,
    domain: w.createDomain,
    role: w.createRole,
  }[kind]
  return (
    <Confirm
      title={of === undefined ? create : w.editTitle(of.name)}
      verb={of === undefined ? create : common.save}
      run={() => (name.trim() === '' ? undefined : save.mutate())}
      close={close}
      isSending={save.isPending}
      error={save.error}
    >
      <TextInput
        label={common.name}
        value={name}
        maxLength={255}
        data-autofocus
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label={common.description}
        value={description}
        maxLength={4096}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
      {inDomain && domains.length > 1 ? (
        <Select
          label={w.domain}
          data={domains.map((one) => ({ value: one.id, label: one.name }))}
          value={home ?? null}
          onChange={setDomain}
        />
      ) : null}
      <CommandHint
        command={
          of === undefined
            ? identityCommands.create(
                kind,
                name,
                description,
                inDomain && domains.length > 1 ? (home ?? null) : null,
              )
            : identityCommands.edit(kind, of.id, {
                ...(name === of.name ? {} : { name }),
                ...(description === (of.description ?? '') ? {} : { description }),
              })
        }
      />
    </Confirm>
  )
}
