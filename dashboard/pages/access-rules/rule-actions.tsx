/** What can be done with an access rule, and the dialogs that say what it means. */
import { useMutation } from '@tanstack/react-query'
import { Navigate } from '@tanstack/react-router'
import { useState } from 'react'
import { denyAccess, updateAccessRule } from '../../../src/wire/access-rules/schema.ts'
import { accessLevels, type AccessLevel } from '../../../src/model/access.ts'
import { useConsole } from '../../api/console.ts'
import type { usePermissions } from '../../api/permissions.ts'
import { oneKey } from '../../api/reads.ts'
import { present, type Action } from '../../ui/actions.tsx'
import { BulkDialog } from '../../ui/bulk-dialog.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { useWords, type Words } from '../../words/index.ts'
import { accessCommands } from './commands.ts'
import { nameOfRule } from './rule-name.ts'
import { RuleProperties } from './rule-properties.tsx'
import type { LockView, RuleView } from './queries.ts'
import { stillLetIn } from './targets.ts'

export type RuleAsked =
  | { readonly what: 'deny'; readonly rules: readonly RuleView[] }
  | { readonly what: 'level'; readonly rule: RuleView; readonly level: AccessLevel }
  | { readonly what: 'properties'; readonly rule: RuleView }
  /** A form of its own. */
  | { readonly what: 'lock'; readonly rule: RuleView }

export function ruleActions(
  { access: w }: Words,
  permissions: ReturnType<typeof usePermissions>,
  minor: number,
  rule: RuleView,
  ask: (asked: RuleAsked) => void,
): readonly Action[] {
  const whyNot = (action: string, fallback = w.busy): string | null => {
    const { allowed, why, code } = permissions.verdict(rule.id, action)
    // A lock is taken away on the way, if it is one's own: the dialog says so.
    return allowed || (action === 'deny' && code === 'lock') ? null : (why ?? fallback)
  }
  const isThere = (action: string): boolean => !permissions.hidden(rule.id, action)
  const other = accessLevels.find((level) => level !== rule.access_level) ?? 'ro'
  return present(
    minor >= 88 &&
      isThere('update') && {
        key: 'level',
        label: w.makeLevel[other],
        run: () => ask({ what: 'level', rule, level: other }),
        whyNot: whyNot('update'),
      },
    minor >= 45 &&
      isThere('update_metadata') && {
        key: 'properties',
        label: w.editProperties,
        run: () => ask({ what: 'properties', rule }),
        whyNot: whyNot('update_metadata'),
      },
    minor >= 82 &&
      isThere('lock') && {
        key: 'lock',
        label: w.lock,
        run: () => ask({ what: 'lock', rule }),
        whyNot: whyNot('lock'),
      },
    isThere('deny') && {
      key: 'deny',
      label: w.deny,
      danger: true,
      run: () => ask({ what: 'deny', rules: [rule] }),
      whyNot: whyNot('deny'),
    },
  )
}

interface RuleDialogProps {
  readonly asked: RuleAsked
  readonly shareId: string
  /** Every rule of the share. */
  readonly all: readonly RuleView[]
  readonly locksOf: (rule: RuleView) => readonly LockView[]
  readonly close: () => void
}

export function RuleDialog(props: RuleDialogProps) {
  const { asked, shareId, close } = props
  switch (asked.what) {
    case 'deny':
      return asked.rules.length === 1 ? (
        <DenyDialog {...props} rules={asked.rules} />
      ) : (
        <DenySeveral {...props} rules={asked.rules} />
      )
    case 'level':
      return <LevelDialog {...props} rule={asked.rule} level={asked.level} />
    case 'properties':
      return <RuleProperties rule={asked.rule} shareId={shareId} close={close} />
    case 'lock':
      return <Navigate to="/locks/new" search={{ on: asked.rule.id, type: 'access_rule' } as never} />
  }
}

const isKept = (locks: readonly LockView[]): boolean =>
  locks.some(({ resource_action }) => resource_action === 'delete')

