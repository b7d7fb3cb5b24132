/** Changes keys and values of one thing; what is sent is what changed. The command that does the same stands below. */
import { Button, Modal } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { useWords } from '../words/index.ts'
import { CommandHint } from './command-hint.tsx'
import { Failure } from './failure.tsx'
import classes from './pairs-field.module.css'
import { pairProblem, PairsField, pairsOf, recordOf } from './pairs-field.tsx'
import { command as commandOf } from './shell-quote.ts'

interface PairsDialogProps {
  readonly title: string
  readonly label: string
  readonly record: Readonly<Record<string, string>>
  /** All pairs as they are to be. */
  readonly save: (next: Readonly<Record<string, string>>) => void
  readonly isSending: boolean
  readonly error: unknown
  readonly close: () => void
  /** Words of the commands, for pairs `key=value` that changed and keys that are gone. */
  readonly command?: (
    changed: readonly string[],
    gone: readonly string[],
  ) => readonly (readonly string[] | null)[]
}

export function PairsDialog(props: PairsDialogProps) {
  const { title, label, record, save, isSending, error, close, command } = props
  const { common } = useWords()
  const [pairs, setPairs] = useState(() =>
    Object.keys(record).length === 0 ? [['', ''] as const] : pairsOf(record),
  )
  const next = recordOf(pairs)
  const changed = Object.entries(next).filter(([key, value]) => record[key] !== value)
  const gone = Object.keys(record).filter((key) => !Object.hasOwn(next, key))
  const isReady = pairs.every((pair) => pairProblem(pair) === null)
  const submitted = (event: FormEvent): void => {
    event.preventDefault()
    if (isReady && !isSending) save(next)
  }
  const commands = (
    command?.(
      changed.map((pair) => pair.join('=')),
      gone,
    ) ?? []
  ).filter((one): one is readonly string[] => one !== null)
  return (
    <Modal opened onClose={close} title={title} size={520} closeButtonProps={{ 'aria-label': common.close }}>
      <form onSubmit={submitted} className={classes.form} noValidate>
        <PairsField label={label} pairs={pairs} change={(some) => setPairs([...some])} />
        {commands.length === 0 ? null : (
          <CommandHint command={commands.map((words) => commandOf(...words)).join('\n')} />
        )}
        {error === undefined || error === null ? null : <Failure error={error} what={common.save} />}
        <div className={classes.foot}>
          <Button variant="default" onClick={close}>
            {common.cancel}
          </Button>
          <Button type="submit" loading={isSending} disabled={!isReady}>
            {common.save}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
