/** The form of a new share group: empty, of share types that go together, or with the shares of a group snapshot. */
import { Select } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { createShareGroup } from '../../../src/wire/share-groups/schema.ts'
import { useConsole, useWho } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Notice } from '../../ui/notice.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { useProblemAt } from '../../ui/problem-at.ts'
import { OptionalLine, OptionalText } from '../../ui/optional-fields.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { choiceOf } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { groupSnapshotSourcesQuery } from '../group-snapshots/queries.ts'
import { typesQuery, zonesQuery } from '../shares/queries.ts'
import { ChosenTypes } from '../types/chosen-types.tsx'
import { groupCommands, type NewGroupForm } from './commands.ts'
import { usableGroupTypesQuery } from './queries.ts'
import { groupListRoute } from './route.tsx'

/** What is empty is not sent: the service has its own defaults. */
const bodyOf = ({ name, description, type, shareTypes, zone, source }: NewGroupForm) => ({
  share_group: {
    ...(name === '' ? {} : { name }),
    ...(description === '' ? {} : { description }),
    ...(type === null ? {} : { share_group_type_id: type }),
    ...(shareTypes.length === 0 ? {} : { share_types: [...shareTypes] }),
    ...(zone === null ? {} : { availability_zone: zone }),
    ...(source === null ? {} : { source_share_group_snapshot_id: source }),
  },
})

export function CreateGroupPage() {
  const { common, groups: w } = useWords()
  const problemAt = useProblemAt()
  const console = useConsole()
  const { is_admin: isAdmin } = useWho()
  const navigate = useNavigate()
  const search = groupListRoute.useSearch() as { readonly snapshot?: string }
  const groupTypes = useQuery(usableGroupTypesQuery(console)).data
  const shareTypes = useQuery(typesQuery(console)).data ?? []
  const zones = useQuery(zonesQuery(console)).data ?? []
  const sources = useQuery(groupSnapshotSourcesQuery(console, search.snapshot ?? null)).data ?? []
  const first = {
    name: '',
    description: '',
    type: null as string | null,
    /** Null: all that there are, until somebody chooses. */
    shareTypes: null as readonly string[] | null,
    zone: null as string | null,
    source: search.snapshot ?? null,
  }
  const [typed, setTyped] = useState(first)
  const set = (change: Partial<typeof first>): void => setTyped((before) => ({ ...before, ...change }))
  const type =
    groupTypes?.find(({ id }) => id === typed.type) ??
    groupTypes?.find(({ is_default }) => is_default === true) ??
    (groupTypes?.length === 1 ? groupTypes[0] : undefined)
  const possible = shareTypes.filter(({ id }) => type?.share_types.includes(id) === true)
  const isEmpty = typed.source === null
  const chosen = (typed.shareTypes ?? possible.map(({ id }) => id)).filter((id) =>
    possible.some((one) => one.id === id),
  )
  const form: NewGroupForm = {
    ...typed,
    type: isEmpty || typed.type !== null ? (type?.id ?? null) : null,
    shareTypes: isEmpty ? chosen : [],
    zone: isEmpty ? typed.zone : null,
  }
  const body = bodyOf(form)
  const create = useMutation({
    mutationFn: () => console.client.call(createShareGroup, { body }),
    onSuccess: async ({ share_group }) => {
      await Promise.all(
        ['share-groups', 'shares', 'limits'].map((noun) =>
          console.queries.invalidateQueries({ queryKey: [noun] }),
        ),
      )
      await navigate({ to: '/groups/$id', params: { id: share_group.id }, ignoreBlocker: true })
    },
  })
  const problem = (field: string) => problemAt(createShareGroup.body, body, `share_group.${field}`)
  const missing = !isEmpty
    ? null
    : type === undefined
      ? w.form.noType
      : chosen.length === 0
        ? w.form.noShareType
        : null
  return (
    <SidePanel
      title={w.create}
      submit={w.create}
      close={() => void navigate({ to: '/groups', search: {} as never })}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={!create.isSuccess && JSON.stringify(typed) !== JSON.stringify(first)}
      error={create.error}
      whyNot={problem('name') ?? problem('description') ?? (groupTypes?.length === 0 ? '' : missing)}
    >
      {groupTypes?.length === 0 && isEmpty ? (
        <Notice
          tone="warning"
          title={w.form.noTypes}
          actions={
            isAdmin ? <Link to={'/admin/group-types/new' as never}>{w.form.makeType}</Link> : undefined
          }
        >
          {isAdmin ? null : <p>{w.form.noTypesNext}</p>}
        </Notice>
      ) : null}
      <OptionalLine
        label={common.name}
        value={form.name}
        error={problem('name')}
        isFirst
        change={(name) => set({ name })}
      />
      {sources.length === 0 ? null : (
        <Select
          label={w.source}
          description={w.form.source}
          placeholder={w.form.noSource}
          clearable
          searchable
          clearButtonProps={{ 'aria-label': `${common.clear}: ${w.source}` }}
          data={sources.map(choiceOf)}
          value={form.source}
          onChange={(source) => set({ source })}
        />
      )}
      {isEmpty ? (
        <>
          <Select
            label={w.type}
            description={w.form.type}
            data={(groupTypes ?? []).map(({ id, name }) => ({ value: id, label: visible(name) }))}
            value={type?.id ?? null}
            allowDeselect={false}
            onChange={(next) => set({ type: next, shareTypes: null })}
          />
          {possible.length === 0 ? null : (
            <ChosenTypes
              hint={w.form.shareTypes}
              possible={possible}
              chosen={chosen}
              change={(next) => set({ shareTypes: next })}
            />
          )}
          <Select
            label={common.zone}
            description={w.form.zone}
            placeholder={w.form.anyZone}
            clearable
            clearButtonProps={{ 'aria-label': `${common.clear}: ${common.zone}` }}
            data={zones.map(({ name }) => name)}
            value={form.zone}
            onChange={(zone) => set({ zone })}
          />
        </>
      ) : null}
      <OptionalText
        label={common.description}
        value={form.description}
        error={problem('description')}
        change={(description) => set({ description })}
      />
      <CommandHint command={groupCommands.create(form)} />
    </SidePanel>
  )
}
