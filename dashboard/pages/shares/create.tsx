/** The form of a new share, in the order in which people think; the command that does the same stands at its end. */
import { NumberInput, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createShare } from '../../../src/wire/shares/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { command } from '../../ui/shell-quote.ts'
import { problemAt } from '../../ui/problem-at.ts'
import { useWords } from '../../words/index.ts'
import { typesQuery } from './queries.ts'
import { shareListRoute } from './route.tsx'

const blank = { name: '', size: 1, type: null as string | null, protocol: 'NFS' }

export function CreateShare() {
  const { common, shares: w } = useWords()
  const console = useConsole()
  const navigate = useNavigate({ from: shareListRoute.fullPath })
  const types = useQuery(typesQuery(console))
  const [form, setForm] = useState(blank)
  const set = (change: Partial<typeof blank>): void => setForm((before) => ({ ...before, ...change }))
  const close = (): void => void navigate({ to: '/shares' })

  const body = {
    share: {
      share_proto: form.protocol,
      size: form.size,
      ...(form.name === '' ? {} : { name: form.name }),
      ...(form.type === null ? {} : { share_type: form.type }),
    },
  }
  const create = useMutation({
    mutationFn: () => console.client.call(createShare, { body }),
    onSuccess: async ({ share }) => {
      await console.queries.invalidateQueries({ queryKey: ['shares'] })
      await navigate({ to: '/shares/$id', params: { id: share.id }, ignoreBlocker: true })
    },
  })
  const problem = (field: string) => problemAt(createShare.body, body, `share.${field}`)
  return (
    <SidePanel
      title={w.create}
      submit={w.create}
      close={close}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={JSON.stringify(form) !== JSON.stringify(blank)}
      error={create.error}
      whyNot={problem('size') ?? problem('name')}
    >
      <TextInput
        label={common.name}
        description={common.optional}
        value={form.name}
        error={problem('name')}
        data-autofocus
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <NumberInput
        label={common.size}
        description={w.form.size}
        value={form.size}
        min={1}
        allowDecimal={false}
        error={problem('size')}
        onChange={(size) => set({ size: Number(size) })}
      />
      <Select
        label={common.type}
        description={w.form.type}
        placeholder={w.form.anyType}
        clearable
        allowDeselect
        data={(types.data ?? []).map(({ name }) => name)}
        value={form.type}
        onChange={(type) => set({ type })}
      />
      <Select
        label={w.protocol}
        data={['NFS', 'CIFS', 'CEPHFS']}
        value={form.protocol}
        onChange={(protocol) => set({ protocol: protocol ?? 'NFS' })}
      />
      <CommandHint
        command={command(
          'manila',
          'share',
          'create',
          ['--size', form.size],
          ['--protocol', form.protocol],
          form.name === '' ? null : ['--name', form.name],
          form.type === null ? null : ['--type', form.type],
        )}
      />
    </SidePanel>
  )
}
