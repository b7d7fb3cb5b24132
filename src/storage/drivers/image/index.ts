/** The entry of `driver = "image"`. */
import { Value } from 'typebox/value'
import { driverFactory } from '../../contract/driver.ts'
import { poolWants } from '../btrfs/config.ts'
import { imageOptions } from './config.ts'
import { imageDriver } from './driver.ts'

/** Options left out have their defaults; wrong ones throw. */
export const driver = driverFactory({
  name: 'image',
  options: imageOptions,
  wants: (options) => poolWants(options),
  create: (options, parts) =>
    imageDriver(Value.Parse(imageOptions, Value.Default(imageOptions, { ...options })), parts),
})
