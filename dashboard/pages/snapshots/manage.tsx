/** Administrators: a snapshot that exists on a backend becomes one of the service's. */
import { Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { manageSnapshot } from '../../../src/wire/snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { PairsField } from '../../ui/pairs-field.tsx'
import { isRight, recordOf, type Pair } from '../../ui/pairs.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { OptionalLine } from '../../ui/optional-fields.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { snapshotCommands } from './commands.ts'
import { snapshotListRoute } from './route.tsx'

export function ManageSnapshotPage() {
  const { common, snapshots: w } = useWords()
  const problemAt = useProblemAt()
  const { client, queries } = useConsole()
  const search: { readonly share?: string } = snapshotListRoute.useSearch()
  const navigate = useNavigate()
  const blank = {
    share: search.share ?? '',
    location: '',
    name: '',
    description: '',
    pairs: [] as readonly Pair[],
  }
  const [form, setForm] = useState(blank)
  const set = (change: Partial<typeof blank>): void => setForm((before) => ({ ...before, ...change }))
  const options = recordOf(form.pairs)
  const body = {
    snapshot: {
      share_id: form.share.trim(),
      provider_location: form.location,
      ...(form.name === '' ? {} : { name: form.name }),
      ...(form.description === '' ? {} : { description: form.description }),
      ...(Object.keys(options).length === 0 ? {} : { driver_options: options }),
    },
  }
  const manage = useMutation({
    mutationFn: () => client.call(manageSnapshot, { body }),
    onSuccess: async ({ snapshot }) => {
      await queries.invalidateQueries({ queryKey: ['snapshots'] })
      await navigate({ to: '/snapshots/$id', params: { id: snapshot.id }, ignoreBlocker: true })
    },
  })
  const problem = (field: string) => problemAt(manageSnapshot.body, body, `snapshot.${field}`)
  return (
    <SidePanel
      title={w.manage}
      submit={w.manageVerb}
      close={() => void navigate({ to: '/snapshots', search: search as never })}
      send={() => manage.mutate()}
      isSending={manage.isPending}
      isDirty={!manage.isSuccess && JSON.stringify(form) !== JSON.stringify(blank)}
      error={manage.error}
      whyNot={
        form.share.trim() === ''
          ? w.noShare
          : form.location === ''
            ? w.locationHint
            : (problem('name') ??
              problem('description') ??
              problem('driver_options') ??
              (isRight(form.pairs) ? null : common.pairWrong))
      }
    >
      <TextInput
        label={`${w.chooseShare} (${common.id})`}
        value={form.share}
        data-autofocus
        onChange={(event) => set({ share: event.currentTarget.value })}
      />
      <TextInput
        label={w.location}
        description={w.locationHint}
        value={form.location}
        onChange={(event) => set({ location: event.currentTarget.value })}
      />
      <OptionalLine
        label={common.name}
        value={form.name}
        error={problem('name')}
        change={(name) => set({ name })}
      />
      <Textarea
        label={common.description}
        description={common.optional}
        className="optional"
        value={form.description}
        error={problem('description')}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <PairsField label={w.driverOptions} pairs={form.pairs} change={(pairs) => set({ pairs })} />
      <CommandHint command={snapshotCommands.adopt({ ...form, share: form.share.trim(), options })} />
    </SidePanel>
  )
}
