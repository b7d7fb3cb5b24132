/** The form of a new share group type. */
import { Select, Switch, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createShareGroupType } from '../../../src/wire/share-group-types/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { useProblemAt } from '../../ui/problem-at.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { ChosenTypes } from '../types/chosen-types.tsx'
import { allTypesQuery } from '../types/queries.ts'
import { groupTypeCommands } from './commands.ts'

/** The one group spec that the scheduler reads, and what it may say. */
const consistency = 'consistent_snapshot_support'
const consistencies = ['pool', 'host']
const blank = {
  name: '',
  shareTypes: [] as readonly string[],
  isPublic: true,
  consistent: null as string | null,
}

export function CreateGroupType() {
  const { common, groups, groupTypes: w, types: t } = useWords()
  const problemAt = useProblemAt()
  const console = useConsole()
  const navigate = useNavigate()
  const types = useQuery(allTypesQuery(console)).data ?? []
  const [form, setForm] = useState(blank)
  const set = (change: Partial<typeof blank>): void => setForm((before) => ({ ...before, ...change }))
  const specs: Readonly<Record<string, string>> =
    form.consistent === null ? {} : { [consistency]: form.consistent }
  const body = {
    share_group_type: {
      name: form.name,
      share_types: [...form.shareTypes],
      is_public: form.isPublic,
      group_specs: specs,
    },
  }
  const create = useMutation({
    mutationFn: () => console.client.call(createShareGroupType, { body }),
    onSuccess: async ({ share_group_type: { id } }) => {
      await console.queries.invalidateQueries({ queryKey: ['share-group-types'] })
      await navigate({ to: '/admin/group-types/$id', params: { id }, ignoreBlocker: true })
    },
  })
  const wrong = problemAt(createShareGroupType.body, body, 'share_group_type.name')
  return (
    <SidePanel
      title={w.create}
      submit={w.create}
      close={() => void navigate({ to: '/admin/group-types' })}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={!create.isSuccess && JSON.stringify(form) !== JSON.stringify(blank)}
      error={create.error}
      whyNot={
        form.name === ''
          ? w.nameMissing
          : (wrong ?? (form.shareTypes.length === 0 ? groups.form.noShareType : null))
      }
    >
      <TextInput
        label={common.name}
        description={t.nameHint}
        value={form.name}
        error={form.name === '' ? null : wrong}
        data-autofocus
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <ChosenTypes
        hint={w.shareTypesText}
        possible={types}
        chosen={form.shareTypes}
        change={(shareTypes) => set({ shareTypes })}
      />
      <Select
        label={w.consistency}
        description={w.specsHint}
        placeholder={common.any}
        clearable
        clearButtonProps={{ 'aria-label': `${common.clear}: ${w.consistency}` }}
        data={consistencies}
        value={form.consistent}
        onChange={(consistent) => set({ consistent })}
      />
      <Switch
        label={`${t.visibility}: ${form.isPublic ? t.public : t.private}`}
        description={t.publicHint}
        checked={form.isPublic}
        onChange={(event) => set({ isPublic: event.currentTarget.checked })}
      />
      <CommandHint command={groupTypeCommands.create({ ...form, specs })} />
    </SidePanel>
  )
}
