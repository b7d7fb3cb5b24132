/** The entry of `driver = "cephfs"`. */
import { Value } from 'typebox/value'
import { driverFactory } from '../../contract/driver.ts'
import { cephfsOptions } from './config.ts'
import { cephfsDriver } from './driver.ts'

/** Options left out have their defaults; wrong ones throw. */
export const driver = driverFactory({
  name: 'cephfs',
  options: cephfsOptions,
  wants: ({ conf_file, keyring }) => ({ reads: keyring === undefined ? [conf_file] : [conf_file, keyring] }),
  create: (options, parts) =>
    cephfsDriver(Value.Parse(cephfsOptions, Value.Default(cephfsOptions, { ...options })), parts),
})
