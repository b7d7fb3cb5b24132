/** Asks before something is lost: what, in numbers; what can be undone and until when. Where data dies for good, the name is typed. */
import { Button, Modal, TextInput } from '@mantine/core'
import { useState, type FormEvent, type ReactNode } from 'react'
import { useWords } from '../words/index.ts'
import classes from './confirm.module.css'
import { Failure } from './failure.tsx'
import { visible } from './plain-text.tsx'

interface ConfirmProps {
  readonly title: string
  readonly children: ReactNode
  /** Of the button: "Delete for good". */
  readonly verb: string
  readonly run: () => void
  readonly close: () => void
  /** Of the other button. */
  readonly back?: string
  readonly danger?: boolean
  /** To be typed first. */
  readonly typed?: string
  readonly isSending?: boolean
  readonly error?: unknown
}

export function Confirm(props: ConfirmProps) {
  const { title, children, verb, run, close, back, danger = false, typed, isSending = false, error } = props
  const { common } = useWords()
  const [text, setText] = useState('')
  // What can't be typed is not asked for.
  const wanted = typed === undefined || visible(typed) !== typed || typed.length > 80 ? undefined : typed
  const isReady = wanted === undefined || text === wanted
  const submitted = (event: FormEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    if (isReady && !isSending) run()
  }
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size={460}
      closeButtonProps={{ 'aria-label': common.close }}
      classNames={{ title: classes.title }}
    >
      <form onSubmit={submitted} className={classes.form}>
        <div className={classes.text}>{children}</div>
        {wanted === undefined ? null : (
          <TextInput
            label={common.typeToConfirm(wanted)}
            value={text}
            autoComplete="off"
            data-autofocus
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        {error === undefined || error === null ? null : <Failure error={error} what={verb} />}
        <div className={classes.foot}>
          <Button variant="default" onClick={close} data-autofocus={wanted === undefined || undefined}>
            {back ?? common.cancel}
          </Button>
          <Button type="submit" color={danger ? 'bad' : undefined} disabled={!isReady} loading={isSending}>
            {verb}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
