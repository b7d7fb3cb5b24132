/** The form of a new share, in the order in which people think; what it costs and where it fits is asked while one types. */
import { Checkbox, NumberInput, Select } from '@mantine/core'
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { shareGroupAllows } from '../../../src/model/states.ts'
import { createShare } from '../../../src/wire/shares/schema.ts'
import { listSnapshotsDetail, showSnapshot } from '../../../src/wire/snapshots/schema.ts'
import { useConsole, type Console } from '../../api/console.ts'
import { listKey } from '../../api/reads.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { isRight } from '../../ui/pairs.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { visible } from '../../ui/plain-text.tsx'
import { OptionalLine, OptionalText } from '../../ui/optional-fields.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { groupChoicesQuery } from '../groups/choices.ts'
import { shareCommands } from './commands.ts'
import { AdvancedFields } from './create-advanced.tsx'
import { blankShare, bodyOf, formIn, type NewShareForm } from './new-share.ts'
import { PlacementPanel, usePlacement } from './placement.tsx'
import { listSearch, typesQuery, zonesQuery } from './queries.ts'
import { refusalOf } from './refusal.ts'
import { shareListRoute } from './route.tsx'
import { choiceOf, nameOf } from '../../ui/thing-name.ts'
import { TypeFacts } from './type-facts.tsx'

const sourcesQuery = ({ client }: Console, chosen: string | null) =>
  queryOptions({
    queryKey: listKey('snapshots', 'sources', chosen),
    queryFn: async () => {
      const { snapshots } = await client.call(listSnapshotsDetail, {
        query: { status: 'available', sort_key: 'created_at', sort_dir: 'desc', limit: 200 },
      })
      if (chosen === null || snapshots.some(({ id }) => id === chosen)) return snapshots
      return [(await client.call(showSnapshot, { params: { id: chosen } })).snapshot, ...snapshots]
    },
  })

