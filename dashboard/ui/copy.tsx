/** A text and a button that copies it, whole. */
import { ActionIcon } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { useWords } from '../words/index.ts'
import classes from './copy.module.css'

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const { common } = useWords()
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = setTimeout(() => setCopied(false), 1500)
    return () => clearTimeout(timer)
  }, [isCopied])
  const copy = (): void => void navigator.clipboard.writeText(text).then(() => setCopied(true))
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size={22}
      className={classes.button}
      aria-label={isCopied ? common.copied : common.copy(what)}
      onClick={copy}
    >
      {isCopied ? <IconCheck size={14} /> : <IconCopy size={14} />}
    </ActionIcon>
  )
}

/** The first eight characters of an id; copying gives all of it. */
export function ShortId({ id, what = 'ID' }: { readonly id: string; readonly what?: string }) {
  return (
    <span className={classes.id}>
      <code title={id}>{id.slice(0, 8)}</code>
      <CopyButton text={id} what={`${what} ${id.slice(0, 8)}`} />
    </span>
  )
}

/** A path, command or other text to take along, in one line that wraps. */
export function CopyText({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <span className={classes.text}>
      <code>{text}</code>
      <CopyButton text={text} what={what} />
    </span>
  )
}
