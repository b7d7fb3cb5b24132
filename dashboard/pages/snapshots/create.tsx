/** The form of a new snapshot: over the list, or over the share that it is of. */
import { Select } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createSnapshot } from '../../../src/wire/snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { useFormat } from '../../ui/format.ts'
import { PairsField } from '../../ui/pairs-field.tsx'
import { isRight, recordOf, type Pair } from '../../ui/pairs.ts'
import { visible } from '../../ui/plain-text.tsx'
import { useProblemAt } from '../../ui/problem-at.ts'
import { OptionalLine, OptionalText } from '../../ui/optional-fields.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { shareQuery, sharesQuery, type ShareView } from '../shares/queries.ts'
import { snapshotCommands } from './commands.ts'
import { snapshotListRoute } from './route.tsx'

export function CreateSnapshotPage() {
  const search: { readonly share?: string } = snapshotListRoute.useSearch()
  const navigate = useNavigate()
  return (
    <CreateSnapshotPanel
      shareId={search.share}
      close={() => void navigate({ to: '/snapshots', search: search as never })}
      created={(id) => void navigate({ to: '/snapshots/$id', params: { id }, ignoreBlocker: true })}
    />
  )
}

interface CreateSnapshotPanelProps {
  /** Absent: it is chosen here. */
  readonly shareId?: string | undefined
  readonly close: () => void
  readonly created: (id: string) => void
}

export function CreateSnapshotPanel({ shareId, close, created }: CreateSnapshotPanelProps) {
  const { common, snapshots: w } = useWords()
  const problemAt = useProblemAt()
  const format = useFormat()
  const console = useConsole()
  const blank = { share: shareId ?? '', text: '', name: '', description: '', pairs: [] as readonly Pair[] }
  const [form, setForm] = useState(blank)
  const set = (change: Partial<typeof blank>): void => setForm((before) => ({ ...before, ...change }))
  const share = useQuery({ ...shareQuery(console, form.share), enabled: form.share !== '' })
  const found = useQuery({
    ...sharesQuery(console, form.text === '' ? {} : { text: form.text }),
    enabled: shareId === undefined,
    placeholderData: (before) => before,
  })
  const metadata = recordOf(form.pairs)
  const body = {
    snapshot: {
      share_id: form.share,
      ...(form.name === '' ? {} : { name: form.name }),
      ...(form.description === '' ? {} : { description: form.description }),
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    },
  }
  const create = useMutation({
    mutationFn: () => console.client.call(createSnapshot, { body }),
    onSuccess: async ({ snapshot }) => {
      await console.queries.invalidateQueries({ queryKey: ['snapshots'] })
      created(snapshot.id)
    },
  })
  const problem = (field: string) => problemAt(createSnapshot.body, body, `snapshot.${field}`)
  const nameOf = (one: ShareView): string => visible(one.name || one.id.slice(0, 8)).slice(0, 80)
  const options = [
    ...(share.data === undefined ? [] : [share.data]),
    ...(found.data?.rows ?? []).filter(({ id }) => id !== share.data?.id),
  ]
  return (
    <SidePanel
      title={w.create}
      submit={w.create}
      close={close}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={!create.isSuccess && JSON.stringify({ ...form, text: '' }) !== JSON.stringify(blank)}
      error={create.error}
      whyNot={
        form.share === ''
          ? w.noShare
          : (problem('name') ?? problem('description') ?? (isRight(form.pairs) ? null : common.pairWrong))
      }
    >
      <Select
        label={w.chooseShare}
        searchable={shareId === undefined}
        disabled={shareId !== undefined}
        data-autofocus={shareId === undefined || undefined}
        allowDeselect={false}
        data={options.map((one) => ({ value: one.id, label: `${nameOf(one)} · ${one.id.slice(0, 8)}` }))}
        value={form.share === '' ? null : form.share}
        description={share.data === undefined ? undefined : w.costs(format.size(share.data.size))}
        onSearchChange={(text) => text.includes('·') || set({ text })}
        onChange={(id) => id !== null && set({ share: id })}
      />
      <OptionalLine
        label={common.name}
        value={form.name}
        error={problem('name')}
        isFirst={shareId !== undefined}
        change={(name) => set({ name })}
      />
      <OptionalText
        label={common.description}
        value={form.description}
        error={problem('description')}
        change={(description) => set({ description })}
      />
      <PairsField label={w.properties} pairs={form.pairs} change={(pairs) => set({ pairs })} />
      <CommandHint command={snapshotCommands.create({ ...form, metadata })} />
    </SidePanel>
  )
}
