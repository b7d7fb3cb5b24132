/** Dialogs that are alike for whatever has a name, a status and an end: each says what will happen before it does. */
import { Select, Textarea, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { useConsole } from '../api/console.ts'
import type { Noun } from '../api/reads.ts'
import { useWords } from '../words/index.ts'
import { BulkDialog, type BulkRow } from './bulk-dialog.tsx'
import { CommandHint } from './command-hint.tsx'
import { Confirm } from './confirm.tsx'

type Client = ReturnType<typeof useConsole>['client']
type Send = (client: Client) => Promise<unknown>

interface Asking {
  /** As sentences call it. */
  readonly called: string
  /** What is read again afterwards, besides what may be done. */
  readonly nouns: readonly Noun[]
  readonly close: () => void
}

/** Sends, closes, and lets everything about the nouns be read again. */
function useSending<Asked>(
  { nouns, close }: Asking,
  send: (client: Client, asked: Asked) => Promise<unknown>,
) {
  const { client, queries } = useConsole()
  return useMutation({
    mutationFn: (asked: Asked) => send(client, asked),
    onSuccess: close,
    onSettled: () =>
      Promise.all([...nouns, 'permissions'].map((noun) => queries.invalidateQueries({ queryKey: [noun] }))),
  })
}

export interface Changed {
  readonly name?: string
  readonly description?: string
}

type RenameDialogProps = Asking & {
  readonly name: string | null
  readonly description: string | null
  /** What is wrong with a field, of what changed. */
  readonly problem: (changed: Changed, field: 'name' | 'description') => string | null
  readonly save: (client: Client, changed: Changed) => Promise<unknown>
  readonly command: (changed: Changed) => string
}

/** Name and description; only what changed is sent. */
export function RenameDialog({ name, description, problem, save, command, ...of }: RenameDialogProps) {
  const { common, things: w } = useWords()
  const [form, setForm] = useState({ name: name ?? '', description: description ?? '' })
  const changed: Changed = {
    ...(form.name === (name ?? '') ? {} : { name: form.name }),
    ...(form.description === (description ?? '') ? {} : { description: form.description }),
  }
  const isUnchanged = Object.keys(changed).length === 0
  const sending = useSending(of, save)
  return (
    <Confirm
      title={w.renameTitle(of.called)}
      verb={common.save}
      run={isUnchanged ? of.close : () => sending.mutate(changed)}
      close={of.close}
      isSending={sending.isPending}
      error={sending.error}
    >
      <TextInput
        label={common.name}
        value={form.name}
        data-autofocus
        error={problem(changed, 'name')}
        onChange={(event) => setForm({ ...form, name: event.currentTarget.value })}
      />
      <Textarea
        label={common.description}
        value={form.description}
        autosize
        minRows={2}
        maxRows={6}
        error={problem(changed, 'description')}
        onChange={(event) => setForm({ ...form, description: event.currentTarget.value })}
      />
      {isUnchanged ? null : <CommandHint command={command(changed)} />}
    </Confirm>
  )
}

type ResetDialogProps = Asking & {
  readonly statuses: readonly string[]
  readonly reset: (client: Client, status: string) => Promise<unknown>
  readonly command: (status: string) => string
  /** What it does and does not. */
  readonly children: ReactNode
}

/** An administrator writes a status by hand. */
export function ResetDialog({ statuses, reset, command, children, ...of }: ResetDialogProps) {
  const { common, service, things: w } = useWords()
  const [status, setStatus] = useState('available')
  const sending = useSending(of, reset)
  return (
    <Confirm
      title={w.resetTitle(of.called)}
      verb={w.resetStatus}
      run={() => sending.mutate(status)}
      close={of.close}
      isSending={sending.isPending}
      error={sending.error}
    >
      <p>{children}</p>
      <Select
        label={common.status}
        allowDeselect={false}
        data={statuses.map((value) => ({ value, label: service.status(value) }))}
        value={status}
        onChange={(value) => setStatus(value ?? status)}
      />
      <CommandHint command={command(status)} />
    </Confirm>
  )
}

type EndDialogProps = Asking & {
  readonly send: Send
  readonly command: string
  /** What is lost. */
  readonly children: ReactNode
  /** To be typed first, where data dies. */
  readonly typed?: string
  /** In place of those of deleting. */
  readonly title?: string
  readonly verb?: string
}

/** One thing ends: it is deleted, or the service forgets it. */
export function EndDialog({ send, command, children, typed, title, verb, ...of }: EndDialogProps) {
  const { things: w } = useWords()
  const sending = useSending(of, (client) => send(client))
  return (
    <Confirm
      title={title ?? w.deleteTitle(of.called)}
      verb={verb ?? w.deleteVerb}
      danger
      {...(typed === undefined ? {} : { typed })}
      run={() => sending.mutate(undefined)}
      close={of.close}
      isSending={sending.isPending}
      error={sending.error}
    >
      {children}
      <CommandHint command={command} />
    </Confirm>
  )
}

interface DeleteSeveralProps extends Omit<Asking, 'called'> {
  readonly rows: readonly BulkRow[]
  readonly count: (count: number) => string
  readonly each: (client: Client, id: string) => Promise<unknown>
  readonly command: (ids: readonly string[]) => string
  readonly children: ReactNode
}

export function DeleteSeveral({ rows, count, each, command, children, nouns, close }: DeleteSeveralProps) {
  const { things: w } = useWords()
  const { client, queries } = useConsole()
  // The rows as they were when it was asked: they go away one by one.
  const [asked] = useState(rows)
  const able = asked.filter(({ whyNot }) => whyNot === null)
  return (
    <BulkDialog
      title={w.deleteTitle(count(asked.length))}
      verb={w.deleteVerb}
      danger
      typed={count(asked.length)}
      rows={asked}
      each={(id) => each(client, id)}
      close={close}
      after={() => Promise.all(nouns.map((noun) => queries.invalidateQueries({ queryKey: [noun] })))}
    >
      <p>{children}</p>
      <CommandHint command={command(able.map(({ id }) => id))} />
    </BulkDialog>
  )
}
