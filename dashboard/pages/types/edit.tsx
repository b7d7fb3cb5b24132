/** Changes a share type: its name and its specs, what differs and nothing else. */
import { Switch, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createExtraSpecs, deleteExtraSpec, updateShareType } from '../../../src/wire/share-types/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { problemAt } from '../../ui/problem-at.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { specsOf } from '../pools/fit.ts'
import { typeCommands } from './commands.ts'
import { LintPanel } from './lint-panel.tsx'
import { isPublic, typeQuery, type TypeView } from './queries.ts'
import { typeEditRoute } from './route.tsx'
import { SpecEditor } from './spec-editor.tsx'
import { changesOf, problemOfLines, specsOfLines } from './spec-guide.ts'

/** Name, description and visibility can be changed since 2.50. */
const renameSince = 50

export function EditType() {
  const { id } = typeEditRoute.useParams()
  const { data } = useQuery(typeQuery(useConsole(), id))
  return data === undefined ? null : <Form key={id} type={data} />
}

function Form({ type }: { readonly type: TypeView }) {
  const { common, types: w } = useWords()
  const { client, queries } = useConsole()
  const navigate = useNavigate()
  const [before] = useState(() => ({
    name: type.name,
    description: type.description ?? '',
    isPublic: isPublic(type),
    lines: Object.entries(specsOf(type)).map(([key, value]) => ({ key, value })),
  }))
  const [form, setForm] = useState(before)
  const set = (change: Partial<typeof before>): void => setForm((old) => ({ ...old, ...change }))
  const changed = {
    ...(form.name === before.name ? {} : { name: form.name }),
    ...(form.description === before.description ? {} : { description: form.description }),
    ...(form.isPublic === before.isPublic ? {} : { 'share_type_access:is_public': form.isPublic }),
  }
  const specs = specsOfLines(form.lines)
  const { write, remove } = changesOf(specsOfLines(before.lines), specs)
  const leave = (): void =>
    void navigate({ to: '/admin/types/$id', params: { id: type.id }, ignoreBlocker: true })
  const body = { share_type: changed }
  const save = useMutation({
    mutationFn: async () => {
      const params = { id: type.id }
      if (Object.keys(changed).length > 0) await client.call(updateShareType, { params, body })
      if (Object.keys(write).length > 0)
        await client.call(createExtraSpecs, { params: { type_id: type.id }, body: { extra_specs: write } })
      for (const key of remove) await client.call(deleteExtraSpec, { params: { type_id: type.id, key } })
    },
    onSuccess: leave,
    onSettled: () => queries.invalidateQueries({ queryKey: ['types'] }),
  })
  const problem = (field: string) => problemAt(updateShareType.body, body, `share_type.${field}`)
  const hint = typeCommands.edit(type.id, {
    name: changed.name,
    description: changed.description,
    isPublic: changed['share_type_access:is_public'],
    write,
    remove,
  })
  const isDirty = JSON.stringify(form) !== JSON.stringify(before)
  return (
    <SidePanel
      title={w.editTitle(type.name)}
      submit={common.save}
      close={() => void navigate({ to: '/admin/types/$id', params: { id: type.id } })}
      send={() => (isDirty ? save.mutate() : leave())}
      isSending={save.isPending}
      isDirty={isDirty}
      error={save.error}
      whyNot={
        (form.name === '' ? w.nameMissing : problem('name')) ?? problemOfLines(form.lines)?.problem ?? null
      }
    >
      {client.minor < renameSince ? null : (
        <>
          <TextInput
            label={common.name}
            description={w.nameHint}
            value={form.name}
            error={problem('name')}
            data-autofocus
            onChange={(event) => set({ name: event.currentTarget.value })}
          />
          <TextInput
            label={common.description}
            description={w.descriptionHint}
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
        </>
      )}
      <SpecEditor lines={form.lines} change={(lines) => set({ lines: [...lines] })} />
      <LintPanel specs={specs} />
      <CommandHint command={hint} />
    </SidePanel>
  )
}
