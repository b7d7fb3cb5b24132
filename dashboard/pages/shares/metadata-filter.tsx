/** Shares with a pair of metadata, typed as `key=value`. */
import { TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useWords } from '../../words/index.ts'
import { metadataFilter } from './queries.ts'

interface MetadataFilterProps {
  readonly value: string | undefined
  readonly change: (value: string | undefined) => void
}

export function MetadataFilter({ value = '', change }: MetadataFilterProps) {
  const { shares: w } = useWords()
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  const asked = (): void => {
    if (typed === value) return
    if (typed === '') change(undefined)
    else if (metadataFilter(typed) !== undefined) change(typed)
  }
  return (
    <TextInput
      size="xs"
      aria-label={w.metadataFilter}
      placeholder={w.metadataFilter}
      value={typed}
      maxLength={500}
      error={typed !== '' && metadataFilter(typed) === undefined}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={asked}
      onKeyDown={(event) => {
        if (event.key === 'Enter') asked()
      }}
    />
  )
}
