/** A short form in a dialog: a few fields, what follows from them, one verb. What is longer is a `SidePanel`. */
import { Button, Modal } from '@mantine/core'
import type { FormEvent, ReactNode } from 'react'
import { useWords } from '../words/index.ts'
import classes from './confirm.module.css'
import { Failure } from './failure.tsx'

interface FormDialogProps {
  readonly title: string
  readonly children: ReactNode
  /** Of the button: "Extend". */
  readonly verb: string
  readonly run: () => void
  readonly close: () => void
  readonly danger?: boolean
  /** Why it can't be sent as it is; it stands beside the button. Empty where it is said elsewhere. */
  readonly whyNot?: string | null
  readonly isSending?: boolean
  readonly error?: unknown
}

export function FormDialog(props: FormDialogProps) {
  const { title, children, verb, run, close, danger = false, whyNot = null, isSending = false, error } = props
  const { common } = useWords()
  const submitted = (event: FormEvent): void => {
    event.preventDefault()
    event.stopPropagation()
    if (whyNot === null && !isSending) run()
  }
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size={500}
      closeButtonProps={{ 'aria-label': common.close }}
      classNames={{ title: classes.title }}
    >
      <form onSubmit={submitted} className={classes.form} noValidate>
        {children}
        {error === undefined || error === null ? null : <Failure error={error} what={verb} />}
        <div className={classes.foot}>
          {whyNot === null || whyNot === '' ? null : <span className={classes.why}>{whyNot}</span>}
          <Button variant="default" onClick={close}>
            {common.cancel}
          </Button>
          <Button
            type="submit"
            color={danger ? 'bad' : undefined}
            disabled={whyNot !== null}
            loading={isSending}
          >
            {verb}
          </Button>
        </div>
      </form>
    </Modal>
  )
}
