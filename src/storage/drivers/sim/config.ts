import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { faultsSchema } from '../../sim/faults.ts'

const pool = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 64,
      description: "The part after '#' in host@backend#pool.",
    }),
    total_gib: Type.Number({ minimum: 0, default: 1024, description: 'Pretended capacity, GiB.' }),
    thin: Type.Boolean({
      default: true,
      description: 'true: only bytes in use count against free space; false: every size is reserved.',
    }),
    extra: Type.Record(
      Type.String(),
      Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Array(Type.String())]),
      { default: {}, description: 'Further capabilities that extra specs may ask for.' },
    ),
  },
  { additionalProperties: false },
)

/** The abilities of the contract, by the property that declares each. */
export const abilityNames = [
  'snapshots',
  'clones',
  'reverts',
  'mountsSnapshots',
  'shrinks',
  'manages',
  'managesSnapshots',
  'measures',
] as const
export type AbilityName = (typeof abilityNames)[number]

/** Options of `driver = "sim"`; the generated configuration reference prints the sentences. */
export const simOptions = Type.Object(
  {
    pools: Type.Array(pool, {
      minItems: 1,
      maxItems: 1000,
      default: [{ name: 'sim', total_gib: 1024, thin: true, extra: {} }],
      description: 'The pools this backend pretends to have.',
    }),
    reach: Type.Union([Type.Literal('host'), Type.Literal('network')], {
      default: 'host',
      description: 'Who may serve the backend: processes of one host, or of any.',
    }),
    dir: Type.String({
      default: '',
      description:
        'Absolute directory that all nodes of a network backend share; empty: its own on this node.',
    }),
    protocols: Type.Array(Type.String(), {
      default: ['NFS', 'CIFS', 'GLUSTERFS', 'HDFS', 'CEPHFS', 'MAPRFS'],
      description: 'Protocols that shares may ask for.',
    }),
    native_protocols: Type.Array(Type.String(), {
      default: [],
      description: 'Protocols that the driver publishes by itself, answering no tree.',
    }),
    latency_ms: Type.Number({
      minimum: 0,
      maximum: 600_000,
      default: 0,
      description: 'Milliseconds that every call takes before it has an effect.',
    }),
    memory: Type.Boolean({
      default: false,
      description: 'Keep the state in this process instead of in files: fast, gone when the process ends.',
    }),
    without: Type.Array(Type.Enum(abilityNames), {
      default: [],
      description: 'Abilities to leave undeclared.',
    }),
    faults: Type.Unsafe<Static<typeof faultsSchema>>({
      ...faultsSchema,
      default: {},
      description: 'Faults per verb, until a faults.json in the directory of the backend says otherwise.',
    }),
  },
  { additionalProperties: false },
)

export type SimOptions = Static<typeof simOptions>

/** The options with every default filled in, checked. Throws an Error naming the first option that is wrong. */
export function completeOptions(options: Partial<SimOptions>): SimOptions {
  const complete = Value.Default(simOptions, structuredClone(options))
  const [problem] = Value.Errors(simOptions, complete)
  if (problem) throw new Error(`sim backend: option ${problem.instancePath || '/'} ${problem.message}`)
  return complete as SimOptions
}
