/** One line of filters above a list: a text that is looked for, chosen words, "clear". All of it is in the URL. */
import { Button, Select, Switch, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { Children, useEffect, useState, type ReactNode } from 'react'
import { useWords, type Words } from '../words/index.ts'
import classes from './filter-bar.module.css'

export interface Choice {
  readonly name: string
  readonly label: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  /** Told when somebody looks at the options, for those that are read only then. */
  readonly opened?: () => void
}

/** Things in one of these statuses alone. */
export const statusChoice = ({ common, service }: Words, statuses: readonly string[]): Choice => ({
  name: 'status',
  label: common.status,
  options: statuses.map((value) => ({ value, label: service.status(value) })),
})

export type Filters = Readonly<Record<string, string | undefined>>

/** The address with other filters: what they let through is read from its first page. */
export const withFilters =
  (filters: Filters) =>
  (before: object): never =>
    ({ ...before, ...filters, after: undefined, before: undefined }) as never

interface FilterBarProps {
  readonly search: Filters
  /** Of the text field; absent = none. */
  readonly text?: { readonly name: string; readonly label: string }
  readonly choices?: readonly Choice[]
  /** Undefined takes a filter away. */
  readonly change: (filters: Filters) => void
  /** With a switch for those of every project. */
  readonly ofAll?: boolean
  /** Filters among the children: "clear" takes them away as well. */
  readonly more?: readonly string[]
  readonly children?: ReactNode
}

const pauseMs = 300

export function FilterBar(props: FilterBarProps) {
  const { search, text, choices = [], change, ofAll = false, more = [], children } = props
  const { common, frame } = useWords()
  const names = [...(text === undefined ? [] : [text.name]), ...choices.map(({ name }) => name), ...more]
  const isFiltered = names.some((name) => search[name] !== undefined)
  const [isOpen, setOpen] = useState(false)
  const rest = choices.length + Children.toArray(children).length + (ofAll ? 1 : 0)
  return (
    <search className={classes.bar}>
      {text === undefined ? null : (
        <SearchField
          label={text.label}
          value={search[text.name] ?? ''}
          change={(value) => change({ [text.name]: value })}
        />
      )}
      {rest < 2 ? null : (
        <Button
          variant="default"
          aria-expanded={isOpen}
          className={classes.toggle ?? ''}
          onClick={() => setOpen(!isOpen)}
        >
          {common.filters}
        </Button>
      )}
      <div className={classes.rest} data-closed={(rest > 1 && !isOpen) || undefined}>
        {choices.map(({ name, label, options, opened }) => (
          <Select
            key={name}
            size="xs"
            aria-label={label}
            placeholder={`${label}: ${common.any}`}
            clearable
            allowDeselect
            searchable={options.length > 8}
            data={[...options]}
            {...(opened === undefined ? {} : { onDropdownOpen: opened })}
            value={search[name] ?? null}
            onChange={(value) => change({ [name]: value ?? undefined })}
            className={classes.choice}
            clearButtonProps={{ 'aria-label': `${common.clear}: ${label}` }}
          />
        ))}
        {children}
        {ofAll ? (
          <Switch
            label={frame.allProjects}
            checked={search.all === '1'}
            onChange={(event) => change({ all: event.currentTarget.checked ? '1' : undefined })}
          />
        ) : null}
      </div>
      {isFiltered ? (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => change(Object.fromEntries(names.map((name) => [name, undefined])))}
        >
          {common.clear}
        </Button>
      ) : null}
    </search>
  )
}

interface SearchFieldProps {
  readonly label: string
  readonly value: string
  readonly change: (value: string | undefined) => void
}

function SearchField({ label, value, change }: SearchFieldProps) {
  const [typed, setTyped] = useState(value)
  useEffect(() => setTyped(value), [value])
  useEffect(() => {
    if (typed === value) return
    const timer = setTimeout(() => change(typed === '' ? undefined : typed), pauseMs)
    return () => clearTimeout(timer)
    // `change` is another function at each drawing and means the same.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [typed, value])
  return (
    <TextInput
      size="xs"
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={14} aria-hidden />}
      className={classes.text}
      value={typed}
      maxLength={255}
      onChange={(event) => setTyped(event.currentTarget.value)}
    />
  )
}
