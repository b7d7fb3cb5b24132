/** The form of a new group snapshot, over the list. */
import { Select } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { shareGroupAllows } from '../../../src/model/states.ts'
import { createShareGroupSnapshot } from '../../../src/wire/share-group-snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { useFormat } from '../../ui/format.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { OptionalLine, OptionalText } from '../../ui/optional-fields.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { choiceOf } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { groupChoicesQuery } from '../groups/choices.ts'
import { sharesQuery } from '../shares/queries.ts'
import { groupSnapshotCommands } from './commands.ts'
import { groupSnapshotListRoute } from './route.tsx'

export function CreateGroupSnapshotPage() {
  const { common, groupSnapshots: w, shares: s } = useWords()
  const problemAt = useProblemAt()
  const format = useFormat()
  const console = useConsole()
  const navigate = useNavigate()
  const search = groupSnapshotListRoute.useSearch() as { readonly group?: string }
  const groups = useQuery(groupChoicesQuery(console, search.group)).data ?? []
  const blank = { group: search.group ?? '', name: '', description: '' }
  const [form, setForm] = useState(blank)
  const set = (change: Partial<typeof blank>): void => setForm((before) => ({ ...before, ...change }))
  const group = groups.find(({ id }) => id === form.group)
  const shares = useQuery({
    ...sharesQuery(console, { group: form.group, all: '1' }),
    enabled: form.group !== '',
  }).data
  const permissions = usePermissions('share_group', group === undefined ? [] : [group])
  const { allowed, why } = permissions.verdict(form.group, 'create_snapshot')
  const body = {
    share_group_snapshot: {
      share_group_id: form.group,
      ...(form.name === '' ? {} : { name: form.name }),
      ...(form.description === '' ? {} : { description: form.description }),
    },
  }
  const create = useMutation({
    mutationFn: () => console.client.call(createShareGroupSnapshot, { body }),
    onSuccess: async ({ share_group_snapshot: { id } }) => {
      await console.queries.invalidateQueries({ queryKey: ['share-group-snapshots'] })
      await navigate({ to: '/group-snapshots/$id', params: { id }, ignoreBlocker: true })
    },
  })
  const problem = (field: string) =>
    problemAt(createShareGroupSnapshot.body, body, `share_group_snapshot.${field}`)
  const size = shares?.rows.reduce((sum, share) => sum + share.size, 0) ?? 0
  return (
    <SidePanel
      title={w.create}
      submit={w.create}
      close={() => void navigate({ to: '/group-snapshots', search: search as never })}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={!create.isSuccess && JSON.stringify(form) !== JSON.stringify(blank)}
      error={create.error}
      whyNot={form.group === '' ? w.noGroup : allowed ? (problem('name') ?? problem('description')) : why}
    >
      <Select
        label={w.group}
        searchable
        allowDeselect={false}
        data={groups
          .filter((one) => one.id === form.group || shareGroupAllows.snapshot(one))
          .map((one) => choiceOf(one))}
        value={form.group === '' ? null : form.group}
        description={
          shares === undefined || shares.hasOlder
            ? w.form
            : `${s.count(shares.rows.length)}, ${format.size(size)}. ${w.form}`
        }
        onChange={(id) => id !== null && set({ group: id })}
      />
      <OptionalLine
        label={common.name}
        value={form.name}
        error={problem('name')}
        isFirst
        change={(name) => set({ name })}
      />
      <OptionalText
        label={common.description}
        value={form.description}
        error={problem('description')}
        change={(description) => set({ description })}
      />
      <CommandHint command={groupSnapshotCommands.create(form)} />
    </SidePanel>
  )
}
