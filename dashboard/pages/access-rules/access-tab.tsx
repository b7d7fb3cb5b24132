/** Who may mount a share: its rules with how far each is, and why not where one failed. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { ActionButton, type Action } from '../../ui/actions.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status, toneOf } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import { accessCommands } from './commands.ts'
import { AllowPanel } from './allow-panel.tsx'
import classes from './access.module.css'
import { AccessKey } from './access-key.tsx'
import { ruleLocksQuery, ruleMessagesQuery, rulesQuery, type RuleView } from './queries.ts'
import { reasonsFor } from './reason.ts'
import { ruleActions, RuleDialog, type RuleAsked } from './rule-actions.tsx'
import { nameOfRule } from './rule-name.ts'
import { RuleLocks } from './rule-locks.tsx'

export function AccessTab({ share }: { readonly share: ShareView }) {
  const words = useWords()
  const console = useConsole()
  const { panel } = useSearch({ strict: false }) as { readonly panel?: string }
  const navigate = useNavigate()
  const rules = useQuery(rulesQuery(console, share.id))
  const locks = useQuery(ruleLocksQuery(console, share.id))
  const isAnyBad = rules.data?.some(({ state }) => toneOf(state) === 'bad') ?? false
  const messages = useQuery(ruleMessagesQuery(console, share.id, isAnyBad))
  const mayAllow = usePermissions('share', [share])
  const permissions = usePermissions('access_rule', rules.data ?? [])
  const [asked, ask] = useState<RuleAsked | null>(null)
  const { access: w, common, service } = words
  const locksOf = (rule: RuleView) => locks.data?.[rule.id] ?? []

  const open = (panel: string | undefined): void =>
    void navigate({ to: '.', search: ((before: object) => ({ ...before, panel })) as never })
  const { allowed, why } = mayAllow.verdict(share.id, 'allow_access')
  const allow: Action = {
    key: 'allow',
    label: w.allow,
    run: () => open('allow'),
    whyNot: allowed ? null : (why ?? w.busy),
  }
  const isHidden = mayAllow.hidden(share.id, 'allow_access')
  const button = isHidden ? undefined : <ActionButton action={allow} primary />

  const columns: readonly Column<RuleView>[] = [
    {
      key: 'to',
      title: w.target,
      show: (rule) => (
        <>
          <b className={classes.to}>
            {isMasked(rule) ? <i>{w.hidden}</i> : <PlainText>{rule.access_to}</PlainText>}
          </b>
          <div className={classes.small}>{kindOf(w, rule)}</div>
          <RuleLocks locks={locksOf(rule)} />
        </>
      ),
    },
    {
      key: 'level',
      title: w.level,
      show: (rule) => <span className={classes.level}>{levelOf(w, rule)}</span>,
    },
    {
      key: 'state',
      title: w.state,
      show: (rule) => (
        <>
          <Status status={rule.state} />
          {toneOf(rule.state) === 'bad' ? (
            <div className={classes.reason}>
              {messages.data === undefined
                ? null
                : visible(reasonsFor(rule, messages.data).map(service.sentence).join(' ') || w.reasonUnknown)}
            </div>
          ) : null}
        </>
      ),
    },
    ...(rules.data?.some(({ access_key }) => access_key !== null && access_key !== undefined) === true
      ? [
          {
            key: 'key',
            title: w.key,
            show: (rule: RuleView) => <AccessKey rule={rule} />,
          },
        ]
      : []),
    ...(rules.data?.some(({ metadata }) => Object.keys(metadata ?? {}).length > 0) === true
      ? [
          {
            key: 'properties',
            title: w.properties,
            from: 'desk' as const,
            show: (rule: RuleView) => (
              <div className={classes.properties}>
                <PlainText>
                  {Object.entries(rule.metadata ?? {})
                    .map((pair) => pair.join('='))
                    .join(', ')}
                </PlainText>
              </div>
            ),
          },
        ]
      : []),
    {
      key: 'created',
      title: common.created,
      from: 'desk',
      show: (rule) => <Time at={rule.created_at} />,
    },
  ]

  return (
    <Section title={rules.data === undefined ? w.title : w.count(rules.data.length)} aside={button}>
      {rules.error !== null && rules.data === undefined ? (
        <Failure error={rules.error} again={() => void rules.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={columns}
          page={rules.data === undefined ? undefined : { rows: rules.data, hasNewer: false, hasOlder: false }}
          nameOf={nameOfRule}
          actionsOf={(rule) => ruleActions(words, permissions, console.client.minor, rule, ask)}
          bulk={(some) => [
            {
              key: 'deny',
              label: w.deny,
              danger: true,
              run: () => ask({ what: 'deny', rules: some }),
            },
          ]}
          empty={
            <Empty title={w.emptyTitle} command={accessCommands.first(share.id)}>
              {w.emptyText}
            </Empty>
          }
        />
      )}
      {panel === 'allow' && !isHidden ? (
        <AllowPanel share={share} rules={rules.data ?? []} close={() => open(undefined)} />
      ) : null}
      {asked === null ? null : (
        <RuleDialog
          asked={asked}
          shareId={share.id}
          all={rules.data ?? []}
          locksOf={locksOf}
          close={() => ask(null)}
        />
      )}
    </Section>
  )
}

/** What stands in place of a target that a visibility lock hides. */
const isMasked = ({ access_to }: RuleView): boolean => access_to === '******'

/** Words of a type or level that this release does not know are shown as they are. */
const kindOf = ({ types }: ReturnType<typeof useWords>['access'], { access_type }: RuleView): string =>
  (types as Readonly<Record<string, string>>)[access_type] ?? visible(access_type)
const levelOf = ({ levels }: ReturnType<typeof useWords>['access'], { access_level }: RuleView): string =>
  (levels as Readonly<Record<string, string>>)[access_level] ?? visible(access_level)
