/** The entry of `driver = "cephfs"`. */
import { Value } from 'typebox/value'
import { driverFactory } from '../driver.ts'
import { cephfsOptions } from './config.ts'
import { cephfsDriver } from './driver.ts'

/** Options left out have their defaults; wrong ones throw. */
export const driver = driverFactory({
  name: 'cephfs',
  options: cephfsOptions,
  create: (options, parts) =>
    cephfsDriver(Value.Parse(cephfsOptions, Value.Default(cephfsOptions, { ...options })), parts),
})
