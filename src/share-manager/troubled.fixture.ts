/** The sim's exporter with troubles of the test's choice, for `exporter = "path:…"`. */
import { exporterFactory } from '../storage/contract/driver.ts'
import { exporter as sim } from '../storage/exporters/sim.ts'

/** What the exporter says of itself and what it was told. */
export const troubled = { troubles: [] as string[], settled: 0, restart: (): void => undefined }

export const exporter = exporterFactory({
  ...sim,
  name: 'troubled',
  create(options, parts) {
    troubled.restart = () => parts.restarted?.()
    return {
      ...sim.create(options as never, parts),
      name: 'troubled',
      troubles: () => troubled.troubles,
      settled: async () => void (troubled.settled += 1),
    }
  },
})
