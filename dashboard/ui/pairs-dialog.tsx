/** Changes keys and values of one thing; what is sent is what changed. The command that does the same stands below. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useWords } from '../words/index.ts'
import { CommandHint } from './command-hint.tsx'
import { FormDialog } from './form-dialog.tsx'
import { PairsField } from './pairs-field.tsx'
import { blankPair, changesOf, isRight, pairsOf, recordOf, type Pair } from './pairs.ts'

type Texts = Readonly<Record<string, string>>

interface PairsDialogProps {
  readonly title: string
  readonly label: string
  readonly record: Texts
  readonly remove: (key: string) => Promise<unknown>
  /** Adds these pairs, and replaces those that have the same key. */
  readonly merge: (pairs: Texts) => Promise<unknown>
  /** When something was sent, whatever came of it. */
  readonly after: () => Promise<unknown>
  readonly close: () => void
  /** Of pairs that are new or changed, and of keys that are gone; empty where nothing changed. */
  readonly command: (set: Texts, unset: readonly string[]) => string
}

export function PairsDialog(props: PairsDialogProps) {
  const { title, label, record, remove, merge, after, close, command } = props
  const { common } = useWords()
  // What there is may change behind the dialog; what is typed is against what was there when it opened.
  const [before] = useState(record)
  const [pairs, setPairs] = useState<readonly Pair[]>(() =>
    Object.keys(before).length === 0 ? [blankPair()] : pairsOf(before),
  )
  const { set, unset } = changesOf(before, recordOf(pairs))
  const hint = command(set, unset)
  const save = useMutation({
    mutationFn: async () => {
      for (const key of unset) await remove(key)
      if (Object.keys(set).length > 0) await merge(set)
    },
    onSuccess: close,
    onSettled: after,
  })
  return (
    <FormDialog
      title={title}
      verb={common.save}
      run={save.mutate}
      close={close}
      isSending={save.isPending}
      error={save.error}
      whyNot={isRight(pairs) ? null : ''}
    >
      <PairsField label={label} pairs={pairs} change={setPairs} />
      <CommandHint command={hint} />
    </FormDialog>
  )
}