type Client = ReturnType<typeof useConsole>['client']

/** Takes its locks away on the way where it has some. */
const denied = (client: Client, shareId: string, ruleId: string, locks: readonly LockView[]) =>
  client.act(denyAccess, {
    params: { id: shareId },
    body: { access_id: ruleId, ...(isKept(locks) ? { unrestrict: true } : {}) },
  })

function useReadAgain(shareId: string): () => Promise<unknown> {
  const { queries } = useConsole()
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: oneKey('access-rules', shareId) }),
      queries.invalidateQueries({ queryKey: ['locks'] }),
    ])
}

function DenyDialog({
  rules,
  shareId,
  all,
  locksOf,
  close,
}: RuleDialogProps & { readonly rules: readonly RuleView[] }) {
  const { access: w } = useWords()
  const { client } = useConsole()
  const readAgain = useReadAgain(shareId)
  const rule = rules[0] as RuleView
  const isLocked = isKept(locksOf(rule))
  const deny = useMutation({
    mutationFn: () => denied(client, shareId, rule.id, locksOf(rule)),
    onSuccess: close,
    onSettled: readAgain,
  })
  const still = stillLetIn(rule, all)[0]
  return (
    <Confirm
      title={w.denyTitle(nameOfRule(rule))}
      verb={w.denyVerb}
      danger
      run={() => deny.mutate()}
      close={close}
      isSending={deny.isPending}
      error={deny.error}
    >
      <p>{w.denyText}</p>
      {all.length === 1 ? <p>{w.denyLast}</p> : null}
      {still === undefined ? null : <p>{w.denyStill(nameOfRule(still))}</p>}
      {isLocked ? <p>{w.denyLocked}</p> : null}
      <CommandHint command={accessCommands.deny(shareId, [{ id: rule.id, isLocked }])} />
    </Confirm>
  )
}

function DenySeveral({
  rules,
  shareId,
  all,
  locksOf,
  close,
}: RuleDialogProps & { readonly rules: readonly RuleView[] }) {
  const { access: w } = useWords()
  const { client } = useConsole()
  const readAgain = useReadAgain(shareId)
  // The rows as they were when it was asked: they go away one by one.
  const [asked] = useState(rules)
  return (
    <BulkDialog
      title={w.denyTitle(w.count(asked.length))}
      verb={w.denyVerb}
      danger
      rows={asked.map((rule) => ({ id: rule.id, name: nameOfRule(rule), whyNot: null }))}
      each={(id) => {
        const rule = asked.find((one) => one.id === id)
        return denied(client, shareId, id, rule === undefined ? [] : locksOf(rule))
      }}
      close={close}
      after={readAgain}
    >
      <p>{w.denyText}</p>
      {asked.length === all.length ? <p>{w.denyLast}</p> : null}
      {asked.some((rule) => isKept(locksOf(rule))) ? <p>{w.denyLocked}</p> : null}
      <CommandHint
        command={accessCommands.deny(
          shareId,
          asked.map((rule) => ({ id: rule.id, isLocked: isKept(locksOf(rule)) })),
        )}
      />
    </BulkDialog>
  )
}

function LevelDialog({
  rule,
  level,
  shareId,
  close,
}: RuleDialogProps & { readonly rule: RuleView; readonly level: AccessLevel }) {
  const { access: w } = useWords()
  const { client, queries } = useConsole()
  const change = useMutation({
    mutationFn: () =>
      client.call(updateAccessRule, {
        params: { id: rule.id },
        body: { update_access: { access_level: level } },
      }),
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: oneKey('access-rules', shareId) }),
  })
  return (
    <Confirm
      title={w.makeLevelTitle[level](nameOfRule(rule))}
      verb={w.makeLevel[level]}
      run={() => change.mutate()}
      close={close}
      isSending={change.isPending}
      error={change.error}
    >
      <p>{w.makeLevelText[level]}</p>
      <CommandHint command={accessCommands.setLevel(rule.id, level)} />
    </Confirm>
  )
}
