/** Lets somebody in: one or many at once, each checked while it is typed by the law that the server has, each with its own answer. */
import { Button, Checkbox, Radio, Select, Textarea, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { accessLevels, type AccessLevel, type AccessType } from '../../../src/model/access.ts'
import { allowAccess } from '../../../src/wire/access-rules/schema.ts'
import { useConsole } from '../../api/console.ts'
import { oneKey } from '../../api/reads.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Notice } from '../../ui/notice.tsx'
import { PairsField } from '../../ui/pairs-field.tsx'
import { isRight, recordOf, type Pair } from '../../ui/pairs.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import { accessCommands } from './commands.ts'
import classes from './access.module.css'
import { ownAddressQuery, type RuleView } from './queries.ts'
import { TargetLines, type Sent } from './target-lines.tsx'
import { isNew, readTargets, typesFor, type Target } from './targets.ts'

interface AllowPanelProps {
  readonly share: ShareView
  readonly rules: readonly RuleView[]
  readonly close: () => void
}

export function AllowPanel({ share, rules, close }: AllowPanelProps) {
  const { access: w, common } = useWords()
  const { client, queries, ...rest } = useConsole()
  const abilities = { ipv6: client.minor >= 38, cephx: client.minor >= 13 }
  const types = typesFor(share.share_proto, abilities)
  const blank = {
    type: (types.usual[0] ?? 'ip') as AccessType,
    level: 'rw' as AccessLevel,
    text: '',
    pairs: [] as readonly Pair[],
    hide: false,
    lockDeletion: false,
    reason: '',
  }
  const [form, setForm] = useState(blank)
  const set = (change: Partial<typeof blank>): void => setForm((before) => ({ ...before, ...change }))
  const [sent, setSent] = useState<readonly Sent[]>([])
  const address = useQuery(ownAddressQuery({ client, queries, ...rest }))
  const targets = readTargets({ ...form, abilities, rules })
  const ready = targets.filter(isNew)
  const isBad = targets.some(({ problem }) => problem !== null)

  const allow = useMutation({
    mutationFn: async () => {
      const answers: Sent[] = []
      for (const target of ready) {
        answers.push(await one(target))
        setSent([...answers])
      }
      return answers
    },
    onSuccess: async (answers) => {
      await queries.invalidateQueries({ queryKey: oneKey('access-rules', share.id) })
      await queries.invalidateQueries({ queryKey: ['locks'] })
      const failed = answers.filter(({ error }) => error !== null)
      if (failed.length === 0) close()
      // What went through is done with; the rest stays to be mended.
      else set({ text: failed.map(({ target }) => target.text).join('\n') })
    },
  })
  const one = async (target: Target): Promise<Sent> => {
    const metadata = recordOf(form.pairs)
    const isLocked = form.hide || form.lockDeletion
    try {
      await client.act(allowAccess, {
        params: { id: share.id },
        body: {
          access_type: form.type,
          access_to: target.to,
          access_level: target.level,
          ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
          ...(form.hide ? { lock_visibility: true } : {}),
          ...(form.lockDeletion ? { lock_deletion: true } : {}),
          ...(isLocked && form.reason !== '' ? { lock_reason: form.reason } : {}),
        },
      })
      return { target, error: null }
    } catch (error) {
      return { target, error }
    }
  }
  const isMineThere = address.data === undefined || address.data === null || form.text.includes(address.data)
  return (
    <SidePanel
      title={w.allow}
      submit={w.allow}
      close={close}
      send={() => {
        setSent([])
        allow.mutate()
      }}
      isSending={allow.isPending}
      isDirty={!allow.isSuccess && JSON.stringify(form) !== JSON.stringify(blank)}
      error={allow.error}
      whyNot={isBad || !isRight(form.pairs) ? w.whyWrong : ready.length === 0 ? w.whyNothing : null}
    >
      <Select
        label={w.type}
        description={w.typeHint(share.share_proto)}
        allowDeselect={false}
        data={[
          {
            group: w.usual(share.share_proto),
            items: types.usual.map((value) => ({ value, label: w.types[value] })),
          },
          {
            group: w.unusual(share.share_proto),
            items: types.others.map((value) => ({ value, label: w.types[value] })),
          },
        ].filter(({ items }) => items.length > 0)}
        value={form.type}
        onChange={(type) => set({ type: (type ?? form.type) as AccessType })}
      />
      <Textarea
        label={w.targetLabels[form.type]}
        description={w.targetHints[form.type]}
        value={form.text}
        autosize
        minRows={2}
        maxRows={12}
        data-autofocus
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => set({ text: event.currentTarget.value })}
      />
      {form.type !== 'ip' || isMineThere ? null : (
        <Button
          variant="default"
          className={classes.mine}
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() =>
            set({ text: [form.text.trimEnd(), address.data].filter((part) => part !== '').join('\n') })
          }
        >
          {w.myAddress(address.data ?? '')}
        </Button>
      )}
      <TargetLines type={form.type} targets={targets} sent={sent} isSending={allow.isPending} />
      {ready.some(({ notes }) => notes.some(({ is }) => is === 'everyone')) ? (
        <Notice tone="warning" title={w.everyoneTitle}>
          {w.everyoneText}
        </Notice>
      ) : null}
      <Radio.Group
        label={w.level}
        value={form.level}
        onChange={(level) => set({ level: level as AccessLevel })}
      >
        <div className={classes.choices}>
          {accessLevels.map((level) => (
            <Radio key={level} size="xs" value={level} label={w.levels[level]} />
          ))}
        </div>
      </Radio.Group>
      {client.minor >= 45 ? (
        <PairsField label={w.properties} pairs={form.pairs} change={(pairs) => set({ pairs })} />
      ) : null}
      {client.minor >= 82 ? (
        <div className={classes.group}>
          <h3>{w.lockSection}</h3>
          <Checkbox
            label={w.lockVisibility}
            checked={form.hide}
            onChange={(event) => set({ hide: event.currentTarget.checked })}
          />
          <Checkbox
            label={w.lockDeletion}
            checked={form.lockDeletion}
            onChange={(event) => set({ lockDeletion: event.currentTarget.checked })}
          />
          {form.hide || form.lockDeletion ? (
            <TextInput
              label={w.lockReason}
              description={common.optional}
              className="optional"
              maxLength={1023}
              value={form.reason}
              onChange={(event) => set({ reason: event.currentTarget.value })}
            />
          ) : null}
        </div>
      ) : null}
      <CommandHint
        command={accessCommands.allow(share.id, {
          ...form,
          targets: ready,
          metadata: recordOf(form.pairs),
        })}
      />
    </SidePanel>
  )
}
