/** The entry of `driver = "btrfs"`. */
import { Value } from 'typebox/value'
import { driverFactory } from '../../contract/driver.ts'
import { btrfsOptions, poolWants } from './config.ts'
import { btrfsDriver } from './driver.ts'

/** Options left out have their defaults; wrong ones throw. */
export const driver = driverFactory({
  name: 'btrfs',
  options: btrfsOptions,
  wants: (options) => poolWants(options),
  create: (options, parts) =>
    btrfsDriver(Value.Parse(btrfsOptions, Value.Default(btrfsOptions, { ...options })), parts),
})
