/** Filters that are typed: ids, addresses, times. They are sent when one leaves the field, or presses Enter. */
import { Button, TextInput } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useWords } from '../../words/index.ts'
import type { AuditSearch } from './queries.ts'
import { localTime, utcTime } from './times.ts'

interface MoreFiltersProps {
  readonly search: AuditSearch
  readonly change: (filters: Readonly<Record<string, string | undefined>>) => void
}

const typed = ['user_id', 'project_id', 'target_type', 'target_id', 'address', 'request_id'] as const

export function MoreFilters({ search, change }: MoreFiltersProps) {
  const { audit: w } = useWords()
  const isUsed = [...typed, 'since', 'until'].some((name) => search[name as keyof AuditSearch] !== undefined)
  const labels = {
    user_id: w.userId,
    project_id: w.projectId,
    target_type: w.targetType,
    target_id: w.targetId,
    address: w.address,
    request_id: w.requestId,
  }
  if (!isUsed && search.more === undefined)
    return (
      <Button variant="subtle" color="gray" mb={8} onClick={() => change({ more: 'yes' })}>
        {w.more}
      </Button>
    )
  return (
    <search
      style={{
        display: 'grid',
        gridTemplateColumns: 'repeat(auto-fill, minmax(min(220px, 100%), 1fr))',
        gap: 8,
        marginBottom: 12,
      }}
    >
      {(['since', 'until'] as const).map((name) => (
        <Field
          key={name}
          label={w[name]}
          type="datetime-local"
          value={search[name] === undefined ? '' : localTime(search[name])}
          change={(value) => change({ [name]: value === '' ? undefined : utcTime(value) })}
        />
      ))}
      {typed.map((name) => (
        <Field
          key={name}
          label={labels[name]}
          value={search[name] ?? ''}
          change={(value) => change({ [name]: value === '' ? undefined : value })}
        />
      ))}
    </search>
  )
}

interface FieldProps {
  readonly label: string
  readonly value: string
  readonly type?: string
  readonly change: (value: string) => void
}

function Field({ label, value, type = 'text', change }: FieldProps) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const send = (): void => {
    if (text.trim() !== value) change(text.trim())
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      <TextInput
        size="xs"
        label={label}
        type={type}
        value={text}
        maxLength={255}
        onChange={(event) => setText(event.currentTarget.value)}
        onBlur={send}
      />
    </form>
  )
}
