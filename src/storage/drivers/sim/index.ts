import { driverFactory } from '../../contract/driver.ts'
import { completeOptions, simOptions } from './config.ts'
import { createSim } from './driver.ts'

/** `driver = "sim"`. Options left out have their defaults. */
export const driver = driverFactory({
  name: 'sim',
  options: simOptions,
  create: (options, parts) => createSim(completeOptions(options), parts),
})
