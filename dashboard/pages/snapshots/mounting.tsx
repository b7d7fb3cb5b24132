/** A snapshot that can be mounted: where, and by whom. */
import { Select, TextInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { checkTarget, type AccessType } from '../../../src/model/access.ts'
import { allowSnapshotAccess, denySnapshotAccess } from '../../../src/wire/snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import type { usePermissions } from '../../api/permissions.ts'
import { oneKey } from '../../api/reads.ts'
import { ActionButton } from '../../ui/actions.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { CopyText } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import { spaced, Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { typesFor } from '../access-rules/targets.ts'
import { snapshotCommands } from './commands.ts'
import { snapshotExportsQuery, snapshotRulesQuery, type SnapshotView } from './queries.ts'
import { snapshotDetailRoute } from './route.tsx'

interface MountingProps {
  readonly snapshot: SnapshotView
  readonly permissions: ReturnType<typeof usePermissions>
}
type Rule = { readonly id: string; readonly access_to: string }

export function Mounting({ snapshot, permissions }: MountingProps) {
  const { access, snapshots: w } = useWords()
  const console = useConsole()
  const { panel } = snapshotDetailRoute.useSearch()
  const navigate = useNavigate()
  const locations = useQuery(snapshotExportsQuery(console, snapshot.id))
  const rules = useQuery(snapshotRulesQuery(console, snapshot.id))
  const [denied, deny] = useState<Rule | null>(null)
  const open = (next: string | undefined, ignoreBlocker = false): void =>
    void navigate({ to: '.', search: { panel: next } as never, ignoreBlocker })
  const may = (action: string) => {
    const { allowed, why } = permissions.verdict(snapshot.id, action)
    return { whyNot: allowed ? null : (why ?? spaced(snapshot.status)) }
  }
  const isAllow = !permissions.hidden(snapshot.id, 'allow_access')
  return (
    <Section
      title={w.mounting}
      aside={
        isAllow ? (
          <ActionButton
            action={{ key: 'allow', label: w.allow, run: () => open('allow'), ...may('allow_access') }}
          />
        ) : undefined
      }
    >
      <p>{w.mountingText}</p>
      {(locations.data ?? []).length === 0 ? (
        <p>{w.noExports}</p>
      ) : (
        locations.data?.map(({ id, path }) => (
          <div key={id}>
            <CopyText text={path} what={w.exports} />
          </div>
        ))
      )}
      <DataTable
        label={w.rules}
        columns={[
          {
            key: 'to',
            title: access.target,
            show: (rule) => <PlainText>{rule.access_to}</PlainText>,
          },
          {
            key: 'type',
            title: access.type,
            show: ({ access_type }) =>
              (access.types as Readonly<Record<string, string>>)[access_type] ?? visible(access_type),
          },
          { key: 'state', title: access.state, show: ({ state }) => <Status status={state} /> },
        ]}
        page={rules.data === undefined ? undefined : { rows: rules.data, hasNewer: false, hasOlder: false }}
        nameOf={({ access_to }) => visible(access_to).slice(0, 80)}
        actionsOf={(rule) =>
          permissions.hidden(snapshot.id, 'deny_access')
            ? []
            : [{ key: 'deny', label: w.deny, danger: true, run: () => deny(rule), ...may('deny_access') }]
        }
        empty={<p>{w.noRules}</p>}
      />
      {panel === 'allow' && isAllow ? (
        <AllowPanel snapshot={snapshot} close={() => open(undefined)} done={() => open(undefined, true)} />
      ) : null}
      {denied === null ? null : <DenyDialog snapshot={snapshot} rule={denied} close={() => deny(null)} />}
    </Section>
  )
}

function AllowPanel({
  snapshot,
  close,
  done,
}: {
  readonly snapshot: SnapshotView
  readonly close: () => void
  readonly done: () => void
}) {
  const { access } = useWords()
  const { client, queries } = useConsole()
  const { usual, others } = typesFor(snapshot.share_proto, { ipv6: true, cephx: true })
  const [type, setType] = useState<AccessType>(usual[0] ?? 'ip')
  const [to, setTo] = useState('')
  const { problem } = checkTarget(type, to, { ipv6: client.minor >= 38, cephx: true })
  const allow = useMutation({
    mutationFn: () =>
      client.act(allowSnapshotAccess, {
        params: { id: snapshot.id },
        body: { access_type: type, access_to: to },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: oneKey('snapshots', snapshot.id) })
      done()
    },
  })
  return (
    <SidePanel
      title={access.allow}
      submit={access.allow}
      close={close}
      send={() => allow.mutate()}
      isSending={allow.isPending}
      isDirty={to !== '' && !allow.isSuccess}
      error={allow.error}
      whyNot={to === '' ? access.whyNothing : problem === undefined ? null : access.whyWrong}
    >
      <Select
        label={access.type}
        allowDeselect={false}
        data={[...usual, ...others].map((value) => ({ value, label: access.types[value] }))}
        value={type}
        onChange={(value) => setType((value ?? type) as AccessType)}
      />
      <TextInput
        label={access.target}
        value={to}
        data-autofocus
        spellCheck={false}
        error={to === '' || problem === undefined ? null : visible(problem.replace(/^access_to /, ''))}
        onChange={(event) => setTo(event.currentTarget.value)}
      />
      <CommandHint command={snapshotCommands.allow(snapshot.id, type, to)} />
    </SidePanel>
  )
}

function DenyDialog({
  snapshot,
  rule,
  close,
}: {
  readonly snapshot: SnapshotView
  readonly rule: Rule
  readonly close: () => void
}) {
  const { access, snapshots: w } = useWords()
  const { client, queries } = useConsole()
  const deny = useMutation({
    mutationFn: () =>
      client.act(denySnapshotAccess, { params: { id: snapshot.id }, body: { access_id: rule.id } }),
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: oneKey('snapshots', snapshot.id) }),
  })
  return (
    <Confirm
      title={w.denyTitle(visible(rule.access_to).slice(0, 80))}
      verb={access.denyVerb}
      danger
      run={() => deny.mutate()}
      close={close}
      isSending={deny.isPending}
      error={deny.error}
    >
      <p>{w.denyText}</p>
      <CommandHint command={snapshotCommands.deny(snapshot.id, rule.id)} />
    </Confirm>
  )
}
