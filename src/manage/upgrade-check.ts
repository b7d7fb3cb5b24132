/**
 * `manila-status upgrade check`: whether this release can run on this deployment. Prints one result per check in the manner of OpenStack's
 * upgrade checks; the exit code is the worst: 0 success, 1 warning, 2 failure.
 */
import { statSync } from 'node:fs'
import type { Settings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'
import { recountCapacity } from '../db/store/capacity-recount.ts'
import { backendHealth } from '../db/store/health.ts'
import { listProcesses } from '../db/store/processes.ts'
import { recountQuota } from '../db/store/quota-recount.ts'
import { beyondRuleLimit } from '../db/store/rule-counts.ts'
import { openByPlan } from '../db/store/operations-read.ts'
import { checkSchema } from '../db/store/schema-check.ts'
import { planOf, versionsOf } from '../model/operations.ts'
import { version } from '../runtime/version.ts'

export type Verdict = 'Success' | 'Warning' | 'Failure'

export interface CheckResult {
  readonly check: string
  readonly result: Verdict
  /** What was found and what to do; empty for a success. */
  readonly details: string
}

export interface CheckParts {
  readonly settings: Settings
  readonly store: Store
  /** Throws what is wrong with a policy file; answers what is only odd about it. */
  checkPolicy(file: string): readonly string[]
}

const worth: Readonly<Record<Verdict, 0 | 1 | 2>> = { Success: 0, Warning: 1, Failure: 2 }

/** The exit code for a list of results. */
export const exitCodeOf = (results: readonly CheckResult[]): 0 | 1 | 2 =>
  results.reduce<0 | 1 | 2>((worst, { result }) => (worth[result] > worst ? worth[result] : worst), 0)

type Check = (parts: CheckParts) => Promise<readonly [Verdict, string]>

const good = ['Success', ''] as const

/** By the name that is printed. */
const checks: Readonly<Record<string, Check>> = {
  'Database schema': async ({ store }) => {
    const problems = await checkSchema(store)
    return problems.length === 0 ? good : ['Failure', problems.join('; ')]
  },
  'Work in flight': async ({ store }) => {
    const unknown = (await openByPlan(store.db)).filter(({ kind, version: at }) => planOf(kind, at) === null)
    if (unknown.length === 0) return good
    const list = unknown.map(({ kind, version: at, open }) => `${open} ${kind} version ${at}`).join(', ')
    return [
      'Warning',
      `this release leaves ${list} to processes of the other one: keep one until they are done`,
    ]
  },
  'Work of older plans': async ({ store }) => {
    const older = (await openByPlan(store.db)).filter(
      ({ kind, version: at }) => planOf(kind, at) !== null && at < (versionsOf(kind).at(-1) ?? at),
    )
    if (older.length === 0) return good
    const list = older.map(({ kind, version: at, open }) => `${open} ${kind} version ${at}`).join(', ')
    return ['Success', `this release finishes what was begun before: ${list}; the next one may not know it`]
  },
  'Processes of other releases': async ({ store, settings }) => {
    const live = (await listProcesses(store, settings.shares.service_down_time_s)).filter((row) => row.live)
    const others = live.filter((row) => row.version !== version)
    if (others.length === 0) return good
    return ['Warning', others.map((row) => `${row.program} ${row.version} on ${row.node}`).join(', ')]
  },
  Policy: async ({ settings, checkPolicy }) => {
    if (settings.api.policy_file === '') return good
    try {
      const odd = checkPolicy(settings.api.policy_file)
      return odd.length === 0 ? good : ['Warning', odd.join('; ')]
    } catch (error) {
      return ['Failure', (error as Error).message]
    }
  },
  'Token keys': async ({ settings }) => {
    const mode = statSync(settings.auth.key_file, { throwIfNoEntry: false })?.mode
    if (mode === undefined || (mode & 0o077) === 0) return good
    return ['Failure', `others may read ${settings.auth.key_file}: chmod 600 it`]
  },
  Backends: async ({ store }) => {
    // One that is ready and has a reason serves what it has, and something about it wants a person.
    const told = (await backendHealth(store.db)).filter(
      ({ health, health_reason: reason }) => health === 'failed' || (health === 'ready' && reason !== null),
    )
    if (told.length === 0) return good
    return ['Warning', told.map((row) => `${row.label}: ${row.health_reason ?? 'failed'}`).join('; ')]
  },
  'Access rules': async ({ store, settings }) => {
    const limit = settings.limits.access_rules_per_share
    const found = await beyondRuleLimit(store.db, limit)
    if (found.length === 0) return good
    const list = found.slice(0, 5).map(({ kind, id, rules }) => `${kind} ${id} has ${rules}`)
    const more = found.length > 5 ? `, and ${found.length - 5} more` : ''
    return [
      'Warning',
      `beyond the limit of ${limit} (access_rules_per_share), so they stay and none is added: ${list.join(', ')}${more}`,
    ]
  },
  Quota: async ({ store }) => {
    const found = await store.transaction((tx) => recountQuota(tx, {}))
    return found.length === 0
      ? good
      : ['Warning', `${found.length} totals differ: manila-manage quota recount`]
  },
  Capacity: async ({ store }) => {
    const found = await recountCapacity(store.db)
    return found.length === 0
      ? good
      : ['Warning', `${found.length} pools differ: manila-manage capacity recount`]
  },
}

/** All of them, whatever the others find; what a schema that is behind can't answer is a failure that says so. */
export async function checkUpgrade(parts: CheckParts): Promise<CheckResult[]> {
  const results: CheckResult[] = []
  for (const [check, run] of Object.entries(checks)) {
    try {
      const [result, details] = await run(parts)
      results.push({ check, result, details })
    } catch (error) {
      const details = `could not be checked: ${error instanceof Error ? error.message : String(error)}`
      results.push({ check, result: 'Failure', details })
    }
  }
  return results
}

const width = 74

/** The framed table that OpenStack's operators know. */
export function upgradeTable(results: readonly CheckResult[]): string {
  const rule = `+${'-'.repeat(width + 2)}+\n`
  const line = (text: string): string => `| ${text.padEnd(width)} |\n`
  const wrapped = (text: string): string[] =>
    text.match(new RegExp(`.{1,${width}}(\\s|$)|\\S{1,${width}}`, 'g')) ?? []
  const body = results.map(({ check, result, details }) => {
    const told = details === '' ? [] : wrapped(`Details: ${details}`)
    return (
      [`Check: ${check}`, `Result: ${result}`, ...told].map((text) => line(text.trimEnd())).join('') + rule
    )
  })
  return `${rule}${line('Upgrade Check Results')}${rule}${body.join('')}`
}
