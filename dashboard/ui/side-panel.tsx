/**
 * A form beside what it is about (the whole page on phones). Leaving one that was begun asks first; while its answer is awaited nothing is
 * sent twice.
 */
import { Button, Drawer } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import type { FormEvent, ReactNode } from 'react'
import { useWords } from '../words/index.ts'
import { Confirm } from './confirm.tsx'
import { Failure } from './failure.tsx'
import classes from './side-panel.module.css'

interface SidePanelProps {
  readonly title: string
  readonly close: () => void
  /** The verb: "Create share". */
  readonly submit: string
  readonly send: () => void
  readonly isSending: boolean
  /** Something was typed that would be lost. */
  readonly isDirty: boolean
  /** Of the last try. */
  readonly error?: unknown
  /** Why it can't be sent as it is. Empty where it is said at a field. */
  readonly whyNot?: string | null
  readonly children: ReactNode
}

export function SidePanel(props: SidePanelProps) {
  const { title, close, submit, send, isSending, isDirty, error, whyNot, children } = props
  const { common } = useWords()
  const isInTheWay = isDirty && !isSending
  const blocker = useBlocker({
    shouldBlockFn: () => isInTheWay,
    enableBeforeUnload: () => isInTheWay,
    withResolver: true,
  })
  const submitted = (event: FormEvent): void => {
    event.preventDefault()
    if (!isSending && (whyNot === null || whyNot === undefined)) send()
  }
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size={480}
      title={title}
      classNames={{
        content: classes.content,
        header: classes.header,
        body: classes.body,
        title: classes.title,
      }}
      closeButtonProps={{ 'aria-label': common.close }}
    >
      <form onSubmit={submitted} className={classes.form} noValidate>
        <div className={classes.fields}>
          {children}
          {error === undefined || error === null ? null : <Failure error={error} what={submit} />}
        </div>
        <div className={classes.foot}>
          {whyNot === null || whyNot === undefined || whyNot === '' ? null : (
            <span className={classes.why}>{whyNot}</span>
          )}
          <Button variant="default" size="sm" onClick={close}>
            {common.cancel}
          </Button>
          <Button
            type="submit"
            size="sm"
            loading={isSending}
            disabled={whyNot !== null && whyNot !== undefined}
          >
            {submit}
          </Button>
        </div>
      </form>
      {blocker.status === 'blocked' ? (
        <Confirm
          title={common.unsavedTitle}
          verb={common.leave}
          back={common.stay}
          close={blocker.reset}
          run={blocker.proceed}
        >
          {common.unsavedText}
        </Confirm>
      ) : null}
    </Drawer>
  )
}
