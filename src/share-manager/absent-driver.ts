/** Stand in for a driver or an exporter that could not be loaded or refused its options, so that everything else goes on. */
import { DriverError, type Exporter, type StorageDriver } from '../storage/contract/driver.ts'

/** Every call, setup first, fails with this reason. */
export function absentDriver(name: string, reason: string): StorageDriver {
  const refuse = () => Promise.reject(new DriverError(reason, 'nothing-happened', { reason: 'host-lacks' }))
  return {
    name,
    reach: 'host',
    setup: refuse,
    stop: async () => {},
    pools: refuse,
    create: refuse,
    delete: refuse,
    extend: refuse,
    ensure: refuse,
    inventory: refuse,
  }
}

/** The same of an exporter. It opens nothing, and nothing is known of what it would speak. */
export function absentExporter(name: string, reason: string): Exporter {
  const refuse = () => Promise.reject(new DriverError(reason, 'nothing-happened', { reason: 'host-lacks' }))
  return {
    name,
    protocols: [],
    accessTypes: [],
    pretends: true,
    setup: refuse,
    stop: async () => {},
    publish: refuse,
    unpublish: refuse,
    applyRules: refuse,
    inventory: refuse,
  }
}
