/** The exporters of a backend, however the configuration says them: one for all it speaks, or a table a protocol. */
import { join } from 'node:path'
import Type, { type Static } from 'typebox'

/** Names of the tables: the protocol in small letters. */
export const exporterProtocols = ['nfs', 'cifs', 'glusterfs', 'hdfs', 'cephfs', 'maprfs', 'lustre'] as const

/** One `[backends.<name>.exporters.<protocol>]` table. `options` are checked by the exporter's own schema. */
export const BackendExporter = Type.Object({
  exporter: Type.String({
    description:
      'Name in exporters/index.ts, or package:<name> or path:<file> of an outside exporter; it must speak the protocol of the table.',
    minLength: 1,
  }),
  options: Type.Record(Type.String(), Type.Unknown(), { description: 'See the exporter.', default: {} }),
})

export const BackendExporters = Type.Record(
  Type.String({ pattern: `^(?:${exporterProtocols.join('|')})$` }),
  BackendExporter,
  {
    description: 'One table per protocol, in place of `exporter` and `exporter_options`.',
    default: {},
    keysAre: `a protocol in small letters: ${exporterProtocols.join(', ')}`,
  },
)

/** One exporter that a backend is to have. */
export interface ExporterTable {
  /** `NFS`: the one protocol that it is chosen for. Null: all that it speaks. */
  readonly protocol: string | null
  /** What logs, metrics and sentences call it, unique within the backend: `nfs`, or the exporter's name. */
  readonly key: string
  /** Name, `package:…` or `path:…`. */
  readonly exporter: string
  readonly options: Readonly<Record<string, unknown>>
}

interface Exporting {
  readonly exporter: string
  readonly exporter_options: Readonly<Record<string, unknown>>
  readonly exporters: Readonly<Record<string, Static<typeof BackendExporter>>>
}

/** Every exporter of the backend, in the order of the file; none where nothing but the driver publishes. */
export function exporterTables(backend: Exporting): readonly ExporterTable[] {
  const { exporter, exporter_options: options, exporters } = backend
  const tables = Object.entries(exporters).map(([key, table]) => ({
    protocol: key.toUpperCase(),
    key,
    ...table,
  }))
  if (tables.length > 0) return tables
  return exporter === '' ? [] : [{ protocol: null, key: exporter, exporter, options }]
}

/**
 * Where an exporter keeps what is its own, in the backend's directory `dir`. The one for NFS and the only one of an older
 * configuration have the same place, so that who writes the one as the other disturbs no client.
 */
export function exporterDir(dir: string, { protocol }: Pick<ExporterTable, 'protocol'>): string {
  return protocol === null || protocol === 'NFS' ? dir : join(dir, 'exporters', protocol.toLowerCase())
}

/** Why the tables of a backend, as it stands in the file, can't be meant; null when they can. */
export function exportersTwice(name: string, table: Readonly<Record<string, unknown>>): string | null {
  // What is no table is refused later, like any wrong type.
  const { exporters } = table
  const tables = typeof exporters === 'object' && exporters !== null ? Object.keys(exporters) : []
  const old = ['exporter', 'exporter_options'].filter((key) => Object.hasOwn(table, key))
  if (tables.length === 0 || old.length === 0) return null
  return (
    `backends.${name} says its exporters twice: ${old.join(' and ')} for all protocols, and ` +
    `${tables.map((key) => `[backends.${name}.exporters.${key}]`).join(', ')} for each; keep the tables and remove ${old.join(' and ')}`
  )
}

/**
 * The backend `chosen` by a program, with its exporters in the way in which `said`, what the file has of that backend, says its own: as
 * tables, or as one for all. Whoever changes an option of the one for NFS in the old way changes that, and keeps its others.
 */
export function exportersAsIn(
  said: Readonly<Record<string, unknown>>,
  chosen: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { exporter: _, exporter_options: __, exporters, ...rest } = chosen
  if (Object.hasOwn(said, 'exporters')) return { ...rest, ...(exporters !== undefined && { exporters }) }
  const old = Object.hasOwn(said, 'exporter') || Object.hasOwn(said, 'exporter_options')
  if (!old || exporters === undefined) return chosen
  const { nfs } = exporters as Readonly<Record<string, Static<typeof BackendExporter> | undefined>>
  // Options of another exporter would mean nothing to the one that the file names.
  if (nfs === undefined || (said.exporter ?? nfs.exporter) !== nfs.exporter) return rest
  return { ...rest, exporter: nfs.exporter, exporter_options: nfs.options ?? {} }
}
