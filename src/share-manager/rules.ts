/**
 * The one way from rules of the database to an export, of a share as of a snapshot: what no exporter could enforce is in error
 * by itself, each client is told of once, and when the exporter does not take the whole, what it takes is applied and what it
 * doesn't is named.
 */
import { mustBeOn, type MappedRule } from '../db/store/access-mappings.ts'
import {
  isDriverError,
  type ExportRule,
  type Publishes,
  type RuleOutcome,
} from '../storage/contract/driver.ts'
import { isTwin } from '../model/access-twins.ts'
import { accessTypes, checkTarget } from '../model/access.ts'
import { sendRules } from './send-rules.ts'

/** What an exporter knows of the export. */
export interface RulesFor {
  readonly protocol: string
  readonly publisher: Pick<Publishes, 'accessTypes'>
  /** Lowers every level: a secondary replica, the source of a migration, a pool below its reserve, a snapshot. */
  readonly readOnly: boolean
}

/** Tells the exporter all of an export's rules; they replace what it had. */
export type SendRules = (rules: readonly ExportRule[]) => Promise<readonly RuleOutcome[]>

/**
 * Applies all that have to be on the export, and says what became of each; where `send` refuses the whole because of some, those alone
 * are in error (`send-rules.ts`). Throws what it throws else; with `apart` only when it throws also without what is new.
 */
export async function applyRules(
  rules: readonly MappedRule[],
  about: RulesFor,
  send: SendRules,
  { apart }: { readonly apart: boolean },
): Promise<readonly RuleOutcome[]> {
  const wanted = rules.filter(({ state }) => mustBeOn.includes(state))
  const older = olderOnes(wanted)
  const refused = wanted.flatMap((rule) => refusalOf(rule, older.get(rule), about) ?? [])
  const refusedIds = new Set(refused.map(({ id }) => id))
  const known = wanted.filter(({ id }) => !refusedIds.has(id))
  const told = merged(known, about.readOnly)
  const settled = new Set(known.filter(({ state }) => state === 'active').map(clientOf))
  const isSettled = (rule: ExportRule): boolean => settled.has(clientOf(rule))
  const outcomes = await sendRules(told, { lastTry: apart, isSettled, send })
  return [...outcomesOf(known, told, outcomes), ...failedDenials(rules, outcomes), ...refused]
}

/** Of whom the exporter says that he is still let in. */
function failedDenials(
  rules: readonly MappedRule[],
  outcomes: readonly RuleOutcome[],
): readonly RuleOutcome[] {
  const stay = new Map(
    outcomes.flatMap((one) => (one.stays === undefined ? [] : [[clientOf(one.stays), one] as const])),
  )
  return rules.flatMap((rule) => {
    const one = rule.state === 'denying' ? stay.get(clientOf(rule)) : undefined
    return one === undefined ? [] : [{ ...one, id: rule.id }]
  })
}

/** Of the rules that hold: those whose stored form is not what they mean today, and for whom that one is free. */
export function respelled(rules: readonly MappedRule[]): readonly MappedRule[] {
  const older = olderOnes(rules)
  const taken = new Set(rules.map(({ type, stored }) => clientOf({ type, to: stored })))
  return rules.filter(
    (rule) => changed(rule) && lawOf(rule) === null && !older.has(rule) && !taken.has(clientOf(rule)),
  )
}

/**
 * One rule for each client, whatever the number of rules that let it in: it may write where one of them says so.
 */
function merged(rules: readonly MappedRule[], readOnly: boolean): readonly ExportRule[] {
  const byClient = new Map<string, ExportRule>()
  for (const { id, type, to, level } of rules) {
    const first = byClient.get(clientOf({ type, to }))
    const writes = (level === 'rw' || first?.level === 'rw') && !readOnly
    byClient.set(clientOf({ type, to }), { id: first?.id ?? id, type, to, level: writes ? 'rw' : 'ro' })
  }
  return [...byClient.values()]
}

function refusalOf(
  rule: MappedRule,
  older: MappedRule | undefined,
  { protocol, publisher }: RulesFor,
): RuleOutcome | null {
  if (!publisher.accessTypes.some((pair) => pair[0] === protocol && pair[1] === rule.type)) {
    const why = `Access type ${rule.type} is not supported for ${protocol} here.`
    return { ...inError(rule.id, why), reason: 'access-type-unsupported' }
  }
  const broken = lawOf(rule)
  if (broken !== null) return { ...inError(rule.id, broken), reason: 'client-forbidden' }
  if (older === undefined) return null
  return inError(rule.id, `The older rule ${older.id} lets the same client in: ${rule.to}.`)
}

/** Rules made by an earlier release may break today's laws; a sentence then. */
function lawOf({ type, to }: MappedRule): string | null {
  if (!(accessTypes as readonly string[]).includes(type)) return null
  return checkTarget(type, to, { ipv6: true, cephx: true }).problem ?? null
}

const changed = ({ stored, to }: MappedRule): boolean => stored !== to && !isTwin(stored)

/** For each of those that mean the same and did not when they were made, but the first: that one. Twins always meant the same. */
function olderOnes(rules: readonly MappedRule[]): ReadonlyMap<MappedRule, MappedRule> {
  const older = new Map<MappedRule, MappedRule>()
  const own = rules.filter(({ stored }) => !isTwin(stored))
  for (const same of Map.groupBy(own, clientOf).values()) {
    const [first, ...rest] = same
    if (first === undefined || !same.some(changed)) continue
    for (const rule of rest) older.set(rule, first)
  }
  return older
}

/** What became of a client's rule became of all its rules. */
function outcomesOf(
  rules: readonly MappedRule[],
  told: readonly ExportRule[],
  outcomes: readonly RuleOutcome[],
): readonly RuleOutcome[] {
  const byId = new Map(outcomes.map((one) => [one.id, one]))
  const byClient = new Map(told.map((one) => [clientOf(one), byId.get(one.id)]))
  return rules.flatMap((rule) => {
    const outcome = byClient.get(clientOf(rule))
    return outcome === undefined ? [] : [{ ...outcome, id: rule.id }]
  })
}

/** Every rule that was to change, when nothing is known of what became of it. Who is denied on an export that isn't there is out. */
export function everyRuleFailed(rules: readonly MappedRule[], error: unknown): readonly RuleOutcome[] {
  const why = error instanceof Error ? error.message : String(error)
  const reason = isDriverError(error) ? error.reason : null
  const changing = ['applying', 'updating', ...(reason === 'not-found' ? [] : ['denying'])]
  return rules
    .filter(({ state }) => changing.includes(state))
    .map(({ id }) => ({ ...inError(id, why), reason }))
}

const inError = (id: string, why: string): RuleOutcome => ({
  id,
  state: 'error',
  accessKey: null,
  why,
  reason: 'unsupported',
})

const clientOf = ({ type, to }: { readonly type: string; readonly to: string }): string => `${type} ${to}`
