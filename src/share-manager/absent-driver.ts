/** Stands in for a driver that could not be loaded or refused its options, so that everything else goes on. */
import { DriverError, type StorageDriver } from '../storage/contract/driver.ts'

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
