/**
 * A pretend exporter for any protocol: it records what is published to whom and opens nothing. It promises what a real
 * one must (publishing is idempotent, rules replace the whole set, one bad rule doesn't stop the others), can be told
 * which clients to refuse, and takes the same faults as the sim driver.
 */
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { exporterFactory, type Exporter, type Parts } from '../contract/driver.ts'
import { simAccessTypes, simExports } from '../sim/exports.ts'
import { faultsSchema } from '../sim/faults.ts'
import { openWorld } from '../sim/world.ts'

const simExporterOptions = Type.Object(
  {
    protocols: Type.Array(Type.String(), {
      default: ['NFS', 'CIFS', 'GLUSTERFS', 'HDFS', 'CEPHFS', 'MAPRFS'],
      description: 'Protocols it publishes.',
    }),
    access_types: Type.Array(Type.Enum(simAccessTypes), {
      default: [...simAccessTypes],
      description: 'Access types it accepts, for every protocol.',
    }),
    dir: Type.String({
      default: '',
      description: "As the sim driver's option of that name, and the same.",
    }),
    address: Type.String({ default: '127.0.0.1', description: 'The address in export locations.' }),
    refuse: Type.Array(Type.String(), {
      default: [],
      description: "Values of access_to whose rules end in error with reason 'client-forbidden'.",
    }),
    rules_per_export: Type.Integer({
      minimum: 0,
      default: 0,
      description: 'Rules that one export may have, as a limit of the pretended server; 0 = any number.',
    }),
    exports_per_server: Type.Integer({
      minimum: 0,
      default: 0,
      description: 'Exports that the pretended server may have; 0 = any number.',
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
  const world = openWorld(options.dir || parts.dir, options)
  return {
    name: 'sim',
    ...simExports(world, options, parts),
    setup: (call) => world.act(call, 'setup-exporter', null, (store) => store.prepare()),
    async stop() {
      world.close()
    },
  }
}
