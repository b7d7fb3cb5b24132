/** Fields of a form that may stay empty: a line, or as many as somebody writes. */
import { Textarea, TextInput } from '@mantine/core'
import { useWords } from '../words/index.ts'

interface OptionalProps {
  readonly label: string
  readonly value: string
  /** What is wrong with it, if anything is. */
  readonly error: string | null
  readonly change: (value: string) => void
}

/** `isFirst`: it has the focus when the form opens. */
export function OptionalLine({
  label,
  value,
  error,
  change,
  isFirst,
}: OptionalProps & { readonly isFirst?: boolean }) {
  const { common } = useWords()
  return (
    <TextInput
      label={label}
      description={common.optional}
      className="optional"
      value={value}
      error={error}
      data-autofocus={isFirst || undefined}
      onChange={(event) => change(event.currentTarget.value)}
    />
  )
}

/** Grows with what is written, from `minRows` lines to six. */
export function OptionalText({
  label,
  value,
  error,
  change,
  minRows = 2,
}: OptionalProps & { readonly minRows?: number }) {
  const { common } = useWords()
  return (
    <Textarea
      label={label}
      description={common.optional}
      className="optional"
      value={value}
      autosize
      minRows={minRows}
      maxRows={6}
      error={error}
      onChange={(event) => change(event.currentTarget.value)}
    />
  )
}
