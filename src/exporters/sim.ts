/**
 * A pretend exporter for any protocol: it records what is published to whom and opens nothing. It promises what a real
 * one must (publishing is idempotent, rules replace the whole set, one bad rule doesn't stop the others), can be told
 * which clients to refuse, and takes the same faults as the sim driver.
 */
import { createHash } from 'node:crypto'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import {
  DriverError,
  exporterFactory,
  type Exporter,
  type ExportLocation,
  type ExportRef,
  type ExportRule,
  type Parts,
  type RuleOutcome,
} from '../drivers/driver.ts'
import { faultsSchema } from '../drivers/sim/faults.ts'
import { plainId, type ExportRecord } from '../drivers/sim/records.ts'
import type { Store } from '../drivers/sim/store.ts'
import { openWorld } from '../drivers/sim/world.ts'

const accessTypes = ['ip', 'user', 'cert', 'cephx'] as const

const simExporterOptions = Type.Object(
  {
    protocols: Type.Array(Type.String(), {
      default: ['NFS', 'CIFS', 'GLUSTERFS', 'HDFS', 'CEPHFS', 'MAPRFS'],
      description: 'Protocols it publishes.',
    }),
    access_types: Type.Array(Type.Enum(accessTypes), {
      default: [...accessTypes],
      description: 'Access types it accepts, for every protocol.',
    }),
    address: Type.String({ default: '127.0.0.1', description: 'The address in export locations.' }),
    refuse: Type.Array(Type.String(), {
      default: [],
      description: "Values of access_to whose rules end in error with reason 'client-forbidden'.",
    }),
    latency_ms: Type.Number({ minimum: 0, default: 0, description: 'Milliseconds that every call takes.' }),
    memory: Type.Boolean({
      default: false,
      description: 'Keep the state in this process instead of in files.',
    }),
    faults: Type.Unsafe<Static<typeof faultsSchema>>({
      ...faultsSchema,
      default: {},
      description: 'Faults per verb, until a faults.json in the directory of the backend says otherwise.',
    }),
  },
  { additionalProperties: false },
)
type SimExporterOptions = Static<typeof simExporterOptions>

/** `exporter = "sim"`. Options left out have their defaults. */
export const exporter = exporterFactory({
  name: 'sim',
  options: simExporterOptions,
  create: (options, parts) =>
    createSimExporter(
      Value.Parse(simExporterOptions, Value.Default(simExporterOptions, { ...options })),
      parts,
    ),
})

function createSimExporter(options: SimExporterOptions, parts: Parts): Exporter {
  const world = openWorld(parts.dir, options)
  return {
    name: 'sim',
    protocols: options.protocols,
    accessTypes: options.protocols.flatMap((protocol) =>
      options.access_types.map((type) => [protocol, type] as const),
    ),
    setup: (call) => world.act(call, 'setup-exporter', null, (store) => store.prepare()),
    async stop() {
      world.close()
    },
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
        const outcomes = rules.map((rule) => judge(options, parts, record, rule))
        const active = rules.flatMap((rule, index) =>
          outcomes[index]!.state === 'active' ? [{ ...rule, access_key: outcomes[index]!.accessKey }] : [],
        )
        store.put('exports', target.id, { ...record, rules: active })
        return outcomes
      }),
    inventory: (call) => world.act(call, 'inventory-exports', null, (store) => store.ids('exports')),
  }
}

function publish(store: Store, options: SimExporterOptions, target: ExportRef): void {
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
  store.put('exports', target.id, {
    id: target.id,
    protocol: target.protocol,
    name,
    tree: target.tree?.path ?? null,
    read_only: target.tree?.readOnly ?? false,
    rules: earlier?.rules ?? [],
  })
}

function locations(options: SimExporterOptions, { protocol, name }: ExportRef): readonly ExportLocation[] {
  const path = protocol === 'CIFS' ? `\\\\${options.address}\\${name}` : `${options.address}:/sim/${name}`
  return [{ path, preferred: true, adminOnly: false }]
}

function judge(
  options: SimExporterOptions,
  parts: Parts,
  record: ExportRecord,
  rule: ExportRule,
): RuleOutcome {
  const refusal = (why: string, reason: RuleOutcome['reason']): RuleOutcome => ({
    id: rule.id,
    state: 'error',
    accessKey: null,
    why,
    reason,
  })
  if (!(options.access_types as readonly string[]).includes(rule.type))
    return refusal(
      `Access type ${rule.type} is not supported for ${record.protocol}.`,
      'access-type-unsupported',
    )
  if (record.read_only && rule.level !== 'ro')
    return refusal('A snapshot can only be read: use access level ro.', 'access-level-unsupported')
  if (options.refuse.includes(rule.to))
    return refusal(`Client ${rule.to} is not allowed.`, 'client-forbidden')
  // The same client has the same key on every share of a backend, as a Ceph user has.
  const accessKey =
    rule.type === 'cephx'
      ? createHash('sha256').update(`${parts.backend}\0${rule.to}`).digest('base64')
      : null
  return { id: rule.id, state: 'active', accessKey, why: null, reason: null }
}
