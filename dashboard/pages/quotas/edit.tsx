/** Changes limits: of a project, of a user or a share type in it, or the defaults. */
import { NumberInput, Switch } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { updateQuotaClassSet, updateQuotaSet } from '../../../src/wire/quotas/schema.ts'
import { useConsole, useWho } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { useProblemAt } from '../../ui/problem-at.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { quotaCommands } from './commands.ts'
import { changedLimits, isAbove, isBelow, isGib, type Typed } from './limits.ts'
import { useLimitText } from './limit-text.ts'
import { ownerOf } from './owner.ts'
import { ownerQuery, quotaClassQuery, quotaQuery, type Owner, type QuotaLine } from './queries.ts'
import { quotaRoute } from './route.tsx'

export function EditQuota() {
  const search = quotaRoute.useSearch()
  const own = useWho().project?.id
  const owner = search.tab === 'defaults' ? null : ownerOf(search, own)
  const console = useConsole()
  const limits = useQuery({ ...quotaQuery(console, owner ?? { project: '' }), enabled: owner !== null })
  const whole = useQuery({
    ...quotaQuery(console, { project: owner?.project ?? '' }),
    enabled: owner !== null && (owner.user ?? owner.type) !== undefined,
  })
  const usual = useQuery({ ...quotaClassQuery(console), enabled: search.tab === 'defaults' })
  const lines = search.tab === 'defaults' ? usual.data : limits.data
  if (lines === undefined) return null
  return <Form key={JSON.stringify(owner)} owner={owner} lines={lines} bounds={whole.data ?? []} />
}

interface FormProps {
  /** Null: the defaults. */
  readonly owner: Owner | null
  readonly lines: readonly QuotaLine[]
  /** Of the project, for a user or a type in it. */
  readonly bounds: readonly QuotaLine[]
}

function Form({ owner, lines: now, bounds }: FormProps) {
  const { common, quotas: w } = useWords()
  const problemAt = useProblemAt()
  const { client, queries } = useConsole()
  const search = quotaRoute.useSearch()
  const navigate = useNavigate()
  // What is used goes on changing while one types; what is typed does not.
  const [lines] = useState(now)
  const [typed, type] = useState<Typed>(() => Object.fromEntries(lines.map(({ id, limit }) => [id, limit])))
  const [isForced, force] = useState(false)
  const limits = changedLimits(lines, typed)
  const isEmpty = Object.keys(limits).length === 0
  const boundOf = (id: string): number => bounds.find((one) => one.id === id)?.limit ?? -1
  const needsForce =
    owner !== null &&
    lines.some((line) => {
      const limit = limits[line.id]
      return limit !== undefined && (isBelow(line, limit) || isAbove(limit, boundOf(line.id)))
    })
  const back = (ignoreBlocker: boolean): void =>
    void navigate({ to: '/admin/quotas', search: search as never, ignoreBlocker })
  const body = { quota_set: { ...limits, ...(needsForce && isForced ? { force: true } : {}) } }
  const save = useMutation({
    mutationFn: async () => {
      if (owner === null)
        await client.call(updateQuotaClassSet, {
          params: { class_name: 'default' },
          body: { quota_class_set: limits },
        })
      else
        await client.call(updateQuotaSet, {
          params: { id: owner.project },
          query: ownerQuery(owner),
          body,
        })
    },
    onSuccess: () => back(true),
    onSettled: () => queries.invalidateQueries({ queryKey: ['quotas'] }),
  })
  const problem = (id: string) => problemAt(updateQuotaSet.body, body, `quota_set.${id}`)
  const wrong = lines.map(({ id }) => problem(id)).find((one) => one !== null)
  const limitText = useLimitText()
  const remark = (line: QuotaLine): string => {
    const limit = limits[line.id]
    if (limit !== undefined && isBelow(line, limit))
      return w.below(limitText(line.id, (line.used ?? 0) + line.reserved))
    if (limit !== undefined && isAbove(limit, boundOf(line.id)))
      return w.aboveProject(limitText(line.id, boundOf(line.id)))
    return line.used === null || owner === null ? '' : `${w.used}: ${limitText(line.id, line.used)}`
  }
  return (
    <SidePanel
      title={owner === null ? w.editDefaults : w.edit}
      submit={common.save}
      close={() => back(false)}
      send={() => save.mutate()}
      isSending={save.isPending}
      isDirty={!isEmpty}
      error={save.error}
      whyNot={isEmpty ? w.nothingChanged : (wrong ?? null)}
    >
      <p style={{ margin: 0, color: 'var(--muted)' }}>{w.unlimitedHint}</p>
      {lines.map((line) => (
        <NumberInput
          key={line.id}
          label={w.names[line.id] ?? line.id}
          description={remark(line)}
          suffix={isGib(line.id) ? ' GiB' : ''}
          value={typed[line.id] ?? ''}
          min={-1}
          allowDecimal={false}
          error={problem(line.id)}
          onChange={(value) =>
            type((before) => ({ ...before, [line.id]: value === '' ? '' : Number(value) }))
          }
        />
      ))}
      {!needsForce ? null : (
        <Switch
          label={w.force}
          description={w.forceHint}
          checked={isForced}
          onChange={(event) => force(event.currentTarget.checked)}
        />
      )}
      {isEmpty ? null : <CommandHint command={quotaCommands.set(owner, limits, needsForce && isForced)} />}
    </SidePanel>
  )
}