export function CreateShare() {
  const { common, service, shares: w } = useWords()
  const problemAt = useProblemAt()
  const console = useConsole()
  const navigate = useNavigate({ from: shareListRoute.fullPath })
  const { snapshot: linked = null, group: linkedGroup = null } = shareListRoute.useSearch() as {
    readonly snapshot?: string
    readonly group?: string
  }
  const allTypes = useQuery(typesQuery(console)).data ?? []
  const zones = useQuery(zonesQuery(console)).data ?? []
  const sources = useQuery(sourcesQuery(console, linked)).data ?? []
  const groups = useQuery(groupChoicesQuery(console, linkedGroup)).data ?? []
  const first: NewShareForm = { ...blankShare, snapshot: linked, group: linkedGroup }
  const [typed, setTyped] = useState<NewShareForm>(first)
  const source = sources.find(({ id }) => id === typed.snapshot)
  const group = groups.find(({ id }) => id === typed.group)
  const types = group === undefined ? allTypes : allTypes.filter(({ id }) => group.share_types.includes(id))
  const form = formIn(typed, source, group, types)
  const set = (change: Partial<NewShareForm>): void => setTyped({ ...form, ...change })
  const type =
    types.find(({ name }) => name === form.type) ?? types.find(({ is_default }) => is_default === true)

  const body = bodyOf(form)
  const create = useMutation({
    mutationFn: () => console.client.call(createShare, { body }),
    onSuccess: async ({ share }) => {
      await Promise.all(
        ['shares', 'share-groups', 'limits'].map((noun) =>
          console.queries.invalidateQueries({ queryKey: [noun] }),
        ),
      )
      await navigate({ to: '/shares/$id', params: { id: share.id }, search: {}, ignoreBlocker: true })
    },
  })
  const own = (field: string) => problemAt(createShare.body, body, `share.${field}`)
  const fields = ['size', 'name', 'description', 'metadata', 'mount_point_name', 'scheduler_hints']
  const wrong = fields.map(own).find((problem) => problem !== null) ?? null
  const pairs = !isRight(form.metadata)
  const { placement, isAsking, isOld } = usePlacement(body.share, wrong === null && !pairs)
  const problem = (field: string): string | null => {
    const told = (isOld ? [] : (placement?.problems ?? [])).find((one) => one.field === field)?.message
    const said = refusalOf(create.error, field) ?? told
    return own(field) ?? (said === undefined ? null : visible(service.sentence(said)))
  }
  // Asked for now it would be refused; what is said of it stands at its field, where there is one.
  const refusal = isOld ? undefined : placement?.problems[0]
  const refused =
    refusal === undefined ? null : refusal.field === null ? visible(service.sentence(refusal.message)) : ''
  const close = (): void =>
    void navigate({ to: '/shares', search: (before) => listSearch(before as object) as never })
  return (
    <SidePanel
      title={w.create}
      submit={w.create}
      close={close}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={JSON.stringify(typed) !== JSON.stringify(first)}
      error={create.error}
      whyNot={wrong ?? (pairs ? common.pairWrong : null) ?? refused}
    >
      <OptionalLine
        label={common.name}
        value={form.name}
        error={problem('name')}
        isFirst
        change={(name) => set({ name })}
      />
      <NumberInput
        label={`${common.size} (${w.sizes.unit})`}
        description={w.form.size}
        value={form.size}
        min={source?.size ?? 1}
        allowDecimal={false}
        error={problem('size')}
        onChange={(size) => set({ size: size === '' ? Number.NaN : Number(size) })}
      />
      <div>
        <Select
          label={common.type}
          description={w.form.type}
          placeholder={type === undefined ? w.form.anyType : `${type.name} (${w.form.defaultType})`}
          clearable={group === undefined}
          searchable={types.length > 8}
          clearButtonProps={{ 'aria-label': `${common.clear}: ${common.type}` }}
          data={types.map(({ name }) => name)}
          value={form.type}
          error={problem('share_type')}
          onChange={(next) => set({ type: next })}
        />
        {type === undefined ? null : <TypeFacts type={type} />}
      </div>
      <Select
        label={w.protocol}
        description={w.form.protocol}
        data={[...new Set(['NFS', 'CIFS', 'CEPHFS', form.protocol])]}
        value={form.protocol}
        disabled={source !== undefined}
        error={problem('share_proto')}
        onChange={(protocol) => set({ protocol: protocol ?? 'NFS' })}
      />
      <Select
        label={common.zone}
        description={w.form.zone}
        placeholder={w.form.anyZone}
        clearable
        clearButtonProps={{ 'aria-label': `${common.clear}: ${common.zone}` }}
        data={zones.map(({ name }) => name)}
        value={form.zone}
        disabled={group !== undefined}
        error={problem('availability_zone')}
        onChange={(zone) => set({ zone })}
      />
      {sources.length === 0 ? null : (
        <Select
          label={w.form.fromSnapshot}
          description={w.form.snapshot}
          placeholder={w.form.noSnapshot}
          clearable
          searchable
          clearButtonProps={{ 'aria-label': `${common.clear}: ${w.form.fromSnapshot}` }}
          data={sources.map((one) => ({ value: one.id, label: visible(nameOf(one)).slice(0, 100) }))}
          value={form.snapshot}
          error={problem('snapshot_id')}
          onChange={(snapshot) => set({ snapshot })}
        />
      )}
      {groups.length === 0 ? null : (
        <Select
          label={w.form.group}
          description={w.form.groupHint}
          placeholder={w.form.noGroup}
          clearable
          searchable
          clearButtonProps={{ 'aria-label': `${common.clear}: ${w.form.group}` }}
          data={groups
            .filter((one) => one.id === form.group || shareGroupAllows.createShare(one))
            .map((one) => choiceOf(one))}
          value={form.group}
          error={problem('share_group_id')}
          onChange={(next) => set({ group: next, type: null, zone: null })}
        />
      )}
      <PlacementPanel placement={placement} isAsking={isAsking} size={form.size} />
      <OptionalText
        label={common.description}
        value={form.description}
        error={problem('description')}
        minRows={1}
        change={(description) => set({ description })}
      />
      <Checkbox
        label={w.form.isPublic}
        description={w.form.publicHint}
        checked={form.isPublic}
        error={problem('is_public')}
        onChange={(event) => set({ isPublic: event.currentTarget.checked })}
      />
      <AdvancedFields form={form} set={set} problem={problem} />
      <CommandHint command={shareCommands.create(form)} />
    </SidePanel>
  )
}
