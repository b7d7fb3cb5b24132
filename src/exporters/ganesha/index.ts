/** The entry of `exporter = "ganesha"`. */
import { Value } from 'typebox/value'
import { exporterFactory } from '../../drivers/driver.ts'
import { ganeshaExporter } from './exporter.ts'
import { ganeshaOptions } from './options.ts'

export type { GaneshaExporter } from './exporter.ts'

/** Options left out have their defaults; wrong ones throw. */
export const exporter = exporterFactory({
  name: 'ganesha',
  options: ganeshaOptions,
  create: (options, parts) =>
    ganeshaExporter(Value.Parse(ganeshaOptions, Value.Default(ganeshaOptions, { ...options })), parts),
})
