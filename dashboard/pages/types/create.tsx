/** The form of a new share type, judged while one types: by the service's law, and by whether a pool satisfies it. */
import { Switch, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createShareType } from '../../../src/wire/share-types/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { problemAt } from '../../ui/problem-at.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { typeCommands } from './commands.ts'
import { LintPanel } from './lint-panel.tsx'
import { SpecEditor } from './spec-editor.tsx'
import { problemOfLines, specsOfLines, type SpecLine } from './spec-guide.ts'

const dhss = 'driver_handles_share_servers'
const blank = {
  name: '',
  description: '',
  isPublic: true,
  lines: [
    { key: dhss, value: 'False' },
    { key: 'snapshot_support', value: 'True' },
  ] as readonly SpecLine[],
}

export function CreateType() {
  const { common, types: w } = useWords()
  const { client, queries } = useConsole()
  const navigate = useNavigate()
  const [form, setForm] = useState(blank)
  const set = (change: Partial<typeof blank>): void => setForm((before) => ({ ...before, ...change }))
  const specs = specsOfLines(form.lines)
  const visibility = client.minor < 7 ? 'os-share-type-access:is_public' : 'share_type_access:is_public'
  const body = {
    share_type: {
      name: form.name,
      extra_specs: specs,
      ...(form.description === '' ? {} : { description: form.description }),
      [visibility]: form.isPublic,
    },
  }
  const create = useMutation({
    mutationFn: () => client.call(createShareType, { body }),
    onSuccess: async ({ share_type }) => {
      await queries.invalidateQueries({ queryKey: ['types'] })
      await navigate({ to: '/admin/types/$id', params: { id: share_type.id }, ignoreBlocker: true })
    },
  })
  const problem = (field: string) => problemAt(createShareType.body, body, `share_type.${field}`)
  const { [dhss]: servers = '', ...others } = specs
  return (
    <SidePanel
      title={w.create}
      submit={w.create}
      close={() => void navigate({ to: '/admin/types' })}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={JSON.stringify(form) !== JSON.stringify(blank)}
      error={create.error}
      whyNot={
        (form.name === '' ? w.nameMissing : problem('name')) ?? problemOfLines(form.lines)?.problem ?? null
      }
    >
      <TextInput
        label={common.name}
        description={w.nameHint}
        value={form.name}
        error={form.name === '' ? null : problem('name')}
        data-autofocus
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label={common.description}
        description={`${w.descriptionHint} (${common.optional})`}
        value={form.description}
        error={problem('description')}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <Switch
        label={`${w.visibility}: ${form.isPublic ? w.public : w.private}`}
        description={w.publicHint}
        checked={form.isPublic}
        onChange={(event) => set({ isPublic: event.currentTarget.checked })}
      />
      <SpecEditor lines={form.lines} change={(lines) => set({ lines })} />
      <LintPanel specs={specs} />
      <CommandHint command={typeCommands.create({ ...form, servers, specs: others })} />
    </SidePanel>
  )
}
