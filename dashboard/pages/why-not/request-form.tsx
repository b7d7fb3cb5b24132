/** What is asked of the scheduler; all of it is in the address, so that the question can be sent to a colleague. */
import { Button, NumberInput, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { useWords } from '../../words/index.ts'
import { useProjects } from '../admin/project-names.ts'
import { allTypesQuery } from '../types/queries.ts'
import { protocols, zonesQuery, type WhyNotSearch } from './queries.ts'
import classes from './why-not.module.css'

interface RequestFormProps {
  readonly search: WhyNotSearch
  readonly change: (search: Readonly<Record<string, string | undefined>>) => void
}

const pauseMs = 300

export function RequestForm({ search, change }: RequestFormProps) {
  const { whyNot: w } = useWords()
  const console = useConsole()
  const types = useQuery(allTypesQuery(console))
  const zones = useQuery(zonesQuery(console))
  const projects = useProjects()
  const hasMore =
    search.more !== undefined ||
    [search.snapshot, search.only, search.near, search.apart].some((one) => one !== undefined)
  return (
    <form className={classes.form} onSubmit={(event) => event.preventDefault()}>
      <Typed label={w.size} value={search.size ?? '1'} isNumber change={(size) => change({ size })} />
      <Select
        label={w.protocol}
        data={[...protocols]}
        value={search.proto ?? 'NFS'}
        onChange={(proto) => change({ proto: proto ?? undefined })}
      />
      <Select
        label={w.type}
        placeholder={w.anyType}
        clearable
        searchable
        data={(types.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={search.type ?? null}
        onChange={(type) => change({ type: type ?? undefined })}
      />
      <Select
        label={w.zone}
        placeholder={w.anyZone}
        clearable
        data={(zones.data ?? []).map(({ name }) => name)}
        value={search.zone ?? null}
        onChange={(zone) => change({ zone: zone ?? undefined })}
      />
      {projects.length === 0 ? null : (
        <Select
          label={w.project}
          placeholder={w.ownProject}
          clearable
          searchable
          data={projects.map(({ id, name }) => ({ value: id, label: name }))}
          value={search.project ?? null}
          onChange={(project) => change({ project: project ?? undefined })}
        />
      )}
      {hasMore ? (
        <>
          <Typed
            label={w.onlyHost}
            hint={w.onlyHostHint}
            value={search.only ?? ''}
            change={(only) => change({ only })}
          />
          <Typed
            label={w.near}
            hint={w.sharesHint}
            value={search.near ?? ''}
            change={(near) => change({ near })}
          />
          <Typed
            label={w.apart}
            hint={w.sharesHint}
            value={search.apart ?? ''}
            change={(apart) => change({ apart })}
          />
          <Typed
            label={w.snapshot}
            hint={w.snapshotHint}
            value={search.snapshot ?? ''}
            change={(snapshot) => change({ snapshot })}
          />
        </>
      ) : (
        <Button
          variant="subtle"
          color="gray"
          className={classes.more}
          onClick={() => change({ more: 'yes' })}
        >
          {w.more}
        </Button>
      )}
    </form>
  )
}

interface TypedProps {
  readonly label: string
  readonly hint?: string
  readonly value: string
  readonly isNumber?: boolean
  readonly change: (value: string | undefined) => void
}

/** Sent when one pauses. */
function Typed({ label, hint, value, isNumber = false, change }: TypedProps) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  useEffect(() => {
    if (text === value) return
    const timer = setTimeout(() => change(text.trim() === '' ? undefined : text.trim()), pauseMs)
    return () => clearTimeout(timer)
    // `change` is another function at each drawing and means the same.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [text, value])
  return isNumber ? (
    <NumberInput
      label={label}
      suffix=" GiB"
      min={1}
      allowDecimal={false}
      value={text}
      onChange={(next) => setText(String(next))}
    />
  ) : (
    <TextInput
      label={label}
      description={hint}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
    />
  )
}
