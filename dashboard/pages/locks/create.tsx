/** The form of a new lock. */
import { Select, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createLock } from '../../../src/wire/resource-locks/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { isId } from '../../ui/ids.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { OptionalText } from '../../ui/optional-fields.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { lockCommands } from './commands.ts'
import { lockListRoute } from './route.tsx'

export function CreateLockPage() {
  const { locks: w } = useWords()
  const problemAt = useProblemAt()
  const { client, queries } = useConsole()
  const search: { readonly on?: string; readonly type?: string } = lockListRoute.useSearch()
  const navigate = useNavigate()
  const blank = { type: search.type ?? 'share', id: search.on ?? '', action: 'delete', reason: '' }
  const [form, setForm] = useState(blank)
  const set = (change: Partial<typeof blank>): void => setForm((before) => ({ ...before, ...change }))
  const isShare = form.type === 'share'
  const action = isShare ? 'delete' : form.action
  const body = {
    resource_lock: {
      resource_id: form.id.trim(),
      resource_type: form.type as never,
      resource_action: action as never,
      ...(form.reason === '' ? {} : { lock_reason: form.reason }),
    },
  }
  const close = (ignoreBlocker = false): void =>
    void navigate({ to: '/locks', search: search as never, ignoreBlocker })
  const create = useMutation({
    mutationFn: () => client.call(createLock, { body }),
    onSuccess: async () => {
      await Promise.all(
        ['locks', 'permissions', 'access-rules'].map((noun) =>
          queries.invalidateQueries({ queryKey: [noun] }),
        ),
      )
      close(true)
    },
  })
  const problem = (field: string) => problemAt(createLock.body, body, `resource_lock.${field}`)
  return (
    <SidePanel
      title={w.createTitle}
      submit={w.create}
      close={() => close()}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={!create.isSuccess && JSON.stringify(form) !== JSON.stringify(blank)}
      error={create.error}
      whyNot={isId(form.id) ? problem('lock_reason') : w.wrongId}
    >
      <Select
        label={w.kind}
        allowDeselect={false}
        data={Object.entries(w.types).map(([value, label]) => ({ value, label }))}
        value={form.type}
        onChange={(type) => set({ type: type ?? form.type })}
      />
      <TextInput
        label={w.resource}
        value={form.id}
        data-autofocus
        spellCheck={false}
        error={form.id !== '' && !isId(form.id) ? w.wrongId : null}
        onChange={(event) => set({ id: event.currentTarget.value })}
      />
      <Select
        label={w.action}
        description={isShare ? w.showOnlyRules : undefined}
        disabled={isShare}
        allowDeselect={false}
        data={Object.entries(w.actions).map(([value, label]) => ({ value, label }))}
        value={action}
        onChange={(value) => set({ action: value ?? form.action })}
      />
      <OptionalText
        label={w.reason}
        value={form.reason}
        error={problem('lock_reason')}
        change={(reason) => set({ reason })}
      />
      <CommandHint command={lockCommands.create({ ...form, id: form.id.trim(), action })} />
    </SidePanel>
  )
}
