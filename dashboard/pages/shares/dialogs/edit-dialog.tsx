/** Name, description, and whether other projects see it. Only what was changed is sent. */
import { Checkbox, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { updateShare } from '../../../../src/wire/shares/schema.ts'
import { useConsole } from '../../../api/console.ts'
import { usePermissions } from '../../../api/permissions.ts'
import { CommandHint } from '../../../ui/command-hint.tsx'
import { FormDialog } from '../../../ui/form-dialog.tsx'
import { useProblemAt } from '../../../ui/problem-at.ts'
import { useWords } from '../../../words/index.ts'
import type { ShareView } from '../queries.ts'
import { nameOf } from '../../../ui/thing-name.ts'
import { shareCommands } from '../commands.ts'

export function EditDialog({ share, close }: { readonly share: ShareView; readonly close: () => void }) {
  const { common, shares: w } = useWords()
  const problemAt = useProblemAt()
  const { client, queries } = useConsole()
  const permissions = usePermissions('share', [share])
  const before = {
    name: share.name ?? '',
    description: share.description ?? '',
    isPublic: share.is_public,
  }
  const [form, setForm] = useState(before)
  const set = (change: Partial<typeof before>): void => setForm((old) => ({ ...old, ...change }))
  const changed = {
    ...(form.name === before.name ? {} : { display_name: form.name }),
    ...(form.description === before.description ? {} : { display_description: form.description }),
    ...(form.isPublic === before.isPublic ? {} : { is_public: form.isPublic }),
  }
  const body = { share: changed }
  const save = useMutation({
    mutationFn: () => client.call(updateShare, { params: { id: share.id }, body }),
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: ['shares'] }),
  })
  const problem = (field: string) => problemAt(updateShare.body, body, `share.${field}`)
  const publicVerdict = permissions.verdict(share.id, 'set_public')
  const isUnchanged = Object.keys(changed).length === 0
  return (
    <FormDialog
      title={w.deeds.edit.title(nameOf(share))}
      verb={w.deeds.edit.verb}
      run={isUnchanged ? close : () => save.mutate()}
      close={close}
      isSending={save.isPending}
      error={save.error}
      whyNot={problem('display_name') ?? problem('display_description')}
    >
      <TextInput
        label={common.name}
        value={form.name}
        data-autofocus
        error={problem('display_name')}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <Textarea
        label={common.description}
        value={form.description}
        autosize
        minRows={2}
        maxRows={8}
        error={problem('display_description')}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      {publicVerdict.code === 'policy' && !share.is_public ? null : (
        <Checkbox
          label={w.form.isPublic}
          description={publicVerdict.allowed ? w.form.publicHint : publicVerdict.why}
          checked={form.isPublic}
          disabled={!publicVerdict.allowed && !form.isPublic}
          onChange={(event) => set({ isPublic: event.currentTarget.checked })}
        />
      )}
      {isUnchanged ? null : (
        <CommandHint
          command={shareCommands.edit(share.id, {
            name: changed.display_name,
            description: changed.display_description,
            isPublic: changed.is_public,
          })}
        />
      )}
    </FormDialog>
  )
}
