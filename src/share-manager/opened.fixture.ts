/** The sim's exporter, said to open its exports to clients over a network, for `exporter = "path:…"`. */
import { exporterFactory } from '../storage/contract/driver.ts'
import { exporter as sim } from '../storage/exporters/sim.ts'

export const exporter = exporterFactory({
  ...sim,
  name: 'opened',
  create: (options, parts) => ({ ...sim.create(options as never, parts), name: 'opened', pretends: false }),
})
