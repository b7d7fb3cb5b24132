/** Takes over a file system that exists on a backend, for administrators. */
import { Checkbox, Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { manageShare, type ManageShare as ManageBody } from '../../../src/wire/shares/schema.ts'
import type { Static } from 'typebox'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { PairsField } from '../../ui/pairs-field.tsx'
import { isRight, recordOf, type Pair } from '../../ui/pairs.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { OptionalLine } from '../../ui/optional-fields.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { shareCommands } from './commands.ts'
import { typesQuery } from './queries.ts'
import { shareListRoute } from './route.tsx'

const blank = {
  host: '',
  protocol: 'NFS',
  path: '',
  name: '',
  type: null as string | null,
  isPublic: false,
  options: [] as readonly Pair[],
}

export function ManageShare() {
  const { common, shares: w } = useWords()
  const problemAt = useProblemAt()
  const console = useConsole()
  const navigate = useNavigate({ from: shareListRoute.fullPath })
  const types = useQuery(typesQuery(console))
  const [form, setForm] = useState(blank)
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())
  const set = (change: Partial<typeof blank>): void => {
    setForm((before) => ({ ...before, ...change }))
    setTouched((before) => new Set([...before, ...Object.keys(change)]))
  }
  const options = recordOf(form.options)
  const body: Static<typeof ManageBody> = {
    share: {
      service_host: form.host.trim(),
      export_path: form.path,
      protocol: form.protocol,
      ...(form.name === '' ? {} : { name: form.name }),
      ...(form.type === null ? {} : { share_type: form.type }),
      ...(form.isPublic ? { is_public: true } : {}),
      ...(Object.keys(options).length === 0 ? {} : { driver_options: options }),
    },
  }
  const manage = useMutation({
    mutationFn: () => console.client.call(manageShare, { body }),
    onSuccess: async ({ share }) => {
      await console.queries.invalidateQueries({ queryKey: ['shares'] })
      await navigate({ to: '/shares/$id', params: { id: share.id }, ignoreBlocker: true })
    },
  })
  const problem = (field: string) => problemAt(manageShare.body, body, `share.${field}`)
  // Nothing is wrong with what nobody has typed yet; it can't be sent all the same.
  const errorOf = (name: string, field: string) => (touched.has(name) ? problem(field) : null)
  const missing =
    problem('service_host') ??
    problem('export_path') ??
    problem('name') ??
    (isRight(form.options) ? null : '')
  return (
    <SidePanel
      title={w.manage}
      submit={w.adopt.submit}
      close={() => void navigate({ to: '/shares', search: (before) => before as never })}
      send={() => manage.mutate()}
      isSending={manage.isPending}
      isDirty={JSON.stringify(form) !== JSON.stringify(blank)}
      error={manage.error}
      whyNot={missing === undefined || missing === null ? null : w.adopt.missing}
    >
      <p>{w.adopt.text}</p>
      <TextInput
        label={w.adopt.host}
        description={w.adopt.hostHint}
        value={form.host}
        error={errorOf('host', 'service_host')}
        data-autofocus
        onChange={(event) => set({ host: event.currentTarget.value })}
      />
      <Select
        label={w.protocol}
        data={['NFS', 'CIFS', 'CEPHFS', 'GLUSTERFS', 'HDFS', 'MAPRFS']}
        value={form.protocol}
        onChange={(protocol) => set({ protocol: protocol ?? 'NFS' })}
      />
      <TextInput
        label={w.adopt.path}
        description={w.adopt.pathHint}
        value={form.path}
        error={errorOf('path', 'export_path')}
        onChange={(event) => set({ path: event.currentTarget.value })}
      />
      <OptionalLine
        label={common.name}
        value={form.name}
        error={problem('name')}
        change={(name) => set({ name })}
      />
      <Select
        label={common.type}
        description={w.form.type}
        placeholder={w.form.anyType}
        clearable
        clearButtonProps={{ 'aria-label': `${common.clear}: ${common.type}` }}
        data={(types.data ?? []).map(({ name }) => name)}
        value={form.type}
        onChange={(type) => set({ type })}
      />
      <Checkbox
        label={w.form.isPublic}
        description={w.form.publicHint}
        checked={form.isPublic}
        onChange={(event) => set({ isPublic: event.currentTarget.checked })}
      />
      <PairsField
        label={w.adopt.options}
        pairs={form.options}
        change={(next) => set({ options: next })}
        add={w.adopt.addOption}
      />
      {form.host.trim() === '' || form.path === '' ? null : (
        <CommandHint command={shareCommands.adopt({ ...form, host: form.host.trim(), options })} />
      )}
    </SidePanel>
  )
}
