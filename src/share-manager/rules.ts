/**
 * The one way rules of the database reach an export, of a share or of a snapshot, by whatever exporter: what can be applied is
 * applied, and each rule that can't is named with its reason. A rule never takes another one along.
 */
import type { MappedRule } from '../db/store/access-mappings.ts'
import {
  DriverError,
  type CallContext,
  type DriverReason,
  type ExportRef,
  type ExportRule,
  type Publishes,
  type RuleOutcome,
} from '../drivers/driver.ts'
import type { MessageDetail } from '../model/messages.ts'
import type { LaneLease } from './lane-lease.ts'
import type { BackendScope } from './parts.ts'
import { sendRules } from './send-rules.ts'

/** Who publishes, and how a call of it is made. */
export interface Publisher {
  readonly exporter: Publishes | null
  call(work: (call: CallContext) => Promise<readonly RuleOutcome[]>): Promise<readonly RuleOutcome[]>
}

/** The backend's, for whoever owns the lane. */
export const publisherFor = ({ backend }: BackendScope, guarded: LaneLease): Publisher => ({
  exporter: backend.exporter,
  call: (work) => backend.call({ name: 'apply-rules', guarded }, work),
})

export interface HowToApply {
  /** Lowers every level: a snapshot, a secondary replica, the source of a migration. */
  readonly readOnly: boolean
  /** A backend that doesn't answer for certain is taken for one that refuses: see {@link sendRules}. */
  readonly lastTry?: boolean
}

/**
 * Makes the rules of `target` these and no others; answers what became of each. Throws {@link DriverError} when the fault is not the
 * rules': the export is not there, its server does not answer.
 */
export async function applyRules(
  { exporter, call }: Publisher,
  target: ExportRef,
  rules: readonly MappedRule[],
  { readOnly, lastTry = false }: HowToApply,
): Promise<readonly RuleOutcome[]> {
  const { fit, refused } = judge(rules, exporter?.accessTypes ?? [], target.protocol)
  if (exporter === null) return refused
  const told = exportRules(fit, { readOnly })
  const settled = new Set(fit.flatMap((rule) => (rule.state === 'active' ? [clientOf(rule)] : [])))
  const outcomes = await sendRules(told, {
    lastTry,
    isSettled: (rule) => settled.has(clientOf(rule)),
    send: (some) => call((of) => exporter.applyRules(of, target, some)),
  })
  return [...outcomesOf(fit, told, outcomes), ...refused]
}

/**
 * Splits rules into what an exporter may be asked for and what not: types it doesn't know for this protocol, and what earlier releases
 * accepted: targets that today's laws refuse, and the younger one of two that have come to mean the same client.
 */
export function judge(
  rules: readonly MappedRule[],
  accessTypes: Publishes['accessTypes'],
  protocol: string,
): { readonly fit: readonly MappedRule[]; readonly refused: readonly RuleOutcome[] } {
  const fit: MappedRule[] = []
  const refused: RuleOutcome[] = []
  const first = new Map<string, MappedRule>()
  const refuse = ({ id }: MappedRule, why: string, reason: RuleOutcome['reason']) =>
    refused.push({ id, state: 'error', accessKey: null, why, reason })
  for (const rule of rules) {
    const older = first.get(clientOf(rule))
    if (!accessTypes.some((pair) => pair[0] === protocol && pair[1] === rule.type))
      refuse(
        rule,
        `Access type ${rule.type} is not supported for ${protocol} here.`,
        'access-type-unsupported',
      )
    else if (rule.problem !== null) refuse(rule, rule.problem, 'unsupported')
    else if (older !== undefined && !rule.twin)
      refuse(
        rule,
        `It is for the same client as rule ${older.id}, which is older: ${rule.to}.`,
        'unsupported',
      )
    else {
      fit.push(rule)
      if (!rule.twin) first.set(clientOf(rule), rule)
    }
  }
  return { fit, refused }
}

/** One rule for each client, whatever the number of rules that let it in: it may write where one of them says so. */
export function exportRules(
  rules: readonly MappedRule[],
  { readOnly }: { readonly readOnly: boolean },
): readonly ExportRule[] {
  const byClient = new Map<string, ExportRule>()
  for (const { id, type, to, level } of rules) {
    const first = byClient.get(clientOf({ type, to }))
    const writes = (level === 'rw' || first?.level === 'rw') && !readOnly
    byClient.set(clientOf({ type, to }), { id: first?.id ?? id, type, to, level: writes ? 'rw' : 'ro' })
  }
  return [...byClient.values()]
}

/** What became of a client's rule became of all its rules. */
export function outcomesOf(
  rules: readonly MappedRule[],
  told: readonly ExportRule[],
  outcomes: readonly RuleOutcome[],
): readonly RuleOutcome[] {
  const sent = new Map(told.map((rule) => [clientOf(rule), rule.id]))
  const became = new Map(outcomes.map((outcome) => [outcome.id, outcome]))
  return rules.flatMap((rule) => {
    const outcome = became.get(sent.get(clientOf(rule)) ?? '')
    return outcome === undefined ? [] : [{ ...outcome, id: rule.id }]
  })
}

/**
 * Every rule that was to change, when nothing is known of what became of it. Who is denied on an export that isn't there is out.
 */
export function everyRuleFailed(rules: readonly MappedRule[], error: unknown): readonly RuleOutcome[] {
  const why = error instanceof Error ? error.message : String(error)
  const reason = error instanceof DriverError ? error.reason : null
  const changing = ['applying', 'updating', ...(reason === 'not-found' ? [] : ['denying'])]
  return rules
    .filter((rule) => changing.includes(rule.state))
    .map(({ id }) => ({ id, state: 'error', accessKey: null, why, reason }))
}

const detailOf: Readonly<Record<string, MessageDetail>> = {
  'client-forbidden': '020',
  'access-type-unsupported': '021',
  'access-level-unsupported': '021',
  unsupported: '021',
}

/** What the owner is told of a rule that was not applied, where the cause is known. */
export const ruleDetail = (reason: DriverReason | null): MessageDetail => detailOf[reason ?? ''] ?? '001'

/** Whether a repeat may help, and after how many seconds where the backend says so. */
export function retryOf(error: unknown): { readonly afterS: number | null } | null {
  if (!(error instanceof DriverError)) return { afterS: null }
  if (error.outcome === 'maybe-happened' || error.retryAfterS !== null) return { afterS: error.retryAfterS }
  return null
}

const clientOf = ({ type, to }: { readonly type: string; readonly to: string }): string => `${type} ${to}`
