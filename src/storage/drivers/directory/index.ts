/** The entry of `driver = "directory"`. */
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { driverFactory } from '../../contract/driver.ts'
import { directoryOptions } from './config.ts'
import { directoryDriver } from './driver.ts'

/** Options left out have their defaults; wrong ones throw. */
export const driver = driverFactory({
  name: 'directory',
  options: directoryOptions,
  wants: ({ path }, dir) => {
    const shares = path ?? join(dir, 'shares')
    return { keeps: [shares], writes: [shares] }
  },
  create: (options, parts) =>
    directoryDriver(Value.Parse(directoryOptions, Value.Default(directoryOptions, { ...options })), parts),
})
