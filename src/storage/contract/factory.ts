/** What drivers and exporters are built from, and how a configuration finds them. */
import type { Exec } from '../../exec/exec.ts'
import type { HostLock } from '../../exec/host-lock.ts'
import type { Static, TSchema } from 'typebox'
import type { Exporter } from './exporter.ts'
import type { StorageDriver } from './storage.ts'
import type { DriverLog } from './values.ts'

/** What a driver or exporter is built from. `dir` belongs to this backend alone and survives restarts. */
export interface Parts {
  readonly exec: Exec
  readonly log: DriverLog
  /** `alpha` in `host@alpha`. */
  readonly backend: string
  /** Absolute, exists, mode 0700. */
  readonly dir: string
  /** Microseconds since the epoch. */
  now(): number
  /** One holder per file on this host, for what several processes of it must not do at once. */
  readonly lock: HostLock
  /** How often the operator lets the space of a pool be promised; absent: see {@link StorageDriver.overSubscription}. */
  readonly overSubscription?: number
  /** For metrics: a server of an exporter died and was started again. */
  readonly restarted?: () => void
  /** For exporters: what the backend's driver says of itself. */
  readonly storage?: Pick<StorageDriver, 'name' | 'separates'>
}

/** One entry of `drivers/index.ts` or `exporters/index.ts`: options as a schema, so the reference page writes itself. */
export interface Factory<Product, Options extends TSchema = TSchema> {
  readonly name: string
  readonly options: Options
  create(options: Static<Options>, parts: Parts): Product
  /** What a backend with these options, all defaults filled in, will want of the host; touches nothing. `dir` as in {@link Parts}. */
  wants?(options: Static<Options>, dir: string): Wants
}

/** Told before anything is started, so that a configuration can be checked where it does not run. Paths are absolute. */
export interface Wants {
  /** Where it listens; port 0 is any that is free. */
  readonly listens?: readonly { readonly host: string; readonly port: number }[]
  /** Where it keeps its shares: nobody else may. */
  readonly keeps?: readonly string[]
  /** What it makes, or makes things below. */
  readonly writes?: readonly string[]
  readonly reads?: readonly string[]
  /** Sentences about what can't work. */
  readonly problems?: readonly string[]
}

export type DriverFactory<Options extends TSchema = TSchema> = Factory<StorageDriver, Options>
export type ExporterFactory<Options extends TSchema = TSchema> = Factory<Exporter, Options>

/** Keeps the option types while declaring a factory, of plain JSON schemas as of TypeBox. */
export function driverFactory<const Options extends TSchema>(
  factory: DriverFactory<Options>,
): DriverFactory<Options> {
  return factory
}

/** As {@link driverFactory}, for exporters. */
export function exporterFactory<const Options extends TSchema>(
  factory: ExporterFactory<Options>,
): ExporterFactory<Options> {
  return factory
}
