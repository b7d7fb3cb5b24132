/** What the sim publishes and to whom: for its exporter (`exporters/sim.ts`) and for its own native protocols. */
import { hash } from 'node:crypto'
import {
  DriverError,
  type ExportLocation,
  type ExportRef,
  type ExportRule,
  type Parts,
  type Publishes,
  type RuleOutcome,
} from '../contract/driver.ts'
import { plainId, type ExportRecord } from './records.ts'
import type { Store } from './store.ts'
import type { World } from './world.ts'

export const simAccessTypes = ['ip', 'user', 'cert', 'cephx'] as const

export interface SimExports {
  readonly protocols: readonly string[]
  readonly access_types: readonly string[]
  /** The address in export locations. */
  readonly address: string
  /** Values of access_to that are refused. */
  readonly refuse: readonly string[]
  /** 0: any number. */
  readonly rules_per_export?: number
  readonly exports_per_server?: number
}

/** Records exports in `world` and opens nothing. */
export function simExports(world: World, options: SimExports, parts: Parts): Publishes {
  return {
    protocols: options.protocols,
    accessTypes: options.protocols.flatMap((protocol) =>
      options.access_types.map((type) => [protocol, type] as const),
    ),
    pretends: true,
    ...limitsOf(options),
    leftOpen: 'Pretended: nothing is opened to any client.',
    publish: (call, target) =>
      world.act(call, 'publish', target.id, (store) => {
        publish(store, options, target)
        return locations(options, target)
      }),
    unpublish: (call, target) =>
      world.act(call, 'unpublish', target.id, (store) => store.drop('exports', target.id)),
    applyRules: (call, target, rules) =>
      world.act(call, 'apply-rules', target.id, (store) => {
        const record = store.get('exports', plainId(target.id))
        if (!record)
          throw new DriverError(`${target.id} isn't published`, 'nothing-happened', { reason: 'not-found' })
        const most = options.rules_per_export || Number.POSITIVE_INFINITY
        let taken = 0
        const outcomes = rules.map((rule) => {
          const outcome = judge(options, parts, record, rule)
          if (outcome.state === 'error' || ++taken <= most) return outcome
          const why = `An export may have ${most} rules.`
          return { ...outcome, state: 'error' as const, accessKey: null, why, reason: 'unsupported' as const }
        })
        const active = rules.flatMap((rule, index) =>
          outcomes[index]!.state === 'active' ? [{ ...rule, access_key: outcomes[index]!.accessKey }] : [],
        )
        store.put('exports', target.id, { ...record, rules: active })
        return outcomes
      }),
    inventory: (call) => world.act(call, 'inventory-exports', null, (store) => store.ids('exports')),
  }
}

function limitsOf({ rules_per_export = 0, exports_per_server = 0 }: SimExports): Pick<Publishes, 'limits'> {
  if (rules_per_export === 0 && exports_per_server === 0) return {}
  return {
    limits: {
      ...(rules_per_export === 0 ? {} : { rulesPerExport: rules_per_export }),
      ...(exports_per_server === 0 ? {} : { exportsPerServer: exports_per_server }),
      serverPer: 'backend',
    },
  }
}

function publish(store: Store, options: SimExports, target: ExportRef): void {
  if (!options.protocols.includes(target.protocol))
    throw new DriverError(`${target.protocol} isn't published here`, 'nothing-happened', {
      reason: 'unsupported',
    })
  const earlier = store.get('exports', plainId(target.id))
  const name = plainId(target.name)
  // Ids are unique; only names that tenants choose can meet.
  const rival =
    name !== target.id &&
    store
      .all('exports')
      .find((other) => other.name === name && other.protocol === target.protocol && other.id !== target.id)
  if (rival)
    throw new DriverError(`the name ${name} is taken by ${rival.id}`, 'nothing-happened', { reason: 'busy' })
  const most = options.exports_per_server || Number.POSITIVE_INFINITY
  if (earlier === null && store.ids('exports').length >= most)
    throw new DriverError(`there are ${most} exports already`, 'no-room-here')
  store.put('exports', target.id, {
    id: target.id,
    protocol: target.protocol,
    name,
    tree: target.tree?.path ?? null,
    read_only: target.tree?.readOnly ?? false,
    rules: earlier?.rules ?? [],
  })
}

function locations(options: SimExports, { protocol, name }: ExportRef): readonly ExportLocation[] {
  const path = protocol === 'CIFS' ? `\\\\${options.address}\\${name}` : `${options.address}:/sim/${name}`
  return [{ path, preferred: true, adminOnly: false }]
}

function judge(options: SimExports, parts: Parts, record: ExportRecord, rule: ExportRule): RuleOutcome {
  const refusal = (why: string, reason: RuleOutcome['reason']): RuleOutcome => ({
    id: rule.id,
    state: 'error',
    accessKey: null,
    why,
    reason,
  })
  if (!options.access_types.includes(rule.type))
    return refusal(
      `Access type ${rule.type} is not supported for ${record.protocol}.`,
      'access-type-unsupported',
    )
  if (record.read_only && rule.level !== 'ro')
    return refusal('A snapshot can only be read: use access level ro.', 'access-level-unsupported')
  if (options.refuse.includes(rule.to))
    return refusal(`Client ${rule.to} is not allowed.`, 'client-forbidden')
  // The same client has the same key on every share of a backend, as a Ceph user has.
  const accessKey = rule.type === 'cephx' ? hash('sha256', `${parts.backend}\0${rule.to}`, 'base64') : null
  return { id: rule.id, state: 'active', accessKey, why: null, reason: null }
}
